"""The log: one line per request, and nothing in it that belongs in no log."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from support.database import Database
from support.raw import Raw
from support.shim import Shim

LINE = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info request method=(\S+) path=(\S+) status=(\d{3}) us=(\d+) id=(\S+)"
)


@pytest.fixture
def logged(database: Database) -> Iterator[Shim]:
    with Shim(database) as shim:
        yield shim


def requests_in(log: str) -> list[tuple[str, ...]]:
    lines = [line for line in log.splitlines() if " request " in line]
    found = [LINE.fullmatch(line) for line in lines]
    assert None not in found, lines
    return [match.groups() for match in found if match]


def test_one_line_per_request(logged: Shim) -> None:
    asked = [("GET", "/events", 200), ("HEAD", "/events/0", 404), ("POST", "/auth/login", 422), ("PATCH", "/x", 404),
             ("DELETE", "/register/1", 401), ("OPTIONS", "/events", 204), ("TRACE", "/events/", 405)]
    ids = [logged.request(method, f"{path}?secret=hush").headers["X-Request-Id"] for method, path, _ in asked]
    seen = requests_in(logged.log())
    assert [(method, path, int(status), number) for method, path, status, _, number in seen] == [
        (*request, number) for request, number in zip(asked, ids)
    ]
    assert all(0 < int(us) < 5_000_000 for _, _, _, us, _ in seen)
    assert "hush" not in logged.log()


def test_no_secret_is_logged(logged: Shim) -> None:
    user = logged.signup(password="opensesame")
    logged.get(f"/my-registrations?token={user.token}", user.token)
    logged.get("/my-registrations", user.token + "x")
    logged.post("/auth/login", json={"email": user.email, "password": "opensesamee"})
    logged.post("/auth/login?password=opensesame", data={"username": user.email, "password": "opensesame"})
    logged.post("/auth/login", data=b'{"password": "opensesame"')
    log = logged.log()
    for secret in ("opensesame", user.token, user.token.split(".")[2], user.email, logged.settings["SECRET_KEY"],
                   logged.database.server.passwords["shim"], "Bearer", "argon2"):
        assert secret not in log


def test_a_request_cannot_write_lines_of_its_own(logged: Shim) -> None:
    for path in ("/a%0d%0ainfo%20request", "/%00", "/%1b[31m", "/\x7f", "/a\tb"):
        logged.get(path)
    with Raw(logged.port) as raw:
        raw.send(b"GET /x\x1b[31m\x07\x7f HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        raw.answers()
    log = logged.log()
    assert not re.search(r"[^\x20-\x7e\n]", log)
    assert len([line for line in log.splitlines() if " request " in line]) == 6


def test_a_very_long_path_does_not_push_the_rest_out(logged: Shim) -> None:
    answer = logged.get("/" + "x" * 8000)
    assert answer.status_code == 404
    last = logged.log().splitlines()[-1]
    assert "status=404" in last and f"id={answer.headers['X-Request-Id']}" in last


def test_what_is_long_between_two_slashes_is_left_out(logged: Shim) -> None:
    uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    for path in ("/events/17", f"/x/{uuid}/", "/a//b/", f"/{'y' * 36}", f"/{'z' * 37}", "/é", f"/{'u' * 36}" * 30):
        logged.get(path)
    paths = re.findall(r" path=(\S+) ", logged.log())
    assert paths == [
        "/events/17", f"/x/{uuid}/", "/a//b/", f"/{'y' * 36}", "/...", "/%C3%A9", (f"/{'u' * 36}" * 30)[:512],
    ]


def test_what_cannot_be_read_is_logged_as_well(logged: Shim) -> None:
    with Raw(logged.port) as raw:
        raw.send(b"rubbish\r\n\r\n")
        assert raw.is_closed_within(5)
    assert [entry[2] for entry in requests_in(logged.log())] == ["400"]
