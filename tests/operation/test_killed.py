"""A CALL that is killed has done all of what it does or nothing, and leaves nothing open in a session that commits by itself.

The client sends KILL QUERY when its user types Ctrl-C. MySQL then runs no handler of the procedure.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pymysql
import pytest

from support.connection import Connection, Refused
from support.database import PASSWORD_HASH, Database
from sql.ledger import wait_for_lock

KILLED = (1317, 1927, 1969)
NOTHING = [None] * 2


class World:
    """One event with two of its ten seats booked, and short ways to look at it."""

    def __init__(self, database: Database, organizer: int, participant: int) -> None:
        self.database, self.organizer, self.participant = database, organizer, participant
        self.event_id = database.add_event(organizer, venue="Here", total_seats=10)
        self.booked = database.add_user()
        database.call("register_for_event", self.booked, self.event_id, 2)

    def calls(self) -> dict[str, list[object]]:
        return {
            "register_for_event": [self.participant, self.event_id, 3],
            "register_for_events": [json.dumps([[self.participant, self.event_id, 3]]), True],
            "unregister_from_event": [self.booked, self.event_id],
            "unregister_from_events": [json.dumps([[self.booked, self.event_id]]), True],
            "update_event": [self.organizer, self.event_id, *NOTHING, "Elsewhere", None, None, 12],
            "cancel_event": [self.organizer, self.event_id],
        }

    def state(self) -> list[object]:
        """Everything that a call may change."""
        queries = (
            "SELECT venue, total_seats, seats_available, cancelled_at IS NULL AS is_on FROM events WHERE id = %s",
            "SELECT user_id, seats FROM registrations WHERE event_id = %s ORDER BY 1",
            "SELECT kind FROM notices WHERE event_id = %s",
            "SELECT edition, venue FROM event_editions WHERE event_id = %s",
            "SELECT COUNT(*) AS cancellations FROM cancellations WHERE event_id = %s",
        )
        return [self.database.rows(query, [self.event_id]) for query in queries]

    def is_free(self) -> bool:
        """Whether nobody holds a lock on the event's row."""
        with self.database.connect("root") as root:
            return root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE SKIP LOCKED", [self.event_id]) != []


@pytest.fixture
def world(database: Database, organizer: int, participant: int) -> World:
    return World(database, organizer, participant)


# What each call comes to after it has changed something else: whoever holds that makes it wait in the middle.
MIDDLES = {
    "register_for_event": "SELECT id FROM users WHERE id = {participant} FOR UPDATE",
    "register_for_events": "SELECT id FROM users WHERE id = {participant} FOR UPDATE",
    "unregister_from_event": "SELECT id FROM registrations WHERE event_id = {event_id} FOR UPDATE",
    "unregister_from_events": "SELECT id FROM registrations WHERE event_id = {event_id} FOR UPDATE",
    "update_event": "SELECT * FROM notices WHERE event_id = {event_id} FOR UPDATE",
    "cancel_event": "SELECT * FROM cancellations WHERE event_id = {event_id} FOR UPDATE",
}


@contextmanager
def held(world: World, statement: str) -> Iterator[None]:
    """Another session holds the locks of the statement, gap locks included, until the end of the block."""
    with world.database.connect("root") as root:
        root.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        root.begin()
        root.rows(statement.format(**vars(world)))
        yield
        root.rollback()


def kill(database: Database, session: Connection) -> None:
    with database.connect("root") as root:
        root.rows(f"KILL QUERY {session.thread_id()}")


def start(pool: ThreadPoolExecutor, session: Connection, procedure: str, arguments: list[object]) -> Future[object]:
    return pool.submit(session.call, procedure, *arguments)


def is_killed(call: Future[object]) -> bool:
    try:
        call.result(20)
    except pymysql.err.MySQLError as error:
        assert error.args[0] in KILLED, error
        return True
    except Refused as refused:
        # A statement that was killed may end as if it had found nothing.
        assert refused.code in ("interrupted", "event_not_found"), refused
        return True
    return False


@pytest.mark.parametrize("where", ["before the event's row", "in the middle"])
@pytest.mark.parametrize("procedure", MIDDLES)
def test_a_call_that_is_killed_while_it_waits_has_done_nothing(
    database: Database, world: World, procedure: str, where: str
) -> None:
    before = world.state()
    middle = MIDDLES[procedure] if where == "in the middle" else "SELECT id FROM events WHERE id = {event_id} FOR UPDATE"
    with database.connect("root") as session, ThreadPoolExecutor(1) as pool:
        with held(world, middle):
            call = start(pool, session, procedure, world.calls()[procedure])
            wait_for_lock(database, call)
            kill(database, session)
            assert is_killed(call)
            # Nobody waits for a session that only sits there; in the other case it is the holder who has the row.
            assert where != "in the middle" or world.is_free()
        assert world.is_free()
        session.rows("COMMIT")
    assert world.state() == before
    assert database.audit() == []


@pytest.mark.parametrize("procedure", MIDDLES)
def test_a_client_without_autocommit_commits_no_half(database: Database, world: World, procedure: str) -> None:
    before = world.state()
    with database.connect("root") as session, ThreadPoolExecutor(1) as pool:
        session.autocommit(False)
        with held(world, MIDDLES[procedure]):
            call = start(pool, session, procedure, world.calls()[procedure])
            wait_for_lock(database, call)
            kill(database, session)
            assert is_killed(call)
        session.rows("COMMIT")
        assert world.state() == before
        assert database.audit() == []
        # And the session goes on as if nothing had been.
        session.call(procedure, *world.calls()[procedure])
        session.rollback()
    assert world.state() != before
    assert database.audit() == []


@pytest.mark.parametrize("procedure", ["register_user", "create_event"])
def test_a_sign_up_or_an_event_that_is_killed_while_it_waits_leaves_nothing_open(
    database: Database, world: World, procedure: str
) -> None:
    arguments = {
        "register_user": ["Eve", "eve@example.com", PASSWORD_HASH, "participant"],
        "create_event": [world.organizer, "T", None, "V", "S", "2035-05-01 18:00:00", 5],
    }[procedure]
    hold = {
        "register_user": "INSERT INTO users (name, email, role, password_hash) VALUES ('E', 'eve@example.com', 'participant', 'x')",
        "create_event": "SELECT id FROM users WHERE id = {organizer} FOR UPDATE",
    }[procedure]
    with database.connect("root") as session, ThreadPoolExecutor(1) as pool:
        with held(world, hold):
            call = start(pool, session, procedure, arguments)
            wait_for_lock(database, call)
            kill(database, session)
            assert is_killed(call)
        # The table is a copy, which is not made anew for who asks more often than ten times a second.
        time.sleep(0.2)
        open_here = "SELECT trx_id FROM information_schema.innodb_trx WHERE trx_mysql_thread_id = %s"
        assert database.rows(open_here, [session.thread_id()]) == []
        database.add_user(email=f"{procedure}@example.com")


def test_what_follows_a_call_that_was_killed_is_kept(database: Database, world: World) -> None:
    """A success that is told is committed, whatever the session has open."""
    with database.connect("root") as session, ThreadPoolExecutor(1) as pool:
        session.autocommit(False)
        with held(world, MIDDLES["cancel_event"]):
            call = start(pool, session, "cancel_event", world.calls()["cancel_event"])
            wait_for_lock(database, call)
            kill(database, session)
            assert is_killed(call)
        event = ["T", None, "V", "S", "2035-05-01 18:00:00", 5]
        event_id = session.call("create_event", world.organizer, *event)[0][0]["event_id"]
        user_id = session.call("register_user", "Ada", "ada@example.com", PASSWORD_HASH, None)[0][0]["user_id"]
        session.rollback()
    assert database.rows("SELECT id FROM events WHERE id = %s", [event_id]) == [{"id": event_id}]
    assert database.rows("SELECT id FROM users WHERE id = %s", [user_id]) == [{"id": user_id}]


@pytest.mark.parametrize("procedure", MIDDLES)
def test_a_call_that_is_killed_at_any_moment_is_done_or_not(database: Database, world: World, procedure: str) -> None:
    """Half of the calls are killed within the first milliseconds; what each has left agrees with what it has answered."""
    chance = random.Random(procedure)
    killed = 0
    with database.connect("root") as session, database.connect("root") as killer:
        session.rows("SET SESSION innodb_lock_wait_timeout = 2")
        for _ in range(60):
            world = World(database, world.organizer, world.participant)
            before = world.state()
            delay = chance.uniform(0, 0.004)
            shot = threading.Thread(
                target=lambda: (time.sleep(delay), killer.rows(f"KILL QUERY {session.thread_id()}")), daemon=True
            )
            shot.start()
            try:
                session.call(procedure, *world.calls()[procedure])
                done = True
            except (pymysql.err.MySQLError, Refused):
                # Killed after its commit, it does not come to say so.
                killed += 1
                done = world.state() != before
            shot.join()
            try:
                session.rows("DO 0")
            except pymysql.err.MySQLError:
                pass
            assert world.is_free()
            session.rows("COMMIT")
            assert (world.state() != before) == done
    assert killed > 0
    assert database.audit() == []
    half = database.rows(
        "SELECT e.id FROM events AS e LEFT JOIN cancellations AS c ON c.event_id = e.id"
        " WHERE e.cancelled_at IS NOT NULL AND c.event_id IS NULL AND EXISTS ("
        "SELECT 1 FROM registrations AS r WHERE r.event_id = e.id)"
    )
    assert half == []
    half = database.rows(
        "SELECT e.id FROM events AS e LEFT JOIN notices AS n ON n.event_id = e.id AND n.kind = 'update'"
        " WHERE e.venue = 'Elsewhere' AND n.event_id IS NULL"
    )
    assert half == []
