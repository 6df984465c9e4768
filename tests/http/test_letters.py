"""Letters of every script, sent as browsers and curl send them: raw UTF-8, in JSON, in forms and in a query."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from support.expect import expect_fault, expect_problem
from support.raw import Raw
from support.shim import Shim, User

WORDS = ["Jörg Müßig", "Zoë Brontë", "Łukasz Żak", "Дмитрий", "Ελένη", "東京 太郎", "محمد", "Nguyễn Thị", "🎟 Ada 👩‍💻", "º ª ß ñ"]


def raw(document: dict[str, object]) -> dict[str, object]:
    """A body in which no letter is escaped."""
    return {"data": json.dumps(document, ensure_ascii=False).encode(), "headers": {"Content-Type": "application/json"}}


@pytest.mark.parametrize("word", WORDS)
def test_letters_stand_for_themselves(shim: Shim, organizer: User, word: str) -> None:
    number = WORDS.index(word)
    account = {"name": word, "email": f"letters{number}@example.org", "password": f"{word} pässwort"}
    assert shim.post("/auth/register", **raw(account)).status_code == 201
    login = shim.post("/auth/login", **raw({"email": account["email"], "password": account["password"]}))
    form = shim.post("/auth/token", data={"username": account["email"], "password": account["password"]})
    unencoded = shim.post(
        "/auth/token", data=f"username={account['email']}&password={account['password']}".encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert [answer.status_code for answer in (login, form, unencoded)] == [200] * 3
    token = login.json()["access_token"]
    assert shim.get("/my-registrations", token).json()["user"] == word

    event = {"title": f"{word} live", "description": word, "venue": word, "speaker": word, "event_date": "2037-05-01T18:30:00Z"}
    created = shim.post("/events", organizer.token, **raw({**event, "total_seats": 3}))
    assert created.status_code == 201, created.text
    event_id = created.json()["event_id"]
    texts = ("title", "description", "venue", "speaker")
    assert {name: shim.get(f"/events/{event_id}").json()[name] for name in texts} == {name: event[name] for name in texts}
    changed = shim.put(f"/events/{event_id}", organizer.token, **raw({"venue": f"{word}, 2"}))
    assert changed.status_code == 200
    found = shim.get(f"/events?q={quote(word)}&limit=1000").json()
    with Raw(shim.port) as curl:
        # As somebody types it to curl, who encodes nothing.
        curl.send(f"GET /events?q={word.replace(' ', '+')}&limit=1000 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert json.loads(curl.answer().body) == found
    assert event_id in [each["id"] for each in found] and f"{word}, 2" in [each["venue"] for each in found]


@pytest.mark.parametrize("email", ["zo\u00eb@example.org", "zoe\u0308@example.org"], ids=["composed", "decomposed"])
def test_a_letter_that_has_two_forms_is_in_no_address(shim: Shim, email: str) -> None:
    answer = shim.post("/auth/register", **raw({"name": "Zoë", "email": email, "password": "password"}))
    expect_fault(answer, "body", "email", "email must have no letters but a to z before the @")


def test_a_domain_of_such_letters_is_taken_in_one_form(shim: Shim) -> None:
    account = {"name": "Zoë", "password": "password"}
    answer = shim.post("/auth/register", **raw({**account, "email": "zoe@bu\u0308cher.example"}))
    expect_fault(
        answer, "body", "email", "email must have a domain of composed letters, each in its usual form (NFC)"
    )
    assert shim.post("/auth/register", **raw({**account, "email": "zoe@b\u00fccher.example"})).status_code == 201
    again = shim.post("/auth/register", **raw({**account, "email": "ZOE@B\u00dcCHER.example"}))
    expect_problem(again, 409, "Email already registered", "email_taken")
    for email in ("zoe@b\u00fccher.example", "Zoe@B\u00dccher.example"):
        assert shim.post("/auth/login", **raw({"email": email, "password": "password"})).status_code == 200


def test_an_address_that_was_taken_earlier_logs_in(shim: Shim) -> None:
    account = shim.signup()
    for email in ("zoe\u0308\u200b@example.org", ".a..b@-example.org"):
        shim.database.rows("UPDATE users SET email = %s WHERE id = %s", [email, account.id])
        assert shim.post("/auth/login", **raw({"email": email, "password": "password"})).status_code == 200
