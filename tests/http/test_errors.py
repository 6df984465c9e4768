"""Every refusal: its status, its words, its form, and which comes first."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from support.database import Database
from support.expect import expect_fault, expect_problem
from support.routes import requests_for
from support.shim import Shim, User

NOT_AUTHENTICATED = (401, "Not authenticated", "not_authenticated")
INVALID_TOKEN = (401, "Invalid authentication credentials", "invalid_token")
ORGANIZER = (403, "Organizer privileges required", "organizer_required")
PARTICIPANT = (403, "Participant privileges required", "participant_required")

FOR_ORGANIZERS = requests_for("organizer")
FOR_PARTICIPANTS = requests_for("participant")
FOR_ANYONE = requests_for("anyone")
GUARDED = FOR_ORGANIZERS + FOR_PARTICIPANTS
EVERYTHING = GUARDED + FOR_ANYONE


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_the_token_comes_first(shim: Shim, unchanged: None, method: str, path: str) -> None:
    """Whatever else is wrong: the body, the id."""
    for target in (path, path.replace("1", "x")):
        expect_problem(shim.request(method, target, data=b"{"), *NOT_AUTHENTICATED)
        expect_problem(shim.request(method, target, "rubbish", data=b"{"), *INVALID_TOKEN)


@pytest.mark.parametrize(("method", "path"), GUARDED)
def test_the_role_comes_second(
    shim: Shim, unchanged: None, organizer: User, participant: User, method: str, path: str
) -> None:
    wrong, problem = (participant, ORGANIZER) if (method, path) in FOR_ORGANIZERS else (organizer, PARTICIPANT)
    for target in (path, path.replace("1", "x")):
        expect_problem(shim.request(method, target, wrong.token, data=b"{"), *problem)


@pytest.mark.parametrize(("method", "path"), [route for route in GUARDED if "1" in route[1]])
def test_the_input_comes_third(
    shim: Shim, unchanged: None, organizer: User, participant: User, method: str, path: str
) -> None:
    right = organizer if (method, path) in FOR_ORGANIZERS else participant
    answer = shim.request(method, path.replace("1", "x"), right.token)
    assert (answer.status_code, answer.json()["errors"][0]) == (
        422, {"in": "path", "name": "event_id", "message": "event_id must be a whole number"},
    )


def test_the_procedure_comes_last(shim: Shim, unchanged: None, organizer: User, participant: User) -> None:
    answer = shim.put("/events/0", organizer.token, json={"title": ""})
    expect_fault(answer, "body", "title", "title must not be blank")
    answer = shim.post("/register/0", participant.token, json={"seats": "x"})
    expect_fault(answer, "body", "seats", "seats must be a whole number")
    answer = shim.post("/register/0", participant.token)
    expect_problem(answer, 404, "Event not found", "event_not_found")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "TRACE"])
@pytest.mark.parametrize("path", sorted({path for _, path in EVERYTHING}))
def test_a_path_knows_its_methods(shim: Shim, method: str, path: str) -> None:
    known = {route[0] for route in EVERYTHING if route[1] == path}
    if "GET" in known:
        known.add("HEAD")
    if method in known:
        return
    answer = shim.request(method, path)
    if method == "HEAD":
        assert (answer.status_code, answer.content) == (405, b"")
    else:
        expect_problem(answer, 405, "Method Not Allowed", "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == known | {"OPTIONS"}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
@pytest.mark.parametrize(
    "path", ["/", "/event", "/eventss", "/events/1/x", "/events/1/participants/2", "/events//", "//events", "/EVENTS",
             "/auth", "/register", "/docs", "/events%00", "/events/%00", "/events/1%00", "/a/b/c/d",
             "/events;x=1", "/healthz/x", "/events//participants", "/%65vents//"],
)
def test_a_path_that_is_not_there(shim: Shim, method: str, path: str) -> None:
    expect_problem(shim.request(method, path), 404, "Not Found", "not_found")


@pytest.mark.parametrize("path", ["/events%2F{}", "/events/{}%2Fparticipants", "/events/{}%2fparticipants"])
def test_an_encoded_slash_is_no_separator(shim: Shim, organizer: User, event_id: int, path: str) -> None:
    assert shim.get(path.format(event_id), organizer.token).status_code in (404, 422)


@pytest.mark.parametrize(
    ("path", "status"), [("/events/", 200), ("/events/?limit=1", 200), ("/my-registrations/", 401), ("/healthz/", 200),
                         ("/%65vents", 200), ("/auth/login/", 405), ("/events/list/", 200), ("/events/abc/", 422)],
)
def test_a_slash_at_the_end_is_the_same_path(shim: Shim, path: str, status: int) -> None:
    assert shim.get(path).status_code == status


def test_a_slash_after_an_id(shim: Shim, organizer: User, event_id: int) -> None:
    assert shim.get(f"/events/{event_id}/").json()["id"] == event_id
    assert shim.get(f"/events/{event_id}/participants/", organizer.token).json() == []
    assert shim.delete(f"/events/delete/{event_id}/", organizer.token).status_code == 200


@pytest.mark.parametrize("path", ["/events", "/events/{}", "/events/0", "/events/x", "/my-registrations", "/healthz", "/x"])
def test_head_is_get_without_a_body(shim: Shim, event_id: int, path: str) -> None:
    target = path.format(event_id)
    headers = {"X-Request-Id": "the-same"}
    got, head = shim.get(target, headers=headers), shim.request("HEAD", target, headers=headers)
    assert (head.status_code, head.content) == (got.status_code, b"")
    differ = {"Date"}
    assert {k: v for k, v in head.headers.items() if k not in differ} == {
        k: v for k, v in got.headers.items() if k not in differ
    }
    assert shim.get(target).status_code == got.status_code


@pytest.mark.parametrize("given", ["abc-123_X.y", "a", "f" * 32])
def test_a_request_id_is_kept(shim: Shim, given: str) -> None:
    answer = shim.get("/events/0", headers={"X-Request-Id": given})
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] == given


@pytest.mark.parametrize("given", ["", "a b", "<script>", "x" * 5000, "a=b", 'a"b', "ä"])
def test_a_request_id_that_cannot_be_one_is_replaced(shim: Shim, given: str) -> None:
    answer = shim.get("/events/0", headers={"X-Request-Id": given.encode("latin-1")})
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"] != given
    assert answer.headers["X-Request-Id"].isalnum()


def test_every_request_has_an_id_of_its_own(shim: Shim) -> None:
    assert len({shim.get("/healthz").headers["X-Request-Id"] for _ in range(50)}) == 50


def test_answers_are_not_sniffed(shim: Shim) -> None:
    for path in ("/events", "/events/0"):
        assert shim.get(path).headers["X-Content-Type-Options"] == "nosniff"


def test_health(shim: Shim) -> None:
    answer = shim.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize("event_id", ["x", "1.0", "1e0", "0x1", "+", "-", "--1", "1-", "%31x", "%20", "1%20", "%201", "%ff",
                                      "١", "null", "true", "\U0001f600", "9223372036854775808", "1" * 100, "-1" + "0" * 30])
def test_an_id_that_is_no_number(shim: Shim, event_id: str) -> None:
    answer = shim.get(f"/events/{quote(event_id, safe='%+')}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0].items() >= {"in": "path", "name": "event_id"}.items()


def test_no_error_names_the_database(shim: Shim, database: Database) -> None:
    answers: list[Any] = [shim.get("/events/0"), shim.get("/events?cursor=x"), shim.get("/events/x")]
    for answer in answers:
        for word in (database.name, "SQL", "mysql", "MariaDB", "45404", "45422", "procedure", "p_"):
            assert word not in answer.text
