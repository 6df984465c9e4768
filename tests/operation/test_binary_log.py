"""A binary log, in each format that bookings can be written in, makes no session wait that would not wait without one."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from support.database import Database, Server


@pytest.fixture(scope="module", params=["ROW", "MIXED"])
def logged(request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database on a server that keeps a log."""
    with Server(own=True, disposable=True) as plain:
        # A disposable MySQL keeps none, whatever its other options say.
        mysql = plain.is_mysql()
    options = ["--server-id=1", f"--binlog-format={request.param}", "--log-bin=log", "--log-bin-trust-function-creators=1"]
    with Server(own=True, disposable=not mysql, options=options) as server:
        yield Database(server)


def outcomes(database: Database, requests: list[list[int]], wait: bool) -> list[str]:
    with database.connect() as session:
        session.rows("SET SESSION innodb_lock_wait_timeout = 1")
        rows = session.call("register_for_events", json.dumps(requests), wait)[0]
    return [(row["message"] or "booked").partition(":")[0] for row in rows]


def test_an_event_that_somebody_holds_holds_up_no_other(logged: Database) -> None:
    organizer, people = logged.add_user("organizer"), [logged.add_user() for _ in range(3)]
    held, free = logged.add_event(organizer), logged.add_event(organizer)
    logged.call("register_for_event", people[2], held, 1)
    requests = [[people[0], held, 1], [people[0], free, 1], [people[1], free, 99], [people[2], held, 1]]
    with logged.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [held])
        assert outcomes(logged, requests, False) == ["event_busy", "booked", "invalid_input(seats)", "already_registered"]
        with logged.connect() as session:
            session.rows("SET SESSION innodb_lock_wait_timeout = 1")
            session.call("register_for_event", people[1], free, 1)
            session.call("unregister_from_event", people[1], free)
            session.call("update_event", organizer, free, "New", *[None] * 5)
            session.call("cancel_event", organizer, free)
        root.rollback()
    assert outcomes(logged, requests, True) == ["booked", "event_not_found", "invalid_input(seats)", "already_registered"]
    assert logged.audit() == []
