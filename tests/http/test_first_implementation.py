"""What the first implementation got wrong, one test each."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from support.database import Database
from support.expect import CORS, expect_problem
from support.locks import held
from support.shim import Shim, User, numbers
from support.threads import at_once


def seats(shim: Shim, event_id: int) -> tuple[int, int]:
    event = shim.get(f"/events/{event_id}").json()
    return event["total_seats"], event["seats_available"]


@pytest.mark.parametrize("number", ["-5", "0"])
def test_booking_a_negative_number_added_seats(shim: Shim, participant: User, event_id: int, number: str) -> None:
    assert shim.post(f"/register/{event_id}?seats={number}", participant.token).status_code == 422
    assert seats(shim, event_id) == (10, 10)


def test_total_seats_changed_without_the_free_ones(
    shim: Shim, organizer: User, participant: User, event_id: int
) -> None:
    shim.post(f"/register/{event_id}?seats=4", participant.token)
    assert shim.put(f"/events/update/{event_id}", organizer.token, json={"total_seats": 15}).status_code == 200
    assert seats(shim, event_id) == (15, 11)


@pytest.mark.parametrize(("total", "status"), [(3, 409), (0, 422), (-1, 422)])
def test_total_seats_went_below_what_was_booked(
    shim: Shim, organizer: User, participant: User, event_id: int, total: int, status: int
) -> None:
    shim.post(f"/register/{event_id}?seats=4", participant.token)
    answer = shim.put(f"/events/update/{event_id}", organizer.token, json={"total_seats": total})
    assert answer.status_code == status
    assert seats(shim, event_id) == (10, 6)


def test_one_user_at_once_got_several_registrations(
    shim: Shim, organizer: User, participant: User, event_id: int
) -> None:
    with held(shim.database, event_id) as let_go:
        answers = at_once([*[lambda: shim.post(f"/register/{event_id}", participant.token)] * 20, let_go])[:-1]
    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 19}
    assert len(shim.get(f"/events/registrations/{event_id}", organizer.token).json()) == 1


def test_cancellations_at_once_lost_seats(shim: Shim, organizer: User) -> None:
    event_id = shim.add_event(organizer, total_seats=50)
    people = [shim.add_user() for _ in range(40)]
    for person in people:
        shim.post(f"/register/{event_id}", person.token)
    assert seats(shim, event_id) == (50, 10)
    with held(shim.database, event_id) as let_go:
        cancel = [lambda p=p: shim.delete(f"/events/cancel/{event_id}", p.token) for p in people]
        answers = at_once([*cancel, let_go])[:-1]
    assert Counter(answer.status_code for answer in answers) == {200: 40}
    assert seats(shim, event_id) == (50, 50)


def test_deletions_at_once_all_succeeded_and_mailed(
    shim: Shim, database: Database, organizer: User, participant: User, event_id: int
) -> None:
    shim.post(f"/register/{event_id}", participant.token)
    with held(database, event_id) as let_go:
        answers = at_once([*[lambda: shim.delete(f"/events/delete/{event_id}", organizer.token)] * 20, let_go])[:-1]
    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: 19}
    assert sum(answer.json().get("notified", False) for answer in answers) == 1
    assert len(database.rows("SELECT event_id FROM cancellations WHERE event_id = %s", [event_id])) == 1


def test_a_hundred_requests_at_once_stalled_and_failed(shim: Shim, organizer: User, event_id: int) -> None:
    people = [shim.add_user() for _ in range(100)]
    began = time.monotonic()
    answers = at_once([lambda p=p: shim.get("/my-registrations", p.token) for p in people])
    assert time.monotonic() - began < 5
    assert Counter(answer.status_code for answer in answers) == {200: 100}


@pytest.mark.parametrize("email", ["%", "_%", "{}%", "%{}", " {} x"])
def test_a_pattern_was_another_user(shim: Shim, email: str) -> None:
    victim = shim.signup(password="password")
    answer = shim.post("/auth/login", json={"email": email.format(victim.email), "password": "password"})
    expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")


@pytest.mark.parametrize("around", [" {}", "{} ", "  {}\t"])
def test_an_address_with_blanks_was_a_second_user(shim: Shim, around: str) -> None:
    victim = shim.signup()
    account = {"name": "Mallory", "email": around.format(victim.email), "password": "another one", "role": "organizer"}
    answer = shim.post("/auth/register", json=account)
    expect_problem(answer, 409, "Email already registered", "email_taken")


@pytest.mark.parametrize("role", ["1", "x"])
def test_a_role_of_1_made_an_organizer_and_x_an_error(shim: Shim, unchanged: None, role: str) -> None:
    account = {"name": "Mallory", "email": f"m{next(numbers)}@example.org", "password": "password", "role": role}
    assert shim.post("/auth/register", json=account).status_code == 422


BODIES = {
    "a long title": '{"title": "%s"}' % ("x" * 10000),
    "null": '{"title": null}',
    "null for a date": '{"event_date": null}',
    "null for a number": '{"total_seats": null}',
    "a lone surrogate": r'{"title": "\ud800"}',
    "NaN": '{"total_seats": NaN}',
    "no date": '{"event_date": "soon"}',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bad_input_was_an_error_of_the_server_that_no_page_could_read(
    shim: Shim, unchanged: None, organizer: User, event_id: int, body: str
) -> None:
    answer = shim.put(f"/events/update/{event_id}", organizer.token, data=body, headers={"Origin": "http://a.example"})
    assert answer.status_code == 422
    assert isinstance(answer.json()["detail"], str)
    assert answer.headers[CORS] == "*"


def test_long_texts_were_an_error_of_the_server(shim: Shim, unchanged: None) -> None:
    account = {"name": "x" * 10000, "email": "y" * 10000 + "@example.org", "password": "z" * 10000, "role": "w" * 10000}
    answer = shim.post("/auth/register", json=account)
    assert answer.status_code == 422
    assert answer.headers[CORS] == "*"


def test_a_date_with_an_offset_was_an_error_and_lost_on_update(shim: Shim, organizer: User, event_id: int) -> None:
    event = {"title": "T", "venue": "V", "speaker": "S", "event_date": "2036-07-01T20:00:00+02:00", "total_seats": 1}
    created = shim.post("/events/create", organizer.token, json=event)
    assert created.status_code == 201
    shim.put(f"/events/update/{event_id}", organizer.token, json={"event_date": event["event_date"]})
    for number in (created.json()["event_id"], event_id):
        assert shim.get(f"/events/{number}").json()["event_date"] == "2036-07-01T18:00:00+00:00"


def test_passwords_were_cut_after_72_bytes(shim: Shim) -> None:
    user = shim.signup(password="x" * 72 + "right")
    answer = shim.post("/auth/login", json={"email": user.email, "password": "x" * 72 + "wrong"})
    expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")
