"""Requests that two readers would end at two places: refused, and nothing after them is ever served."""

from __future__ import annotations

import pytest

from support.database import Database
from support.raw import Answer, Closed, Raw, get
from support.shim import Shim

LOGIN = b'{"email":"a@b.example","password":"x"}'
HIDDEN = get("/events/1?hidden=1")


def post(*headers: str, body: bytes = LOGIN, path: str = "/auth/login") -> bytes:
    return "\r\n".join((f"POST {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode() + body


def only_answer(shim: Shim, data: bytes) -> Answer:
    """Sends everything at once and asserts that one answer comes, after which the connection ends."""
    with Raw(shim.port) as raw:
        raw.send(data)
        answers = raw.answers()
    assert len(answers) == 1, answers
    return answers[0]


def expect_refusal(answer: Answer, *statuses: int) -> None:
    assert answer.status in (statuses or (400,)), answer
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["connection"] == "close"
    assert answer.headers["access-control-allow-origin"] == "*"
    problem = answer.json()
    assert problem["status"] == answer.status
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert isinstance(problem["detail"], str) and problem["code"] and problem["title"]


SMUGGLED = {
    "two lengths": post("Content-Length: 0", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
    "two lengths, the other way": post(f"Content-Length: {len(HIDDEN)}", "Content-Length: 0", body=HIDDEN),
    "two equal lengths": post("Content-Length: 0", "Content-Length: 0", body=HIDDEN),
    "two lengths in one": post(f"Content-Length: 0, {len(HIDDEN)}", body=HIDDEN),
    "another coding": post("Transfer-Encoding: gzip", body=HIDDEN),
    "another coding and a length": post("Transfer-Encoding: gzip", f"Content-Length: {len(HIDDEN)}", body=HIDDEN),
    "chunked and a length": post("Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\n" + HIDDEN),
    "a length and chunked": post("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    "chunked, misspelt": post("Transfer-Encoding: xchunked", body=HIDDEN),
    "chunked with a blank": post("Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
    "chunked twice": post("Transfer-Encoding: chunked", "Transfer-Encoding: identity", body=b"0\r\n\r\n" + HIDDEN),
    "chunked last but not only": post("Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n" + HIDDEN),
    "blank before the colon": post(f"Content-Length : {len(HIDDEN)}", body=HIDDEN),
    "tab before the colon": post(f"Content-Length\t: {len(HIDDEN)}", body=HIDDEN),
    "chunk size with 0x": post("Transfer-Encoding: chunked", body=b"0x2\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "chunk size with a sign": post("Transfer-Encoding: chunked", body=b"+2\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "chunk size with a minus": post("Transfer-Encoding: chunked", body=b"-2\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "chunk size that overflows": post("Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n{}\r\n0\r\n\r\n" + HIDDEN),
    "length with a sign": post(f"Content-Length: +{len(HIDDEN)}", body=HIDDEN),
    "negative length": post("Content-Length: -1", body=HIDDEN),
    "length in hex": post(f"Content-Length: {len(HIDDEN):#x}", body=HIDDEN),
    "length and more": post(f"Content-Length: {len(HIDDEN)}x", body=HIDDEN),
    "length with a point": post(f"Content-Length: {len(HIDDEN)}.0", body=HIDDEN),
    "no length at all, said so": post("Content-Length: ", body=HIDDEN),
    "HEAD with a body": f"HEAD /events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(HIDDEN)}\r\n\r\n".encode() + HIDDEN,
    "TRACE with a body": f"TRACE /events HTTP/1.1\r\nHost: x\r\nContent-Length: {len(HIDDEN)}\r\n\r\n".encode() + HIDDEN,
    "GET with chunks": b"GET /events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HIDDEN,
    "no name": post(": x", "Content-Length: 0", body=HIDDEN),
    "a name with a blank": post("X Y: x", "Content-Length: 0", body=HIDDEN),
    "a name with a bracket": post("X(Y: x", "Content-Length: 0", body=HIDDEN),
    "a name that is not ASCII": post("X\u00e9: x", "Content-Length: 0", body=HIDDEN),
    "a line without a colon": post("rubbish", "Content-Length: 0", body=HIDDEN),
    "folded length": post("Content-Length:", f" {len(HIDDEN)}", "X: y", body=HIDDEN),
    "folded into a length": post("Content-Length: 0", f" {len(HIDDEN)}", body=HIDDEN),
    "folded coding": post("Transfer-Encoding:", " chunked", body=b"0\r\n\r\n" + HIDDEN),
    "folded first line": b"GET /events HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n" + HIDDEN,
    "no host": b"GET /events HTTP/1.1\r\n\r\n" + HIDDEN,
    "two hosts": b"GET /events HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + HIDDEN,
}


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED)
def test_nothing_is_smuggled(shim: Shim, data: bytes) -> None:
    already = shim.log().count("path=/events/1 ")
    with Raw(shim.port) as raw:
        raw.send(data)
        answers = [raw.answer(to_head=data.startswith(b"HEAD"))]
        answers += raw.answers()
    assert len(answers) == 1, answers
    if not data.startswith(b"HEAD"):
        expect_refusal(answers[0], 400, 411, 413, 501)
    assert 400 <= answers[0].status < 502
    assert answers[0].headers["connection"] == "close"
    assert shim.log().count("path=/events/1 ") == already


@pytest.mark.parametrize("data", SMUGGLED.values(), ids=SMUGGLED)
def test_nor_when_the_rest_comes_later(shim: Shim, data: bytes) -> None:
    """The same, where the hidden request is sent once the first answer has come."""
    first = data.removesuffix(HIDDEN)
    already = shim.log().count("path=/events/1 ")
    with Raw(shim.port, timeout=1) as raw:
        raw.send(first)
        try:
            raw.answer(to_head=data.startswith(b"HEAD"))
        except TimeoutError:
            pass  # still waiting for a body, as it may
        except Closed:
            return
        try:
            raw.send(HIDDEN)
        except (BrokenPipeError, ConnectionResetError):
            return
        answers = raw.answers()
    assert len(answers) <= 1
    assert shim.log().count("path=/events/1 ") == already


@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS", "PATCH"])
@pytest.mark.parametrize("zeros", ["", "00"])
def test_a_body_that_is_of_no_use_is_still_a_body(shim: Shim, method: str, zeros: str) -> None:
    already = shim.log().count("path=/events/1 ")
    with Raw(shim.port) as raw:
        raw.send(f"{method} /events/0 HTTP/1.1\r\nHost: x\r\nContent-Length: {zeros}{len(HIDDEN)}\r\n\r\n".encode() + HIDDEN)
        first = raw.answer()
        if first.headers.get("connection") == "close":
            assert raw.answers() == []
        else:
            raw.send(get("/healthz", "Connection: close"))
            assert [answer.json() for answer in raw.answers()] == [{"status": "ok"}]
    assert shim.log().count("path=/events/1 ") == already


@pytest.mark.parametrize(
    "fold", [b"X: a\r\n Content-Length: 999\r\n", b"X: a\r\n\tTransfer-Encoding: chunked\r\n", b"X: a\r\n b\r\n"]
)
def test_a_folded_header_is_one_header(shim: Shim, fold: bytes) -> None:
    """RFC 9112, section 5.2, leaves the choice: refuse it or read it as blanks; never read it as two headers."""
    with Raw(shim.port) as raw:
        raw.send(b"GET /events/0 HTTP/1.1\r\nHost: x\r\n" + fold + b"\r\n" + get("/healthz", "Connection: close"))
        statuses = [answer.status for answer in raw.answers()]
    assert statuses in ([400], [404, 200])


def test_a_header_cannot_hide_behind_a_bare_cr(shim: Shim) -> None:
    data = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nX: y\rContent-Length: %d\r\n\r\n" % len(HIDDEN)
    expect_refusal(only_answer(shim, data + HIDDEN))


def test_a_bare_lf_ends_a_line(shim: Shim) -> None:
    """As RFC 9112, section 2.2, allows: the length behind it counts, so what follows is a body and no request."""
    already = shim.log().count("path=/events/1 ")
    data = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX: y\nContent-Length: %d\r\n\r\n" % len(HIDDEN)
    assert only_answer(shim, data + HIDDEN).status == 422
    assert shim.log().count("path=/events/1 ") == already


@pytest.mark.parametrize("length", ["99999999999", "99999999999999999999999"])
def test_a_body_that_never_ends_is_cut_off(database: Database, length: str) -> None:
    """What comes behind the 413 is dropped (test_large_bodies.py), and nothing in it is served."""
    with Shim(database, REQUEST_TIMEOUT="1") as shim, Raw(shim.port) as raw:
        raw.send(post(f"Content-Length: {length}", body=HIDDEN))
        assert raw.is_closed_within(5)
        raw.send(HIDDEN)
        assert shim.get("/healthz").status_code == 200
        assert "path=/events/1 " not in shim.log()


MALFORMED = {
    "rubbish": (b"rubbish\r\n\r\n", 400),
    "no version": (b"GET /events\r\nHost: x\r\n\r\n", 400),
    "no path": (b"GET HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "another protocol": (b"GET /events FTP/1.1\r\nHost: x\r\n\r\n", 400),
    "no numbers": (b"GET /events HTTP/x.y\r\nHost: x\r\n\r\n", 400),
    "NUL in the path": (b"GET /eve\0nts HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "NUL in a header": (b"GET /events HTTP/1.1\r\nHost: x\r\nX\0Y: z\r\n\r\n", 400),
    "a long line": (b"GET /" + b"x" * 70000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 400),
    "a long header": (b"GET /events HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 400),
    "many headers": (b"GET /events HTTP/1.1\r\nHost: x\r\n" + b"X: y\r\n" * 5000 + b"\r\n", 400),
    "an unknown method": (b"BREW /events HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "a method in lower case": (b"get /events HTTP/1.1\r\nHost: x\r\n\r\n", 501),
    "an unknown expectation": (post("Expect: a-pony", f"Content-Length: {len(LOGIN)}"), 417),
    "a long body": (post("Content-Length: 65537", body=b"x" * 65537), 413),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\r\n\r\n", 400),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501),
}


@pytest.mark.parametrize(("data", "status"), MALFORMED.values(), ids=MALFORMED)
def test_what_evhttp_itself_refuses_is_a_problem_too(shim: Shim, data: bytes, status: int) -> None:
    with Raw(shim.port) as raw:
        raw.send(data)
        answer = raw.answer()
        expect_refusal(answer, status, 400)
        assert raw.is_closed_within(5) or status == 413


def test_pipelined_requests_are_answered_in_order(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        body = b'{"email": "nobody@example.org", "password": "password"}'
        length = f"Content-Length: {len(body)}"
        wanted = []
        for number in range(30):
            # A slow one between quick ones.
            raw.send(post(length, f"X-Request-Id: p{number}", body=body) if number % 10 == 0
                     else get("/events/0", f"X-Request-Id: p{number}"))
            wanted.append((401 if number % 10 == 0 else 404, f"p{number}"))
        answers = [raw.answer() for _ in range(30)]
    assert [(answer.status, answer.headers["x-request-id"]) for answer in answers] == wanted


def test_a_connection_is_kept(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        for path, status in (("/healthz", 200), ("/events/0", 404), ("/events/x", 422), ("/my-registrations", 401)) * 5:
            raw.send(get(path))
            answer = raw.answer()
            assert answer.status == status
            assert answer.headers.get("connection", "keep-alive") == "keep-alive"


def test_a_connection_is_closed_on_demand(shim: Shim) -> None:
    assert only_answer(shim, get("/healthz", "Connection: close") + HIDDEN).status == 200
    assert only_answer(shim, b"GET /healthz HTTP/1.0\r\n\r\n" + HIDDEN).status == 200


def test_a_request_may_come_byte_by_byte(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        for byte in get("/healthz"):
            raw.send(bytes([byte]))
        assert raw.answer().status == 200


def test_a_body_after_continue(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        raw.send(post("Expect: 100-continue", f"Content-Length: {len(LOGIN)}", body=b""))
        assert raw.answer().status == 100
        raw.send(LOGIN)
        assert raw.answer().status == 401


@pytest.mark.parametrize("target", ["http://localhost/healthz", "http://other.example:99/healthz"])
def test_a_target_with_a_host(shim: Shim, target: str) -> None:
    assert only_answer(shim, get(target, "Connection: close")).status == 200


@pytest.mark.parametrize("data", [b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", b"CONNECT a.example:443 HTTP/1.1\r\nHost: x\r\n\r\n"])
def test_targets_that_are_no_path(shim: Shim, data: bytes) -> None:
    with Raw(shim.port) as raw:
        raw.send(data)
        assert raw.answer().status == 404


def test_the_shim_still_works(shim: Shim) -> None:
    assert shim.get("/healthz").status_code == 200
