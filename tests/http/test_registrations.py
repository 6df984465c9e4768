"""Registering, unregistering, the list of an event's participants and the list of one's own registrations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from support.database import Database, utc_now
from support.expect import expect_fault, expect_problem
from support.shim import Shim, User
from support.texts import TEXTS


@pytest.mark.parametrize("path", ["/register", "/events/register"])
@pytest.mark.parametrize(
    ("query", "body", "seats"),
    [("", {}, 1), ("?seats=3", {}, 3), ("", {"json": {"seats": 3}}, 3), ("", {"json": {}}, 1), ("?seats=10", {}, 10),
     ("?unknown=1&seats=2", {}, 2), ("?x", {}, 1), ("", {"data": b"null"}, 1)],
)
def test_registering(
    shim: Shim, participant: User, event_id: int, path: str, query: str, body: dict[str, Any], seats: int
) -> None:
    answer = shim.post(f"{path}/{event_id}{query}", participant.token, **body)
    assert answer.status_code == 200
    assert answer.json() == {
        "msg": "Registered successfully for Analytical Engines", "event_id": event_id, "seats_booked": seats,
        "seats_available": 10 - seats, "status": "upcoming",
    }
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 10 - seats


@pytest.mark.parametrize("seats", ["0", "-5", "-1", "11", "1000000", "-9223372036854775808", "9223372036854775807"])
@pytest.mark.parametrize("place", ["query", "body"])
def test_a_number_of_seats_that_cannot_be(
    shim: Shim, unchanged: None, participant: User, event_id: int, seats: str, place: str
) -> None:
    answer = (
        shim.post(f"/register/{event_id}?seats={seats}", participant.token) if place == "query"
        else shim.post(f"/register/{event_id}", participant.token, data=f'{{"seats": {seats}}}')
    )
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["errors"][0]["name"] == "seats"
    assert problem["errors"][0]["in"] == place


@pytest.mark.parametrize("seats", ["", "x", "1.5", "1e1", "0x2", "%201", "1%20", "1%00", "1;2", "١", "true", "null"])
def test_seats_that_are_no_number(shim: Shim, unchanged: None, participant: User, event_id: int, seats: str) -> None:
    answer = shim.post(f"/register/{event_id}?seats={seats}", participant.token)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["in"] == "query"


@pytest.mark.parametrize(("query", "body"), [("?seats=1&seats=2", {}), ("?seats=1", {"seats": 1})])
def test_seats_are_given_once(
    shim: Shim, unchanged: None, participant: User, event_id: int, query: str, body: dict[str, int]
) -> None:
    answer = shim.post(f"/register/{event_id}{query}", participant.token, json=body)
    assert answer.status_code == 422
    assert answer.json()["detail"] == "seats is given more than once"


def test_the_most_seats_of_a_booking_are_a_setting(
    shim: Shim, database: Database, participant: User, event_id: int
) -> None:
    database.rows("UPDATE settings SET value = 2 WHERE name = 'max_seats_per_booking'")
    try:
        answer = shim.post(f"/register/{event_id}?seats=3", participant.token)
        expect_fault(answer, "query", "seats", "seats must be from 1 to 2")
        assert shim.post(f"/register/{event_id}?seats=2", participant.token).status_code == 200
    finally:
        database.rows("UPDATE settings SET value = 10 WHERE name = 'max_seats_per_booking'")


def test_registering_twice(shim: Shim, participant: User, event_id: int) -> None:
    assert shim.post(f"/register/{event_id}", participant.token).status_code == 200
    for query in ("", "?seats=10"):
        answer = shim.post(f"/register/{event_id}{query}", participant.token)
        expect_problem(answer, 409, "Already registered for this event", "already_registered")
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 9


def test_the_last_seats(shim: Shim, organizer: User, participant: User) -> None:
    event_id = shim.add_event(organizer, total_seats=3)
    answer = shim.post(f"/register/{event_id}?seats=4", participant.token)
    expect_problem(answer, 409, "Not enough seats available", "seats_exhausted")
    assert shim.post(f"/register/{event_id}?seats=3", participant.token).json()["seats_available"] == 0
    answer = shim.post(f"/register/{event_id}", shim.add_user().token)
    expect_problem(answer, 409, "Not enough seats available", "seats_exhausted")


def test_an_event_that_is_over(shim: Shim, participant: User, event_id: int) -> None:
    early = shim.add_user()
    assert shim.post(f"/register/{event_id}", early.token).status_code == 200
    shim.database.start_event(event_id)
    answer = shim.post(f"/register/{event_id}", participant.token)
    detail = "This event is already completed. Registration is closed."
    expect_problem(answer, 400, detail, "event_completed")
    answer = shim.delete(f"/register/{event_id}", early.token)
    expect_problem(answer, 400, "Cannot cancel registration for completed events", "event_completed")


@pytest.mark.parametrize("path", ["/register", "/events/cancel"])
def test_unregistering(shim: Shim, participant: User, event_id: int, path: str) -> None:
    shim.post(f"/register/{event_id}?seats=4", participant.token)
    answer = shim.delete(f"{path}/{event_id}", participant.token)
    assert answer.status_code == 200
    assert answer.json() == {
        "msg": "Your registration for 'Analytical Engines' has been cancelled", "seats_available": 10,
    }
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 10
    answer = shim.delete(f"{path}/{event_id}", participant.token)
    expect_problem(answer, 404, "You are not registered for this event", "not_registered")
    assert shim.post(f"/register/{event_id}?seats=10", participant.token).status_code == 200


def test_one_cannot_unregister_somebody_else(shim: Shim, participant: User, event_id: int) -> None:
    shim.post(f"/register/{event_id}", participant.token)
    answer = shim.delete(f"/register/{event_id}", shim.add_user().token)
    expect_problem(answer, 404, "You are not registered for this event", "not_registered")
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 9


@pytest.mark.parametrize("path", ["/events/{}/participants", "/events/registrations/{}"])
def test_who_comes(shim: Shim, organizer: User, event_id: int, path: str) -> None:
    assert shim.get(path.format(event_id), organizer.token).json() == []
    people = [shim.add_user(name=name) for name in ("Ada", "Grace \U0001f600", "Barbara")]
    for seats, person in enumerate(people, start=1):
        shim.post(f"/register/{event_id}?seats={seats}", person.token)
    listed = shim.get(path.format(event_id), organizer.token).json()
    assert [list(entry) for entry in listed] == [["participant", "email", "seats_booked", "registered_at"]] * 3
    assert [entry["email"] for entry in listed] == [person.email for person in people]
    assert [entry["participant"] for entry in listed] == ["Ada", "Grace \U0001f600", "Barbara"]
    assert [entry["seats_booked"] for entry in listed] == [1, 2, 3]
    registered = datetime.fromisoformat(listed[0]["registered_at"]).replace(tzinfo=None)
    assert abs(registered - utc_now()) < timedelta(seconds=60)


@pytest.mark.parametrize("path", ["/my-registrations", "/events/my/registrations"])
def test_where_one_goes(shim: Shim, organizer: User, path: str) -> None:
    me = shim.add_user(name=TEXTS["quotes"])
    assert shim.get(path, me.token).json() == {"user": TEXTS["quotes"], "registered_events": []}
    later = shim.add_event(organizer, title="Later", event_date=utc_now() + timedelta(days=9))
    sooner = shim.add_event(organizer, title="Sooner", event_date=utc_now() + timedelta(hours=2))
    for event_id in (later, sooner):
        assert shim.post(f"/register/{event_id}?seats=2", me.token).status_code == 200
    shim.post(f"/register/{later}", shim.add_user().token)
    answer = shim.get(path, me.token)
    assert list(answer.json()) == ["user", "registered_events"]
    events = answer.json()["registered_events"]
    assert [(e["event_id"], e["title"], e["status"]) for e in events] == [
        (sooner, "Sooner", "soon"), (later, "Later", "upcoming"),
    ]
    assert list(events[0]) == [
        "event_id", "title", "venue", "date", "speaker", "seats_booked", "registered_at", "status",
    ]
    assert events[0]["date"] == shim.get(f"/events/{sooner}").json()["event_date"]
    assert events[0]["seats_booked"] == 2


def test_a_title_with_quotes_in_a_message(shim: Shim, organizer: User, participant: User) -> None:
    title = TEXTS["quotes"] + TEXTS["backslashes"] + TEXTS["emoji"]
    event_id = shim.add_event(organizer, title=title)
    answer = shim.post(f"/register/{event_id}", participant.token)
    assert answer.json()["msg"] == f"Registered successfully for {title}"
    answer = shim.delete(f"/register/{event_id}", participant.token)
    assert answer.json()["msg"] == f"Your registration for '{title}' has been cancelled"
