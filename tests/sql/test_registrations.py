"""Booking seats, and giving them back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from support.connection import Refused
from support.database import Database, utc_now
from support.texts import TEXTS

UNKNOWN_ACTOR = "45401 invalid_token: Invalid authentication credentials"
NOT_A_PARTICIPANT = "45403 participant_required: Participant privileges required"
NOT_FOUND = "45404 event_not_found: Event not found"
NOT_REGISTERED = "45404 not_registered: You are not registered for this event"
OVER = "45400 event_completed: This event is already completed. Registration is closed."
OVER_TO_CANCEL = "45400 event_completed: Cannot cancel registration for completed events"
TWICE = "45409 already_registered: Already registered for this event"
EXHAUSTED = "45409 seats_exhausted: Not enough seats available"


def free_seats(database: Database, event_id: int) -> int:
    return database.call("get_event", event_id)[0][0]["seats_available"]


@pytest.fixture
def seats_per_booking_afterwards(database: Database) -> Iterator[None]:
    yield
    database.rows("UPDATE settings SET value = 10 WHERE name = 'max_seats_per_booking'")


@pytest.mark.parametrize(
    ("starts_in", "status"), [(timedelta(hours=1), "soon"), (timedelta(days=30), "upcoming")]
)
def test_a_registration_books_seats(
    database: Database, organizer: int, participant: int, starts_in: timedelta, status: str
) -> None:
    event_id = database.add_event(organizer, title="It's \"on\"", event_date=utc_now() + starts_in)
    before = utc_now()
    results = database.call("register_for_event", participant, event_id, 3)
    assert results == [[{
        "msg": "Registered successfully for It's \"on\"", "event_id": event_id, "seats_booked": 3,
        "seats_available": 7, "status": status,
    }]]
    assert list(results[0][0]) == ["msg", "event_id", "seats_booked", "seats_available", "status"]
    assert free_seats(database, event_id) == 7

    registrations = database.rows("SELECT * FROM registrations WHERE event_id = %s", [event_id])
    assert [(row["user_id"], row["seats"]) for row in registrations] == [(participant, 3)]
    assert before <= registrations[0]["registered_at"] <= utc_now()


def test_a_registration_is_for_one_seat_unless_said_otherwise(
    database: Database, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer)
    assert database.call("register_for_event", participant, event_id, None)[0][0]["seats_booked"] == 1
    assert free_seats(database, event_id) == 9


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_messages_hold_the_title_exactly(database: Database, organizer: int, participant: int, text: str) -> None:
    event_id = database.add_event(organizer, title=text)
    booked = database.call("register_for_event", participant, event_id, 1)[0][0]
    assert booked["msg"] == f"Registered successfully for {text}"
    ended = database.call("unregister_from_event", participant, event_id)[0][0]
    assert ended["msg"] == f"Your registration for '{text}' has been cancelled"


def test_messages_hold_the_longest_title(database: Database, organizer: int, participant: int) -> None:
    title = "\U0001f600" * 200
    event_id = database.add_event(organizer, title=title)
    assert database.call("register_for_event", participant, event_id, 1)[0][0]["msg"].endswith(title)
    assert title in database.call("unregister_from_event", participant, event_id)[0][0]["msg"]
    assert title in database.call("cancel_event", organizer, event_id)[0][0]["msg"]


def test_a_booking_has_1_to_10_seats(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, total_seats=1000)
    for seats in (0, -1, 11, 1000, -(2**63), 2**63 - 1):
        assert database.refusal("register_for_event", participant, event_id, seats) == (
            "45422 invalid_input(seats): seats must be from 1 to 10"
        )
    assert free_seats(database, event_id) == 1000
    assert database.call("register_for_event", participant, event_id, 10)[0][0]["seats_available"] == 990


@pytest.mark.usefixtures("seats_per_booking_afterwards")
def test_a_dba_sets_how_many_seats_a_booking_may_have(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, total_seats=1000)
    database.connection("dba").rows("UPDATE settings SET value = 50 WHERE name = 'max_seats_per_booking'")
    assert database.refusal("register_for_event", participant, event_id, 51) == (
        "45422 invalid_input(seats): seats must be from 1 to 50"
    )
    assert database.call("register_for_event", participant, event_id, 50)[0][0]["seats_booked"] == 50


def test_the_last_seat_is_sold_and_no_more(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, total_seats=3)
    assert database.refusal("register_for_event", database.add_user(), event_id, 4) == EXHAUSTED
    database.call("register_for_event", database.add_user(), event_id, 1)
    assert database.refusal("register_for_event", database.add_user(), event_id, 3) == EXHAUSTED
    assert database.call("register_for_event", database.add_user(), event_id, 2)[0][0]["seats_available"] == 0
    assert database.refusal("register_for_event", database.add_user(), event_id, 1) == EXHAUSTED
    assert database.audit() == []


@pytest.mark.parametrize("total_seats", [2, 3, 10])
def test_a_participant_registers_once(
    database: Database, organizer: int, participant: int, total_seats: int
) -> None:
    event_id = database.add_event(organizer, total_seats=total_seats)
    database.call("register_for_event", participant, event_id, 2)
    for seats in (1, 2, 10):
        assert database.refusal("register_for_event", participant, event_id, seats) == TWICE
    assert free_seats(database, event_id) == total_seats - 2
    assert database.audit() == []


def test_registration_ends_when_the_event_begins(database: Database, organizer: int, participant: int) -> None:
    date = utc_now() + timedelta(days=30)
    event_id = database.add_event(organizer, event_date=date)
    with database.clock_at(date):
        assert database.refusal("register_for_event", participant, event_id, 1) == OVER
    with database.clock_at(date - timedelta(seconds=1)):
        database.call("register_for_event", participant, event_id, 1)
    database.start_event(event_id)
    assert database.refusal("register_for_event", participant, event_id, 1) == OVER
    assert database.refusal("register_for_event", database.add_user(), event_id, 10) == OVER


def test_unregistering_gives_the_seats_back_once(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, title="Chess")
    database.call("register_for_event", database.add_user(), event_id, 2)
    database.call("register_for_event", participant, event_id, 3)
    assert database.call("unregister_from_event", participant, event_id) == [
        [{"msg": "Your registration for 'Chess' has been cancelled", "seats_available": 8}]
    ]
    for _ in range(2):
        assert database.refusal("unregister_from_event", participant, event_id) == NOT_REGISTERED
    assert free_seats(database, event_id) == 8
    assert database.audit() == []


def test_a_participant_can_come_back(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    for seats in (1, 10, 4):
        database.call("register_for_event", participant, event_id, seats)
        assert free_seats(database, event_id) == 10 - seats
        assert database.call("unregister_from_event", participant, event_id)[0][0]["seats_available"] == 10


def test_unregistering_touches_nobody_else(database: Database, organizer: int, participant: int) -> None:
    event_id, other_event = database.add_event(organizer), database.add_event(organizer)
    other = database.add_user()
    for actor, booked in ((participant, event_id), (participant, other_event), (other, event_id)):
        database.call("register_for_event", actor, booked, 2)
    database.call("unregister_from_event", participant, event_id)
    left = database.rows(
        "SELECT user_id, event_id FROM registrations WHERE event_id IN (%s, %s) ORDER BY id", [event_id, other_event]
    )
    assert left == [{"user_id": participant, "event_id": other_event}, {"user_id": other, "event_id": event_id}]


def test_nobody_unregisters_once_the_event_has_begun(database: Database, organizer: int, participant: int) -> None:
    date = utc_now() + timedelta(days=30)
    event_id = database.add_event(organizer, event_date=date)
    database.call("register_for_event", participant, event_id, 1)
    with database.clock_at(date):
        assert database.refusal("unregister_from_event", participant, event_id) == OVER_TO_CANCEL
    database.start_event(event_id)
    assert database.refusal("unregister_from_event", participant, event_id) == OVER_TO_CANCEL
    assert database.refusal("unregister_from_event", database.add_user(), event_id) == NOT_REGISTERED
    assert free_seats(database, event_id) == 9


def test_only_a_participant_registers_and_unregisters(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    for actor, refusal in (
        (0, UNKNOWN_ACTOR), (10**15, UNKNOWN_ACTOR), (None, UNKNOWN_ACTOR), (organizer, NOT_A_PARTICIPANT),
    ):
        assert database.refusal("register_for_event", actor, event_id, 1) == refusal
        assert database.refusal("unregister_from_event", actor, event_id) == refusal
    assert free_seats(database, event_id) == 10


@pytest.mark.parametrize("event_id", [0, -1, 10**15, None])
def test_an_event_that_does_not_exist_has_no_seats(
    database: Database, participant: int, event_id: int | None
) -> None:
    assert database.refusal("register_for_event", participant, event_id, 1) == NOT_FOUND
    assert database.refusal("unregister_from_event", participant, event_id) == NOT_FOUND


@pytest.mark.parametrize("seats", ["1.5", "0.0001", "'2.5'", "1e-7", "-0.5"])
def test_half_a_seat_is_refused(database: Database, organizer: int, participant: int, seats: str) -> None:
    event_id = database.add_event(organizer)
    with database.connect() as session, pytest.raises(Refused) as refused:
        session.rows(f"CALL register_for_event({participant}, {event_id}, {seats})")
    assert str(refused.value) == "45422 invalid_input(seats): seats must be a whole number"
    for whole in ("2.0", "'3'"):
        with database.connect() as session:
            rows = session.rows(f"CALL register_for_event({database.add_user()}, {event_id}, {whole})")
        assert rows[0]["seats_booked"] == float(whole.strip("'"))
