"""The constraints of the tables refuse what would break a rule, also where no procedure writes it."""

from __future__ import annotations

import pymysql
import pytest

from support.database import PASSWORD_HASH, Database

DUPLICATE, NO_PARENT, HAS_CHILDREN, NOT_NULL, OUT_OF_RANGE, TOO_LONG = 1062, 1452, 1451, 1048, 1264, 1406
NOT_ASCII = 1366
CHECKS = {4025, 3819}  # MariaDB, MySQL

USER = {"name": "N", "email": "new@example.org", "role": "organizer", "password_hash": PASSWORD_HASH}
EVENT = {
    "organizer_id": "the organizer", "title": "T", "venue": "V", "speaker": "S", "event_date": "2100-01-01 12:00:00",
    "total_seats": 10, "seats_available": 10,
}
REGISTRATION = {"event_id": "the event", "user_id": "the participant", "seats": 1}
SETTING = {"name": "new", "value": 1, "description": "D"}


@pytest.fixture(scope="module")
def things(database: Database) -> dict[str, int]:
    """What the rows above refer to, and one registration and one cancellation that are there already."""
    organizer = database.add_user("organizer", email="taken@example.org")
    booked, participant = database.add_user(), database.add_user()
    event_id = database.add_event(organizer)
    database.call("register_for_event", booked, event_id, 2)
    database.rows("INSERT INTO cancellations (event_id) VALUES (%s)", [event_id])
    return {
        "the organizer": organizer, "the participant": participant, "the booked": booked, "the event": event_id,
        "nobody": 10**15,
    }


def insert(database: Database, things: dict[str, int], table: str, row: dict[str, object]) -> None:
    """Tries to insert a row; where the table takes it, it is taken back."""
    values = [things.get(value, value) if isinstance(value, str) else value for value in row.values()]
    marks = ", ".join(["%s"] * len(row))
    with database.connect("root") as root:
        root.rows("START TRANSACTION")
        root.rows(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", values)
        root.rollback()


@pytest.mark.parametrize(
    ("table", "row"),
    [("users", USER), ("events", EVENT), ("registrations", REGISTRATION), ("settings", SETTING)],
)
def test_the_rows_that_the_next_tests_spoil_are_good(
    database: Database, things: dict[str, int], table: str, row: dict[str, object]
) -> None:
    insert(database, things, table, row)


@pytest.mark.parametrize(
    ("table", "row", "change", "constraint"),
    [
        ("users", USER, {"name": ""}, "users_name_not_blank"),
        ("users", USER, {"name": "   "}, "users_name_not_blank"),
        ("users", USER, {"role": "admin"}, "users_role"),
        ("users", USER, {"role": ""}, "users_role"),
        ("users", USER, {"role": "organizer "}, "users_role"),
        ("users", USER, {"role": "Organizer"}, "users_role"),
        ("events", EVENT, {"title": " "}, "events_title_not_blank"),
        ("events", EVENT, {"venue": ""}, "events_venue_not_blank"),
        ("events", EVENT, {"speaker": "  "}, "events_speaker_not_blank"),
        ("events", EVENT, {"total_seats": 0, "seats_available": 0}, "events_total_seats"),
        ("events", EVENT, {"total_seats": 1_000_001}, "events_total_seats"),
        ("events", EVENT, {"seats_available": 11}, "events_seats_available"),
        ("registrations", REGISTRATION, {"seats": 0}, "registrations_seats"),
        ("settings", SETTING, {"value": 0}, "settings_value"),
        ("settings", SETTING, {"value": 1_000_001}, "settings_value"),
    ],
)
def test_a_check_refuses_a_row(
    database: Database, things: dict[str, int], table: str, row: dict[str, object], change: dict[str, object],
    constraint: str,
) -> None:
    with pytest.raises(pymysql.err.MySQLError) as refused:
        insert(database, things, table, row | change)
    assert refused.value.args[0] in CHECKS
    assert constraint in refused.value.args[1]


@pytest.mark.parametrize(
    ("table", "row", "change", "error"),
    [
        ("users", USER, {"email": "TAKEN@example.org"}, DUPLICATE),
        ("users", USER, {"password_hash": None}, NOT_NULL),
        ("users", USER, {"role": "org\u00e1nizer"}, NOT_ASCII),
        ("users", USER, {"name": "n" * 121}, TOO_LONG),
        ("events", EVENT, {"organizer_id": "nobody"}, NO_PARENT),
        ("events", EVENT, {"organizer_id": None}, NOT_NULL),
        ("events", EVENT, {"event_date": None}, NOT_NULL),
        ("events", EVENT, {"total_seats": -1}, OUT_OF_RANGE),
        ("events", EVENT, {"seats_available": -1}, OUT_OF_RANGE),
        ("events", EVENT, {"title": "t" * 201}, TOO_LONG),
        ("registrations", REGISTRATION, {"user_id": "the booked"}, DUPLICATE),
        ("registrations", REGISTRATION, {"user_id": "nobody"}, NO_PARENT),
        ("registrations", REGISTRATION, {"event_id": "nobody"}, NO_PARENT),
        ("registrations", REGISTRATION, {"seats": -1}, OUT_OF_RANGE),
        ("cancellations", {"event_id": "the event"}, {}, DUPLICATE),
        ("cancellations", {"event_id": "nobody"}, {}, NO_PARENT),
        ("settings", SETTING, {"name": "max_seats_per_booking"}, DUPLICATE),
    ],
)
def test_keys_types_and_lengths_refuse_a_row(
    database: Database, things: dict[str, int], table: str, row: dict[str, object], change: dict[str, object],
    error: int,
) -> None:
    with pytest.raises(pymysql.err.MySQLError) as refused:
        insert(database, things, table, row | change)
    assert refused.value.args[0] == error


@pytest.mark.parametrize(
    ("sql", "errors"),
    [
        ("UPDATE events SET seats_available = total_seats + 1", CHECKS),
        ("UPDATE events SET seats_available = CAST(seats_available AS SIGNED) - 11", {OUT_OF_RANGE}),
        ("UPDATE events SET total_seats = 8, seats_available = 9", CHECKS),
        ("UPDATE events SET title = ''", CHECKS),
        ("UPDATE users SET role = 'root'", CHECKS),
        ("UPDATE users SET email = 'same@example.org'", {DUPLICATE}),
        ("UPDATE registrations SET seats = 0", CHECKS),
        ("DELETE FROM users", {HAS_CHILDREN}),
        ("DELETE FROM events", {HAS_CHILDREN}),
    ],
)
def test_a_change_that_breaks_a_rule_is_refused(
    database: Database, things: dict[str, int], sql: str, errors: set[int]
) -> None:
    with pytest.raises(pymysql.err.MySQLError) as refused:
        database.rows(sql)
    assert refused.value.args[0] in errors


def test_deleting_what_others_refer_to_is_refused(database: Database, things: dict[str, int]) -> None:
    for table, thing in (("users", "the organizer"), ("users", "the booked"), ("events", "the event")):
        with pytest.raises(pymysql.err.IntegrityError) as refused:
            database.rows(f"DELETE FROM {table} WHERE id = %s", [things[thing]])
        assert refused.value.args[0] == HAS_CHILDREN
