"""One shim with one database for all tests of this folder, and users for them."""

# No __init__.py beside this file: with it the folder would be imported in place of Python's own package http.

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.database import Database, Server
from support.shim import Shim, User
from support.sources import TABLES
from support.watched import Watched


@pytest.fixture(scope="session")
def database(server: Server) -> Iterator[Database]:
    database = Database(server)
    yield database
    assert database.audit() == []
    database.drop()


@pytest.fixture(scope="session")
def shim(database: Database) -> Iterator[Shim]:
    with Shim(database) as shim:
        yield shim


@pytest.fixture
def organizer(shim: Shim) -> User:
    return shim.add_user("organizer")


@pytest.fixture
def participant(shim: Shim) -> User:
    return shim.add_user("participant")


@pytest.fixture
def event_id(shim: Shim, organizer: User) -> int:
    return shim.add_event(organizer)


@pytest.fixture
def watched(database: Database) -> Iterator[Watched]:
    with Watched(database) as watched:
        yield watched


@pytest.fixture
def owner(watched: Watched) -> User:
    return watched.add_user("organizer")


@pytest.fixture
def spare(server: Server) -> Iterator[Database]:
    """A database whose procedures a test may change."""
    spare = Database(server)
    yield spare
    assert spare.audit() == []
    spare.drop()


def contents(database: Database) -> list[dict[str, object]]:
    return database.rows(f"CHECKSUM TABLE {', '.join(TABLES)}")


@pytest.fixture
def unchanged(database: Database, organizer: User, participant: User, event_id: int) -> Iterator[None]:
    """Sees that the test leaves every row as it was."""
    before = contents(database)
    yield
    assert contents(database) == before
