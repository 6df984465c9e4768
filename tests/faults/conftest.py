"""A database server that may be stopped, frozen and robbed of its connections, and a shim in front of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.database import Database, Server
from support.shim import Shim


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Always a server of our own, because these tests stop it and change its settings."""
    with Server(own=True, migrated=True) as server:
        yield server


@pytest.fixture(scope="session")
def database(server: Server) -> Iterator[Database]:
    database = Database(server)
    yield database
    for account in list(database.connections):
        database.connections.pop(account).close()
    assert database.audit() == []


@pytest.fixture
def shim(database: Database) -> Iterator[Shim]:
    for account in list(database.connections):
        database.connections.pop(account).close()
    with Shim(database, DB_CONNECTIONS="4", DB_CONNECT_TIMEOUT="1", DB_TIMEOUT="3") as shim:
        yield shim
