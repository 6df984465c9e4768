"""What both shims are asked, in order, as bytes, each with the status that it is to be answered with."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import jwt

from parity.world import link_token

SECRET = "0123456789abcdef0123456789abcdef"
Requests = list[tuple[int, bytes]]


def token(user: int, role: str, **claims: Any) -> str:
    """A token that is good for long, unless the claims say otherwise."""
    return jwt.encode({"sub": str(user), "role": role, "exp": 4102444800, **claims}, SECRET, "HS256")


OTTO, OLGA = token(1, "organizer"), token(2, "organizer")
PAULA, ZOE, ANNA, ANNA_TOO, NEWCOMER = (token(user, "participant") for user in range(3, 8))


def ask(
    method: str, path: str, body: Any = None, by: str | None = None, headers: Iterable[str] = (), version: str = "1.1"
) -> bytes:
    """A request after which the connection ends; a body that is not bytes goes as JSON."""
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    lines = [f"{method} {path} HTTP/{version}", "Host: localhost", "Connection: close", *headers]
    if by is not None:
        lines.append(f"Authorization: Bearer {by}")
    if body is not None:
        lines.append(f"Content-Length: {len(data)}")
        if not any(header.startswith("Content-Type:") for header in headers):
            lines.append("Content-Type: application/json")
    return "\r\n".join([*lines, "", ""]).encode() + data


def signup(**changes: Any) -> bytes:
    """Signing up as somebody, with changes; what is changed to ... is left out."""
    account = {"name": "Grace", "email": "grace@example.org", "password": "correct horse", "role": "organizer", **changes}
    return ask("POST", "/auth/register", {name: value for name, value in account.items() if value is not ...})


def login(email: str, password: str = "correct horse") -> bytes:
    return ask("POST", "/auth/login", {"email": email, "password": password})


def form(path: str, **fields: str) -> bytes:
    return ask("POST", path, urlencode(fields).encode(), headers=["Content-Type: application/x-www-form-urlencoded"])


def multipart(path: str, **fields: str) -> bytes:
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in fields.items()]
    body = "".join([*parts, "--x--\r\n"]).encode()
    return ask("POST", path, body, headers=["Content-Type: multipart/form-data; boundary=x"])


def create(by: str | None = OTTO, path: str = "/events", **changes: Any) -> bytes:
    event = {
        "title": "Isolation levels", "description": "All four", "venue": "Room 1", "speaker": "Otto",
        "event_date": "2035-07-01T18:00:00+02:00", "total_seats": 30,
    } | changes
    return ask("POST", path, {name: value for name, value in event.items() if value is not ...}, by)


def update(event: object, by: str | None = OTTO, **changes: Any) -> bytes:
    return ask("PUT", f"/events/{event}", changes, by)


def events(**filters: object) -> bytes:
    """The list; from is a word of Python's, so that the filter of that name is from_ here."""
    query = "&".join(f"{name.rstrip('_')}={quote(str(value))}" for name, value in filters.items())
    return ask("GET", f"/events?{query}")


ADDRESSES = [
    "a@rené.org", "a@ß.example", "a@ss.example", "a@Ⱥx.example", "a@Ⱥy.example", "a@日本.example", "a@हिन्दी.example", "a@xn--ren-dma.org",
]

ACCOUNTS: Requests = [
    (201, signup()),
    (409, signup()),
    (409, signup(email=" GRACE@Example.ORG\n")),
    (201, ask("POST", "/auth/signup", {"name": "Пётр 😀", "email": "petr@пример.example", "password": "парольпароль"})),
    (409, signup(email="PETR@ПРИМЕР.EXAMPLE")),
    (201, signup(name="é" * 120, email="long@example.org", role=None)),
    *((201, signup(email=email)) for email in ADDRESSES),
    *((409, signup(email=email.swapcase())) for email in ADDRESSES if email[2] not in "ßȺ"),
    *((200, login(email)) for email in ADDRESSES),
    (200, login("grace@example.org")), (200, login("  GRACE@EXAMPLE.ORG ")), (401, login("grace@example.org", "wrong")),
    (401, login("nobody@example.com")), (401, login("")), (401, login("%")), (401, login("a@Ⱥz.example")),
    (401, login("rene@example.org")), (401, login("x" * 60000)), (401, login("a\x01b")),
    (200, form("/auth/token", username="grace@example.org", password="correct horse")),
    (200, form("/auth/login", email="Grace@Example.org", password="correct horse")),
    (200, multipart("/auth/token", username="grace@example.org", password="correct horse")),
    (422, form("/auth/token", username="grace@example.org")), (422, form("/auth/token")),
    (422, ask("POST", "/auth/login", {})), (422, ask("POST", "/auth/login", {"email": 1, "password": None})),
    *((422, signup(name=name)) for name in (..., None, "", " ", "\t\n", "\u3000", "x" * 121, "😀" * 121, 1, "a\0b",
        "\u200b", "a\u200bb", "a\u202eb", "a\nb", "\u3164", "\u2800", "a\ufe0f\ufe0f", "\U000e0061", "a\u200d")),
    *((201, signup(name=name, email=f"odd{number}@example.org")) for number, name in enumerate((
        "می‌خواهم", "👩‍👩‍👧", "🏳️‍🌈", "\u0301", "葛\U000e0101", "1\ufe0f\u20e3"))),
    *((422, signup(email=email)) for email in (
        ..., None, "", " ", "x", "@", "a@b", "a@b@c.d", "a b@c.d", "a\x01@c.d", "a\u00a0@c.d", "a@b.c\0",
        "n" * 244 + "@example.org", 1, ["a@b.c"], "rené@example.org", "😀@example.org", "ａ@example.org", "ſ@example.org",
        "\u212a@example.org", "a..b@c.d", ".a@c.d", "a@-c.d", "a@1.2.3.4", "a@c/d.e", "a@c|d.e", "a@c_d.e", "a@rene\u0301.org",
        "a@ａ.example", "a@\u200bb.c", "a\u00adb@c.d", "a@b\u3164.c", "a@😀.example", "a@\u1112\u1161.example", "a＠b.c",
        "n" * 65 + "@c.d", "a@" + "b" * 64 + ".c")),
    *((422, signup(password=password)) for password in (..., None, "", "short", "x" * 1025, 1)),
    *((422, signup(role=role)) for role in ("", "admin", "orgánizer", "organizer ", "%", 1)),
    (201, signup(email="upper@example.org", role="ORGANIZER")),
    (422, signup(name="\u180e", email="\u180e@example.org")),
    (422, signup(name="", email="x", password="1", role="x", unknown=1)),
    (422, signup(unknown=1)),
]

READING: Requests = [
    (200, ask("GET", "/healthz")),
    (200, ask("GET", "/events")), (200, ask("GET", "/events/list")), (200, ask("GET", "/events?")),
    *((200, events(limit=limit)) for limit in (1, 2, 9, 10, 1000)),
    *((422, events(limit=limit)) for limit in (0, -1, 1001, "x", "1.5", "1e2", 2**63, "٣", "1\0")),
    *((200, events(status=status)) for status in ("completed", "soon", "upcoming", "")),
    *((422, events(status=status)) for status in ("over", "SOON", "soon ", "sóon", "%", "😀")),
    *((200, events(q=q)) for q in (
        "hall", "HALL", "%", "_", "\\", "'", "|", "😀", "😁", "café", "CAFÉ", "cafe", "CAFE", "Cafe\u0301", "straße",
        "strasse", "STRASSE", "ss", "ægir", "aegir", " ", "\x01", "\u200b", "\u0301", "", "snake_case", "snakexcase",
        "ａ", "it's", "C:\\temp", "q" * 200, "😀" * 200)),
    (422, events(q="q" * 201)), (422, events(q="é" * 201)), (422, ask("GET", "/events?q=%FF")),
    (422, ask("GET", "/events?q=%00")),
    (200, events(from_="2035-04-01T20:00:00+02:00")), (200, events(from_="2035-04-01T20:00:01")),
    (200, ask("GET", "/events?from=2035-04-01T18:00:00%2B00:00")),
    (200, ask("GET", "/events?from=2035-04-01T18:00:00+00:00")),
    (200, events(to="2035-04-01T18:00:00Z")), (200, events(to="2035-04-01")),
    (200, events(from_="2035-05-01", to="2035-05-02")),
    (200, events(from_="2035-10-28T02:30", to="2035-10-28T02:30")), (200, events(from_="")),
    (200, events(from_="1970-01-02")), (200, events(from_="1970-01-01")), (200, events(to="9999-12-31T22:59:59Z")),
    (200, events(from_="9999-12-31T22:59:59Z")), (200, events(to="9999-12-31T23:59:59Z")), (200, events(from_="1900-01-01")),
    *((422, events(from_=time)) for time in ("tomorrow", "2035-02-30", "2035-13-01", "0000-00-00", "2035-04-01T25:00")),
    (200, events(to="1000-01-01T12:00:00Z")), (422, events(to="10000-01-01")), (200, events(to="0001-01-01")),
    *((200, events(organizer_id=organizer)) for organizer in (1, 2, 3, 99, 2**63 - 2)),
    *((422, events(organizer_id=organizer)) for organizer in (0, -1, 2**63 - 1, 2**64, "x", "1.5")),
    *((422, events(cursor=cursor)) for cursor in (
        "x", "1_", "_1", "1_1", "1_1_-1", "1_253402300800_1", "1_1_10000000000000000000", "٣_٣_٣", "1_1_1\n", "%")),
    (200, events(cursor="0_0_0")), (200, events(cursor="2000000000_253402300799_9")), (200, events(cursor="")),
    (200, events(cursor="2056384801_-30610224000_9")),
    *((200, events(sort=sort)) for sort in ("event_date", "-event_date", "")),
    *((422, events(sort=sort)) for sort in ("id", "EVENT_DATE", "event_date ", "évent_date")),
    *((200, events(status=status)) for status in ("soon,upcoming", "completed, upcoming", "soon,soon")),
    *((422, ask("GET", f"/events?{name}=1")) for name in ("page", "organiser_id", "statuses", "Limit")),
    (200, events(limit=2, status="upcoming", q="a", from_="2035-03-01", organizer_id=1, unknown="ä&b")),
    *((200, ask("GET", f"/events/{event}")) for event in (1, 2, 3, 5, 6, 7, 8, "01", "%31")),
    *((404, ask("GET", f"/events/{event}")) for event in (4, 99, 0, 2**63 - 1)),
    *((422, ask("GET", f"/events/{event}")) for event in (
        2**63, 2**64, "x", "1.5", "1e0", "%20", "%F0%9F%98%80", "%FF")),
    (404, ask("GET", "/events/-1")), (404, ask("GET", "/events/%00")), (404, ask("GET", "/events/1%00")),
    *((200, ask("GET", f"/events/{event}/participants", by=OTTO)) for event in (1, 2, 3, 5, 9)),
    (200, ask("GET", "/events/registrations/2", by=OTTO)), (200, ask("GET", "/events/6/participants", by=OLGA)),
    (403, ask("GET", "/events/6/participants", by=OTTO)), (403, ask("GET", "/events/2/participants", by=PAULA)),
    (404, ask("GET", "/events/4/participants", by=OTTO)), (404, ask("GET", "/events/99/participants", by=OTTO)),
    (422, ask("GET", "/events/x/participants", by=OTTO)), (401, ask("GET", "/events/2/participants")),
    *((200, ask("GET", "/my-registrations", by=by)) for by in (PAULA, ZOE, ANNA, ANNA_TOO, NEWCOMER)),
    (200, ask("GET", "/events/my/registrations", by=PAULA)), (403, ask("GET", "/my-registrations", by=OTTO)),
    (401, ask("GET", "/my-registrations")),
]

WRITING: Requests = [
    (201, create()), (201, create(path="/events/create")), (201, create(by=OLGA, description=None)),
    (201, create(description=...)), (200, ask("GET", "/events/11")), (200, ask("GET", "/events/13")),
    (201, create(title="😀" * 200, description="é" * 2000, venue="%_|\\'\"", speaker="é\u0301x", total_seats=1000000)),
    (200, ask("GET", "/events/15")),
    *((201, create(event_date=time)) for time in (
        "2035-07-01", "2035-07-01T18:00", "2035-07-01 18:00:00.999", "2035-07-01T18:00:00Z", "2035-10-28T02:30",
        "2035-07-01T18:00:00-11:00", "2035-03-01T13:00:01", "9999-12-31T22:59:59Z")),
    (200, events(limit=1000)),
    *((422, create(event_date=time)) for time in (
        ..., None, "", "x", "2035-02-30", "2035-03-25T02:30", "2035-03-01T13:00:00", "2035-03-01T12:00:00Z",
        "1970-01-01", "10000-01-01", 1, "2035-07-01T18:00:00+99:00")),
    *((422, create(title=title)) for title in (..., None, "", " ", "\u3000", "x" * 201, "😀" * 201, 1, True, "a\0b")),
    *((422, create(venue=venue)) for venue in (..., None, "", "x" * 201)),
    *((422, create(speaker=text)) for text in (..., "", "x" * 121)),
    *((422, create(**{field: text})) for field in ("title", "venue", "speaker") for text in (
        "a\nb", "\x01", "a\x85b", "a\u2028", "\u202ea", "\u200b", "\u2800", "\u3164")),
    *((422, create(speaker=text)) for text in ("a\u200bb", "a\u200d", "\ufe0fa", "a\U000e0061")),
    *((422, create(description=text)) for text in ("\x01", "a\0b", "\x85")),
    (201, create(description="\u202e\u200b\r\n\t")), (422, create(title=" ", venue=1, event_date="2001-01-01", colour="red")),
    (422, create(description="x" * 2001)), (422, create(description=1)),
    *((422, create(total_seats=seats)) for seats in (..., None, 0, -1, 1000001, 1.5, 2**63, 2**64, 10**400, "5", True)),
    (422, create(colour="red")), (201, create(id=99, status="soon", organizer_id=5, seats_available=3)),
    (401, create(by=None)), (403, create(by=PAULA)), (422, ask("POST", "/events", {}, OTTO)),
    (200, update(1, title="New 😀")), (200, update(1)), (200, ask("PUT", "/events/update/1", {"venue": "Café"}, OTTO)),
    (200, update(7, event_date="2035-06-01T20:00:01")), (200, update(7, speaker="ADA LOVELACE")),
    (200, update(2, total_seats=6)),
    (200, ask("GET", "/events/1")), (200, ask("GET", "/events/2")), (200, ask("GET", "/events/7")),
    (409, update(2, total_seats=5)), (400, update(3, title="x")), (404, update(4, title="x")),
    (404, update(99, title="x")),
    (404, update(6, title="x")), (403, update(1, by=PAULA, title="x")), (401, update(1, by=None, title="x")),
    (422, update(1, title="")), (422, update(1, title=None)), (422, update(1, event_date="2035-03-01T12:00:00Z")),
    (422, update(1, total_seats=0)), (422, update(1, total_seats="7")), (422, update("x", title="")),
    (200, ask("DELETE", "/events/1", by=OTTO)), (404, ask("DELETE", "/events/1", by=OTTO)),
    (200, ask("DELETE", "/events/delete/9", by=OTTO)), (200, ask("DELETE", "/events/3", by=OTTO)),
    (404, ask("DELETE", "/events/6", by=OTTO)), (404, ask("DELETE", "/events/99", by=OTTO)),
    (403, ask("DELETE", "/events/2", by=PAULA)), (401, ask("DELETE", "/events/2")),
    (422, ask("DELETE", "/events/x", by=OTTO)),
    (200, ask("GET", "/events?limit=1000")),
]

BOOKING: Requests = [
    (200, ask("POST", "/register/1", by=NEWCOMER)), (409, ask("POST", "/register/1", by=NEWCOMER)),
    (200, ask("POST", "/register/6?seats=10", by=NEWCOMER)),
    (200, ask("POST", "/events/register/2", {"seats": 2}, NEWCOMER)),
    (200, ask("POST", "/register/9", {"seats": 1}, ANNA)), (200, ask("POST", "/register/8", by=ANNA)),
    (409, ask("POST", "/register/8", by=ANNA_TOO)), (409, ask("POST", "/register/5", by=PAULA)),
    (409, ask("POST", "/register/5", by=ZOE)),
    (409, ask("POST", "/register/2?seats=10", by=ANNA)), (400, ask("POST", "/register/3", by=NEWCOMER)),
    (404, ask("POST", "/register/4", by=NEWCOMER)), (404, ask("POST", "/register/99", by=NEWCOMER)),
    (404, ask("POST", "/register/0", by=NEWCOMER)), (403, ask("POST", "/register/1", by=OTTO)),
    (401, ask("POST", "/register/1")),
    *((422, ask("POST", f"/register/10?seats={seats}", by=NEWCOMER)) for seats in (
        0, -1, 11, "x", "1.5", "%00", 2**63, 2**64)),
    *((422, ask("POST", "/register/10", {"seats": seats}, NEWCOMER)) for seats in (0, 11, "1", 1.5, True, 2**63)),
    *((422, ask("POST", f"/register/{event}", by=NEWCOMER)) for event in ("x", 2**63, "%F0%9F%98%80")),
    (422, ask("POST", "/register/10?seats=1", {"seats": 2}, NEWCOMER)),
    (422, ask("POST", "/register/10", {"chairs": 1}, NEWCOMER)),
    (200, ask("GET", "/my-registrations", by=NEWCOMER)), (200, ask("GET", "/events/2/participants", by=OTTO)),
    (200, ask("DELETE", "/register/1", by=NEWCOMER)), (404, ask("DELETE", "/register/1", by=NEWCOMER)),
    (200, ask("DELETE", "/events/cancel/6", by=NEWCOMER)), (400, ask("DELETE", "/register/3", by=PAULA)),
    (404, ask("DELETE", "/register/4", by=PAULA)), (404, ask("DELETE", "/register/99", by=PAULA)),
    (403, ask("DELETE", "/register/1", by=OTTO)), (401, ask("DELETE", "/register/1")),
    (422, ask("DELETE", "/register/x", by=PAULA)),
    (200, ask("GET", "/my-registrations", by=NEWCOMER)), (200, ask("GET", "/events?limit=1000")),
]

CLAIMS = {"sub": "3", "role": "participant", "exp": 4102444800}
TOKENS: Requests = [
    (status, ask("GET", "/my-registrations", by=by))
    for status, by in (
        (401, ""), (401, "x"), (401, "a.b.c"), (401, PAULA + "x"), (401, token(3, "participant", exp=1)),
        (401, token(99, "participant")), (401, token(2**63, "participant")), (401, token(-1, "participant")),
        (401, token(3, "admin")), (403, token(3, "organizer")), (403, token(1, "participant")),
        (401, jwt.encode(CLAIMS, "another secret of thirty-two bytes", "HS256")), (401, jwt.encode(CLAIMS, None, "none")),
    )
]
TOKENS += [
    (401, ask("GET", "/my-registrations", headers=[f"Authorization: {text}"])) for text in ("", "Basic eDp5", "Bearer")
]

PROTOCOL: Requests = [
    (404, ask("GET", "/")), (404, ask("GET", "/nothing")), (404, ask("GET", "/events/1/2/3")),
    (404, ask("GET", "/EVENTS")),
    (405, ask("DELETE", "/events")), (405, ask("PATCH", "/events/1")), (405, ask("POST", "/healthz", b"")),
    (405, ask("PUT", "/register/1", {})),
    (204, ask("OPTIONS", "/events", headers=["Origin: http://x.example", "Access-Control-Request-Method: POST"])),
    (200, ask("GET", "/events/1", headers=["Origin: http://x.example"])), (200, ask("HEAD", "/events/1")),
    (404, ask("HEAD", "/events/99")),
    (200, ask("GET", "/events/1", headers=["If-None-Match: *", "If-Modified-Since: Mon, 01 Jan 2035 00:00:00 GMT"])),
    (200, ask("GET", "/events/1", headers=["Range: bytes=0-3", "Accept: text/html", "Accept-Encoding: gzip"])),
    (200, ask("GET", "/events/1", headers=["X-Request-Id: given"])), (200, ask("GET", "/events/1", version="1.0")),
    (200, ask("GET", "http://localhost/events/1")),
    (415, ask("POST", "/events", b"{}", OTTO, ["Content-Type: text/plain"])),
    (415, ask("POST", "/events", b"{}", OTTO, ["Content-Type: application/json; charset=utf-16"])),
    (413, ask("POST", "/events", b" " * 65537, OTTO)), (422, ask("POST", "/events", b" " * 65536, OTTO)),
    (200, ask("PUT", "/events/1", b"", OTTO)),
    *((422, ask("PUT", "/events/1", body, OTTO)) for body in (
        b"x", b"[]", b"1", b'"x"', b"{", b'{"title": "x",}', b'{"title": "\xff"}', b'{"title": "a", "title": "b"}',
        rb'{"title": "\ud83d"}', rb'{"title": "a\u0000b"}', b'{"title": "a\0b"}', b'{"total_seats": 1e999}',
        b'{"total_seats": 9223372036854775808}', b'{"title": ' + b"[" * 40 + b"]" * 40 + b"}", b"\xef\xbb\xbf{}")),
    (200, ask("PUT", "/events/1", rb'{"title": "\ud83d\ude00 \u00e9"}', OTTO)), (200, ask("GET", "/events/1")),
    (411, b"POST /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n"),
    (417, ask("POST", "/events", b"{}", OTTO, ["Expect: something"])), (501, ask("BREW", "/events")),
    (400, b"GET /events HTTP/1.1\r\n\r\n"), (400, b"GET /events HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
    (400, b"rubbish\r\n\r\n"), (400, b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
    (200, b"GET /events/1 HTTP/1.1\r\nHost: x\r\n\r\n" + ask("GET", "/events/99")),
]


def link(user: int) -> str:
    return f"/reminders/{link_token(user)}"


LINKS: Requests = [
    (200, ask("GET", link(3))), (200, ask("HEAD", link(3))), (200, form(link(3), reminders="off")), (200, ask("GET", link(3))),
    (200, form(link(3), **{"List-Unsubscribe": "One-Click"})), (200, multipart(link(4), **{"List-Unsubscribe": "One-Click"})),
    (200, ask("POST", link(4), {"reminders": "on"})), (422, form(link(4), reminders="perhaps")), (422, form(link(4))),
    (404, ask("GET", link(99))), (404, ask("GET", f"{link(3)}0")), (404, form(f"/reminders/4-{link_token(3)[2:]}", reminders="off")),
    (404, ask("GET", "/reminders/%F0%9F%98%80")), (422, ask("GET", "/reminders/%ff")), (405, ask("DELETE", link(3))),
]

CHAPTERS = {
    "accounts": ACCOUNTS, "reading": READING, "writing": WRITING, "booking": BOOKING, "tokens": TOKENS,
    "links": LINKS,
    "protocol": PROTOCOL,
}
