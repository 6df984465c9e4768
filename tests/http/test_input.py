"""Bodies that are not what they should be: each is a 422 that says what is wrong, and changes nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from support.expect import expect_fault, expect_problem
from support.shim import Shim, User

pytestmark = pytest.mark.usefixtures("unchanged")

GOOD = {
    "title": "Compilers", "venue": "Hall 1", "speaker": "Grace Hopper", "event_date": "2036-05-01T18:30:00Z",
    "total_seats": 30,
}

NOT_JSON = {
    "rubbish": b"rubbish", "blank": b" ", "two values": b"{} {}", "something after it": b"{}x", "NUL after it": b"{}\0",
    "truncated": b'{"title": "Comp', "truncated name": b'{"ti', "truncated value": b'{"title":', "one bracket": b"{",
    "the other": b"}", "mismatch": b'{"title": "x"]', "trailing comma": b'{"title": "x",}', "comma only": b"{,}",
    "no colon": b'{"title" "x"}', "no quotes": b'{title: "x"}', "single quotes": b"{'title': 'x'}",
    "single quoted value": b"{\"title\": 'x'}", "comment": b'{"title": "x" /* y */}', "line comment": b'{} // y',
    "byte order mark": b'\xef\xbb\xbf{"title": "x"}', "NaN": b'{"total_seats": NaN}', "nan": b'{"total_seats": nan}',
    "Infinity": b'{"total_seats": Infinity}', "-Infinity": b'{"total_seats": -Infinity}', "None": b'{"title": None}',
    "True": b'{"title": True}', "TRUE": b'{"title": TRUE}', "Null": b'{"title": Null}', "plus": b'{"total_seats": +1}',
    "leading zero": b'{"total_seats": 01}', "leading point": b'{"total_seats": .5}', "ending point": b'{"total_seats": 5.}',
    "hex": b'{"total_seats": 0x10}', "no exponent": b'{"total_seats": 1e}', "two points": b'{"total_seats": 1.2.3}',
    "minus": b'{"total_seats": -}', "12abc": b'{"total_seats": 12abc}', "bad escape": rb'{"title": "\x41"}',
    "short escape": rb'{"title": "\u41"}', "escape at the end": b'{"title": "\\', "line feed": b'{"title": "a\nb"}',
    "tab": b'{"title": "a\tb"}', "NUL in a text": b'{"title": "a\0b"}', "vertical tab": b'{\x0b}', "form feed": b"{\x0c}",
    "no-break space": '{\u00a0"title": "x"}'.encode(), "colon only": b"{:}", "array of colons": b"[:::]",
}
NOT_TEXT = {
    "lone byte": b'{"title": "\xff"}', "cut short": b'{"title": "\xc3"}', "overlong": b'{"title": "\xc0\x80"}',
    "surrogate": b'{"title": "\xed\xa0\x80"}', "too high": b'{"title": "\xf4\x90\x80\x80"}', "latin-1": b'{"title": "caf\xe9"}',
    "in a name": b'{"\xff": 1}', "UTF-16": '{"title": "x"}'.encode("utf-16"),
}
ELSE = {
    "array": (b"[]", "body must be a JSON object"),
    "text": (b'"x"', "body must be a JSON object"),
    "number": (b"1", "body must be a JSON object"),
    "true": (b"true", "body must be a JSON object"),
    "NUL escape": (rb'{"title": "a\u0000b"}', "body must not contain a NUL character"),
    "NUL escape in a name": (rb'{"title\u0000": "x"}', "body must not contain a NUL character"),
    "first half of a pair": (rb'{"title": "\ud83d"}', "body contains half of a surrogate pair"),
    "second half of a pair": (rb'{"title": "\ude00"}', "body contains half of a surrogate pair"),
    "halves the wrong way round": (rb'{"title": "\ude00\ud83d"}', "body contains half of a surrogate pair"),
    "half before a text": (rb'{"title": "\ud83dabcdef"}', "body contains half of a surrogate pair"),
    "half in a name": (rb'{"\ud83d": 1}', "body contains half of a surrogate pair"),
    "twice": (b'{"title": "x", "title": "y"}', "body names a member twice"),
    "twice, once escaped": (rb'{"title": "x", "\u0074itle": "y"}', "body names a member twice"),
    "twice, deep down": (b'{"title": {"a": 1, "a": 2}}', "body names a member twice"),
    "1e999": (b'{"total_seats": 1e999}', "body contains a number that is too large"),
    "-1e999": (b'{"total_seats": -1e999}', "body contains a number that is too large"),
    "401 digits": (b'{"total_seats": 1' + b"0" * 400 + b"}", "body contains a number that is too large"),
    "deep": (b'{"title": ' + b"[" * 20 + b"]" * 20 + b"}", "body is nested too deeply"),
    "very deep": (b'{"a":' * 10000 + b"1" + b"}" * 10000, "body is nested too deeply"),
    "unclosed and very deep": (b"[" * 60000, "body is nested too deeply"),
}


@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_is_not_json(shim: Shim, organizer: User, event_id: int, body: bytes) -> None:
    for answer in (
        shim.put(f"/events/{event_id}", organizer.token, data=body),
        shim.post("/auth/register", data=body),
        shim.post("/auth/login", data=body, headers={"Content-Type": "application/json"}),
    ):
        expect_fault(answer, "body", "body", "body is not valid JSON")


@pytest.mark.parametrize("body", NOT_TEXT.values(), ids=NOT_TEXT)
def test_what_is_not_utf_8(shim: Shim, organizer: User, event_id: int, body: bytes) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, data=body)
    expect_fault(answer, "body", "body", "body is not valid UTF-8")


@pytest.mark.parametrize(("body", "message"), ELSE.values(), ids=ELSE)
def test_what_is_json_and_still_no_good(
    shim: Shim, organizer: User, event_id: int, body: bytes, message: str
) -> None:
    for answer in (
        shim.put(f"/events/{event_id}", organizer.token, data=body),
        shim.post("/events", organizer.token, data=body),
    ):
        expect_fault(answer, "body", "body", message)


@pytest.mark.parametrize("name", ["title", "description", "venue", "speaker"])
@pytest.mark.parametrize("value", [1, 1.5, True, False, [], ["x"], {}, {"x": "y"}, -0.0])
def test_a_text_is_a_text(shim: Shim, organizer: User, event_id: int, name: str, value: Any) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, json={name: value})
    expect_fault(answer, "body", name, f"{name} must be a text")


@pytest.mark.parametrize(
    "value", ['"5"', '"x"', "1.0", "1e2", "1.5", "true", "false", "[]", "[1]", "{}", "0.0", "1e-2", '""']
)
def test_a_number_is_a_whole_number(
    shim: Shim, organizer: User, participant: User, event_id: int, value: str
) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, data=f'{{"total_seats": {value}}}')
    expect_fault(answer, "body", "total_seats", "total_seats must be a whole number")
    answer = shim.post(f"/register/{event_id}", participant.token, data=f'{{"seats": {value}}}')
    expect_fault(answer, "body", "seats", "seats must be a whole number")


@pytest.mark.parametrize("value", ["99999999999999999999", "-99999999999999999999", "9223372036854775808"])
def test_a_number_beyond_64_bits(shim: Shim, organizer: User, participant: User, event_id: int, value: str) -> None:
    detail = "body contains a number that is too large"
    answer = shim.put(f"/events/{event_id}", organizer.token, data=f'{{"total_seats": {value}}}')
    expect_fault(answer, "body", "body", detail)
    answer = shim.post(f"/register/{event_id}", participant.token, data=f'{{"seats": {value}}}')
    expect_fault(answer, "body", "body", detail)


@pytest.mark.parametrize("name", ["title", "venue", "speaker", "event_date", "total_seats"])
def test_null_is_no_change(shim: Shim, organizer: User, event_id: int, name: str) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, json={name: None})
    expect_fault(answer, "body", name, f"{name} must not be null")


@pytest.mark.parametrize("name", ["name", "email", "password"])
@pytest.mark.parametrize("value", [None, 1, True, [], {}, 0.5])
def test_somebody_who_signs_up_with_something_else(shim: Shim, name: str, value: Any) -> None:
    account = {"name": "Ada", "email": "ada@example.org", "password": "password", "role": "organizer", name: value}
    answer = shim.post("/auth/register", json=account)
    expect_fault(answer, "body", name, f"{name} must {'not be null' if value is None else 'be a text'}")


@pytest.mark.parametrize("name", ["x", "", "Title", "title ", "seats", "p_title", "event_id", "ä\U0001f600", "a,b", "id,status", "__proto__"])
def test_an_unknown_field(shim: Shim, organizer: User, event_id: int, name: str) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, json={"title": "x", name: 1})
    expect_fault(answer, "body", name, f"{name} is not a field of this request")


def test_an_unknown_field_with_a_very_long_name(shim: Shim, organizer: User, event_id: int) -> None:
    for name in ("x" * 60000, "\U0001f600" * 10000, "é" * 32 + "x" * 100, "x" + "é" * 100):
        answer = shim.put(f"/events/{event_id}", organizer.token, data=json.dumps({name: 1}, ensure_ascii=False).encode())
        assert answer.status_code == 422
        assert len(answer.json()["detail"]) < 130
        assert name.startswith(answer.json()["errors"][0]["name"])


def test_thousands_of_unknown_fields(shim: Shim, organizer: User, event_id: int) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, json={f"f{number}": 1 for number in range(5000)})
    assert answer.status_code == 422
    assert len(answer.json()["errors"]) <= 50


def test_all_faults_are_named_at_once(shim: Shim, organizer: User) -> None:
    body = {"title": " ", "venue": 7, "event_date": "never", "total_seats": "many", "colour": "red"}
    answer = shim.post("/events", organizer.token, json=body)
    problem = expect_problem(answer, 422, "title must not be blank", "invalid_input")
    assert problem["errors"] == [
        {"in": "body", "name": "title", "message": "title must not be blank"},
        {"in": "body", "name": "venue", "message": "venue must be a text"},
        {"in": "body", "name": "speaker", "message": "speaker is required"},
        {"in": "body", "name": "event_date",
         "message": "event_date must be a date and time such as 2030-12-31T18:30:00+01:00"},
        {"in": "body", "name": "total_seats", "message": "total_seats must be a whole number"},
        {"in": "body", "name": "colour", "message": "colour is not a field of this request"},
    ]


def test_faults_in_path_and_query_and_body_at_once(shim: Shim, participant: User, organizer: User) -> None:
    answer = shim.post("/register/x?seats=y", participant.token, json={"z": 1})
    assert [(e["in"], e["name"]) for e in answer.json()["errors"]] == [("path", "event_id"), ("query", "seats"), ("body", "z")]
    answer = shim.put("/events/x", organizer.token, json={"title": ""})
    assert [(e["in"], e["name"]) for e in answer.json()["errors"]] == [("path", "event_id"), ("body", "title")]


@pytest.mark.parametrize("path", ["/events", "/auth/register", "/auth/login"])
def test_no_body_where_one_is_needed(shim: Shim, organizer: User, path: str) -> None:
    for body in ({}, {"data": b""}, {"json": {}}, {"data": b"null"}):
        answer = shim.post(path, organizer.token, **body)
        assert answer.status_code == 422
        assert answer.json()["detail"].endswith(" is required")


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
             "application/jsonx", "application/json-patch+json", "json", "application", ",", "text/json"]
)
def test_another_kind_of_body(shim: Shim, organizer: User, kind: str) -> None:
    answer = shim.post("/events", organizer.token, data=json.dumps(GOOD), headers={"Content-Type": kind})
    expect_problem(answer, 415, "The body must be application/json in UTF-8", "unsupported_media_type")


@pytest.mark.parametrize("kind", ["application/json", "APPLICATION/JSON", "application/json; charset=utf-8",
                                  "application/json;charset=UTF-8", "application/json ; x=y", None])
def test_json_by_any_name(shim: Shim, organizer: User, event_id: int, kind: str | None) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = shim.put(f"/events/{event_id}", organizer.token, data=b"{}", headers=headers)
    assert answer.status_code == 200


def test_a_body_as_long_as_may_be_and_one_byte_more(shim: Shim, organizer: User, event_id: int) -> None:
    limit = 64 * 1024
    longest = b"{}" + b" " * (limit - 2)
    assert shim.put(f"/events/{event_id}", organizer.token, data=longest).status_code == 200
    answer = shim.put(f"/events/{event_id}", organizer.token, data=longest + b" ")
    expect_problem(answer, 413, "The request's body is too large", "content_too_large")
    assert answer.headers["Connection"] == "close"


def test_a_body_of_several_megabytes(shim: Shim, organizer: User, event_id: int) -> None:
    answer = shim.put(f"/events/{event_id}", organizer.token, data=b" " * 5_000_000)
    expect_problem(answer, 413, "The request's body is too large", "content_too_large")


def test_the_longest_description_with_every_character_escaped(shim: Shim, organizer: User, event_id: int) -> None:
    before = shim.get(f"/events/{event_id}").json()
    text = "\U0001f600" * 2000
    body = json.dumps({"description": text}).encode()
    assert len(body) > 24000
    assert shim.put(f"/events/{event_id}", organizer.token, data=body).status_code == 200
    assert shim.get(f"/events/{event_id}").json()["description"] == text
    shim.put(f"/events/{event_id}", organizer.token, json={"description": before["description"]})


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Type": "application/json; charset=utf-16"}])
def test_a_body_that_is_not_as_it_stands(shim: Shim, headers: dict[str, str]) -> None:
    account = b'{"name":"A","email":"no address","password":"password"}'
    answer = shim.post("/auth/signup", data=account, headers={"Content-Type": "application/json", **headers})
    assert answer.status_code == 415
    plain = {"Content-Encoding": "identity", "Content-Type": 'application/json; charset="UTF-8"'}
    assert shim.post("/auth/signup", data=account, headers=plain).status_code == 422
