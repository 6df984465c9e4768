"""A new organizer and a new participant for each test that asks for one, a ledger without mails, and checkouts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sql.checkout import Checkout
from sql.ledger import Ledger
from support.database import Database, Server


@pytest.fixture
def organizer(database: Database) -> int:
    return database.add_user("organizer")


@pytest.fixture
def participant(database: Database) -> int:
    return database.add_user("participant")


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """The ledger of the module's database, emptied, with no event but those that the test makes."""
    ledger = Ledger(database)
    ledger.empty()
    return ledger


@pytest.fixture
def checkout(server: Server, database: Database, tmp_path: Path) -> Iterator[Checkout]:
    """A checkout whose database is not made yet; the other fixture has made the accounts."""
    checkout = Checkout(server, tmp_path)
    yield checkout
    with server.connect() as root:
        root.rows(f"DROP DATABASE IF EXISTS {checkout.name}")


@pytest.fixture
def migrated(checkout: Checkout) -> Checkout:
    checkout.server.make_database(checkout.name)
    return checkout
