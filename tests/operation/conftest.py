"""Checkouts that a test may change, each with a database of its own to migrate."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from operation.checkout import Checkout
from sql.conftest import organizer, participant  # noqa: F401, since they are fixtures
from support.database import Database, Server


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
