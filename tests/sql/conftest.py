"""A new organizer and a new participant for each test that asks for one, and a ledger without mails."""

from __future__ import annotations

import pytest

from sql.ledger import Ledger
from support.database import Database


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
