"""Bodies over the limit: refused as soon as they are announced, in an answer that a client can read even while it is still sending."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from support.database import Database
from support.raw import Answer, Raw, get
from support.shim import Shim

LIMIT = 64 * 1024
LENGTHS = [LIMIT + 1, 50 * 1024 * 1024, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, 2**64 + 1, 10**30]
EXPECT = ["Expect: 100-continue"]


@pytest.fixture(scope="module")
def hasty(database: Database) -> Iterator[Shim]:
    with Shim(database, REQUEST_TIMEOUT="1") as shim:
        yield shim


def head(length: int, *headers: str, method: str = "POST", path: str = "/auth/login") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Origin: http://a.example", f"Content-Length: {length}", *headers]
    return "\r\n".join((*lines, "", "")).encode()


def expect_too_large(answer: Answer) -> None:
    assert (answer.status, answer.headers["content-type"]) == (413, "application/problem+json")
    assert answer.headers["connection"] == "close"
    assert answer.headers["access-control-allow-origin"] == "*"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (413, "content_too_large")
    assert problem["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("headers", [[], EXPECT], ids=["", "expect"])
@pytest.mark.parametrize("length", LENGTHS)
def test_it_is_refused_before_any_of_it_has_come(shim: Shim, length: int, headers: list[str]) -> None:
    """And without a 100, which would ask for it."""
    with Raw(shim.port) as raw:
        raw.send(head(length, *headers))
        answers = raw.answers()
    assert len(answers) == 1
    expect_too_large(answers[0])


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["/events", "/events/1", "/nowhere"])
def test_whatever_else_is_wrong(shim: Shim, method: str, path: str) -> None:
    with Raw(shim.port) as raw:
        raw.send(head(LIMIT + 1, *EXPECT, method=method, path=path))
        expect_too_large(raw.answer())


@pytest.mark.parametrize("length", [1, LIMIT])
def test_up_to_the_limit_it_is_asked_for(shim: Shim, length: int) -> None:
    with Raw(shim.port) as raw:
        raw.send(head(length, *EXPECT))
        assert raw.answer().status == 100
        raw.send(b" " * length + get())
        assert [raw.answer().status for _ in range(2)] == [422, 200]


def send_slowly(connections: list[Raw], seconds: float) -> None:
    """Sends blanks in small pieces for so long."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for raw in connections:
            raw.send(b" " * 4096)
        time.sleep(0.01)


REFUSED = {
    "a body over the limit": head(2**31),
    "two lengths": head(0, "Content-Length: 1000000"),
    "a transfer coding": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HEAD": head(2**31, method="HEAD"),
    "a long header": b"GET /events HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000,
}


def test_whoever_is_still_sending_can_read_the_answer(shim: Shim) -> None:
    """Nothing that is sent fails, and then the answer is there, as for a client that reads only once it has sent."""
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Raw(shim.port)) for _ in REFUSED]
        for raw, data in zip(connections, REFUSED.values()):
            raw.send(data)
        send_slowly(connections, 2.5)
        for raw, (name, data) in zip(connections, REFUSED.items()):
            assert raw.answer(to_head=data.startswith(b"HEAD")).status in (400, 411, 413), name
            assert raw.answers() == []


def test_fifty_megabytes_at_once(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        raw.send(head(50 * 1024 * 1024) + b" " * (50 * 1024 * 1024))
        expect_too_large(raw.answer())


def has_ended(shim: Shim, before: int) -> bool:
    until = time.monotonic() + 10
    while len(shim.descriptors()) > before:
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True


def test_nobody_is_waited_for_for_ever(hasty: Shim) -> None:
    """The connection is closed whether the client says nothing more or never stops sending."""
    assert hasty.get("/healthz").status_code == 200
    before = len(hasty.descriptors())
    with Raw(hasty.port) as silent:
        silent.send(head(2**31))
        expect_too_large(silent.answer())
        assert has_ended(hasty, before)
    with Raw(hasty.port) as talkative:
        talkative.send(head(2**31))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            send_slowly([talkative], 10)
            raise AssertionError("the connection is still there")
    assert has_ended(hasty, before)


def test_who_goes_away_is_not_missed(hasty: Shim) -> None:
    assert hasty.get("/healthz").status_code == 200
    before = len(hasty.descriptors())
    for _ in range(20):
        with Raw(hasty.port) as raw:
            raw.send(head(2**31) + b" " * 100_000)
        with Raw(hasty.port) as raw:
            raw.send(head(2**31) + b" " * 100_000)
            raw.reset()
    assert has_ended(hasty, before)
    assert hasty.get("/healthz").status_code == 200


def test_a_shim_ends_while_somebody_is_sending(database: Database) -> None:
    with Shim(database) as shim, Raw(shim.port) as raw:
        raw.send(head(2**31))
        expect_too_large(raw.answer())
        shim.stop()
