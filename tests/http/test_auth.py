"""Signing up and logging in."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.expect import expect_fault, expect_problem
from support.shim import Shim, numbers


def account(**changes: Any) -> dict[str, Any]:
    """What somebody signs up with."""
    email = f"somebody{next(numbers)}@example.org"
    return {"name": "Grace Hopper", "email": email, "password": "nanosecond", "role": "organizer", **changes}


def claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


@pytest.mark.parametrize("path", ["/auth/register", "/auth/signup"])
def test_signing_up(shim: Shim, database: Database, path: str) -> None:
    wanted = account()
    answer = shim.post(path, json=wanted)
    assert answer.status_code == 201
    assert answer.json().keys() == {"message", "user_id"}
    assert answer.json()["message"] == "User created successfully"
    row = database.rows("SELECT * FROM users WHERE id = %s", [answer.json()["user_id"]])[0]
    assert (row["name"], row["email"], row["role"]) == (wanted["name"], wanted["email"], "organizer")
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_the_same_password_has_another_hash_each_time(shim: Shim, database: Database) -> None:
    ids = [shim.post("/auth/register", json=account()).json()["user_id"] for _ in range(2)]
    rows = database.rows("SELECT DISTINCT password_hash FROM users WHERE id IN (%s, %s)", ids)
    assert len(rows) == 2


@pytest.mark.parametrize("role", [{}, {"role": None}], ids=["missing", "null"])
def test_whoever_names_no_role_is_a_participant(shim: Shim, database: Database, role: dict[str, None]) -> None:
    wanted = account()
    del wanted["role"]
    answer = shim.post("/auth/register", json={**wanted, **role})
    assert answer.status_code == 201
    assert database.rows("SELECT role FROM users WHERE id = %s", [answer.json()["user_id"]])[0]["role"] == "participant"


@pytest.mark.parametrize("role", ["1", "x", "", " organizer", "admin", "anyone", "%"])
def test_other_roles_do_not_exist(shim: Shim, unchanged: None, role: str) -> None:
    answer = shim.post("/auth/register", json=account(role=role))
    expect_fault(answer, "body", "role", "role must be organizer or participant")


def login_json(shim: Shim, path: str, email: str, password: str) -> Any:
    return shim.post(path, json={"email": email, "password": password})


def login_urlencoded(shim: Shim, path: str, email: str, password: str) -> Any:
    return shim.post(path, data={"grant_type": "password", "username": email, "password": password, "scope": ""})


def login_multipart(shim: Shim, path: str, email: str, password: str) -> Any:
    return shim.post(path, files={"username": (None, email), "password": (None, password)})


@pytest.mark.parametrize("path", ["/auth/login", "/auth/token"])
@pytest.mark.parametrize("login", [login_json, login_urlencoded, login_multipart])
@pytest.mark.parametrize("password", ["nanosecond", "a b+c&d=e%41ö\U0001f600\"'"], ids=["plain", "special"])
def test_logging_in(shim: Shim, path: str, login: Any, password: str) -> None:
    wanted = account(password=password)
    user_id = shim.post("/auth/register", json=wanted).json()["user_id"]
    answer = login(shim, path, wanted["email"], password)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "role", "expires_in"}
    assert (body["token_type"], body["role"], body["expires_in"]) == ("bearer", "organizer", 3600)
    assert answer.headers["Cache-Control"] == "no-store"
    granted = claims(body["access_token"])
    assert (granted["sub"], granted["role"]) == (str(user_id), "organizer")
    assert abs(granted["exp"] - time.time() - 3600) < 10
    assert shim.get(f"/events/{shim.database.add_event(user_id)}/participants", body["access_token"]).json() == []


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(shim: Shim) -> None:
    user = shim.signup()
    answers = [
        shim.post("/auth/login", json={"email": email, "password": "not this one"}, headers={"X-Request-Id": "same"})
        for email in (user.email, "nobody@example.org", "", "%")
    ]
    for answer in answers:
        expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")
        assert answer.text == answers[0].text


def test_an_unknown_address_takes_as_long_as_a_wrong_password(shim: Shim) -> None:
    """By the processor's time, which, unlike the clock's, does not depend on what else the machine does."""
    assert shim.process is not None
    used = Path(f"/proc/{shim.process.pid}/stat")

    def ticks(email: str) -> int:
        before = sum(map(int, used.read_text().rsplit(")", 1)[1].split()[11:13]))
        for _ in range(5):
            shim.post("/auth/login", json={"email": email, "password": "not this one"})
        return sum(map(int, used.read_text().rsplit(")", 1)[1].split()[11:13])) - before

    known = ticks(shim.signup().email)
    assert ticks("nobody@example.org") > known / 2 > 0


@pytest.mark.parametrize("password", ["x" * 6, "x" * 1024, "äöü", "\U0001f600\U0001f600"], ids=len)
def test_the_shortest_and_the_longest_password(shim: Shim, password: str) -> None:
    assert shim.signup(password=password)


@pytest.mark.parametrize("password", ["", "x" * 5, "x" * 1025, "é" * 513, "éé"], ids=len)
def test_a_password_that_is_too_short_or_too_long(shim: Shim, unchanged: None, password: str) -> None:
    answer = shim.post("/auth/register", json=account(password=password))
    expect_fault(answer, "body", "password", "password must have 6 to 1024 bytes")


@pytest.mark.parametrize("password", ["", "x" * 1025, "x" * 60000], ids=len)
def test_a_password_of_any_length_can_be_tried(shim: Shim, password: str) -> None:
    user = shim.signup()
    answer = shim.post("/auth/login", json={"email": user.email, "password": password})
    expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")


@pytest.mark.parametrize("same", [71, 72, 73, 200, 1023])
def test_a_password_counts_to_its_last_byte(shim: Shim, same: int) -> None:
    user = shim.signup(password="p" * same + "a")
    for other in ("p" * same + "b", "p" * same, "p" * same + "aa"):
        answer = shim.post("/auth/login", json={"email": user.email, "password": other})
        expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")


@pytest.mark.parametrize(
    "email",
    ["%", "_", "", "   ", "nobody", "@example.org", "a@", "a@b", "a b@example.org", "a@exa mple.org", "a@b@c.org",
     "a@example.org\nBcc: b@example.org", "<a@example.org>", "a@example..org", "%@%.%\x01"],
)
def test_what_is_not_an_address_is_refused(shim: Shim, unchanged: None, email: str) -> None:
    answer = shim.post("/auth/register", json=account(email=email))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["name"] == "email"


def test_an_address_of_254_characters_is_the_longest(shim: Shim) -> None:
    longest = f"{next(numbers):064}@" + ("x" * 59 + ".") * 3 + "yyyy.zzzz"
    assert len(longest) == 254
    assert shim.post("/auth/register", json=account(email=longest)).status_code == 201
    answer = shim.post("/auth/register", json=account(email=longest + "z"))
    expect_fault(answer, "body", "email", "email must have at most 254 characters")


def test_blanks_around_an_address_are_dropped(shim: Shim, database: Database) -> None:
    wanted = account()
    padded = {**wanted, "email": f" \t{wanted['email']}\r\n "}
    created = shim.post("/auth/register", json=padded)
    assert created.status_code == 201
    row = database.rows("SELECT email FROM users WHERE id = %s", [created.json()["user_id"]])[0]
    assert row["email"] == wanted["email"]
    for email in (wanted["email"], padded["email"]):
        assert login_json(shim, "/auth/login", email, wanted["password"]).status_code == 200


def test_an_address_is_taken_whatever_its_case(shim: Shim) -> None:
    wanted = account()
    assert shim.post("/auth/register", json=wanted).status_code == 201
    for email in (wanted["email"], wanted["email"].upper(), f" {wanted['email'].title()} "):
        answer = shim.post("/auth/register", json=account(email=email))
        expect_problem(answer, 409, "Email already registered", "email_taken")
        assert login_json(shim, "/auth/login", email, wanted["password"]).status_code == 200


def test_a_wildcard_is_nobody(shim: Shim) -> None:
    user = shim.signup(password="password")
    for email in ("%", "_" * len(user.email), f"{user.email[:-1]}_", f"{user.email[:-3]}%", f"{user.email}%"):
        answer = login_json(shim, "/auth/login", email, "password")
        expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")


def test_accents_tell_addresses_apart(shim: Shim) -> None:
    number = next(numbers)
    first, second = account(email=f"jose{number}@example.org"), account(email=f"jose{number}@exámple.org")
    assert shim.post("/auth/register", json=first).status_code == 201
    assert shim.post("/auth/register", json={**second, "password": "another"}).status_code == 201
    answer = login_json(shim, "/auth/login", second["email"], first["password"])
    expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")


@pytest.mark.parametrize("missing", ["email", "password"])
@pytest.mark.parametrize("kind", ["json", "data"])
def test_a_login_that_lacks_a_field(shim: Shim, missing: str, kind: str) -> None:
    fields = {"email": "a@example.org", "password": "password"}
    del fields[missing]
    answer = shim.post("/auth/login", **{kind: fields})
    expect_fault(answer, "body", missing, f"{missing} is required")


@pytest.mark.parametrize("body", ["username=a%40example.org&username=b%40example.org&password=password",
                                  "email=a%40example.org&username=b%40example.org&password=password"])
def test_a_form_that_names_two_users(shim: Shim, body: str) -> None:
    answer = shim.post("/auth/login", data=body, headers={"Content-Type": "application/x-www-form-urlencoded"})
    expect_fault(answer, "body", "email", "email is given more than once")


def test_a_form_is_no_way_to_sign_up(shim: Shim, unchanged: None) -> None:
    answer = shim.post("/auth/register", data=account())
    expect_problem(answer, 415, "The body must be application/json in UTF-8", "unsupported_media_type")


PART = b'--b\r\nContent-Disposition: form-data; name="username"\r\n\r\n'
BROKEN_FORMS = {
    "empty part": b"--b\r\n--b--",
    "delimiters only": b"--b\r\n" * 1000,
    "one delimiter": b"--b",
    "the end at once": b"--b--",
    "no part": b"--b\r\n\r\n",
    "another boundary": b"--x\r\n\r\nv\r\n--x--",
    "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nv\r\n--b--",
    "a quote left open": b'--b\r\nContent-Disposition: form-data; name="\r\n\r\nv\r\n--b--',
    "no end": PART + b"v",
    "no value": PART,
    "not UTF-8": PART + b"\xff\r\n--b--",
    "NUL": PART + b"\0\r\n--b--",
    "NULs": b"\0" * 100,
}


@pytest.mark.parametrize("body", BROKEN_FORMS.values(), ids=BROKEN_FORMS)
def test_a_broken_form_is_refused(shim: Shim, body: bytes) -> None:
    answer = shim.post("/auth/login", data=body, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 422, answer.text
    assert shim.get("/healthz").status_code == 200


@pytest.mark.parametrize("boundary", ["", "; boundary=", "; boundary=\"", f"; boundary={'b' * 71}", "; boundary=;", ";;;;"])
def test_a_form_without_a_boundary_is_refused(shim: Shim, boundary: str) -> None:
    answer = shim.post("/auth/login", data=b"--b\r\n\r\n--b--", headers={"Content-Type": f"multipart/form-data{boundary}"})
    assert answer.status_code == 422, answer.text


def test_blanks_without_end_in_an_address_take_no_time(shim: Shim) -> None:
    began = time.monotonic()
    answer = login_json(shim, "/auth/login", "a" + " " * 60000 + "b", "password")
    expect_problem(answer, 401, "Invalid credentials", "invalid_credentials")
    assert time.monotonic() - began < 5
