"""The stand-in for SendGrid: what it takes and refuses, how it fails on request, and what it keeps and shows."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from sendgrid.errors import FORMS
from sendgrid.rules import MAX_BODY, Verdict, judge
from sendgrid.server import StandIn
from support.raw import Answer, Closed, Raw, get

KEY = "SG.test"
HEADERS = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
SERVE = Path(__file__).resolve().parents[1] / "sendgrid" / "serve"
NOW = 2_000_000_000


def to(*addresses: str) -> list[dict[str, str]]:
    return [{"email": address} for address in addresses]


def payload(**changes: Any) -> dict[str, Any]:
    """A valid request but for the changes; None takes a member away."""
    valid = {
        "personalizations": [{"to": to("ann@example.org")}],
        "from": {"email": "events@example.org", "name": "EventHub"},
        "subject": "A reminder",
        "content": [{"type": "text/plain", "value": "Hello"}, {"type": "text/html", "value": "<p>Hello</p>"}],
    }
    return {name: value for name, value in (valid | changes).items() if value is not None}


def judged(**changes: Any) -> Verdict:
    return judge(HEADERS, json.dumps(payload(**changes)).encode(), KEY, now=NOW)


def fields(**changes: Any) -> list[str | None]:
    """The fields that are wrong in a request that is valid but for the changes."""
    verdict = judged(**changes)
    assert verdict.status == (400 if verdict.errors else 202)
    return [error["field"] for error in verdict.errors]


def one(**members: Any) -> dict[str, Any]:
    """The change to a single personalization with these members."""
    return {"personalizations": [{"to": to("ann@example.org")} | members]}


def send(stand_in: StandIn, timeout: float = 5, **changes: Any) -> requests.Response:
    return requests.post(f"{stand_in.url}/v3/mail/send", json=payload(**changes), headers=HEADERS, timeout=timeout)


def raw_request(**changes: Any) -> bytes:
    body = json.dumps(payload(**changes)).encode()
    head = "".join(f"{name}: {value}\r\n" for name, value in (HEADERS | {"Content-Length": str(len(body))}).items())
    return f"POST /v3/mail/send HTTP/1.1\r\n{head}\r\n".encode() + body


def error_of(answer: requests.Response | Answer) -> dict[str, Any]:
    """The only error of an answer, which must have SendGrid's form."""
    document = answer.json()
    assert document.keys() == {"errors"} and len(document["errors"]) == 1
    error: dict[str, Any] = document["errors"][0]
    assert error.keys() == {"message", "field", "help"} and error["message"]
    assert (error["field"] is None) == (error["help"] is None)
    return error


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn(KEY) as stand_in:
        yield stand_in


# The rules.


def test_a_valid_request_is_accepted() -> None:
    assert judged() == Verdict(202, recipients=1, subject="A reminder")
    everything = payload(
        reply_to={"email": "help@example.org"}, custom_args={"eventhub_kind": "reminder"}, headers={"List-Unsubscribe": "<x>"},
        categories=["reminder"], send_at=NOW + 60, mail_settings={"sandbox_mode": {"enable": False}},
        tracking_settings={"click_tracking": {"enable": False}},
        personalizations=[{
            "to": [{"email": "ann@example.org", "name": "Ann"}], "cc": to("bob@example.org"),
            "bcc": to("cy@example.org"), "subject": "Yours", "substitutions": {"-a-": ""}, "custom_args": {"id": "1"},
            "send_at": NOW,
        }],
    )
    assert judged(**everything) == Verdict(202, recipients=3, subject="A reminder")


@pytest.mark.parametrize("authorization", ["", KEY, f"Basic {KEY}", "Bearer", "Bearer ", f"Bearer {KEY}x"])
def test_a_request_without_the_key_is_refused(authorization: str) -> None:
    verdict = judge(HEADERS | {"Authorization": authorization}, json.dumps(payload()).encode(), KEY)
    assert (verdict.status, verdict.errors) == (401, [{
        "message": "The provided authorization grant is invalid, expired, or revoked", "field": None, "help": None,
    }])


def test_any_key_does_where_none_is_set() -> None:
    body = json.dumps(payload()).encode()
    assert judge(HEADERS | {"Authorization": "Bearer any"}, body).status == 202
    assert judge(HEADERS | {"Authorization": "Bearer "}, body).status == 401


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json; charset=utf-8", 202), ("Application/JSON", 202), ("", 415), ("text/plain", 415),
     ("application/json-patch", 415), ("application/x-www-form-urlencoded", 415)],
)
def test_only_json_is_taken(content_type: str, status: int) -> None:
    assert judge(HEADERS | {"Content-Type": content_type}, json.dumps(payload()).encode(), KEY).status == status


def test_a_body_has_at_most_30_megabytes() -> None:
    body = json.dumps(payload()).encode().ljust(MAX_BODY)
    assert judge(HEADERS, body, KEY).status == 202
    assert judge(HEADERS, body + b" ", KEY).status == 413


NO_JSON = [
    b"", b"{", b"nonsense", json.dumps(payload()).encode() + b"x", b"\xff", json.dumps(payload()).encode("utf-16"),
    json.dumps(payload(send_at=float("nan"))).encode(), json.dumps(payload(subject="\ud800")).encode(),
    json.dumps(payload()).replace("A reminder", "A\nreminder").encode(), b"[" * 100_000,
]


@pytest.mark.parametrize("body", NO_JSON, ids=range(len(NO_JSON)))
def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    verdict = judge(HEADERS, body, KEY)
    assert (verdict.status, verdict.errors) == (400, [{"message": "Bad Request", "field": None, "help": None}])


def test_json_must_be_an_object() -> None:
    assert judge(HEADERS, b"[]", KEY).status == 400


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"colour": "red"}, ["colour"]),
        ({"template_id": "d-1"}, ["template_id"]),
        ({"from": None}, ["from.email"]),
        ({"from": "events@example.org"}, ["from"]),
        ({"from": {"name": "EventHub"}}, ["from.email"]),
        ({"from": {"email": "events"}}, ["from.email"]),
        ({"from": {"email": "events@example.org", "name": "Event\nHub"}}, ["from.name"]),
        ({"from": {"email": "events@example.org", "nick": "x"}}, ["from.nick"]),
        ({"reply_to": {"email": "x"}}, ["reply_to.email"]),
        ({"reply_to": {"email": "a@example.org", "address": "x"}}, ["reply_to.address"]),
        ({"reply_to_list": to("a@example.org")}, ["reply_to_list"]),
        ({"subject": None}, ["subject"]),
        ({"subject": ""}, ["subject"]),
        ({"subject": 1}, ["subject"]),
        ({"subject": "A\r\nBcc: x@example.org"}, ["subject"]),
        ({"subject": "A\tB"}, ["subject"]),
        ({"content": None}, ["content"]),
        ({"content": []}, ["content"]),
        ({"content": "Hello"}, ["content"]),
        ({"content": ["Hello"]}, ["content.0"]),
        ({"content": [{"type": "text/plain", "value": ""}]}, ["content.0.value"]),
        ({"content": [{"type": "text/plain"}]}, ["content.0.value"]),
        ({"content": [{"type": "text/plain", "value": "x"}, {"type": "", "value": "x"}]}, ["content.1.type"]),
        ({"content": [{"value": "x"}]}, ["content.0.type"]),
        ({"content": [{"type": "text/plain; charset=utf-8", "value": "x"}]}, ["content.0.type"]),
        ({"content": payload()["content"][::-1]}, ["content"]),
        ({"content": [{"type": "text/calendar", "value": "x"}, {"type": "text/html", "value": "x"}]}, ["content"]),
        ({"content": [payload()["content"][0]] * 2}, ["content"]),
        ({"custom_args": "x"}, ["custom_args"]),
        ({"custom_args": {"id": 1}}, ["custom_args.id"]),
        ({"custom_args": {"id": None}}, ["custom_args.id"]),
        ({"send_at": "1"}, ["send_at"]),
        ({"send_at": 1.5}, ["send_at"]),
        ({"send_at": True}, ["send_at"]),
        ({"headers": {"X-A": 1}}, ["headers.X-A"]),
        ({"headers": {"Subject": "x"}}, ["headers.Subject"]),
        ({"headers": {"X-A": "a\r\nb"}}, ["headers.X-A"]),
        ({"headers": {"X-A": "\u00e4"}}, ["headers.X-A"]),
        ({"headers": {"X A": "a"}}, ["headers.X A"]),
        ({"headers": {"X-A:": "a"}}, ["headers.X-A:"]),
        (one(headers={"Reply-To": "a@example.org"}), ["personalizations.0.headers.Reply-To"]),
        (one(headers={"X-A": "a\nb"}), ["personalizations.0.headers.X-A"]),
        ({"categories": "x"}, ["categories"]),
        ({"categories": ["x", "x"]}, ["categories"]),
        ({"categories": [""]}, ["categories"]),
        ({"categories": ["\u00e4"]}, ["categories"]),
        ({"mail_settings": {"sandbox_mode": {"enable": "true"}}}, ["mail_settings.sandbox_mode.enable"]),
        ({"mail_settings": {"sandbox_mode": {}}}, ["mail_settings.sandbox_mode.enable"]),
        ({"mail_settings": True}, ["mail_settings"]),
        ({"mail_settings": {"sandbox": {"enable": True}}}, ["mail_settings.sandbox"]),
        ({"content": [{"type": "text/plain", "value": "x", "charset": "utf-8"}]}, ["content.0.charset"]),
        ({"personalizations": None}, ["personalizations"]),
        ({"personalizations": []}, ["personalizations"]),
        ({"personalizations": {}}, ["personalizations"]),
        ({"personalizations": [1]}, ["personalizations.0"]),
        ({"personalizations": [{}]}, ["personalizations.0.to"]),
        (one(to=[]), ["personalizations.0.to"]),
        (one(to={}), ["personalizations.0.to"]),
        (one(to=["ann@example.org"]), ["personalizations.0.to.0"]),
        (one(to=[{}]), ["personalizations.0.to.0.email"]),
        (one(to=[{"email": 1}]), ["personalizations.0.to.0.email"]),
        (one(to=[{"email": "ann@example.org", "id": "1"}]), ["personalizations.0.to.0.id"]),
        (one(to=[{"email": "ann@example.org", "name": "Hopper, Ann"}]), ["personalizations.0.to.0.name"]),
        (one(to=[{"email": "ann@example.org", "name": 1}]), ["personalizations.0.to.0.name"]),
        (one(cc=to("x")), ["personalizations.0.cc.0.email"]),
        (one(bcc=to("bob@example.org", "x")), ["personalizations.0.bcc.1.email"]),
        (one(cc="x"), ["personalizations.0.cc"]),
        (one(subject=""), ["personalizations.0.subject"]),
        (one(subject="A\nB"), ["personalizations.0.subject"]),
        (one(substitutions={"-a-": 1}), ["personalizations.0.substitutions.-a-"]),
        (one(substitutions={"": "x"}), ["personalizations.0.substitutions"]),
        (one(substitutions=[]), ["personalizations.0.substitutions"]),
        (one(custom_args={"id": 1}), ["personalizations.0.custom_args.id"]),
        (one(send_at="1"), ["personalizations.0.send_at"]),
        (one(colour="red"), ["personalizations.0.colour"]),
    ],
)
def test_what_breaks_a_rule_is_named_by_its_field(changes: dict[str, Any], wrong: list[str]) -> None:
    assert fields(**changes) == wrong


@pytest.mark.parametrize(
    "address",
    ["", " ", "ann", "ann@", "@example.org", "ann@localhost", "ann@@example.org", "ann @example.org",
     "ann@ex ample.org", " ann@example.org", "ann@example.org ", "ann@example.org\n", "ann\0@example.org", "ann@example..org",
     "ann@example.org\x7f", "<ann@example.org>", "ann@example.org, bob@example.org", "ann@example.org.",
     "a,b@example.org", "a..b@example.org", ".a@example.org", "a.@example.org", "a@-example.org", "a@example-.org",
     "a@1.2.3.4", "a@ex_ample.org", "a@iana/x.org", "zo\u00eb@example.org", "ann@ex\u00e4mple.org", "a" * 65 + "@example.org",
     "a@" + "b" * 64 + ".org", "a@" + "b" * 60 + ("." + "b" * 60) * 3 + ".abcdefghi"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    assert fields(**one(to=to("bob@example.org", address))) == ["personalizations.0.to.1.email"]


@pytest.mark.parametrize("address", ["a@b.c", "o'h+x@mail.example.org", "ANN@EXAMPLE.ORG", "ann@xn--exmple-cua.org", "a" * 64 + "@b.c",
                                     "a@" + "b" * 60 + ("." + "b" * 60) * 3 + ".abcdefgh"])
def test_what_may_be_an_address_is_taken(address: str) -> None:
    assert fields(**one(to=to(address))) == []


def test_every_error_is_named() -> None:
    three = [{"to": to("ann@example.org")}, {"to": to("x")}, {}]
    assert fields(subject="", personalizations=three) == [
        "personalizations.1.to.0.email", "personalizations.2.to", "subject",
    ]


def test_an_error_links_to_its_explanation() -> None:
    links = [error["help"] for error in judged(subject="", personalizations=[{"to": to("x")}]).errors]
    assert [link and link.partition("#")[2] for link in links] == ["message.personalizations.to", "message.subject"]


def test_the_subject_may_be_in_every_personalization_instead() -> None:
    both = [{"to": to(f"{name}@example.org"), "subject": name} for name in ("ann", "bob")]
    assert fields(subject=None, personalizations=both) == []
    del both[1]["subject"]
    assert fields(subject=None, personalizations=both) == ["subject"]


@pytest.mark.parametrize("kind", ["to", "cc", "bcc"])
def test_each_address_is_taken_once_per_request_whatever_its_case(kind: str) -> None:
    assert fields(personalizations=[{"to": to("ann@example.org", "ANN@example.org")}]) == ["personalizations.0"]
    again = {"to": to("bob@example.org")}
    again[kind] = again.get(kind, []) + to("Ann@Example.ORG")
    assert fields(personalizations=[{"to": to("ann@example.org")}, again]) == ["personalizations.1"]


def people(count: int) -> list[str]:
    return [f"p{number}@example.org" for number in range(count)]


def test_a_request_has_at_most_1000_personalizations() -> None:
    assert judged(personalizations=[{"to": to(person)} for person in people(1000)]) == Verdict(202, recipients=1000, subject="A reminder")
    assert fields(personalizations=[{"to": to(person)} for person in people(1001)]) == ["personalizations"]


def test_a_request_has_at_most_1000_recipients() -> None:
    copies = {"cc": to("c@example.org"), "bcc": to("b@example.org")}
    assert fields(personalizations=[{"to": to(*people(998))} | copies]) == []
    assert fields(personalizations=[
        {"to": to(*people(998))} | copies, {"to": to("another@example.org")},
    ]) == ["personalizations"]


def test_custom_args_have_at_most_10000_bytes_together() -> None:
    # The bytes count, not the characters.
    assert fields(custom_args={"ab": "\u00e9" * 4999}) == []
    assert fields(custom_args={"abc": "\u00e9" * 4999}) == ["custom_args"]
    assert fields(custom_args={"a": "x" * 4999}, **one(custom_args={"b": "x" * 4999})) == []
    assert fields(custom_args={"a": "x" * 4999}, **one(custom_args={"b": "x" * 5000})) == [
        "personalizations.0.custom_args",
    ]


def test_substitutions_have_at_most_10000_bytes_per_personalization() -> None:
    full = {"-a-": "x" * 4997, "-b-": "x" * 4997}
    two = [{"to": to(person), "substitutions": full} for person in people(2)]
    assert fields(personalizations=two) == []
    two[1]["substitutions"] = full | {"-b-": "x" * 4998}
    assert fields(personalizations=two) == ["personalizations.1.substitutions"]


@pytest.mark.parametrize("at", ["", "personalizations.0."])
def test_a_mail_is_sent_within_72_hours(at: str) -> None:
    def wrong(send_at: int) -> list[str | None]:
        return fields(**one(send_at=send_at)) if at else fields(send_at=send_at)

    assert wrong(0) == wrong(NOW + 72 * 3600) == []
    assert wrong(NOW + 72 * 3600 + 1) == [f"{at}send_at"]


def test_categories_are_limited() -> None:
    assert fields(categories=[f"{number}".ljust(255, "x") for number in range(10)]) == []
    assert fields(categories=["x" * 256]) == ["categories"]
    assert fields(categories=[f"{number}" for number in range(11)]) == ["categories"]


# Over HTTP.


def test_an_accepted_request_is_answered_without_a_body(stand_in: StandIn) -> None:
    answers = [send(stand_in) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(202, b"")] * 2
    ids = [answer.headers["X-Message-Id"] for answer in answers]
    assert len(set(ids)) == 2
    assert [mail["message_id"] for mail in stand_in.mails()] == ids
    headers = answers[0].headers
    assert int(headers["X-RateLimit-Limit"]) > int(headers["X-RateLimit-Remaining"]) > 0
    assert abs(int(headers["X-RateLimit-Reset"]) - time.time()) < 30


def test_nothing_of_a_refused_request_is_kept(stand_in: StandIn) -> None:
    answer = send(stand_in, personalizations=[{"to": to("ann@example.org")}, {"to": to("bob")}])
    assert (answer.status_code, error_of(answer)["field"]) == (400, "personalizations.1.to.0.email")
    assert stand_in.mails() == [] and stand_in.accepted == []
    assert [(attempt.outcome, attempt.errors[0]["field"]) for attempt in stand_in.requests] == [
        (400, "personalizations.1.to.0.email"),
    ]


@pytest.mark.parametrize("length", ["", "Content-Length: x\r\n", "Transfer-Encoding: chunked\r\n"])
def test_the_length_is_required(stand_in: StandIn, length: str) -> None:
    with Raw(stand_in.port) as client:
        client.send(f"POST /v3/mail/send HTTP/1.1\r\nAuthorization: Bearer {KEY}\r\n{length}\r\n".encode())
        answer = client.answer()
        assert (answer.status, answer.headers["connection"]) == (411, "close")
        error_of(answer)
        assert client.is_closed_within(2)


def test_a_body_that_is_too_large_is_refused_by_its_announcement(stand_in: StandIn) -> None:
    with Raw(stand_in.port) as client:
        client.send(f"POST /v3/mail/send HTTP/1.1\r\nContent-Length: {MAX_BODY + 1}\r\n\r\n".encode())
        client.send(b"x" * 10_000_000)
        answer = client.answer()
        assert answer.status == 413
        error_of(answer)
    assert [attempt.outcome for attempt in stand_in.requests] == [413]


def test_a_body_that_does_not_come_is_dropped(stand_in: StandIn) -> None:
    with Raw(stand_in.port) as client:
        client.send(raw_request()[:-1])
        client.socket.shutdown(socket.SHUT_WR)
        assert client.answers() == []
    assert [attempt.outcome for attempt in stand_in.requests] == ["dropped"]
    assert stand_in.mails() == []


# The mails.


def test_a_mail_is_what_its_recipient_sees(stand_in: StandIn) -> None:
    before = time.time()
    answer = send(
        stand_in, subject="For -name-", custom_args={"eventhub_kind": "reminder", "id": "0"},
        content=[
            {"type": "text/plain", "value": "Dear -name-, -name-: -x-"},
            {"type": "text/html", "value": "<b>-name-</b>"},
        ],
        personalizations=[
            {
                "to": to("Ann@example.org"), "custom_args": {"id": "1"},
                "substitutions": {"-name-": "Ann & -x-", "-x-": "\\1"},
            },
            {"to": to("bob@example.org"), "cc": to("cy@example.org"), "subject": "Only -name-"},
        ],
    )
    ann, bob, cy = stand_in.mails()
    arrived = ann.pop("time")
    assert arrived.endswith("Z")
    assert before - 1 < datetime.fromisoformat(arrived[:-1] + "+00:00").timestamp() <= time.time()
    assert ann == {
        "number": 1, "to": "Ann@example.org", "from": "EventHub <events@example.org>", "subject": "For Ann & \\1",
        "text": "Dear Ann & \\1, Ann & \\1: \\1", "html": "<b>Ann & \\1</b>",
        "reply_to": None, "headers": {}, "categories": [],
        "custom_args": {"eventhub_kind": "reminder", "id": "1"}, "sandbox": False, "message_id": answer.headers["X-Message-Id"],
    }
    assert [mail["to"] for mail in (bob, cy)] == ["bob@example.org", "cy@example.org"]
    assert bob["subject"] == cy["subject"] == "Only -name-"
    assert bob["custom_args"] == {"eventhub_kind": "reminder", "id": "0"}
    assert [(accepted.recipients, accepted.first) for accepted in stand_in.accepted] == [(3, 1)]


def test_mails_are_found_by_address_and_number(stand_in: StandIn) -> None:
    for name in ("ann", "bob", "ann"):
        send(stand_in, **one(to=to(f"{name}@example.org")))
    assert [mail["number"] for mail in stand_in.mails("ANN@example.org")] == [1, 3]
    assert [mail["number"] for mail in stand_in.mails(limit=2)] == [2, 3]
    assert [mail["number"] for mail in stand_in.mails("ann@example.org", 1)] == [3]
    assert stand_in.recipients() == {"ann@example.org": 2, "bob@example.org": 1}
    got = requests.get(f"{stand_in.url}/mails", params={"to": "ann@example.org", "limit": 1}, timeout=5).json()
    assert got == stand_in.mails("ann@example.org", 1)
    for without in ("", "?limit=x", "?limit=" + "9" * 5000):
        assert requests.get(f"{stand_in.url}/mails{without}", timeout=5).json() == stand_in.mails()


def test_requests_are_listed_with_their_outcome(stand_in: StandIn) -> None:
    send(stand_in)
    send(stand_in, subject="")
    requests.post(f"{stand_in.url}/elsewhere", timeout=5)
    listed = requests.get(f"{stand_in.url}/requests", timeout=5).json()
    assert [(each["outcome"], each["recipients"]) for each in listed] == [(202, 1), (400, 0), (404, 0)]
    assert listed[1]["errors"][0]["field"] == "subject"


def test_mails_can_be_forgotten(stand_in: StandIn) -> None:
    send(stand_in)
    assert requests.delete(f"{stand_in.url}/mails", timeout=5).status_code == 204
    assert (stand_in.mails(), stand_in.mail_count, stand_in.requests) == ([], 0, [])


def test_the_sandbox_is_answered_with_200_and_marked(stand_in: StandIn) -> None:
    assert send(stand_in, mail_settings={"sandbox_mode": {"enable": True}}).status_code == 200
    assert send(stand_in, mail_settings={"sandbox_mode": {"enable": False}}).status_code == 202
    assert [mail["sandbox"] for mail in stand_in.mails()] == [True, False]
    assert "sandbox" in requests.get(stand_in.url, timeout=5).text


# The script.


def test_eight_clients_at_once_lose_nothing(stand_in: StandIn) -> None:
    stand_in.script([{"status": 500, "times": 8}])

    def client(number: int) -> None:
        with requests.Session() as session:
            for turn in range(20):
                body = payload(**one(to=to(f"p{number}-{turn}@example.org")))
                while session.post(f"{stand_in.url}/v3/mail/send", json=body, headers=HEADERS).status_code != 202:
                    pass

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stand_in.recipients() == {f"p{number}-{turn}@example.org": 1 for number in range(8) for turn in range(20)}
    assert [mail["number"] for mail in stand_in.mails()] == list(range(1, 161))
    assert len({mail["message_id"] for mail in stand_in.mails()}) == 160
    outcomes = [attempt.outcome for attempt in stand_in.requests]
    assert (outcomes.count(500), outcomes.count(202)) == (8, 160)
    assert stand_in.connections == 8


def test_steps_are_taken_in_order_of_arrival(stand_in: StandIn) -> None:
    stand_in.script([{"status": 500}, {"status": 503, "times": 2}, {}, {"status": 403}])
    assert stand_in.steps.left == 5
    assert [send(stand_in).status_code for _ in range(6)] == [500, 503, 503, 202, 403, 202]
    assert stand_in.steps.left == 0
    assert stand_in.mail_count == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 429, 500, 503])
def test_a_status_is_answered_with_an_error(stand_in: StandIn, status: int) -> None:
    stand_in.script([{"status": status}, {"status": status, "field": "from.email", "message": "no such sender"}])
    answer = send(stand_in)
    assert answer.status_code == status
    assert error_of(answer)["field"] is None
    error = error_of(send(stand_in))
    assert (error["field"], error["message"]) == ("from.email", "no such sender")
    assert stand_in.mails() == []


def test_a_limit_says_when_it_ends(stand_in: StandIn) -> None:
    stand_in.script([{"status": 429, "reset": 30}, {"status": 429, "reset": "soon"}, {"status": 429}])
    answer = send(stand_in)
    assert (answer.status_code, answer.headers["X-RateLimit-Remaining"]) == (429, "0")
    assert 0 < int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 31
    assert error_of(answer)["message"] == "too many requests"
    assert send(stand_in).headers["X-RateLimit-Reset"] == "soon"
    assert "X-RateLimit-Reset" not in send(stand_in).headers


def test_an_answer_may_be_anything(stand_in: StandIn) -> None:
    stand_in.script([{"status": 502, "body": "<html>Bad gateway", "headers": {"Retry-After": "7"}}])
    answer = send(stand_in)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (502, "<html>Bad gateway", "7")


def test_a_request_can_be_delayed(stand_in: StandIn) -> None:
    stand_in.script([{"delay": 0.3}, {"delay": 0.3, "status": 500}])
    for status in (202, 500):
        started = time.monotonic()
        assert send(stand_in).status_code == status
        assert time.monotonic() - started >= 0.3


def test_a_client_that_gives_up_has_sent_its_mail_all_the_same(stand_in: StandIn) -> None:
    stand_in.script([{"delay": 0.3}])
    with pytest.raises(requests.Timeout):
        send(stand_in, timeout=0.1)
    assert stand_in.wait_until(lambda: stand_in.mail_count == 1, 5)


def test_a_request_can_be_dropped_before_its_body_is_read(stand_in: StandIn) -> None:
    stand_in.script([{"drop": "before"}])
    with Raw(stand_in.port) as client:
        client.send(raw_request())
        with pytest.raises(ConnectionResetError):
            client.socket.recv(1)
    assert [(attempt.outcome, attempt.body) for attempt in stand_in.requests] == [("dropped", b"")]
    assert stand_in.mails() == []


@pytest.mark.parametrize(("drop", "mails"), [("partial", 0), ("after", 1)])
def test_a_request_can_be_dropped_without_an_answer(stand_in: StandIn, drop: str, mails: int) -> None:
    stand_in.script([{"drop": drop}])
    with Raw(stand_in.port) as client:
        client.send(raw_request())
        assert client.socket.recv(1) == b""
    assert [attempt.outcome for attempt in stand_in.requests] == ["dropped"]
    assert stand_in.mail_count == mails


def test_an_answer_can_be_cut(stand_in: StandIn) -> None:
    stand_in.script([{"drop": "answer"}])
    with Raw(stand_in.port) as client:
        client.send(raw_request())
        with pytest.raises(Closed):
            client.answer()
    assert stand_in.mail_count == 1
    stand_in.script([{"drop": "answer"}])
    with Raw(stand_in.port) as client:
        client.send(raw_request())
        received = b""
        while data := client.socket.recv(65536):
            received += data
    assert received.startswith(b"HTTP/1.1 202 ") and received.endswith(b"\r\n\r\n")
    assert [attempt.outcome for attempt in stand_in.requests] == ["dropped"] * 2


def test_an_answer_can_be_held_until_it_is_released(stand_in: StandIn) -> None:
    stand_in.script([{"pause": True, "times": 2}])

    def release_over_http() -> None:
        requests.post(f"{stand_in.url}/script", json={"release": True}, timeout=5)

    for release in (stand_in.release, release_over_http):
        with Raw(stand_in.port) as client:
            client.send(raw_request())
            assert stand_in.wait_until(lambda: stand_in.paused == 1, 5)
            assert stand_in.requests[-1].outcome == "pending"
            assert stand_in.requests[-1].message_id == stand_in.mails()[-1]["message_id"]
            assert not client.is_closed_within(0.1) and client.received == b""
            release()
            client.socket.settimeout(5)
            assert client.answer().status == 202
    assert stand_in.paused == 0


@pytest.mark.parametrize(("form", "field"), [("sendgrid", "personalizations.1.cc.0.email"), ("hidden", None)])
def test_an_address_can_be_refused(stand_in: StandIn, form: str, field: str | None) -> None:
    stand_in.configure(refuse=["Ann@example.org"], form=form)
    two = [{"to": to("bob@example.org")}, {"to": to("cy@example.org"), "cc": to("aNN@example.org")}]
    for _ in range(2):
        answer = send(stand_in, personalizations=two)
        assert (answer.status_code, error_of(answer)["field"]) == (400, field)
    assert send(stand_in, personalizations=two[:1]).status_code == 202
    stand_in.configure(refuse=[])
    assert send(stand_in, personalizations=two).status_code == 202


def test_an_error_has_the_form_that_is_asked_for(stand_in: StandIn) -> None:
    """Those in which SendGrid's own pages have it, and a mock made from its published description."""
    said = {}
    for form in FORMS:
        stand_in.configure(form=form)
        (said[form],) = send(stand_in, **one(to=to("x"))).json()["errors"]
    field, link = "personalizations.0.to.0.email", said["sendgrid"]["help"]
    message = said["sendgrid"]["message"]
    assert said["sendgrid"]["field"] == field and link.startswith("http")
    assert said["field_name"] == {
        "message": message, "field_name": field, "help": {"text": "see the link", "link": link},
    }
    assert said["hidden"] == {"message": message, "field": None, "help": None}
    assert (said["example"]["field"], said["example"]["help"]) == ("null", "null")
    # Whatever is wrong, and however much of it, is one error of the example.
    stand_in.configure(form="example")
    assert len(send(stand_in, subject="", **one(to=to("x", "y"))).json()["errors"]) == 1
    # Of the key it says so in every form.
    answer = requests.post(f"{stand_in.url}/v3/mail/send", json=payload(), timeout=5)
    assert (answer.status_code, error_of(answer)["field"]) == (401, None)
    with pytest.raises(ValueError):
        stand_in.configure(form="other")
    stand_in.configure(clear=True)
    assert error_of(send(stand_in, subject=""))["field"] == "subject"


def test_the_script_can_be_changed_over_http(stand_in: StandIn) -> None:
    def configure(**settings: Any) -> None:
        assert requests.post(f"{stand_in.url}/script", json=settings, timeout=5).status_code == 204

    configure(steps=[{"status": 503, "times": 9}], delay=0.01, refuse=["ann@example.org"])
    assert send(stand_in).status_code == 503
    assert (stand_in.steps.left, stand_in.steps.delay) == (8, 0.01)
    configure(clear=True)
    assert (stand_in.steps.left, stand_in.steps.delay) == (0, 0)
    assert send(stand_in).status_code == 202
    assert len(stand_in.requests) == 2


@pytest.mark.parametrize(
    "step",
    [1, {"colour": 1}, {"status": "500"}, {"status": 202}, {"status": True}, {"drop": "now"}, {"drop": 1}, {"pause": 1},
     {"delay": -1}, {"delay": True}, {"delay": "1"}, {"times": 1.5}, {"status": 500, "drop": "after"}, {"field": "x"},
     {"pause": True, "drop": "after"}, {"status": 500, "headers": {"A": 1}}],
)
def test_a_step_that_is_none_is_refused(stand_in: StandIn, step: Any) -> None:
    with pytest.raises(ValueError):
        stand_in.script([{"status": 500}, step])
    # Over HTTP as well, and then nothing else of it is done.
    answer = requests.post(f"{stand_in.url}/script", json={"delay": 9, "steps": [{}, step]}, timeout=5)
    assert answer.status_code == 400
    error_of(answer)
    assert (stand_in.steps.left, stand_in.steps.delay) == (0, 0)


@pytest.mark.parametrize(
    "settings", [b"{", b"1", b'{"step": []}', b'{"steps": {}}', b'{"refuse": [1]}', b'{"clear": 1}'],
)
def test_settings_that_are_none_are_refused(stand_in: StandIn, settings: bytes) -> None:
    assert requests.post(f"{stand_in.url}/script", data=settings, timeout=5).status_code == 400


def test_connections_can_be_closed_under_a_client(stand_in: StandIn) -> None:
    with Raw(stand_in.port) as client:
        client.send(raw_request())
        assert client.answer().status == 202
        stand_in.close_connections()
        assert client.is_closed_within(2)
    assert send(stand_in).status_code == 202


def test_it_goes_away_and_comes_back(stand_in: StandIn) -> None:
    stand_in.script([{"delay": 60}, {"pause": True}])
    clients = [Raw(stand_in.port) for _ in range(2)]
    for number, client in enumerate(clients, 1):
        client.send(raw_request())
        assert stand_in.wait_until(lambda: len(stand_in.requests) == number, 5)
    assert stand_in.wait_until(lambda: stand_in.paused == 1, 5)
    # At once, whatever it holds or delays: the clients are told.
    stand_in.stop()
    for client in clients:
        assert client.answers() == []
        client.socket.close()
    assert [attempt.outcome for attempt in stand_in.requests] == ["dropped", "dropped"]
    with pytest.raises(requests.ConnectionError):
        send(stand_in)
    stand_in.start()
    assert send(stand_in).status_code == 202
    assert stand_in.mail_count == 2


# The page.


def test_the_page_says_so_when_there_is_nothing(stand_in: StandIn) -> None:
    page = requests.get(stand_in.url, timeout=5)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    for words in ("No mails have arrived yet", "stand-in", "left this machine", 'http-equiv="refresh" content="5"'):
        assert words in page.text


def test_nothing_of_a_mail_becomes_part_of_the_page(stand_in: StandIn) -> None:
    evil = "<script>alert(1)</script>\"'&amp;"
    assert send(
        stand_in, subject=evil, custom_args={"eventhub_kind": evil, evil: evil},
        **{"from": {"email": "e@example.org", "name": evil}},
        content=[{"type": "text/plain", "value": evil}, {"type": "text/html", "value": evil}],
    ).status_code == 202
    for path in ("/", "/mails/1"):
        page = requests.get(stand_in.url + path, timeout=5)
        assert "<script" not in page.text and "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;amp;" in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "script-src" not in policy
    frame = re.search("<iframe[^>]*>", page.text)
    assert frame and " sandbox " in frame[0] and 'srcdoc="&lt;script&gt;' in frame[0]


def test_a_mail_is_shown_whole(stand_in: StandIn) -> None:
    send(stand_in, reply_to={"email": "help@example.org"}, categories=["one", "two"], **one(headers={"X-Y": "z<>"}))
    page = requests.get(f"{stand_in.url}/mails/1", timeout=5).text
    for words in ("ann@example.org", "EventHub &lt;events@example.org&gt;", "A reminder", ">Hello<", "help@example.org",
                  "one, two", "<dt>X-Y</dt><dd>z&lt;&gt;</dd>"):
        assert words in page
    send(stand_in, content=[{"type": "text/html", "value": "<p>Hello</p>"}])
    assert "There is none." in requests.get(f"{stand_in.url}/mails/2", timeout=5).text


def test_the_list_has_the_newest_200_first_and_leads_to_the_others(stand_in: StandIn) -> None:
    for number in range(2):
        send(stand_in, personalizations=[{"to": to(f"{number}{person}")} for person in people(150)])

    def listed(path: str) -> tuple[list[int], str]:
        page = requests.get(stand_in.url + path, timeout=5).text
        return [int(number) for number in re.findall('href="/mails/([0-9]+)"', page)], page

    numbers, page = listed("/")
    assert numbers == list(range(300, 100, -1))
    assert "300 mails in all" in page and 'href="/?before=101"' in page
    numbers, page = listed("/?before=101")
    assert numbers == list(range(100, 0, -1))
    assert 'href="/"' in page and "before=" not in page and "http-equiv" not in page


# The file.


def test_mails_are_kept_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mails"
    with StandIn(KEY, record=path) as stand_in:
        # Spread over lines, as JSON may be, and with line ends in its strings.
        body = json.dumps(payload(content=[{"type": "text/plain", "value": "a\r\nb\u2028\u00e4"}]), indent=1).encode()
        requests.post(f"{stand_in.url}/v3/mail/send", data=body.replace(b"\n", b"\r\n"), headers=HEADERS, timeout=5)
        send(stand_in, mail_settings={"sandbox_mode": {"enable": True}}, personalizations=[{"to": to(*people(3))}])
        before = stand_in.mails()
    assert len(before) == 4
    assert path.stat().st_mode & 0o777 == 0o600
    with StandIn(KEY, record=path) as stand_in:
        assert stand_in.mails() == before
        send(stand_in)
        assert stand_in.mails()[-1]["number"] == 5
    assert len(StandIn(record=path).mails()) == 5


def test_a_line_that_was_not_finished_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "mails"
    with StandIn(KEY, record=path) as stand_in:
        for subject in ("one", "two", "three"):
            send(stand_in, subject=subject)
    whole = path.read_bytes()
    for cut in (1, 20, len(whole.splitlines()[-1])):
        path.write_bytes(whole[:-cut])
        with StandIn(KEY, record=path) as stand_in:
            assert [mail["subject"] for mail in stand_in.mails()] == ["one", "two"]
            send(stand_in, subject="four")
        assert [mail["subject"] for mail in StandIn(record=path).mails()] == ["one", "two", "four"]
    path.write_bytes(b'nonsense\n{"payload": 1}\n[]\n' + whole)
    assert [mail["subject"] for mail in StandIn(record=path).mails()] == ["one", "two", "three"]


def test_what_is_forgotten_is_gone_from_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mails"
    with StandIn(KEY, record=path) as stand_in:
        send(stand_in)
        stand_in.forget()
        send(stand_in, subject="Another")
    assert [mail["subject"] for mail in StandIn(record=path).mails()] == ["Another"]


# The program.


class Served:
    """The program, running."""

    def __init__(self, *options: object, **environment: str) -> None:
        self.process = subprocess.Popen(
            [SERVE, *map(str, options)], env={"PATH": "/usr/bin:/bin"} | environment, cwd="/",
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    def __enter__(self) -> Served:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    @property
    def port(self) -> int:
        match = re.fullmatch(r"listening on 127\.0\.0\.1 port ([0-9]+)\n", self.line)
        assert match, self.line
        return int(match[1])

    def send(self, key: str = KEY, scheme: str = "http", **options: Any) -> requests.Response:
        headers = HEADERS | {"Authorization": f"Bearer {key}"}
        url = f"{scheme}://127.0.0.1:{self.port}/v3/mail/send"
        return requests.post(url, json=payload(), headers=headers, timeout=5, **options)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_program_serves_until_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    script = tmp_path / "script"
    script.write_text('[{"status": 503}]')
    with Served("--record", tmp_path / "mails", "--script", script, SENDGRID_API_KEY=KEY) as served:
        assert [served.send(key).status_code for key in (KEY, KEY, "wrong")] == [503, 202, 401]
        with Raw(served.port) as idle:
            idle.send(get("/requests"))
            assert idle.answer().status == 200
            served.process.send_signal(number)
            output = served.process.communicate(timeout=20)
        assert (served.process.returncode, output) == (0, ("", ""))
    with Served("--record", tmp_path / "mails") as served:
        assert len(requests.get(f"http://127.0.0.1:{served.port}/mails", timeout=5).json()) == 1
        assert served.send("any").status_code == 202


def test_the_program_listens_on_the_loopback_interface_only() -> None:
    with Served() as served:
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.2", served.port), timeout=2)


@pytest.mark.parametrize("options", [["--port", "70000"], ["--script", "/nonexistent"], ["--record", "/nonexistent/x"],
                                     ["--script", "/dev/null"], ["--tls", "/dev/null", "/dev/null"]])
def test_the_program_says_why_it_cannot_start(options: list[str]) -> None:
    with Served(*options) as served:
        output = served.process.communicate(timeout=5)
        assert (served.line, served.process.returncode) == ("", 1)
        assert output[1].startswith("The stand-in for SendGrid cannot start") and output[1].count("\n") == 1


def test_the_program_says_that_its_port_is_taken(stand_in: StandIn) -> None:
    with Served("--port", stand_in.port) as served:
        output = served.process.communicate(timeout=5)
        assert (served.line, served.process.returncode) == ("", 1)
        assert str(stand_in.port) in output[1] and "Address already in use" in output[1]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_the_program_speaks_https(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
         "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )
    with Served("--tls", certificate, key) as served:
        assert served.send(scheme="https", verify=str(certificate)).status_code == 202
        with pytest.raises(requests.ConnectionError):
            served.send()
        # One that does not speak at all keeps nobody else waiting.
        with Raw(served.port):
            assert served.send(scheme="https", verify=str(certificate)).status_code == 202
        served.process.terminate()
        assert served.process.communicate(timeout=5) == ("", "")
    with StandIn(KEY, tls=(certificate, key)) as stand_in:
        stand_in.script([{"drop": "before"}, {"drop": "after"}])
        for _ in range(2):
            with pytest.raises(requests.ConnectionError):
                requests.post(f"{stand_in.url}/v3/mail/send", json=payload(), headers=HEADERS, verify=str(certificate))
        assert [attempt.outcome for attempt in stand_in.requests] == ["dropped", "dropped"]
        assert stand_in.mail_count == 1
