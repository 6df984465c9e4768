"""The database server of a test run, and a fresh EventHub database for each test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.database import Database, Server


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[Database]:
    database = Database(server)
    yield database
    database.drop()
