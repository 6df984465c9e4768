"""Who comes to an event, what a participant is registered for, and whom a reminder is for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.database import Database, utc_now

NOT_FOUND = "45404 event_not_found: Event not found"


def test_participants_are_listed_in_the_order_they_came(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    other_event = database.add_event(organizer)
    first = database.add_user(name="\u00c9mile \U0001f600", email="Emile@example.net")
    second = database.add_user(name="Ann", email="ann@example.net")
    before = utc_now()
    database.call("register_for_event", second, event_id, 2)
    database.call("register_for_event", first, event_id, 1)
    database.call("register_for_event", first, other_event, 1)

    rows = database.call("list_participants", organizer, event_id)[0]
    assert list(rows[0]) == ["participant", "email", "seats_booked", "registered_at"]
    for row in rows:
        assert before <= row.pop("registered_at") <= utc_now()
    assert rows == [
        {"participant": "Ann", "email": "ann@example.net", "seats_booked": 2},
        {"participant": "\u00c9mile \U0001f600", "email": "Emile@example.net", "seats_booked": 1},
    ]


def test_who_has_unregistered_is_not_listed(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    assert database.call("list_participants", organizer, event_id) == [[]]
    database.call("register_for_event", participant, event_id, 2)
    database.call("unregister_from_event", participant, event_id)
    assert database.call("list_participants", organizer, event_id) == [[]]
    assert database.call("list_my_registrations", participant)[1] == []


def test_participants_of_a_completed_event_are_listed(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    database.call("register_for_event", participant, event_id, 2)
    database.start_event(event_id)
    assert len(database.call("list_participants", organizer, event_id)[0]) == 1
    assert database.call("list_my_registrations", participant)[1][0]["status"] == "completed"


def test_only_the_organizer_of_an_event_sees_its_participants(
    database: Database, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer)
    database.call("register_for_event", participant, event_id, 1)
    for actor, refusal in (
        (10**15, "45401 invalid_token: Invalid authentication credentials"),
        (None, "45401 invalid_token: Invalid authentication credentials"),
        (participant, "45403 organizer_required: Organizer privileges required"),
        (database.add_user("organizer"), "45403 not_your_event: Not your event"),
    ):
        assert database.refusal("list_participants", actor, event_id) == refusal


@pytest.mark.parametrize("event_id", [0, -1, 10**15, None])
def test_an_event_that_does_not_exist_has_no_list(database: Database, organizer: int, event_id: int | None) -> None:
    assert database.refusal("list_participants", organizer, event_id) == NOT_FOUND


def test_a_participant_sees_their_registrations_by_date(database: Database, organizer: int) -> None:
    ada, other = database.add_user(name="Ada \U0001f469"), database.add_user()
    now = utc_now()
    dates = [now + timedelta(days=9), now + timedelta(hours=2), now + timedelta(days=9)]
    late, soon, late_too = [
        database.add_event(organizer, title=f"Talk {n}", venue=f"Room {n}", speaker=f"Speaker {n}", event_date=date)
        for n, date in enumerate(dates)
    ]
    for event_id, seats in ((late_too, 3), (late, 1), (soon, 2)):
        database.call("register_for_event", ada, event_id, seats)
        database.call("register_for_event", other, event_id, 1)

    user, rows = database.call("list_my_registrations", ada)
    assert user == [{"user": "Ada \U0001f469"}]
    assert list(rows[0]) == [
        "event_id", "title", "venue", "date", "speaker", "seats_booked", "registered_at", "status",
    ]
    for row in rows:
        assert now <= row.pop("registered_at") <= utc_now()
    assert rows == [
        {"event_id": soon, "title": "Talk 1", "venue": "Room 1", "date": dates[1], "speaker": "Speaker 1",
         "seats_booked": 2, "status": "soon"},
        {"event_id": late, "title": "Talk 0", "venue": "Room 0", "date": dates[0], "speaker": "Speaker 0",
         "seats_booked": 1, "status": "upcoming"},
        {"event_id": late_too, "title": "Talk 2", "venue": "Room 2", "date": dates[2], "speaker": "Speaker 2",
         "seats_booked": 3, "status": "upcoming"},
    ]


def test_a_participant_without_registrations_has_an_empty_list(database: Database) -> None:
    assert database.call("list_my_registrations", database.add_user(name="New")) == [[{"user": "New"}], []]


def test_only_a_participant_has_registrations(database: Database, organizer: int) -> None:
    for actor, refusal in (
        (10**15, "45401 invalid_token: Invalid authentication credentials"),
        (None, "45401 invalid_token: Invalid authentication credentials"),
        (organizer, "45403 participant_required: Participant privileges required"),
    ):
        assert database.refusal("list_my_registrations", actor) == refusal


def test_a_reminder_is_due_from_24_hours_before_the_start_until_it(database: Database, organizer: int) -> None:
    ada = database.add_user(name="Ada", email="ada@example.net")
    date = utc_now() + timedelta(days=10)
    event_id = database.add_event(organizer, title="T", venue="V", speaker="S", event_date=date)
    database.call("register_for_event", ada, event_id, 2)
    registration_id = database.rows("SELECT id FROM registrations WHERE event_id = %s", [event_id])[0]["id"]
    due = {
        "event_id": event_id, "title": "T", "venue": "V", "speaker": "S", "event_date": date,
        "registration_id": registration_id, "participant_id": ada, "participant": "Ada",
        "email": "ada@example.net", "seats_booked": 2,
    }
    for before_start, expected in (
        (timedelta(hours=24, seconds=1), []), (timedelta(hours=24), [due]), (timedelta(seconds=1), [due]),
        (timedelta(0), []),
    ):
        with database.connect_at(date - before_start) as session:
            rows = session.rows("SELECT * FROM events_due_soon WHERE event_id = %s", [event_id])
        assert rows == expected


def test_no_reminder_is_due_without_a_registration(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, event_date=utc_now() + timedelta(hours=3))
    database.call("register_for_event", participant, event_id, 2)
    database.call("unregister_from_event", participant, event_id)
    assert database.rows("SELECT * FROM events_due_soon WHERE event_id = %s", [event_id]) == []


def test_the_audit_shows_an_event_whose_seats_are_wrong(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, total_seats=10)
    database.call("register_for_event", participant, event_id, 4)
    assert database.audit() == []
    for wrong in (0, 5, 7, 10):
        database.rows("UPDATE events SET seats_available = %s WHERE id = %s", [wrong, event_id])
        assert database.audit() == [
            {"event_id": event_id, "total_seats": 10, "seats_available": wrong, "seats_booked": 4}
        ]
    database.rows("UPDATE events SET seats_available = 6 WHERE id = %s", [event_id])
    assert database.audit() == []
