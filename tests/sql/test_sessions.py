"""What a call leaves behind in the session that made it: no lock, no transaction, no changed setting."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sql.ledger import token_of
from support.connection import Connection, Refused
from support.database import PASSWORD_HASH, Database, utc_now
from support.sources import parameters_of, reading_procedures
from support.tree import TREE

NOTHING = [None] * 5


@pytest.fixture
def session(database: Database) -> Iterator[Connection]:
    """A session without autocommit and with a transaction open, as some clients have by default."""
    with database.connect() as session:
        session.autocommit(False)
        session.rows("START TRANSACTION")
        yield session


def is_free(database: Database, event_id: int) -> bool:
    """Whether nobody holds a lock on the event's row."""
    with database.connect("root") as root:
        return root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE SKIP LOCKED", [event_id]) != []


def test_a_held_row_is_noticed(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    with database.connect("root") as root:
        root.rows("START TRANSACTION")
        root.rows("UPDATE events SET venue = 'V' WHERE id = %s", [event_id])
        assert not is_free(database, event_id)
        root.rollback()
    assert is_free(database, event_id)


def test_changes_are_committed_whatever_the_session(
    database: Database, session: Connection, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer)
    calls = (
        ("register_for_event", participant, event_id, 2), ("unregister_from_event", participant, event_id),
        ("update_event", organizer, event_id, "New", *NOTHING), ("cancel_event", organizer, event_id),
    )
    for call in calls:
        session.call(*call)
        assert is_free(database, event_id), call
    session.rollback()
    event = database.rows("SELECT title, cancelled_at FROM events WHERE id = %s", [event_id])[0]
    assert event["title"] == "New"
    assert event["cancelled_at"] is not None


def test_a_refusal_leaves_no_lock(
    database: Database, session: Connection, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer, total_seats=1)
    booked = database.add_user()
    database.call("register_for_event", booked, event_id, 1)
    roomy = database.add_event(organizer)
    database.call("register_for_event", booked, roomy, 1)
    started = database.add_event(organizer)
    database.start_event(started)
    other = database.add_user("organizer")
    calls = (
        ("register_for_event", participant, event_id, 1), ("register_for_event", booked, event_id, 1),
        ("register_for_event", booked, roomy, 1), ("register_for_event", participant, roomy, 99),
        ("register_for_event", participant, started, 1), ("unregister_from_event", participant, event_id),
        ("update_event", other, event_id, "New", *NOTHING), ("update_event", organizer, started, "New", *NOTHING),
        ("cancel_event", other, event_id),
    )
    for call in calls:
        with pytest.raises(Refused):
            session.call(*call)
        assert all(is_free(database, locked) for locked in (event_id, roomy, started)), call


@pytest.mark.parametrize("procedure", reading_procedures())
def test_reading_neither_waits_for_a_writer_nor_makes_one_wait(
    database: Database, session: Connection, organizer: int, procedure: str
) -> None:
    event_id = database.add_event(organizer)
    participant = database.add_user(email=f"{procedure}@example.net")
    database.call("register_for_event", participant, event_id, 1)
    parameters = parameters_of(TREE / f"db/procedures/{procedure}.sql")
    given = {
        "p_event_id": event_id, "p_email": f"{procedure}@example.net", "p_token": token_of(database, participant),
        "p_actor_id": organizer if "p_event_id" in parameters else participant,
        "p_requests": json.dumps([[event_id if procedure == "get_events" else participant]]),
    }
    # NULL is a filter that is left out.
    call = [given.get(name) for name in parameters]
    session.rows("SET innodb_lock_wait_timeout = 1")

    with database.connect("root") as writer:
        writer.rows("START TRANSACTION")
        writer.rows("UPDATE events SET venue = 'Elsewhere' WHERE id = %s", [event_id])
        writer.rows("UPDATE registrations SET seats = 2 WHERE event_id = %s", [event_id])
        writer.rows("UPDATE users SET name = 'Changed' WHERE id IN (%s, %s)", [organizer, participant])
        session.call(procedure, *call)
        writer.rollback()

    session.call(procedure, *call)
    assert is_free(database, event_id)
    with database.connect("root") as writer:
        writer.rows("SET innodb_lock_wait_timeout = 1")
        writer.rows("UPDATE users SET name = 'Changed' WHERE id IN (%s, %s)", [organizer, participant])


def test_booking_does_not_wait_for_a_setting_that_is_being_changed(
    database: Database, session: Connection, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer)
    session.rows("SET innodb_lock_wait_timeout = 1")
    with database.connect("root") as dba:
        dba.rows("START TRANSACTION")
        dba.rows("UPDATE settings SET value = 1 WHERE name = 'max_seats_per_booking'")
        session.call("register_for_event", participant, event_id, 2)
        dba.rollback()


def test_a_session_goes_on_after_a_refusal(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    with database.connect() as session:
        for _ in range(3):
            with pytest.raises(Refused):
                session.call("register_for_event", participant, event_id, 99)
            assert session.call("check_health") == [[{"status": "ok"}]]
        assert session.call("register_for_event", participant, event_id, 9)[0][0]["seats_available"] == 1


@pytest.mark.parametrize("level", ["READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ"])
def test_the_last_seat_is_sold_once_at_every_isolation_level(
    database: Database, organizer: int, participant: int, level: str
) -> None:
    event_id = database.add_event(organizer, total_seats=1)
    with database.connect() as session:
        session.rows(f"SET SESSION TRANSACTION ISOLATION LEVEL {level}")
        session.autocommit(False)
        # A snapshot taken now must not be what the next call believes.
        session.call("browse_events", *[None] * 8)
        database.call("register_for_event", database.add_user(), event_id, 1)
        with pytest.raises(Refused) as refused:
            session.call("register_for_event", participant, event_id, 1)
    assert refused.value.code == "seats_exhausted"
    assert database.audit() == []


def test_the_zone_of_the_session_does_not_matter(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    expected = database.call("get_event", event_id)
    with database.connect() as session:
        session.rows("SET time_zone = '+12:00'")
        assert session.call("get_event", event_id) == expected
        session.call("register_for_event", participant, event_id, 1)
    registered_at = database.rows("SELECT registered_at FROM registrations WHERE event_id = %s", [event_id])
    assert abs(registered_at[0]["registered_at"] - utc_now()) < timedelta(minutes=5)


def test_half_of_a_killed_call_is_not_kept(database: Database, organizer: int, participant: int) -> None:
    """A call that is killed in its handler leaves its transaction open; the next call of the session must not commit it."""
    event_id = database.add_event(organizer, total_seats=10)
    with database.connect("root") as root:
        root.rows("START TRANSACTION")
        root.rows("UPDATE events SET seats_available = seats_available - 1 WHERE id = %s", [event_id])
        root.call("register_for_event", participant, event_id, 2)
    assert database.rows("SELECT seats_available FROM events WHERE id = %s", [event_id]) == [{"seats_available": 8}]
    assert database.audit() == []


def test_whether_an_event_has_begun_is_asked_once_it_is_its_turn(
    database: Database, organizer: int, participant: int
) -> None:
    """The event begins while the calls wait for its row."""
    event_id = database.add_event(organizer, event_date=utc_now() + timedelta(seconds=2))
    booked = database.add_user()
    database.call("register_for_event", booked, event_id, 1)
    calls = (
        ("register_for_event", participant, event_id, 1), ("unregister_from_event", booked, event_id),
        ("update_event", organizer, event_id, "New", *NOTHING),
    )
    refused: list[str] = []

    def call(*arguments: object) -> None:
        with database.connect() as shim:
            try:
                shim.call(*arguments)
            except Refused as error:
                refused.append(error.code)

    with database.connect("root") as root:
        root.rows("START TRANSACTION")
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        waiting = [threading.Thread(target=call, args=arguments) for arguments in calls]
        for thread in waiting:
            thread.start()
        time.sleep(3.2)
        root.rollback()
        for thread in waiting:
            thread.join(10)
    assert refused == ["event_completed"] * 3


@pytest.mark.parametrize("zone", ["+00:00", "-11:30"])
@pytest.mark.parametrize("moment", ["2026-01-01 00:00:00", "2036-01-01 00:00:00"])
def test_a_session_that_sets_its_own_clock_fools_nobody(
    database: Database, organizer: int, participant: int, moment: str, zone: str
) -> None:
    """Any session may SET timestamp. That changes neither whether an event has begun nor the times that are recorded."""
    event_id = database.add_event(organizer, event_date=utc_now() + timedelta(days=2))
    over = database.add_event(organizer)
    booked = database.add_user()
    database.call("register_for_event", booked, over, 1)
    database.start_event(over)
    fields = ["T", None, "V", "S"]
    with database.connect() as session:
        session.rows(f"SET time_zone = '{zone}', timestamp = UNIX_TIMESTAMP('{moment}')")
        for call, refusal in (
            (("register_for_event", participant, over, 1), "event_completed"),
            (("unregister_from_event", booked, over), "event_completed"),
            (("update_event", organizer, over, "New", *NOTHING), "event_completed"),
            (("create_event", organizer, *fields, utc_now() - timedelta(hours=1), 5), "invalid_input"),
        ):
            with pytest.raises(Refused) as refused:
                session.call(*call)
            assert refused.value.code == refusal, call
        many = session.call("register_for_events", f"[[{participant},{over},1],[{participant},{event_id},1]]", True)[0]
        assert [row["sqlstate"] for row in many] == ["45400", None]
        assert many[1]["status"] == "upcoming"
        session.call("unregister_from_event", participant, event_id)
        assert session.call("register_for_event", participant, event_id, 1)[0][0]["status"] == "upcoming"
        new = session.call("create_event", organizer, *fields, utc_now() + timedelta(days=1), 5)[0][0]["event_id"]
        user = session.call("register_user", "N", f"{new}@example.com", PASSWORD_HASH, None)[0][0]["user_id"]
        session.call("update_event", organizer, event_id, None, None, "Elsewhere", None, None, None)
        session.call("cancel_event", organizer, event_id)
    written = (
        ("registered_at", "registrations WHERE event_id", event_id), ("created_at", "events WHERE id", new),
        ("created_at", "users WHERE id", user), ("cancelled_at", "events WHERE id", event_id),
        ("cancelled_at", "cancellations WHERE event_id", event_id), ("occasion", "notices WHERE event_id", event_id),
    )
    for column, where, id in written:
        (row,) = database.rows(f"SELECT {column} AS moment FROM {where} = %s", [id])
        assert abs(row["moment"] - utc_now()) < timedelta(minutes=5), (column, where)


def test_what_only_reads_sets_no_variable_by_a_subquery() -> None:
    """Under REPEATABLE READ a subquery in SET, IF, RETURN or DEFAULT locks what it reads, and waits for whoever changes it;
    SELECT ... INTO does not."""
    found = []
    for file in sorted((TREE / "db/procedures").rglob("*.sql")):
        if "READS SQL DATA" not in file.read_text(encoding="utf-8"):
            continue
        code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", file.read_text(encoding="utf-8"))
        for statement in re.split(r";|\b(?:THEN|ELSE|BEGIN|DO|LOOP)\b", code):
            words = statement.split()
            if words and words[0] in ("SET", "IF", "ELSEIF", "WHILE", "RETURN", "DECLARE") and "CURSOR" not in words \
                    and re.search(r"\bSELECT\b", statement):
                found.append(f"{file.relative_to(TREE)}: {' '.join(words)[:80]}")
    assert found == []
