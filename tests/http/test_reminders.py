"""The link in a mail: a page that shows whether reminders are on, a button, and the mail program's one click (RFC 8058)."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser

import pytest
import requests

from support.database import Database
from support.expect import expect_problem
from support.raw import Raw, get
from support.shim import Shim

UNKNOWN = "This link is not known, please use the one in your latest mail"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What RFC 8058, section 3.1, has a mail program send.
ONE_CLICK = "List-Unsubscribe=One-Click"


class Page(HTMLParser):
    """What a page consists of: the text in each element, forms and their buttons, and every attribute."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.setdefault(self.open[-1], []).append(data)


def page_of(answer: requests.Response) -> Page:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = dict(each.split(" ", 1) for each in answer.headers["Content-Security-Policy"].split("; "))
    assert policy == {
        "default-src": "'none'", "style-src": "'unsafe-inline'", "form-action": "'self'", "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }
    assert answer.text.startswith("<!DOCTYPE html>\n")
    return Page(answer.text)


class Reader:
    """Somebody who has got a mail with a link."""

    def __init__(self, shim: Shim) -> None:
        self.shim = shim
        self.id = shim.add_user().id
        (row,) = shim.database.rows("SELECT unsubscribe_token(value, %s) AS token FROM secrets", [self.id])
        self.token = row["token"]
        self.path = f"/reminders/{self.token}"

    def wants_reminders(self) -> bool:
        (row,) = self.shim.database.rows("SELECT wants_reminders FROM users WHERE id = %s", [self.id])
        return row["wants_reminders"] == 1

    def post(self, body: str = "", **headers: str) -> requests.Response:
        return self.shim.post(self.path, data=body.encode(), headers=headers or FORM)


@pytest.fixture
def reader(shim: Shim) -> Reader:
    return Reader(shim)


def test_the_page_shows_and_changes_nothing(shim: Shim, reader: Reader, database: Database) -> None:
    before = database.rows("CHECKSUM TABLE users")
    page = page_of(shim.get(reader.path))
    assert page.texts["title"] == page.texts["h1"] == ["Reminders are on"]
    assert page.texts["p"] == [
        "A day before an event that you are registered for begins, a reminder is sent to a***@example.org.",
        "If an event that you are registered for changes or is cancelled, you are told in any case.",
    ]
    # Without an action it goes to where the page came from, below whatever path a proxy has put in front.
    assert [attributes for tag, attributes in page.tags if tag in ("form", "button")] == [
        {"method": "post"}, {"name": "reminders", "value": "off"},
    ]
    assert page.texts["button"] == ["Turn reminders off"]
    for path in (reader.path, f"{reader.path}/", f"{reader.path}?reminders=off&{ONE_CLICK}"):
        for method in ("GET", "HEAD", "OPTIONS"):
            assert shim.request(method, path).ok
    assert database.rows("CHECKSUM TABLE users") == before


def test_head_is_get_without_a_body(shim: Shim, reader: Reader) -> None:
    page, head = shim.get(reader.path), shim.request("HEAD", reader.path)
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == str(len(page.content))
    assert {"Content-Security-Policy", "Cache-Control", "Referrer-Policy", "X-Robots-Tag"} <= head.headers.keys()


def test_nothing_is_loaded_from_anywhere(shim: Shim, reader: Reader) -> None:
    page = page_of(shim.get(reader.path))
    attributes = {name for _, each in page.tags for name in each}
    assert not attributes & {"src", "href", "action", "srcset", "onclick", "style", "http-equiv"}
    assert {tag for tag, _ in page.tags} <= {"html", "head", "meta", "title", "style", "body", "h1", "p", "form", "button"}


def test_the_button_and_the_way_back(reader: Reader) -> None:
    off = page_of(reader.post("reminders=off"))
    assert not reader.wants_reminders()
    assert off.texts["h1"] == ["Reminders are off"]
    assert ("button", {"name": "reminders", "value": "on"}) in off.tags
    assert page_of(reader.shim.get(reader.path)).texts == off.texts
    on = page_of(reader.post("reminders=on"))
    assert reader.wants_reminders()
    assert on.texts["h1"] == ["Reminders are on"]


MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}
PART = '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (ONE_CLICK, FORM), (ONE_CLICK, {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}),
        (PART, MULTIPART), ("reminders=off", FORM), ("reminders=off&utm_source=x", FORM),
        ('{"reminders": "off"}', {"Content-Type": "application/json"}),
    ],
)
def test_one_click_and_other_forms(reader: Reader, body: str, headers: dict[str, str]) -> None:
    """No cookie, no log-in, no redirect; and twice is as good as once."""
    for _ in range(2):
        answer = reader.post(body, **headers)
        assert page_of(answer).texts["h1"] == ["Reminders are off"]
        assert "Set-Cookie" not in answer.headers
        assert not reader.wants_reminders()


def test_a_click_is_one_persons_own(shim: Shim, reader: Reader) -> None:
    other = Reader(shim)
    assert reader.post(ONE_CLICK).ok
    assert other.wants_reminders()


@pytest.mark.parametrize(
    ("body", "headers", "status", "detail"),
    [
        ("", FORM, 422, "reminders is required"), ("x=y", FORM, 422, "reminders is required"),
        ("reminders=", FORM, 422, "reminders must be on or off"), ("reminders=maybe", FORM, 422, "reminders must be on or off"),
        ("reminders=off&reminders=on", FORM, 422, "reminders is given more than once"),
        (f"reminders=on&{ONE_CLICK}", FORM, 422, "reminders is given more than once"),
        ("List-Unsubscribe=Two-Clicks", FORM, 422, "reminders must be on or off"),
        ("reminders=%ff", FORM, 422, None), ('{"reminders": false}', {"Content-Type": "application/json"}, 422, "reminders must be a text"),
        ("off", {"Content-Type": "text/plain"}, 415, None), ("x=" + "y" * 70_000, FORM, 413, None),
    ],
)
def test_what_is_no_click_changes_nothing(
    reader: Reader, body: str, headers: dict[str, str], status: int, detail: str | None
) -> None:
    answer = reader.post(body, **headers)
    assert answer.status_code == status
    assert detail is None or answer.json()["detail"] == detail
    assert reader.wants_reminders()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods(shim: Shim, reader: Reader, method: str) -> None:
    answer = shim.request(method, reader.path, data=ONE_CLICK.encode(), headers=FORM)
    expect_problem(answer, 405, "Method Not Allowed", "method_not_allowed")
    assert answer.headers["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert reader.wants_reminders()


def odd_paths(token: str) -> dict[str, tuple[str, int]]:
    user, digits = token.split("-")
    return {
        "cut short": (token[:-1], 404), "longer": (f"{token}0", 404), "another digit": (f"{token[:-1]}g", 404),
        "of somebody else": (f"{int(user) + 1}-{digits}", 404), "of nobody": (f"{10**12}-{digits}", 404),
        "a word": ("unsubscribe", 404), "none": ("", 404), "only a blank": ("%20", 404), "a blank": (f"{token}%20", 404),
        "a NUL": (f"{token}%00", 404), "a NUL within": (f"{user}%00-{digits}", 404), "a slash": (f"{user}%2F{digits}", 404),
        "a part": (f"{token}/x", 404), "two slashes": (f"/{token}", 404), "a line end": (f"{token}%0d%0aSet-Cookie:%20x=y", 404),
        "not UTF-8": (f"{token}%ff", 422), "an emoji": ("%F0%9F%98%80", 404), "a quote": (f"{token}'%22;--", 404),
        "markup": ("%3Cscript%3E", 404), "10 kB": ("1-" + "a" * 10_000, 404), "10 kB of digits": ("9" * 10_000, 404),
        "a format": ("%25s%25n", 404), "the pattern": ("{token}", 404),
    }


@pytest.mark.parametrize("odd", odd_paths("1-" + "a" * 64))
def test_a_link_that_is_none(shim: Shim, reader: Reader, odd: str) -> None:
    segment, status = odd_paths(reader.token)[odd]
    for answer in (
        shim.get(f"/reminders/{segment}"),
        shim.post(f"/reminders/{segment}", data=ONE_CLICK.encode(), headers=FORM),
    ):
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] in (("not_found", "unknown_link") if status == 404 else ("invalid_input",))
        assert reader.token not in answer.text
    assert reader.wants_reminders()


def test_an_unknown_link_says_what_to_do(shim: Shim) -> None:
    expect_problem(shim.get(f"/reminders/1-{'a' * 64}"), 404, UNKNOWN, "unknown_link")


def test_a_letter_may_be_encoded(shim: Shim, reader: Reader) -> None:
    encoded = "".join(f"%{ord(letter):02x}" for letter in reader.token)
    assert page_of(shim.get(f"/reminders/{encoded}")).texts["h1"] == ["Reminders are on"]


def test_what_stands_in_an_address_is_text(shim: Shim, reader: Reader, database: Database) -> None:
    domain = """@<script>alert(1)</script>&amp;"'><b onclick=x>.example"""
    database.rows("UPDATE users SET email = %s WHERE id = %s", [f"<{domain}", reader.id])
    answer = shim.get(reader.path)
    assert page_of(answer).texts["p"][0].endswith(f" is sent to <***{domain}.")
    assert html.escape(f"<***{domain}").replace("&#x27;", "&#39;") in answer.text


@pytest.fixture
def logged(database: Database) -> Iterator[Shim]:
    with Shim(database) as shim:
        yield shim


# Ways to ask that come to the log by other ways than a route's: refused before it, within it, by evhttp, by no route.
WAYS: dict[str, Callable[[Reader], None]] = {
    "shown": lambda reader: reader.shim.get(reader.path),
    "done": lambda reader: reader.post(ONE_CLICK),
    "refused": lambda reader: reader.post("x"),
    "another method": lambda reader: reader.shim.delete(reader.path),
    "preflight": lambda reader: reader.shim.request("OPTIONS", reader.path),
    "encoded": lambda reader: reader.shim.get(reader.path.replace("-", "%2d")),
    "below a prefix": lambda reader: reader.shim.get(f"/api{reader.path}"),
    "with more behind it": lambda reader: reader.shim.get(f"{reader.path}/x"),
    "a slash in it": lambda reader: reader.shim.get(f"{reader.path}%2F"),
    "a NUL in it": lambda reader: reader.shim.get(f"{reader.path}%00"),
    "two slashes": lambda reader: reader.shim.get(f"/{reader.path}"),
    "the whole address": lambda reader: raw(reader, get(f"http://localhost{reader.path}", "Connection: close")),
    "without a host": lambda reader: raw(reader, f"GET {reader.path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode()),
    "chunked": lambda reader: raw(
        reader, f"POST {reader.path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode()
    ),
    "a large body": lambda reader: reader.post("x" * 70_000),
    "an unknown method": lambda reader: raw(reader, f"BREW {reader.path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()),
    "what is expected": lambda reader: raw(reader, get(reader.path, "Expect: something")),
}


def raw(reader: Reader, request: bytes) -> None:
    with Raw(reader.shim.port) as connection:
        connection.send(request)
        connection.answer()


def test_the_log_never_holds_a_token(logged: Shim) -> None:
    reader = Reader(logged)
    for way in WAYS.values():
        way(reader)
    digits = reader.token.split("-")[1]
    lines = [line for line in logged.log().splitlines() if " request " in line]
    assert len(lines) == len(WAYS)
    assert [line for line in lines if digits[:8] in line or digits[-8:] in line] == []
    # What can be told of the path is.
    paths = re.findall(r" path=(\S+) ", "\n".join(lines))
    assert set(paths) == {"/reminders/...", "/reminders/.../x", "/api/reminders/...", "/...", "-"}
