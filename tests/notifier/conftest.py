"""A ledger without mails, a stand-in for SendGrid, and a notifier between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


from sendgrid.server import StandIn
from support.database import Database, Server
from support.forwarder import Forwarder
from support.notifier import KEY, Notifier, by_tcp
from support.sources import EMPTIED


@pytest.fixture(scope="session")
def own_server() -> Iterator[Server]:
    """Always one of our own, because others would not like what is done to it."""
    with Server(own=True) as server:
        yield server


@pytest.fixture(scope="module")
def emptied_database(server: Server) -> Iterator[Database]:
    database = Database(server)
    yield database
    database.drop()


@pytest.fixture
def database(emptied_database: Database) -> Iterator[Database]:
    """A database of the module's, in which there is nothing from the tests before."""
    for table in EMPTIED:
        emptied_database.rows(f"DELETE FROM {table}")
    # Whoever registers may be reminded at once, unless a test is about that.
    emptied_database.rows("UPDATE settings SET value = 0 WHERE name = 'reminder_quiet_minutes'")
    yield emptied_database
    assert emptied_database.audit() == []


@pytest.fixture
def sendgrid() -> Iterator[StandIn]:
    with StandIn(KEY) as sendgrid:
        yield sendgrid


@pytest.fixture
def notifier(database: Database, sendgrid: StandIn) -> Iterator[Notifier]:
    with Notifier(database, sendgrid.url) as notifier:
        yield notifier


@pytest.fixture
def forwarder(server: Server) -> Iterator[Forwarder]:
    with Forwarder(server.socket) as forwarder:
        yield forwarder


@pytest.fixture
def watched(database: Database, sendgrid: StandIn, forwarder: Forwarder) -> Iterator[Notifier]:
    """A notifier whose way to the database is by the forwarder."""
    with Notifier(database, sendgrid.url, DATABASE_URL=by_tcp(database, forwarder.port)) as notifier:
        yield notifier
