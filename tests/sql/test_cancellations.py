"""Calling an event off: gone from everywhere, and still on record."""

from __future__ import annotations

from datetime import timedelta

import pytest

from support.database import Database, utc_now

NOT_FOUND = "45404 event_not_found: Event not found"
NOT_FOUND_OR_NOT_YOURS = "45404 event_not_found: Event not found or unauthorized"


def outbox(database: Database, event_id: int) -> list[int]:
    """The rows that ask the notifier to tell the participants of an event."""
    rows = database.rows("SELECT event_id FROM cancellations WHERE event_id = %s", [event_id])
    return [row["event_id"] for row in rows]


def test_participants_are_told_of_a_cancellation(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, title="It's \\off")
    database.call("register_for_event", participant, event_id, 2)
    results = database.call("cancel_event", organizer, event_id)
    assert results == [[{"msg": "Event 'It's \\off' deleted", "notified": 1}]]
    assert list(results[0][0]) == ["msg", "notified"]
    assert outbox(database, event_id) == [event_id]


def test_nobody_is_told_if_nobody_holds_a_seat(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, title="Empty")
    database.call("register_for_event", participant, event_id, 2)
    database.call("unregister_from_event", participant, event_id)
    assert database.call("cancel_event", organizer, event_id) == [[{"msg": "Event 'Empty' deleted", "notified": 0}]]
    assert outbox(database, event_id) == []


def test_nobody_is_told_of_an_event_that_has_begun(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer, title="Over")
    database.call("register_for_event", participant, event_id, 2)
    database.start_event(event_id)
    assert database.call("cancel_event", organizer, event_id) == [[{"msg": "Event 'Over' deleted", "notified": 0}]]
    assert outbox(database, event_id) == []


def test_the_start_decides_to_the_second_who_is_told(database: Database, organizer: int, participant: int) -> None:
    date = utc_now() + timedelta(days=10)
    for moment, notified in ((date - timedelta(seconds=1), 1), (date, 0)):
        event_id = database.add_event(organizer, event_date=date)
        database.call("register_for_event", participant, event_id, 1)
        with database.clock_at(moment):
            assert database.call("cancel_event", organizer, event_id)[0][0]["notified"] == notified


def test_a_cancelled_event_is_gone_from_everywhere(database: Database, organizer: int, participant: int) -> None:
    date = utc_now() + timedelta(hours=5)
    event_id = database.add_event(organizer, event_date=date)
    other_id = database.add_event(organizer, event_date=date)
    for booked in (event_id, other_id):
        database.call("register_for_event", participant, booked, 1)
    database.call("cancel_event", organizer, event_id)

    assert database.refusal("get_event", event_id) == NOT_FOUND
    assert database.refusal("register_for_event", database.add_user(), event_id, 1) == NOT_FOUND
    assert database.refusal("register_for_event", participant, event_id, 1) == NOT_FOUND
    assert database.refusal("unregister_from_event", participant, event_id) == NOT_FOUND
    assert database.refusal("list_participants", organizer, event_id) == NOT_FOUND
    assert database.refusal("cancel_event", organizer, event_id) == NOT_FOUND_OR_NOT_YOURS
    nothing = [None] * 6
    assert database.refusal("update_event", organizer, event_id, *nothing) == NOT_FOUND_OR_NOT_YOURS
    for filters in ((None, None), ("soon", None), (None, "Engines")):
        listed = database.call("browse_events", None, None, None, *filters, None, None, organizer)[0]
        assert [row["id"] for row in listed] == [other_id]
    _, registrations = database.call("list_my_registrations", participant)
    assert [row["event_id"] for row in registrations] == [other_id]
    due = database.rows("SELECT event_id FROM events_due_soon WHERE participant_id = %s", [participant])
    assert [row["event_id"] for row in due] == [other_id]


def test_a_cancelled_event_stays_on_record(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    database.call("register_for_event", participant, event_id, 3)
    before = utc_now()
    database.call("cancel_event", organizer, event_id)

    event = database.rows("SELECT * FROM events WHERE id = %s", [event_id])[0]
    assert before <= event["cancelled_at"] <= utc_now()
    assert (event["title"], event["total_seats"], event["seats_available"]) == ("Analytical Engines", 10, 7)
    assert database.rows("SELECT user_id, seats FROM registrations WHERE event_id = %s", [event_id]) == [
        {"user_id": participant, "seats": 3}
    ]
    assert database.audit() == []


def test_only_the_organizer_of_an_event_cancels_it(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    other = database.add_user("organizer")
    for actor, refusal in (
        (10**15, "45401 invalid_token: Invalid authentication credentials"),
        (None, "45401 invalid_token: Invalid authentication credentials"),
        (participant, "45403 organizer_required: Organizer privileges required"),
        (other, NOT_FOUND_OR_NOT_YOURS),
    ):
        assert database.refusal("cancel_event", actor, event_id) == refusal
    assert database.call("get_event", event_id)[0][0]["id"] == event_id


@pytest.mark.parametrize("event_id", [0, -1, 10**15, None])
def test_an_event_that_does_not_exist_cannot_be_cancelled(
    database: Database, organizer: int, event_id: int | None
) -> None:
    assert database.refusal("cancel_event", organizer, event_id) == NOT_FOUND_OR_NOT_YOURS
