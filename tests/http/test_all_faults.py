"""One answer names all that is wrong, whether the shim found it or the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from requests import Response

from support.database import TREE, Database
from support.expect import expect_problem
from support.shim import Shim, User
from support.threads import at_once

pytestmark = pytest.mark.usefixtures("unchanged")

EMAIL = "email must be an e-mail address such as ann@example.org"
PASSWORD = "password must have 6 to 1024 bytes"
ROLE = "role must be organizer or participant"
INVISIBLE = "must not contain invisible characters; type it instead of pasting it"


def expect_faults(answer: Response, *messages: str, place: str = "body") -> None:
    """Asserts that these are the faults, in this order, each of the field that its sentence begins with."""
    problem = expect_problem(answer, 422, messages[0], "invalid_input")
    assert problem["errors"] == [
        {"in": place, "name": message.split(" ")[0], "message": message} for message in messages
    ]


def test_what_the_shim_finds_wrong_does_not_hide_what_the_database_does(shim: Shim) -> None:
    account: dict[str, Any] = {"name": "n", "email": "nope", "password": "1", "role": "x"}
    expect_faults(shim.post("/auth/register", json=account), EMAIL, PASSWORD, ROLE)
    expect_faults(shim.post("/auth/signup", json=account), EMAIL, PASSWORD, ROLE)
    expect_faults(shim.post("/auth/register", json={**account, "password": "long enough"}), EMAIL, ROLE)
    expect_faults(shim.post("/auth/register", json={**account, "name": 7}), "name must be a text", EMAIL, PASSWORD, ROLE)
    expect_faults(shim.post("/auth/register", json={**account, "name": "", "role": []}),
                  "name must not be blank", EMAIL, PASSWORD, "role must be a text")
    expect_faults(shim.post("/auth/register", json={**account, "shoe": 43}), EMAIL, PASSWORD, ROLE,
                  "shoe is not a field of this request")


def test_what_is_missing_is_named_once(shim: Shim) -> None:
    required = [f"{name} is required" for name in ("name", "email", "password")]
    expect_faults(shim.post("/auth/register", json={}), *required)
    expect_faults(shim.post("/auth/register", json={"role": "x"}), *required, ROLE)


def test_a_password_that_is_not_given_to_the_database_is_not_missed_by_it(shim: Shim) -> None:
    account = {"name": "n", "email": "nope", "password": "long enough", "shoe": 43}
    expect_faults(shim.post("/auth/register", json=account), EMAIL, "shoe is not a field of this request")


def test_all_that_is_wrong_with_an_event_is_named(shim: Shim, organizer: User, event_id: int) -> None:
    bad = {"title": " ", "event_date": "2001-01-01", "total_seats": 0, "venue": "a\nb", "speaker": "a\u200bb", "description": "\x01"}
    wrong = [
        "title must not be blank", "description must not contain control characters",
        "venue must be one line without control characters", f"speaker {INVISIBLE}", "event_date must be in the future",
        "total_seats must be from 1 to 1000000",
    ]
    expect_faults(shim.post("/events", organizer.token, json=bad), *wrong)
    expect_faults(shim.put(f"/events/{event_id}", organizer.token, json=bad), *wrong)
    del bad["venue"]
    expect_faults(shim.post("/events", organizer.token, json=bad), *wrong[:2], "venue is required", *wrong[3:])
    expect_faults(shim.put(f"/events/{event_id}", organizer.token, json=bad), *wrong[:2], *wrong[3:])


def test_a_value_of_the_wrong_type_does_not_hide_the_others(shim: Shim, organizer: User, event_id: int) -> None:
    bad = {"title": " ", "venue": 7, "event_date": "soon", "total_seats": 0, "colour": "red"}
    wrong = [
        "title must not be blank", "venue must be a text",
        "event_date must be a date and time such as 2030-12-31T18:30:00+01:00", "total_seats must be from 1 to 1000000",
        "colour is not a field of this request",
    ]
    expect_faults(shim.put(f"/events/{event_id}", organizer.token, json=bad), *wrong)
    expect_faults(shim.post("/events", organizer.token, json=bad), *wrong[:2], "speaker is required", *wrong[2:])


def test_a_bad_id_in_the_path_hides_nothing(shim: Shim, organizer: User, participant: User) -> None:
    answer = shim.put("/events/x", organizer.token, json={"title": " ", "total_seats": 0})
    assert [(error["in"], error["message"]) for error in answer.json()["errors"]] == [
        ("path", "event_id must be a whole number"), ("body", "title must not be blank"),
        ("body", "total_seats must be from 1 to 1000000"),
    ]
    answer = shim.post("/register/x?seats=99", participant.token)
    assert [(error["in"], error["message"]) for error in answer.json()["errors"]] == [
        ("path", "event_id must be a whole number"), ("query", "seats must be from 1 to 10"),
    ]


def test_all_that_is_wrong_with_a_booking_is_named(shim: Shim, participant: User, event_id: int) -> None:
    answer = shim.post(f"/register/{event_id}", participant.token, json={"seats": 99, "row": 4})
    expect_faults(answer, "seats must be from 1 to 10", "row is not a field of this request")


def test_more_faults_than_a_body_may_have_leave_those_of_the_database(shim: Shim, organizer: User) -> None:
    unknown = {f"f{number}": 1 for number in range(5000)}
    answer = shim.put("/events/x", organizer.token, json={**unknown, "title": " ", "venue": " ", "speaker": " "})
    names = [error["name"] for error in answer.json()["errors"]]
    assert names[:4] == ["event_id", "title", "venue", "speaker"] and len(names) == 23


def test_the_role_comes_before_the_input(shim: Shim, participant: User, organizer: User) -> None:
    bad = {"title": " ", "total_seats": "x"}
    expect_problem(shim.post("/events", participant.token, json=bad), 403, "Organizer privileges required", "organizer_required")
    nobody = shim.token(10**9, "organizer")
    expect_problem(shim.post("/events", nobody, json={}), 422, "title is required", "invalid_input")


def test_what_the_shim_finds_wrong_is_said_while_the_database_is_away(database: Database) -> None:
    with Shim(database, DATABASE_URL="mysql://nobody:x@127.0.0.1:1/nothing", DB_CONNECT_TIMEOUT="1") as shim:
        account = {"name": "n", "email": "nope", "password": "1", "role": "x"}
        expect_faults(shim.post("/auth/register", json=account), PASSWORD)


def test_a_check_that_refuses_for_another_reason_takes_nothing_away(shim: Shim, database: Database) -> None:
    account = {"name": "n", "email": "nope", "password": "1", "role": "x"}
    try:
        database.rows("DROP PROCEDURE check_user")
        expect_faults(shim.post("/auth/register", json=account), PASSWORD)
    finally:
        database.run_file(TREE / "db/procedures/check_user.sql")
    expect_faults(shim.post("/auth/register", json=account), EMAIL, PASSWORD, ROLE)


@pytest.fixture
def refusing_list(database: Database) -> Iterator[None]:
    """browse_events refuses whatever it is asked for, by two faults, after a while."""
    parameters = ", ".join(f"IN p{number} TEXT" for number in range(8))
    database.rows("DROP PROCEDURE browse_events")
    database.rows(
        f"CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE browse_events ({parameters}) SQL SECURITY DEFINER"
        ' BEGIN DO SLEEP(0.2); CALL refuse_faults(\'[["status", "must be known"], ["to", "must be later"]]\'); END'
    )
    database.rows("GRANT EXECUTE ON PROCEDURE browse_events TO eventhub_api")
    yield
    database.run_file(TREE / "db/procedures/browse_events.sql")


@pytest.mark.usefixtures("refusing_list")
def test_reads_that_are_refused_together_are_each_told_why(shim: Shim) -> None:
    answers = at_once([lambda: shim.get("/events?status=x&from=2035-05-01")] * 12)
    for answer in answers:
        assert isinstance(answer, Response)
        expect_faults(answer, "status must be known", "to must be later", place="query")


RAW = {
    "zero width": "a\u200bnn@example.org", "soft hyphen": "a\u00adnn@example.org", "tag": "ann\U000e0061@example.org",
    "filler": "ann@exa\u3164mple.org", "byte order mark": "\ufeffann@example.org",
}


@pytest.mark.parametrize("email", RAW.values(), ids=RAW)
@pytest.mark.parametrize("ascii_only", [False, True], ids=["UTF-8", "escaped"])
def test_what_cannot_be_seen_is_refused_as_bytes_and_as_escapes(shim: Shim, email: str, ascii_only: bool) -> None:
    account = {"name": "A\u200bnn", "email": email, "password": "password"}
    body = json.dumps(account, ensure_ascii=ascii_only).encode()
    answer = shim.post("/auth/register", data=body, headers={"Content-Type": "application/json"})
    expect_faults(answer, f"name {INVISIBLE}", f"email {INVISIBLE}")


@pytest.mark.parametrize("title", ["\u200b", "\u2060", "\x01", "\u2800", "\u3164", "\ufeff \u200d"], ids=ascii)
def test_a_title_of_nothing_is_blank(shim: Shim, organizer: User, event_id: int, title: str) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, json={"title": title})
    expect_faults(answer, "title must not be blank")
