"""The command that imports the first implementation's data, run as an operator runs it."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pymysql
import pytest

from support.connection import Connection, Row
from support.database import PASSWORD_HASH, TREE, Database, Server, utc_now
from support.first_implementation import IMPORT, LEGACY_HASH, Result, Source
from support.sources import EMPTIED, TABLES

LOCK_WAIT_TIMEOUT = 1205


@dataclass(frozen=True)
class Rule:
    """A row of the manual's tables: what is done with a user, an event or a registration, and why."""

    kind: str
    fate: str
    why: str

    def matches(self, line: str) -> bool:
        why = re.escape(self.why).replace("N", r"(-?\d+|NULL)")
        return re.fullmatch(rf"{self.kind} -?\d+: {self.fate}: {why}", line) is not None


def rules() -> list[Rule]:
    found, kind = [], ""
    for line in (TREE / "migrations/IMPORT.md").read_text(encoding="utf-8").splitlines():
        if heading := re.fullmatch(r"\| (user|event|registration) \| \|", line):
            kind = heading[1]
        elif row := re.fullmatch(r"\| (left|settled|merged) \| (.*) \|", line):
            found.append(Rule(kind, row[1], row[2]))
    return found


RULES = rules()


@pytest.fixture
def source(database: Database) -> Iterator[Source]:
    """A database of the first implementation without a row, and an EventHub database without one."""
    for table in EMPTIED:
        database.rows(f"DELETE FROM {table}")
    source = Source(database, f"first_{secrets.token_hex(4)}")
    yield source
    source.drop()


@pytest.fixture
def small(source: Source) -> Source:
    """With nothing wrong in it: an organizer, two participants, two events, three registrations."""
    source.user(1, "organizer", name="Otto")
    source.user(2, name="Änne 😀", email="Anne@Example.org")
    source.user(5)
    source.event(3, seats_available=5, description=None)
    source.event(7, total_seats=3, seats_available=2, title="Größe", event_date="2024-02-03 04:05:06")
    source.registration(11, 2, 3, 4)
    source.registration(12, 5, 3, 1, registered_at=None)
    source.registration(20, 5, 7, 1)
    return source


def contents(database: Database) -> list[Row]:
    return database.rows(f"CHECKSUM TABLE {', '.join(TABLES)}")


def left_behind(result: Result) -> str:
    return result.stderr.splitlines()[-1]


def test_everything_is_moved_with_its_ids(small: Source, database: Database) -> None:
    assert small.lines() == [
        "users: 3 read, 3 moved, 0 merged, 0 left",
        "events: 2 read, 2 moved, 0 merged, 0 left",
        "registrations: 3 read, 3 moved, 0 merged, 0 left",
    ]
    assert database.rows(
        "SELECT id, name, email, email_key, role, password_hash, CAST(created_at AS CHAR) AS created_at FROM users"
    ) == [
        {"id": 1, "name": "Otto", "email": "old1@example.org", "email_key": "old1@example.org", "role": "organizer",
         "password_hash": LEGACY_HASH, "created_at": "2024-01-02 03:04:05"},
        {"id": 2, "name": "Änne 😀", "email": "Anne@Example.org", "email_key": "anne@example.org",
         "role": "participant", "password_hash": LEGACY_HASH, "created_at": "2024-01-02 03:04:05"},
        {"id": 5, "name": "User 5", "email": "old5@example.org", "email_key": "old5@example.org",
         "role": "participant", "password_hash": LEGACY_HASH, "created_at": "2024-01-02 03:04:05"},
    ]
    events = database.rows(
        "SELECT id, organizer_id, title, description, venue, speaker, total_seats, seats_available, cancelled_at"
        " FROM events ORDER BY id"
    )
    common = {"organizer_id": 1, "venue": "Hall", "speaker": "Ada", "cancelled_at": None}
    assert events == [
        {"id": 3, "title": "Event 3", "description": "", "total_seats": 10, "seats_available": 5, **common},
        {"id": 7, "title": "Größe", "description": "About it", "total_seats": 3, "seats_available": 2, **common},
    ]
    assert database.rows("SELECT CAST(event_date AS CHAR) AS date FROM events WHERE id = 7") == [{"date": "2024-02-03 04:05:06"}]
    assert database.rows(
        "SELECT id, event_id, user_id, seats, CAST(registered_at AS CHAR) AS registered_at FROM registrations"
    ) == [
        {"id": id, "event_id": event, "user_id": user, "seats": seats, "registered_at": "2024-05-06 07:08:09"}
        for id, user, event, seats in ((11, 2, 3, 4), (12, 5, 3, 1), (20, 5, 7, 1))
    ]
    # What comes next has other ids.
    assert database.add_user() > 5 and database.add_event(1) > 7


def test_what_is_wrong_is_settled_merged_or_left_and_said(source: Source, database: Database) -> None:
    source.user(1, "organizer")
    source.user(2, email=" old2@example.org\t", created_at=None)
    source.user(3, name=" \t\u3000", created_at="0000-00-00 00:00:00")
    source.user(4, email="OLD2@example.org")
    source.user(5, "organizer", email="%")
    source.user(6, email=None)
    source.user(7, None, password_hash="$2b$12$" + "a" * 53)
    source.user(8, password_hash="pässword")
    source.user(9, "organizer", email="two words@example.org")
    source.user(10)
    source.user(11, name="with\0NUL")
    source.user(12, email="Zoë..Brontë@example.org")
    source.user(13, name="A\u200bnn\nB\u202eee \U0001f469\u200d\U0001f469\u200d\U0001f467")
    source.user(14, name="\u200b\u2060")
    source.user(15, name="\U0001f469\u200d\U0001f469\u200d\U0001f467 Zoë")
    source.user(-1)

    source.event(1, total_seats=3, seats_available=-2)
    source.event(2, organizer_id=5)
    source.event(3, organizer_id=99)
    source.event(4, organizer_id=None)
    source.event(5, event_date=None)
    source.event(6, event_date="0000-00-00 00:00:00")
    source.event(7, title="", venue=" ", speaker=None, seats_available=3)
    source.event(8, total_seats=0, seats_available=0)
    source.event(9, total_seats=2000000, seats_available=2000000)
    source.event(10, organizer_id=10, title="Two\nlines\u202e", venue="\u2060", speaker="A\u200bda", description="\x01a\n\tb")
    source.event(11, total_seats=100, seats_available=100)
    source.event(12, event_date="2024-02-31 00:00:00")

    source.registration(1, 2, 1, 2)
    source.registration(2, 3, 1, 1)
    source.registration(3, 2, 1, 3)
    source.registration(4, 2, 1, 1, reminder_sent=1)
    source.registration(5, 10, 1, -5)
    source.registration(6, 4, 1, 1)
    source.registration(7, 99, 1, 1)
    source.registration(8, None, 1, 1)
    source.registration(9, 10, 99, 1)
    source.registration(10, 10, None, 1)
    source.registration(11, 10, 2, 1)
    source.registration(12, 1, 7, None, created_at="0000-00-00 00:00:00", registered_at=None)
    source.registration(13, 10, 11, 1000001)
    source.registration(14, 3, 11, 1)
    source.registration(15, 3, 7, 5)
    source.registration(16, 3, 7, 5)

    report = source.lines(status=3)
    assert report == [
        "user -1: left: ids begin at 1",
        "user 2: settled: the blanks around the address are dropped",
        "user 2: settled: created_at was no date and is the time of the import now",
        "user 3: settled: the name was blank and is the address now",
        "user 3: settled: created_at was no date and is the time of the import now",
        "user 4: left: the address is that of user 2, but for case or blanks",
        "user 5: left: the address is no e-mail address",
        "user 6: left: the address is no e-mail address",
        "user 7: settled: the role was neither organizer nor participant and is participant now",
        "user 7: settled: the password hash is of no known kind: nobody can log in by it",
        "user 8: settled: the password hash is of no known kind: nobody can log in by it",
        "user 9: left: the address is no e-mail address",
        "user 11: settled: the name is cut to one line of 120 characters, without what cannot be seen",
        "user 12: settled: the address stays, but sign-up would refuse it and mail may not reach it",
        "user 13: settled: the name is cut to one line of 120 characters, without what cannot be seen",
        "user 14: settled: the name was blank and is the address now",
        "event 1: settled: total_seats is 5 instead of 3: 5 are booked",
        "event 1: settled: seats_available is 0 instead of -2",
        "event 2: left: its organizer, user 5, is left",
        "event 3: left: it has no organizer",
        "event 4: left: it has no organizer",
        "event 5: left: it has no date",
        "event 6: left: it has no date",
        'event 7: settled: the title was blank and is "Event 7" now',
        'event 7: settled: the venue was blank and is "to be announced" now',
        'event 7: settled: the speaker was blank and is "to be announced" now',
        "event 7: settled: seats_available is 4 instead of 3",
        "event 8: settled: total_seats is 1 instead of 0: 0 are booked",
        "event 8: settled: seats_available is 1 instead of 0",
        "event 9: settled: total_seats is 1000000 instead of 2000000: 0 are booked",
        "event 9: settled: seats_available is 1000000 instead of 2000000",
        "event 10: settled: its organizer, user 10, is a participant, who cannot change it",
        "event 10: settled: its texts are cut to what they may have, without what cannot be seen",
        'event 10: settled: the venue was blank and is "to be announced" now',
        "event 11: left: 1000002 seats of it are booked, and no event has more than 1000000",
        "event 12: left: it has no date",
        "registration 1: settled: seats_booked is 3 instead of 2",
        "registration 3: merged: the same user and event as registration 1, whose seats_booked is 3",
        "registration 4: merged: the same user and event as registration 1, whose seats_booked is 3",
        "registration 5: settled: seats_booked is 1 instead of -5",
        "registration 6: left: its user 4 is left",
        "registration 7: left: its user is not there",
        "registration 8: left: its user is not there",
        "registration 9: left: its event is not there",
        "registration 10: left: its event is not there",
        "registration 11: left: its event 2 is left",
        "registration 12: settled: seats_booked is 1 instead of NULL",
        "registration 12: settled: its user 1 is an organizer, who cannot cancel it",
        "registration 12: settled: registered_at was no date and is the time of the import now",
        "registration 13: left: its event 11 is left",
        "registration 14: left: its event 11 is left",
        "registration 16: merged: the same user and event as registration 15, whose seats_booked is 5",
        "users: 16 read, 11 moved, 0 merged, 5 left",
        "events: 12 read, 5 moved, 0 merged, 7 left",
        "registrations: 16 read, 5 moved, 3 merged, 8 left",
    ]
    users = database.rows("SELECT id, name, email, role, password_hash FROM users")
    assert {user["id"] for user in users} == {1, 2, 3, 7, 8, 10, 11, 12, 13, 14, 15}
    named = {user["id"]: user for user in users}
    assert named[2]["email"] == "old2@example.org"
    assert named[3]["name"] == "old3@example.org"
    assert named[7]["role"] == "participant" and named[7]["password_hash"].startswith("$2b$12$")
    assert named[8]["password_hash"] == "!"
    assert named[11]["name"] == "with NUL"
    assert named[12]["email"] == "Zoë..Brontë@example.org"
    assert [found["user_id"] for found in database.call("find_credentials", "zoë..brontë@EXAMPLE.org")[0]] == [12]
    assert named[13]["name"] == "Ann Bee \U0001f469\U0001f469\U0001f467"
    assert named[14]["name"] == "old14@example.org"
    assert named[15]["name"] == "\U0001f469\u200d\U0001f469\u200d\U0001f467 Zoë"
    assert database.rows("SELECT title, venue, speaker, description FROM events WHERE id = 10") == [
        {"title": "Two lines", "venue": "to be announced", "speaker": "Ada", "description": "a\n\tb"}
    ]
    assert database.rows("SELECT id, total_seats, seats_available FROM events ORDER BY id") == [
        {"id": id, "total_seats": total, "seats_available": available}
        for id, total, available in ((1, 5, 0), (7, 10, 4), (8, 1, 1), (9, 1000000, 1000000), (10, 10, 10))
    ]
    assert database.rows("SELECT id, user_id, event_id, seats FROM registrations ORDER BY id") == [
        {"id": id, "user_id": user, "event_id": event, "seats": seats}
        for id, user, event, seats in ((1, 2, 1, 3), (2, 3, 1, 1), (5, 10, 1, 1), (12, 1, 7, 1), (15, 3, 7, 5))
    ]
    # The reminder was sent by the one that was merged.
    assert database.rows("SELECT registration_id, state FROM deliveries") == [{"registration_id": 1, "state": "sent"}]
    met = {rule for line in report for rule in RULES if rule.matches(line)}
    assert {rule.why for rule in RULES} - {rule.why for rule in met} == set()
    assert [line for line in report if ": " in line[:20] and not any(rule.matches(line) for rule in RULES)] == [
        report[0], *report[-3:]
    ]


def test_texts_that_are_too_long_are_cut(source: Source, database: Database) -> None:
    for column in ("users MODIFY name", "users MODIFY email", "events MODIFY title", "events MODIFY description",
                   "events MODIFY venue", "events MODIFY speaker"):
        index = ", DROP KEY email" if column.endswith("email") else ""
        source.root.rows(f"ALTER TABLE {column} TEXT{index}")
    source.user(1, "organizer", name="é" * 121)
    source.user(2, email="a" * 244 + "@example.org")
    source.event(1, title="é" * 201, description="é" * 2001, venue="é" * 201, speaker="é" * 121)
    assert source.lines(status=3)[:3] == [
        "user 1: settled: the name is cut to one line of 120 characters, without what cannot be seen",
        "user 2: left: the address is no e-mail address",
        "event 1: settled: its texts are cut to what they may have, without what cannot be seen",
    ]
    assert database.rows(
        "SELECT CHAR_LENGTH(name) AS name, CHAR_LENGTH(title) AS title, CHAR_LENGTH(description) AS description,"
        " CHAR_LENGTH(venue) AS venue, CHAR_LENGTH(speaker) AS speaker FROM users, events"
    ) == [{"name": 120, "title": 200, "description": 2000, "venue": 200, "speaker": 120}]


def test_a_dry_run_says_the_same_and_changes_nothing(small: Source, database: Database) -> None:
    small.user(6, email="%")
    small.registration(21, 5, 7, 1)
    before = contents(database)
    rehearsed = small.run("--dry-run")
    assert contents(database) == before
    assert "dry run: nothing has changed" in rehearsed.stderr
    real = small.run()
    assert (rehearsed.returncode, rehearsed.stdout) == (real.returncode, real.stdout) == (3, real.stdout)
    assert left_behind(real) == (
        f"import: 1 rows are left in {small.name} alone: see above why. Correct them there and run this again"
    )
    assert contents(database) != before


def test_each_run_brings_what_has_changed_since_the_last(small: Source, database: Database) -> None:
    def moved() -> tuple[list[Row], ...]:
        return (
            database.rows("SELECT id, email, role, password_hash, created_at FROM users ORDER BY id"),
            database.rows("SELECT id, title, event_date, total_seats, seats_available FROM events ORDER BY id"),
            database.rows("SELECT * FROM registrations ORDER BY id"),
            database.rows("SELECT registration_id, kind, occasion, state FROM deliveries ORDER BY 1"),
        )

    small.root.rows("UPDATE registrations SET reminder_sent = 1 WHERE id = 11")
    small.lines()
    first = moved()
    small.lines()
    assert moved() == first

    # Somebody has come, somebody has gone, something has changed.
    small.user(8)
    small.registration(21, 8, 3, 2)
    small.root.rows("DELETE FROM registrations WHERE id = 12")
    small.root.rows("UPDATE events SET title = 'Renamed', total_seats = 9, seats_available = 3 WHERE id = 3")
    small.root.rows("DELETE FROM events WHERE id = 7")
    small.root.rows("DELETE FROM registrations WHERE event_id = 7")
    assert small.lines() == [
        "users: 4 read, 4 moved, 0 merged, 0 left",
        "events: 1 read, 1 moved, 0 merged, 0 left",
        "registrations: 2 read, 2 moved, 0 merged, 0 left",
    ]
    users, events, registrations, deliveries = moved()
    assert [user["id"] for user in users] == [1, 2, 5, 8]
    assert [(event["id"], event["title"], event["seats_available"]) for event in events] == [(3, "Renamed", 3)]
    assert [registration["id"] for registration in registrations] == [11, 21]
    assert [delivery["registration_id"] for delivery in deliveries] == [11]
    assert len(database.rows("SELECT id FROM imports")) == 3


def log_in_anew(database: Database) -> None:
    database.call("replace_password_hash", 2, LEGACY_HASH, PASSWORD_HASH)


def sign_up(database: Database) -> None:
    database.add_user()


def book(database: Database) -> None:
    database.call("unregister_from_event", 5, 3)
    database.call("register_for_event", 5, 3, 1)


def change(database: Database) -> None:
    database.call("update_event", 1, 3, "Another title", *[None] * 5)


def call_off(database: Database) -> None:
    database.call("cancel_event", 1, 3)


def turn_reminders_off(database: Database) -> None:
    (row,) = database.rows("SELECT unsubscribe_token(value, 2) AS token FROM secrets")
    database.call("set_reminders", row["token"], "off")


@pytest.mark.parametrize(
    ("use", "named"),
    [(log_in_anew, "users"), (sign_up, "users"), (turn_reminders_off, "users"), (book, "registrations"),
     (change, "events"), (call_off, "events cancellations")],
)
def test_what_the_new_service_has_changed_is_not_overwritten(
    small: Source, database: Database, use: Any, named: str
) -> None:
    small.lines()
    use(database)
    small.user(8)
    before = contents(database)
    result = small.run()
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{database.name} has been used since the last import (what differs: {named})" in result.stderr
    assert f"DROP DATABASE {database.name}" in result.stderr
    assert contents(database) == before


def test_mails_that_were_planned_since_are_not_forgotten(small: Source, database: Database) -> None:
    small.root.rows("UPDATE events SET event_date = UTC_TIMESTAMP() + INTERVAL 1 HOUR WHERE id = 3")
    small.lines()
    assert database.call("plan_deliveries", None, account="notifier")[0][0]["planned"] == 2
    before = contents(database)
    result = small.run()
    assert result.returncode == 1
    assert "(what differs: deliveries notices)" in result.stderr
    assert contents(database) == before


def test_a_database_with_rows_of_its_own_is_not_touched(small: Source, database: Database) -> None:
    database.add_event(database.add_user("organizer"))
    before = contents(database)
    result = small.run()
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{database.name} is in use: it has users events of its own" in result.stderr
    assert contents(database) == before


def test_whoever_was_reminded_of_a_date_is_not_reminded_again(small: Source, database: Database) -> None:
    small.root.rows("UPDATE events SET event_date = UTC_TIMESTAMP() + INTERVAL 3 HOUR")
    small.root.rows("UPDATE registrations SET reminder_sent = 1 WHERE id IN (11, 20)")
    small.root.rows("UPDATE registrations SET reminder_sent = NULL WHERE id = 12")
    small.lines()

    def planned() -> list[int]:
        database.call("plan_deliveries", None, account="notifier")
        due = database.rows("SELECT registration_id FROM deliveries WHERE state = 'due' ORDER BY registration_id")
        return [row["registration_id"] for row in due]

    assert planned() == [12]
    # Of another date everybody is.
    database.rows("DELETE FROM deliveries WHERE state = 'due'")
    database.call("update_event", 1, 3, None, None, None, None, utc_now() + timedelta(hours=5), None)
    assert database.rows("SELECT kind FROM notices WHERE kind = 'update'") == [{"kind": "update"}]
    database.rows("DELETE FROM notices WHERE kind = 'update'")
    assert planned() == [11, 12]


def test_of_what_is_over_no_reminder_is_recorded(small: Source, database: Database) -> None:
    small.root.rows("UPDATE registrations SET reminder_sent = 1")
    small.lines()
    assert [row["registration_id"] for row in database.rows("SELECT registration_id FROM deliveries ORDER BY 1")] == [11, 12]


def in_processlist(database: Database, text: str) -> list[Row]:
    return database.rows(
        "SELECT id, info FROM information_schema.processlist WHERE db = %s AND info LIKE %s AND id <> CONNECTION_ID()",
        [database.name, f"%{text}%"],
    )


def wait_for(condition: Any) -> Any:
    until = time.monotonic() + 30
    while not (met := condition()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return met


@pytest.fixture
def halted(small: Source, database: Database) -> Iterator[tuple[subprocess.Popen, Connection]]:
    """An import that has moved everything and waits for a lock, and the session that holds it."""
    with database.connect("root") as holder:
        holder.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        holder.rows("START TRANSACTION")
        holder.rows("SELECT * FROM imports FOR UPDATE")
        process = subprocess.Popen(
            small.command(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
        )
        wait_for(lambda: in_processlist(database, "INSERT INTO imports"))
        yield process, holder
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_a_run_that_is_killed_leaves_nothing(
    halted: tuple[subprocess.Popen, Connection], small: Source, database: Database
) -> None:
    process, holder = halted
    process.kill()
    process.wait()
    holder.rollback()
    # The client has nobody left to hear from.
    wait_for(lambda: not in_processlist(database, ""))
    assert database.rows("SELECT id FROM users") == database.rows("SELECT id FROM imports") == []
    assert small.lines()[-1] == "registrations: 3 read, 3 moved, 0 merged, 0 left"


def test_a_run_whose_session_is_killed_says_so(
    halted: tuple[subprocess.Popen, Connection], small: Source, database: Database
) -> None:
    process, holder = halted
    database.rows(f"KILL {in_processlist(database, 'INSERT INTO imports')[0]['id']}")
    stdout, stderr = process.communicate(timeout=30)
    holder.rollback()
    assert (process.returncode, stdout) == (1, "")
    assert stderr.splitlines()[-1] == "import: it failed: see the error above. Nothing has changed."
    assert database.rows("SELECT id FROM users") == database.rows("SELECT id FROM registrations") == []


def test_a_statement_that_is_killed_ends_the_run(
    halted: tuple[subprocess.Popen, Connection], small: Source, database: Database
) -> None:
    process, holder = halted
    database.rows(f"KILL QUERY {in_processlist(database, 'INSERT INTO imports')[0]['id']}")
    _, stderr = process.communicate(timeout=30)
    holder.rollback()
    assert process.returncode == 1
    assert "Nothing has changed" in stderr
    assert database.rows("SELECT id FROM users") == []


def test_nobody_changes_anything_while_it_runs(
    halted: tuple[subprocess.Popen, Connection], small: Source, database: Database
) -> None:
    process, holder = halted
    with database.connect("root") as other:
        other.rows("SET SESSION innodb_lock_wait_timeout = 1")
        for sql in (
            f"CALL register_user('Ann', 'ann@example.org', '{PASSWORD_HASH}', 'organizer')",
            "INSERT INTO users (id, name, email, role, password_hash) VALUES (4, 'Ann', 'a@example.org', 'organizer', '!')",
            "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
            " VALUES (1, 'T', 'V', 'S', '2035-01-01', 1, 1)",
            "CALL plan_deliveries(NULL)",
            "CALL claim_deliveries('test', 1, 60)",
        ):
            with pytest.raises(pymysql.err.OperationalError) as waited:
                other.rows(sql)
            assert waited.value.args[0] == LOCK_WAIT_TIMEOUT, sql
    holder.rollback()
    stdout, stderr = process.communicate(timeout=30)
    assert process.returncode == 0, stderr
    assert database.audit() == []


def test_what_fails_in_the_middle_changes_nothing(small: Source, database: Database) -> None:
    small.lines()
    before = contents(database)
    small.user(8)
    database.rows(
        "CREATE TRIGGER refuse_mails BEFORE INSERT ON deliveries FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no mails today'"
    )
    try:
        small.root.rows("UPDATE registrations SET reminder_sent = 1 WHERE id = 11")
        result = small.run()
    finally:
        database.rows("DROP TRIGGER refuse_mails")
    assert (result.returncode, result.stdout) == (1, "")
    assert "no mails today" in result.stderr
    assert result.stderr.splitlines()[-1] == "import: it failed: see the error above. Nothing has changed."
    assert contents(database) == before


@pytest.mark.parametrize("rows", ["seats_available = seats_available - 1 WHERE id = 3", ""], ids=["seats", "row"])
def test_what_does_not_add_up_is_not_kept(small: Source, database: Database, rows: str) -> None:
    """The checks at the end find changes that the import did not make itself, such as a trigger's."""
    body = f"UPDATE events SET {rows}" if rows else "DELETE FROM events WHERE id = 7 AND NEW.registration_id = 11"
    small.root.rows("DELETE FROM registrations WHERE event_id = 7")
    small.root.rows("UPDATE registrations SET reminder_sent = 1 WHERE id = 11")
    small.root.rows("UPDATE events SET seats_available = total_seats WHERE id = 7")
    database.rows(f"CREATE TRIGGER meddle AFTER INSERT ON deliveries FOR EACH ROW {body}")
    try:
        result = small.run()
    finally:
        database.rows("DROP TRIGGER meddle")
    assert result.returncode == 1
    assert ("import_seats_add_up" if rows else "import_has_all_events") in result.stderr
    assert database.rows("SELECT id FROM users") == []


ODD = [
    "autocommit = 0", "completion_type = 'CHAIN'", "sql_safe_updates = 1", "sql_select_limit = 1", "sql_big_selects = 0",
    "max_join_size = 1", "foreign_key_checks = 0", "unique_checks = 0", "time_zone = '-11:00'",
    "sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_AUTO_VALUE_ON_ZERO'", "group_concat_max_len = 4",
    "sql_auto_is_null = 1", "default_storage_engine = MEMORY", "default_tmp_storage_engine = MEMORY",
    "character_set_connection = latin1", "div_precision_increment = 0", "innodb_default_row_format = compact",
]


def test_sessions_may_begin_as_a_server_likes() -> None:
    with Server(own=True, disposable=True) as server:
        database = Database(server)
        source = Source(database, "first")
        source.user(1, "organizer")
        source.user(5)
        source.user(8, email="OLD5@example.org")
        source.event(7, seats_available=9)
        source.registration(20, 5, 7, 1)
        source.registration(21, 5, 7, 1)
        read_only = "transaction_read_only = 1" if server.is_mysql() else "tx_read_only = 1"
        for setting in [*ODD, read_only]:
            database.rows(f"SET GLOBAL {setting}")
        assert source.lines(status=3) == [
            "user 8: left: the address is that of user 5, but for case or blanks",
            "registration 21: merged: the same user and event as registration 20, whose seats_booked is 1",
            "users: 3 read, 2 moved, 0 merged, 1 left",
            "events: 1 read, 1 moved, 0 merged, 0 left",
            "registrations: 2 read, 1 moved, 1 merged, 0 left",
        ]
        assert [row["id"] for row in database.rows("SELECT id FROM registrations")] == [20]


def test_options_files_of_the_account_do_no_harm(small: Source, database: Database, tmp_path: Path) -> None:
    options = tmp_path / "my.cnf"
    options.write_text("[mysql]\nforce\ntable\nhtml\nverbose\nvertical\ncolumn-names\n[client]\nuser=nobody\n")
    assert small.lines(f"--defaults-file={options}")[-1] == "registrations: 3 read, 3 moved, 0 merged, 0 left"
    database.rows(
        "CREATE TRIGGER refuse_mails BEFORE INSERT ON deliveries FOR EACH ROW"
        " SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no mails today'"
    )
    before = contents(database)
    try:
        small.root.rows("UPDATE registrations SET reminder_sent = 1 WHERE id = 11")
        result = small.run(f"--defaults-file={options}")
    finally:
        database.rows("DROP TRIGGER refuse_mails")
    assert result.returncode == 1 and "no mails today" in result.stderr
    assert contents(database) == before


def refusal(server: Server, *names: str, options: tuple[str, ...] = ()) -> str:
    """What the command says of databases that it does not take, having changed nothing."""
    command = [str(IMPORT), *options, "--no-defaults", f"--socket={server.socket}", "--user=root", *names]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    return " ".join(result.stderr.split())


def test_what_is_no_database_of_the_first_implementation_is_named(small: Source, database: Database, server: Server) -> None:
    nowhere = refusal(server, "nowhere", database.name)
    assert nowhere.startswith("import: nowhere is no database of the first implementation, or this account may not read it.")
    assert "It has no users.id users.name" in nowhere
    small.root.rows("ALTER TABLE registrations DROP COLUMN reminder_sent")
    assert refusal(server, small.name, database.name).endswith("It has no registrations.reminder_sent")
    assert "It has no registrations.seats_booked" in refusal(server, database.name, small.name)


def test_a_database_that_migrate_has_not_made_is_named(small: Source, server: Server) -> None:
    said = refusal(server, small.name, "nowhere")
    assert said == "import: nowhere is no EventHub database of this version. Have it made first: migrations/migrate nowhere"


def test_a_database_is_not_imported_into_itself(small: Source, server: Server) -> None:
    assert f"import: {small.name} cannot be imported into itself" in refusal(server, small.name, small.name)


@pytest.mark.parametrize("name", ["", "a b", "a`b", "a;b", "-a", "a/b", "a" * 65])
def test_a_name_that_is_none_is_refused(database: Database, server: Server, name: str) -> None:
    assert "cannot be a database's name" in refusal(server, name, database.name)
    assert "cannot be a database's name" in refusal(server, database.name, name)


@pytest.mark.parametrize("name", ["event-hub", "1st", "a$b", "a" * 64])
def test_the_original_may_have_any_ordinary_name(database: Database, name: str) -> None:
    for table in EMPTIED:
        database.rows(f"DELETE FROM {table}")
    source = Source(database, name)
    try:
        source.user(1, "organizer")
        assert source.lines()[0] == "users: 1 read, 1 moved, 0 merged, 0 left"
    finally:
        source.drop()


def test_a_server_that_cannot_be_reached_is_said(database: Database) -> None:
    command = [str(IMPORT), "--no-defaults", "--socket=/nowhere", "--user=root", "old", database.name]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert result.stderr.endswith("import: cannot reach the server\n")


@pytest.mark.parametrize(
    "arguments", [[], ["--help"], ["one"], ["--dry-run"], ["--dry-run", "one"], ["--zone=UTC", "--dry-run", "one"]]
)
def test_how_it_is_used_is_said(arguments: list[str]) -> None:
    result = subprocess.run([str(IMPORT), *arguments], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: migrations/import [--dry-run] ")


@pytest.mark.parametrize("option", ["--dry-run", "--zone=+02:00"])
def test_an_option_of_its_own_that_comes_too_late_is_named(small: Source, server: Server, database: Database, option: str) -> None:
    said = refusal(server, option, small.name, database.name)
    assert said == f"import: {option} comes first: migrations/import {option} ... {small.name} {database.name}"


def dates(database: Database) -> dict[int, str]:
    return {row["id"]: row["date"] for row in database.rows("SELECT id, CAST(event_date AS CHAR) AS date FROM events")}


@pytest.fixture
def berlin(database: Database) -> Iterator[str]:
    """A zone of the server's own, which knows none by name: an hour ahead, two in the summer of 2035."""
    zone = f"Test/{secrets.token_hex(4)}"
    database.rows("INSERT INTO mysql.time_zone (use_leap_seconds) VALUES ('N')")
    number = database.rows("SELECT LAST_INSERT_ID() AS id")[0]["id"]
    database.rows("INSERT INTO mysql.time_zone_name (name, time_zone_id) VALUES (%s, %s)", [zone, number])
    database.rows(
        "INSERT INTO mysql.time_zone_transition_type (time_zone_id, transition_type_id, `offset`, is_dst, abbreviation)"
        " VALUES (%s, 0, 3600, 0, 'CET'), (%s, 1, 7200, 1, 'CEST')", [number, number],
    )
    for month, day, kind in ((3, 25, 1), (10, 28, 0)):
        at = int(datetime(2035, month, day, 1, tzinfo=timezone.utc).timestamp())
        database.rows("INSERT INTO mysql.time_zone_transition VALUES (%s, %s, %s)", [number, at, kind])
    yield zone
    for table in ("time_zone", "time_zone_name", "time_zone_transition_type", "time_zone_transition"):
        database.rows(f"DELETE FROM mysql.{table} WHERE time_zone_id = %s", [number])


def test_times_that_people_typed_are_read_in_their_zone(small: Source, database: Database, berlin: str) -> None:
    small.root.rows("UPDATE events SET event_date = '2035-05-01 18:00:00' WHERE id = 3")
    small.root.rows("UPDATE events SET event_date = '2035-12-31 23:30:00' WHERE id = 7")
    small.lines()
    assert dates(database) == {3: "2035-05-01 18:00:00", 7: "2035-12-31 23:30:00"}
    small.lines("--zone=-01:30")
    assert dates(database) == {3: "2035-05-01 19:30:00", 7: "2036-01-01 01:00:00"}
    small.lines(f"--zone={berlin}")
    assert dates(database) == {3: "2035-05-01 16:00:00", 7: "2035-12-31 22:30:00"}
    # Of registrations the original wrote the time itself, in UTC.
    registered = database.rows("SELECT DISTINCT CAST(registered_at AS CHAR) AS at FROM registrations")
    assert registered == [{"at": "2024-05-06 07:08:09"}]


@pytest.mark.parametrize(
    ("zone", "said"),
    [("Nowhere/Land", "the server does not know the zone Nowhere/Land"), ("+25:00", "the server does not know the zone"),
     ("x'y", "is no zone: write it as")],
)
def test_a_zone_that_is_none_is_named(small: Source, database: Database, zone: str, said: str) -> None:
    result = small.run(f"--zone={zone}")
    assert result.returncode == 1 and said in result.stderr
    assert database.rows("SELECT id FROM users") == []


def test_dates_that_cannot_be_converted_are_named(small: Source, database: Database) -> None:
    small.root.rows("UPDATE events SET event_date = '2038-01-01 00:00:00' WHERE id = 3")
    result = small.run("--zone=+02:00")
    assert result.returncode == 1 and f"{small.name} has events after 2037 (1)" in result.stderr
    assert small.lines()[1] == "events: 2 read, 2 moved, 0 merged, 0 left"


def characters(source: str, name: str = "") -> set[int]:
    """Those of the class that begins behind the name, written as SQL has it: [\\x{0}-\\x{20}]."""
    members = re.search(r"\[\^?((?:[^]\[]|'\s*')*?)\]", source[source.index(name) :])[1]
    ranges = re.findall(r"\\x\{(\w+)\}(?:-\\\\x\{(\w+)\})?", members)
    return {code for first, last in ranges for code in range(int(first, 16), int(last or first, 16) + 1)}


def test_it_goes_by_the_rules_of_the_procedures() -> None:
    """The import judges a million rows by one statement, so it repeats what text_fault goes by; this keeps them the same."""
    judge = (TREE / "migrations/importing/judge.sql").read_text(encoding="utf-8")
    rule = (TREE / "db/functions/text_fault.sql").read_text(encoding="utf-8")
    assert characters(judge, "SET @seen") == characters(rule, "v_value NOT REGEXP")
    assert characters(judge, "@control =") == characters(rule, "ELSEIF v_value REGEXP")
    assert characters(judge, "@control_of_text") == characters(rule, "RETURN IF(v_value REGEXP")
    turning = characters(judge, "@direction =")
    assert turning == characters(rule, "ELSEIF v_value REGEXP '[\\\\x{202a}")
    # And what a name may have where it joins something, or varies it.
    allowed = {0x200C, 0x200D, *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0020, 0xE0080), *range(0xE0100, 0xE01F0)}
    assert characters(judge, "@invisible =") == characters(rule, "p_kind = 'name' AND") | turning | allowed
    assert characters(rule, "p_kind = 'name' AND") - characters(rule, "v_value NOT REGEXP") == set()


def test_an_address_that_the_import_takes_for_plainly_good_is_good(database: Database) -> None:
    judge = (TREE / "migrations/importing/judge.sql").read_text(encoding="utf-8")
    plain = re.search(r"email NOT REGEXP '(\^\[A-Za-z0-9_\+.*?)\\\\z'", judge)[1]
    longest = "a" * 30 + "." + "b" * 30 + "@" + "c" * 60 + "." + "d" * 60 + "." + "e" * 20
    for email in (longest, "a@b.cc", "_@b.cc", "-.+@1.cc"):
        assert re.fullmatch(plain, email)
        assert database.rows("SELECT email_fault(%s) AS fault", [email]) == [{"fault": None}]
    for email in ("a..b@c.dd", ".a@c.dd", "a.@c.dd", "a@-c.dd", "a@c-.dd", "a@c.11", "a@c", "é@c.dd", "a@é.dd"):
        assert not re.fullmatch(plain, email)
