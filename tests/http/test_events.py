"""Creating, reading, changing and cancelling events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from support.database import Database, utc_now
from support.expect import expect_fault, expect_problem
from support.shim import Shim, User
from support.texts import TEXTS

DATE = "2036-05-01T18:30:00+00:00"


def event(**changes: Any) -> dict[str, Any]:
    return {
        "title": "Compilers", "description": "How they came about", "venue": "Hall 1", "speaker": "Grace Hopper",
        "event_date": DATE, "total_seats": 30, **changes,
    }


@pytest.mark.parametrize("path", ["/events/create", "/events"])
def test_creating(shim: Shim, organizer: User, path: str) -> None:
    answer = shim.post(path, organizer.token, json=event())
    assert answer.status_code == 201
    event_id = answer.json()["event_id"]
    assert answer.json() == {"msg": "Event created successfully", "event_id": event_id}
    read = shim.get(f"/events/{event_id}")
    assert read.status_code == 200
    assert read.headers["Content-Type"] == "application/json"
    assert read.json() == {
        "id": event_id, **event(), "seats_available": 30, "organizer_id": organizer.id, "status": "upcoming",
    }
    assert list(read.json()) == [
        "id", "title", "description", "venue", "speaker", "event_date", "total_seats", "seats_available",
        "organizer_id", "status",
    ]


@pytest.mark.parametrize("description", [{}, {"description": None}, {"description": ""}])
def test_a_description_can_be_left_out(shim: Shim, organizer: User, description: dict[str, str | None]) -> None:
    wanted = event()
    del wanted["description"]
    answer = shim.post("/events", organizer.token, json={**wanted, **description})
    assert answer.status_code == 201
    assert shim.get(f"/events/{answer.json()['event_id']}").json()["description"] == ""


@pytest.mark.parametrize("missing", ["title", "venue", "speaker", "event_date", "total_seats"])
def test_a_field_that_is_missing(shim: Shim, unchanged: None, organizer: User, missing: str) -> None:
    wanted = event()
    del wanted[missing]
    answer = shim.post("/events", organizer.token, json=wanted)
    expect_fault(answer, "body", missing, f"{missing} is required")


LIMITS = [("title", 200), ("venue", 200), ("speaker", 120), ("description", 2000)]


@pytest.mark.parametrize(("name", "limit"), LIMITS)
@pytest.mark.parametrize("character", ["x", "ä", "\U0001f600"])
def test_the_longest_text(shim: Shim, organizer: User, event_id: int, name: str, limit: int, character: str) -> None:
    text = character * limit
    answer = shim.post("/events", organizer.token, json=event(**{name: text}))
    assert answer.status_code == 201
    assert shim.get(f"/events/{answer.json()['event_id']}").json()[name] == text
    assert shim.put(f"/events/{event_id}", organizer.token, json={name: text}).status_code == 200


@pytest.mark.parametrize(("name", "limit"), LIMITS)
def test_a_text_that_is_one_too_long(
    shim: Shim, unchanged: None, organizer: User, event_id: int, name: str, limit: int
) -> None:
    bad = {name: "ä" * (limit + 1)}
    for answer in (
        shim.post("/events", organizer.token, json=event(**bad)),
        shim.put(f"/events/{event_id}", organizer.token, json=bad),
    ):
        expect_fault(answer, "body", name, f"{name} must have at most {limit} characters")


@pytest.mark.parametrize("name", ["title", "venue", "speaker"])
@pytest.mark.parametrize("blank", ["", " ", "\t\r\n ", "\u3000\u2003", "\u00a0"], ids=ascii)
def test_a_blank_text(
    shim: Shim, unchanged: None, organizer: User, event_id: int, name: str, blank: str
) -> None:
    for answer in (
        shim.post("/events", organizer.token, json=event(**{name: blank})),
        shim.put(f"/events/{event_id}", organizer.token, json={name: blank}),
    ):
        expect_fault(answer, "body", name, f"{name} must not be blank")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_texts_come_back_as_they_were_sent(shim: Shim, organizer: User, text: str) -> None:
    texts = {"title": text, "description": text, "venue": text, "speaker": text}
    event_id = shim.post("/events", organizer.token, json=event(**texts)).json()["event_id"]
    assert {name: shim.get(f"/events/{event_id}").json()[name] for name in texts} == texts
    assert [e["title"] for e in shim.get(f"/events?organizer_id={organizer.id}").json()] == [text]


@pytest.mark.parametrize("seats", [1, 1000000])
def test_the_fewest_and_the_most_seats(shim: Shim, organizer: User, seats: int) -> None:
    event_id = shim.post("/events", organizer.token, json=event(total_seats=seats)).json()["event_id"]
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == seats


@pytest.mark.parametrize("seats", [0, -1, -(2**31), 1000001, 2**31, 2**63 - 1, -(2**63)])
def test_a_number_of_seats_that_cannot_be(
    shim: Shim, unchanged: None, organizer: User, event_id: int, seats: int
) -> None:
    for answer in (
        shim.post("/events", organizer.token, json=event(total_seats=seats)),
        shim.put(f"/events/{event_id}", organizer.token, json={"total_seats": seats}),
    ):
        expect_fault(answer, "body", "total_seats", "total_seats must be from 1 to 1000000")


@pytest.mark.parametrize("date", ["2020-01-01T00:00:00Z", "1970-01-01"])
def test_a_date_that_is_over(shim: Shim, unchanged: None, organizer: User, event_id: int, date: str) -> None:
    for answer in (
        shim.post("/events", organizer.token, json=event(event_date=date)),
        shim.put(f"/events/{event_id}", organizer.token, json={"event_date": date}),
    ):
        expect_fault(answer, "body", "event_date", "event_date must be in the future")


@pytest.mark.parametrize("path", ["/events/update", "/events"])
@pytest.mark.parametrize("name", ["title", "description", "venue", "speaker", "event_date", "total_seats"])
def test_changing_one_field_leaves_the_others(
    shim: Shim, organizer: User, event_id: int, path: str, name: str
) -> None:
    before = shim.get(f"/events/{event_id}").json()
    change = {name: event()[name]}
    answer = shim.put(f"{path}/{event_id}", organizer.token, json=change)
    assert (answer.status_code, answer.json()) == (200, {"msg": "Event updated successfully!"})
    seats = {"seats_available": 30} if name == "total_seats" else {}
    assert shim.get(f"/events/{event_id}").json() == {**before, **change, **seats}


def test_changing_everything(shim: Shim, organizer: User, event_id: int) -> None:
    assert shim.put(f"/events/{event_id}", organizer.token, json=event()).status_code == 200
    assert shim.get(f"/events/{event_id}").json().items() >= event().items()


@pytest.mark.parametrize("body", [{"json": {}}, {"data": b""}, {"data": b"null"}])
def test_changing_nothing(shim: Shim, unchanged: None, organizer: User, event_id: int, body: dict[str, Any]) -> None:
    assert shim.put(f"/events/{event_id}", organizer.token, **body).status_code == 200


def test_an_event_can_be_sent_back_as_it_was_read(
    shim: Shim, unchanged: None, organizer: User, event_id: int
) -> None:
    read = shim.get(f"/events/{event_id}").json()
    assert shim.put(f"/events/update/{event_id}", organizer.token, json=read).status_code == 200
    assert shim.get(f"/events/{event_id}").json() == read


def test_what_only_the_service_sets_is_not_believed(shim: Shim, organizer: User, event_id: int) -> None:
    read = shim.get(f"/events/{event_id}").json()
    told = {"id": 1, "seats_available": 99999, "organizer_id": 1, "status": "completed"}
    assert shim.put(f"/events/{event_id}", organizer.token, json=told).status_code == 200
    assert shim.get(f"/events/{event_id}").json() == read
    created = shim.post("/events", organizer.token, json=event(**told)).json()["event_id"]
    assert shim.get(f"/events/{created}").json()["seats_available"] == 30


def test_capacity_moves_the_free_seats(shim: Shim, organizer: User, event_id: int) -> None:
    people = [shim.add_user() for _ in range(2)]
    for person in people:
        assert shim.post(f"/register/{event_id}?seats=3", person.token).status_code == 200
    for total in (20, 7, 6, 10):
        assert shim.put(f"/events/{event_id}", organizer.token, json={"total_seats": total}).status_code == 200
        read = shim.get(f"/events/{event_id}").json()
        assert (read["total_seats"], read["seats_available"]) == (total, total - 6)
    answer = shim.put(f"/events/{event_id}", organizer.token, json={"total_seats": 5, "title": "Not this"})
    expect_problem(answer, 409, "total_seats cannot be below the 6 seats already booked", "capacity_below_booked")
    assert shim.get(f"/events/{event_id}").json() == read


def test_status_follows_the_date(shim: Shim, organizer: User) -> None:
    for distance, status in ((timedelta(hours=23), "soon"), (timedelta(hours=25), "upcoming")):
        event_id = shim.add_event(organizer, event_date=utc_now() + distance)
        assert shim.get(f"/events/{event_id}").json()["status"] == status
    shim.database.start_event(event_id)
    assert shim.get(f"/events/{event_id}").json()["status"] == "completed"


def test_an_event_that_is_over_cannot_be_changed(shim: Shim, organizer: User, event_id: int) -> None:
    shim.database.start_event(event_id)
    answer = shim.put(f"/events/{event_id}", organizer.token, json={"title": "Another"})
    expect_problem(answer, 400, "Cannot update an event that is already completed", "event_completed")


@pytest.mark.parametrize("path", ["/events/delete", "/events"])
def test_cancelling(
    shim: Shim, database: Database, organizer: User, participant: User, event_id: int, path: str
) -> None:
    shim.post(f"/register/{event_id}", participant.token)
    answer = shim.delete(f"{path}/{event_id}", organizer.token)
    assert answer.status_code == 200
    assert answer.json() == {"msg": "Event 'Analytical Engines' deleted", "notified": True}
    expect_problem(shim.get(f"/events/{event_id}"), 404, "Event not found", "event_not_found")
    assert shim.get(f"/events?organizer_id={organizer.id}").json() == []
    assert shim.get("/my-registrations", participant.token).json()["registered_events"] == []
    for call in (
        shim.delete(f"{path}/{event_id}", organizer.token),
        shim.put(f"/events/{event_id}", organizer.token, json={"title": "Back"}),
    ):
        expect_problem(call, 404, "Event not found or unauthorized", "event_not_found")
    for call in (
        shim.get(f"/events/{event_id}/participants", organizer.token),
        shim.post(f"/register/{event_id}", participant.token),
        shim.delete(f"/register/{event_id}", participant.token),
    ):
        expect_problem(call, 404, "Event not found", "event_not_found")
    assert database.rows("SELECT COUNT(*) AS n FROM registrations WHERE event_id = %s", [event_id]) == [{"n": 1}]


def test_cancelling_what_nobody_booked_tells_nobody(shim: Shim, organizer: User, event_id: int) -> None:
    assert shim.delete(f"/events/{event_id}", organizer.token).json()["notified"] is False


def test_an_event_belongs_to_its_organizer(shim: Shim, unchanged: None, event_id: int) -> None:
    stranger = shim.add_user("organizer")
    for answer in (
        shim.put(f"/events/{event_id}", stranger.token, json=event()),
        shim.put(f"/events/{event_id}", stranger.token, json={"organizer_id": stranger.id}),
        shim.delete(f"/events/{event_id}", stranger.token),
    ):
        expect_problem(answer, 404, "Event not found or unauthorized", "event_not_found")
    answer = shim.get(f"/events/{event_id}/participants", stranger.token)
    expect_problem(answer, 403, "Not your event", "not_your_event")
    shim.database.rows("DELETE FROM users WHERE id = %s", [stranger.id])


@pytest.mark.parametrize("event_id", ["0", "-1", "999999999", "9223372036854775807", "-9223372036854775808"])
def test_an_event_that_is_not_there(shim: Shim, organizer: User, event_id: str) -> None:
    expect_problem(shim.get(f"/events/{event_id}"), 404, "Event not found", "event_not_found")
    answer = shim.get(f"/events/{event_id}/participants", organizer.token)
    expect_problem(answer, 404, "Event not found", "event_not_found")
    answer = shim.delete(f"/events/{event_id}", organizer.token)
    expect_problem(answer, 404, "Event not found or unauthorized", "event_not_found")


@pytest.mark.parametrize("cleared", [None, ""])
def test_a_description_is_cleared(shim: Shim, organizer: User, event_id: int, cleared: str | None) -> None:
    path = f"/events/{event_id}"
    assert shim.put(path, organizer.token, json={"title": "T"}).status_code == 200
    assert shim.get(path).json()["description"] == "An evening of cogs"
    assert shim.put(path, organizer.token, json={"description": cleared}).status_code == 200
    assert shim.get(path).json()["description"] == ""
