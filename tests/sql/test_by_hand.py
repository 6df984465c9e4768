"""What a DBA changes by hand is as right as what a procedure changes: seats are counted, people are told."""

from __future__ import annotations

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pymysql
import pytest

from support.connection import Refused
from support.database import TREE, Database, utc_now
from sql.ledger import wait_for_lock

BOOK = "INSERT INTO registrations (event_id, user_id, seats) VALUES (%s, %s, %s)"
EXHAUSTED = "45409 seats_exhausted: Not enough seats available"
READS_WHAT_IT_COUNTS = 1442
DEADLOCK = 1213


@pytest.fixture
def event_id(database: Database, organizer: int) -> int:
    return database.add_event(organizer, total_seats=5)


def free_seats(database: Database, event_id: int) -> int:
    return database.rows("SELECT seats_available FROM events WHERE id = %s", [event_id])[0]["seats_available"]


def refusal(database: Database, sql: str, parameters: list[object]) -> str:
    with pytest.raises(Refused) as refused:
        database.rows(sql, parameters)
    return str(refused.value)


def test_seats_are_counted(database: Database, organizer: int, event_id: int, participant: int) -> None:
    other = database.add_event(organizer, total_seats=7)
    steps = (
        (BOOK, [event_id, participant, 2], 3, 7),
        ("UPDATE registrations SET seats = 4 WHERE event_id = %s", [event_id], 1, 7),
        ("UPDATE registrations SET seats = 1 WHERE event_id = %s", [event_id], 4, 7),
        ("UPDATE registrations SET event_id = %s, seats = 3 WHERE event_id = %s", [other, event_id], 5, 4),
        ("UPDATE registrations SET event_id = %s WHERE event_id = %s", [event_id, other], 2, 7),
        ("UPDATE registrations SET registered_at = '2026-01-01' WHERE event_id = %s", [event_id], 2, 7),
        ("REPLACE INTO registrations (event_id, user_id, seats) VALUES (%s, %s, 5)", [event_id, participant], 0, 7),
        ("DELETE FROM registrations WHERE event_id = %s", [event_id], 5, 7),
    )
    for sql, parameters, *left in steps:
        database.rows(sql, parameters)
        assert [free_seats(database, event_id), free_seats(database, other)] == left, sql
        assert database.audit() == []


def test_what_is_there_already_is_not_counted_again(database: Database, event_id: int, participant: int) -> None:
    database.call("register_for_event", participant, event_id, 2)
    database.rows(BOOK.replace("INSERT", "INSERT IGNORE"), [event_id, participant, 2])
    assert free_seats(database, event_id) == 3
    database.rows(f"{BOOK} ON DUPLICATE KEY UPDATE seats = 4", [event_id, participant, 1])
    assert free_seats(database, event_id) == 1
    with pytest.raises(pymysql.err.IntegrityError, match="Duplicate entry"):
        database.rows(BOOK, [event_id, participant, 1])
    assert free_seats(database, event_id) == 1
    assert database.audit() == []


@pytest.mark.parametrize("verb", ["INSERT", "INSERT IGNORE", "REPLACE"])
def test_nobody_gets_a_seat_that_is_not_there(database: Database, event_id: int, participant: int, verb: str) -> None:
    assert refusal(database, BOOK.replace("INSERT", verb), [event_id, participant, 6]) == EXHAUSTED
    database.rows(BOOK, [event_id, participant, 5])
    assert refusal(database, BOOK.replace("INSERT", verb), [event_id, database.add_user(), 1]) == EXHAUSTED
    assert refusal(database, "UPDATE registrations SET seats = 6 WHERE event_id = %s", [event_id]) == EXHAUSTED
    assert free_seats(database, event_id) == 0
    assert database.audit() == []


def test_a_statement_that_books_for_several_books_for_all_or_for_none(database: Database, event_id: int) -> None:
    people = [database.add_user() for _ in range(4)]
    many = f"INSERT INTO registrations (event_id, user_id, seats) VALUES {', '.join(['(%s, %s, %s)'] * 4)}"
    assert refusal(database, many, [v for person in people for v in (event_id, person, 2)]) == EXHAUSTED
    assert database.rows("SELECT id FROM registrations WHERE event_id = %s", [event_id]) == []
    database.rows(many, [v for person in people for v in (event_id, person, 1)])
    assert free_seats(database, event_id) == 1
    assert database.audit() == []


def test_a_variable_of_the_session_excuses_nobody_from_counting(
    database: Database, event_id: int, participant: int
) -> None:
    """What a procedure tells the triggers is good for its own statement, even where it was killed in the middle."""
    with database.connect("root") as root:
        root.rows("SET @eventhub_statement = NOW(6)")
        root.rows(BOOK, [event_id, participant, 2])
        assert free_seats(database, event_id) == 3
        root.rows("SET @eventhub_statement = NOW(6)")
        root.rows("UPDATE registrations SET seats = 1 WHERE event_id = %s", [event_id])
        root.rows("SET @eventhub_statement = NOW(6)")
        root.rows("DELETE FROM registrations WHERE event_id = %s", [event_id])
    assert free_seats(database, event_id) == 5


def test_a_dump_of_data_alone_is_loaded_as_it_is(database: Database, organizer: int, participant: int) -> None:
    """A dump switches foreign keys off, and its events have their booked seats subtracted already."""
    event_id = database.add_event(organizer, total_seats=5)
    with database.connect("root") as root:
        root.rows("SET foreign_key_checks = 0")
        root.rows("UPDATE events SET seats_available = 1, venue = 'Elsewhere' WHERE id = %s", [event_id])
        root.rows(BOOK, [event_id, participant, 4])
        assert database.audit() == [] and notices(database, event_id) == []
        root.rows("UPDATE registrations SET seats = 5 WHERE event_id = %s", [event_id])
        root.rows("DELETE FROM registrations WHERE event_id = %s", [event_id])
        assert free_seats(database, event_id) == 1
        root.rows("UPDATE events SET seats_available = 5 WHERE id = %s", [event_id])


def test_a_call_that_fails_leaves_no_excuse_where_the_clock_stands_still(
    database: Database, event_id: int, participant: int
) -> None:
    with database.connect("root") as root, database.connect("root") as other:
        root.rows("SET timestamp = 1900000000, innodb_lock_wait_timeout = 1")
        other.begin()
        other.rows("SELECT id FROM users WHERE id = %s FOR UPDATE", [participant])
        with pytest.raises(pymysql.err.OperationalError, match="Lock wait timeout"):
            root.call("register_for_event", participant, event_id, 1)
        other.rollback()
        with pytest.raises(Refused, match="seats_exhausted"):
            root.rows(BOOK, [event_id, participant, 1000])
    assert database.audit() == []


def test_a_statement_that_reads_the_events_it_would_count_is_an_error_and_no_mistake(
    database: Database, event_id: int, participant: int
) -> None:
    with pytest.raises(pymysql.err.OperationalError) as error:
        database.rows(
            "INSERT INTO registrations (event_id, user_id, seats) SELECT id, %s, 1 FROM events WHERE id = %s",
            [participant, event_id],
        )
    assert error.value.args[0] == READS_WHAT_IT_COUNTS
    assert database.audit() == []


def test_those_who_register_by_hand_at_once_wait_for_each_other_or_try_again(database: Database, organizer: int) -> None:
    """The foreign key took a shared lock and the trigger needs an exclusive one: one of two sessions gets a deadlock error."""
    event_id = database.add_event(organizer, total_seats=30)
    people = [database.add_user() for _ in range(40)]

    def book(person: int) -> str:
        with database.connect("root") as root:
            while True:
                try:
                    root.rows(BOOK, [event_id, person, 1])
                    return "booked"
                except Refused as refused:
                    return refused.code
                except pymysql.err.OperationalError as error:
                    assert error.args[0] == DEADLOCK

    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(book, people))
    assert outcomes == {"booked": 30, "seats_exhausted": 10}
    assert free_seats(database, event_id) == 0
    assert database.audit() == []


def test_who_registers_by_hand_and_who_calls_wait_for_each_other(
    database: Database, event_id: int, participant: int
) -> None:
    with database.connect("root") as root, database.connect() as session, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows(BOOK, [event_id, database.add_user(), 4])
        waiting = pool.submit(session.call, "register_for_event", participant, event_id, 2)
        wait_for_lock(database, waiting)
        root.commit()
        with pytest.raises(Refused, match="seats_exhausted"):
            waiting.result()
    assert database.audit() == []


def test_a_capacity_moves_the_free_seats(database: Database, event_id: int, participant: int) -> None:
    database.call("register_for_event", participant, event_id, 2)
    for total, left in ((9, 7), (2, 0), (5, 3)):
        database.rows("UPDATE events SET total_seats = %s WHERE id = %s", [total, event_id])
        assert free_seats(database, event_id) == left
    below = "45409 capacity_below_booked: total_seats cannot be below the 2 seats already booked"
    assert refusal(database, "UPDATE events SET total_seats = 1 WHERE id = %s", [event_id]) == below
    # Who sets both has counted.
    database.rows("UPDATE events SET total_seats = 4, seats_available = 2 WHERE id = %s", [event_id])
    assert free_seats(database, event_id) == 2
    assert database.audit() == []


def notices(database: Database, event_id: int) -> list[tuple[str, datetime | None, str | None, str | None]]:
    """The notices of an event, and with each the edition that ended with it."""
    rows = database.rows(
        "SELECT n.kind, e.event_date, e.venue, e.speaker FROM notices AS n JOIN event_editions AS e"
        " ON e.event_id = n.event_id AND e.edition ="
        "  (SELECT COUNT(*) FROM notices AS o WHERE o.event_id = n.event_id AND o.occasion <= n.occasion)"
        " WHERE n.event_id = %s ORDER BY n.occasion", [event_id],
    )
    return [tuple(row.values()) for row in rows]


@pytest.mark.parametrize("change", ["event_date = event_date + INTERVAL 1 DAY", "venue = 'Elsewhere'", "speaker = 'Ada'"])
def test_who_holds_a_seat_is_told_of_a_change(
    database: Database, organizer: int, event_id: int, participant: int, change: str
) -> None:
    (event,) = database.rows("SELECT event_date, venue, speaker FROM events WHERE id = %s", [event_id])
    database.rows(f"UPDATE events SET {change} WHERE id = %s", [event_id])
    assert notices(database, event_id) == [], "nobody holds a seat"
    database.rows("UPDATE events SET event_date = %s, venue = %s, speaker = %s WHERE id = %s", [*event.values(), event_id])
    database.call("register_for_event", participant, event_id, 1)
    database.rows(f"UPDATE events SET {change}, description = 'New' WHERE id = %s", [event_id])
    assert notices(database, event_id) == [("update", *event.values())]
    database.rows("UPDATE events SET description = 'Newer', total_seats = 9 WHERE id = %s", [event_id])
    assert len(notices(database, event_id)) == 1


def test_nobody_is_told_of_a_change_that_comes_too_late(database: Database, event_id: int, participant: int) -> None:
    database.call("register_for_event", participant, event_id, 1)
    database.start_event(event_id)
    database.rows("UPDATE events SET venue = 'Elsewhere' WHERE id = %s", [event_id])
    database.rows("UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = %s", [event_id])
    assert notices(database, event_id) == []
    assert database.rows("SELECT * FROM cancellations WHERE event_id = %s", [event_id]) == []


def test_who_holds_a_seat_is_told_of_a_cancellation(
    database: Database, organizer: int, event_id: int, participant: int
) -> None:
    empty = database.add_event(organizer)
    database.call("register_for_event", participant, event_id, 1)
    for event in (empty, event_id):
        database.rows("UPDATE events SET cancelled_at = UTC_TIMESTAMP(), venue = 'V' WHERE id = %s", [event])
    told = database.rows("SELECT event_id, cancelled_at FROM cancellations WHERE event_id >= %s", [event_id])
    assert [row["event_id"] for row in told] == [event_id]
    assert abs(told[0]["cancelled_at"] - utc_now()) < timedelta(minutes=5)
    assert notices(database, event_id) == []


def test_nobody_is_told_that_an_event_is_off_which_is_on_again(
    database: Database, event_id: int, participant: int
) -> None:
    database.call("register_for_event", participant, event_id, 1)
    off = "UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = %s"
    database.rows(off, [event_id])
    database.rows("UPDATE events SET cancelled_at = NULL WHERE id = %s", [event_id])
    assert database.rows("SELECT * FROM cancellations WHERE event_id = %s", [event_id]) == []
    # Nor if the mails are in the ledger already.
    database.rows(off, [event_id])
    database.call("plan_deliveries", None, account="notifier")
    database.rows("UPDATE events SET cancelled_at = NULL WHERE id = %s", [event_id])
    while claimed := database.call("claim_deliveries", "test", 1000, 60, account="notifier")[0]:
        assert claimed[0]["event_id"] != event_id
    assert database.rows("SELECT id FROM deliveries WHERE event_id = %s", [event_id]) == []


@pytest.mark.parametrize("call", ["register_for_event", "register_for_events"])
def test_what_a_procedure_has_booked_is_counted_once(
    database: Database, event_id: int, participant: int, call: str
) -> None:
    many = call == "register_for_events"
    database.call(call, *([json.dumps([[participant, event_id, 2]]), True] if many else [participant, event_id, 2]))
    assert free_seats(database, event_id) == 3
    back = [json.dumps([[participant, event_id]]), True] if many else [participant, event_id]
    database.call("unregister_from_events" if many else "unregister_from_event", *back)
    assert free_seats(database, event_id) == 5
    assert database.audit() == []


def test_a_change_by_call_is_told_once(database: Database, organizer: int, event_id: int, participant: int) -> None:
    database.call("register_for_event", participant, event_id, 1)
    database.call("update_event", organizer, event_id, None, None, "Elsewhere", None, None, 9)
    assert [notice[0] for notice in notices(database, event_id)] == ["update"]
    assert free_seats(database, event_id) == 8


def test_the_manual_says_how_wrong_seats_are_set_right(database: Database, event_id: int, participant: int) -> None:
    database.call("register_for_event", participant, event_id, 2)
    database.rows("UPDATE events SET seats_available = 1 WHERE id = %s", [event_id])
    assert [row["event_id"] for row in database.audit()] == [event_id]
    manual = (TREE / "db/README.md").read_text(encoding="utf-8")
    statement = re.search(r"^    UPDATE events AS e\n.*?;$", manual, re.MULTILINE | re.DOTALL)[0]
    database.rows(statement)
    assert free_seats(database, event_id) == 3
    assert database.audit() == []
