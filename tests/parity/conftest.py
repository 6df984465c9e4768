"""The machine's own database server and the MySQL that MYSQLD names, with one clock, and databases that are alike."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

pytest.register_assert_rewrite("parity.pair")

from parity.pair import Pair  # noqa: E402
from parity.sessions import SET_CLOCK  # noqa: E402
from support.database import Database, Server  # noqa: E402

CHOICE = ("MYSQLD", "MYSQL_CLIENT")


def server_of(environment: Mapping[str, str]) -> Server:
    """A server of our own that may lose what it holds, and tells the accounts of programs the time of these tests."""
    return Server(own=True, disposable=True, options=[f"--init-connect={SET_CLOCK}"], environment=environment)


def version_of(server: Server) -> str:
    with server.connect() as root:
        return str(root.rows("SELECT VERSION() AS version")[0]["version"])


@pytest.fixture(scope="session")
def servers() -> Iterator[tuple[Server, Server]]:
    missing = [name for name in CHOICE if not os.environ.get(name)]
    if missing:
        pytest.fail(
            f"{' and '.join(missing)} must name a server to compare the machine's own with, as make test-mysql does",
            pytrace=False,
        )
    own = {name: value for name, value in os.environ.items() if name not in CHOICE}
    with server_of(own) as one, server_of(os.environ) as other:
        versions = {version_of(server) for server in (one, other)}
        assert len(versions) == 2, f"both servers are {versions.pop()}, so there is nothing to compare"
        yield one, other


@pytest.fixture
def pair(servers: tuple[Server, Server]) -> Iterator[Pair]:
    with ThreadPoolExecutor() as pool:
        databases = list(pool.map(Database, servers))
    with Pair(*databases) as pair:
        yield pair
