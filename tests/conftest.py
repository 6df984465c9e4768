"""The database server of a test run, and a fresh EventHub database for each test module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# Assertions in them tell what they compared, as those of tests do. Before anything imports them.
pytest.register_assert_rewrite("support.expect", "support.machine", "support.notifier", "support.shim")

from support.database import Database, Server  # noqa: E402


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture(scope="module")
def database(server: Server) -> Iterator[Database]:
    database = Database(server)
    yield database
    database.drop()
