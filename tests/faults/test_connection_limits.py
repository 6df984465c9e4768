"""Fewer connections than DB_CONNECTIONS: those that can be had do the work, and the others come when they may."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pymysql
import pytest

from support.connection import Connection
from support.database import Database, Server
from support.expect import expect_problem
from support.shim import Shim, User
from support.threads import at_once

ALLOWED = 4
WANTED = 8
CLIENTS = 24
SHORTAGE = "the database allows fewer connections than DB_CONNECTIONS"


class Limit:
    """Leaves the shim so many connections, by the account's limit or the server's."""

    def __init__(self, server: Server, by: str) -> None:
        self.server = server
        self.by = by
        self.root = server.connect()
        self.fillers: list[Connection] = []

    def set(self, connections: int) -> None:
        if self.by == "account":
            self.root.rows(f"ALTER USER {self.server.users['shim']}@localhost WITH MAX_USER_CONNECTIONS {connections}")
            return
        # The lowest that MariaDB takes is 10, and one of root's is the eleventh.
        self.root.rows("SET GLOBAL max_connections = 10")
        while len(self.fillers) < 9 - connections:
            self.fillers.append(self.server.connect())

    def lift(self) -> None:
        if self.by == "account":
            self.root.rows(f"ALTER USER {self.server.users['shim']}@localhost WITH MAX_USER_CONNECTIONS 0")
        self.root.rows("SET GLOBAL max_connections = 151")

    def close(self) -> None:
        self.lift()
        for connection in [self.root, *self.fillers]:
            connection.close()


@pytest.fixture(params=["account", "server"])
def limit(database: Database, server: Server, request: pytest.FixtureRequest) -> Iterator[Limit]:
    for account in list(database.connections):
        database.connections.pop(account).close()
    limit = Limit(server, request.param)
    yield limit
    limit.close()


def people_and_events(shim: Shim) -> tuple[list[User], list[int]]:
    owner = shim.add_user("organizer")
    people, events = [shim.add_user() for _ in range(CLIENTS)], [shim.add_event(owner, total_seats=100) for _ in range(10)]
    for account in list(shim.database.connections):
        shim.database.connections.pop(account).close()
    return people, events


def work(shim: Shim, person: User, events: list[int]) -> list[int]:
    """25 requests of all lanes, one after the other."""
    statuses = []
    for event_id in events[:5]:
        statuses.append(shim.post(f"/register/{event_id}", person.token).status_code)
        statuses.append(shim.get(f"/events/{event_id}").status_code)
        statuses.append(shim.get("/my-registrations", person.token).status_code)
        statuses.append(shim.get(f"/events?organizer_id={person.id}").status_code)
        statuses.append(shim.delete(f"/register/{event_id}", person.token).status_code)
    return statuses


def all_work(shim: Shim, people: list[User], events: list[int], *meanwhile: Callable[[], list[int]]) -> list[int]:
    outcomes = at_once([*[lambda p=p: work(shim, p, events) for p in people], *meanwhile])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    return [status for outcome in outcomes for status in outcome]


def connected(limit: Limit) -> int:
    user = limit.server.users["shim"]
    return len(limit.root.rows("SELECT id FROM information_schema.processlist WHERE user = %s", [user]))


def test_every_request_is_answered_by_the_connections_that_there_are(database: Database, limit: Limit) -> None:
    limit.set(ALLOWED)
    with Shim(database, DB_CONNECTIONS=str(WANTED)) as shim:
        people, events = people_and_events(shim)
        statuses = all_work(shim, people, events)
        assert len(statuses) == 600 and set(statuses) == {200}
        assert connected(limit) == ALLOWED
        assert 1 <= shim.log().count(SHORTAGE) <= 3, shim.log()
        assert "call failed" not in shim.log()

        limit.lift()
        until = time.monotonic() + 20
        while connected(limit) < WANTED:
            assert time.monotonic() < until
            assert set(all_work(shim, people, events)) == {200}
        assert re.search(r"the database allows more connections again, after \d+ s", shim.log())


def test_connections_that_break_are_replaced_within_the_limit(database: Database, limit: Limit) -> None:
    """While idle, so that no call is lost with them."""
    limit.set(ALLOWED)
    with Shim(database, DB_CONNECTIONS=str(WANTED)) as shim:
        people, events = people_and_events(shim)
        for _ in range(3):
            assert set(all_work(shim, people, events)) == {200}
            user = limit.server.users["shim"]
            for row in limit.root.rows("SELECT id FROM information_schema.processlist WHERE user = %s", [user]):
                limit.root.rows(f"KILL {row['id']}")
            time.sleep(0.2)
        assert set(all_work(shim, people, events)) == {200}


def take_place(database: Database) -> Connection:
    """Another program's connection of the shim's account, once the server no longer counts the one that was killed."""
    until = time.monotonic() + 20
    while True:
        try:
            return database.connect("shim")
        except pymysql.err.OperationalError:
            assert time.monotonic() < until
            time.sleep(0.05)


def test_a_connection_that_somebody_else_has_taken(database: Database, server: Server, limit: Limit) -> None:
    """The thread that has lost its own hands the request on to one that still has one."""
    limit.set(2)
    with Shim(database, DB_CONNECTIONS="2") as shim, ExitStack() as others:
        people, events = people_and_events(shim)
        assert set(all_work(shim, people, events)) == {200}
        user = server.users["shim"]
        sessions = limit.root.rows("SELECT id FROM information_schema.processlist WHERE user = %s ORDER BY id", [user])
        assert len(sessions) == 2
        for row in sessions[:1]:
            limit.root.rows(f"KILL {row['id']}")
            others.enter_context(take_place(database))
        assert set(all_work(shim, people, events)) == {200}
        for row in sessions[1:]:
            limit.root.rows(f"KILL {row['id']}")
            others.enter_context(take_place(database))
        # Now there is none, and that is said without a wait for one (DB_TIMEOUT).
        began = time.monotonic()
        for _ in range(5):
            expect_problem(
                shim.get("/events"), 503, "The service is not available, please try again in a moment", "unavailable"
            )
        assert time.monotonic() - began < 8
        assert "database unreachable: " in shim.log()
