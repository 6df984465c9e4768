"""What browsers ask before they let a page use the service."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from requests import Response

from support.database import Database
from support.raw import Raw
from support.shim import Shim

ORIGINS = "https://app.example.org, https://other.example.org:8443,http://localhost:3000"


@pytest.fixture(scope="module")
def choosy(database: Database) -> Iterator[Shim]:
    with Shim(database, CORS_ORIGINS=ORIGINS) as shim:
        yield shim


def preflight(shim: Shim, path: str, method: str, origin: str = "https://app.example.org", **headers: str) -> Response:
    return shim.request("OPTIONS", path, headers={"Origin": origin, "Access-Control-Request-Method": method, **headers})


@pytest.mark.parametrize(
    ("path", "method"), [("/events", "POST"), ("/events/1", "PUT"), ("/events/delete/1", "DELETE"), ("/auth/login", "POST"),
                         ("/my-registrations", "GET"), ("/register/1", "DELETE"), ("/events/x", "GET")],
)
def test_preflight(shim: Shim, path: str, method: str) -> None:
    wanted = {"Access-Control-Request-Headers": "authorization,content-type"}
    answer = preflight(shim, path, method, **wanted)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
    allowed = answer.headers["Access-Control-Allow-Headers"].lower().replace(" ", "").split(",")
    assert {"authorization", "content-type"} <= set(allowed)
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers


UNKNOWN = [("/nowhere", "GET"), ("/nowhere", "DELETE"), ("/", "PUT"), ("/events", "PATCH"), ("/events/1", "PATCH"), ("/healthz", "PUT"),
           ("/auth/login", "DELETE"), ("/register", "PUT"), ("/events/a%2fb", "DELETE"), ("/events/%00", "DELETE"), ("/events", "BREW"),
           ("/events?a=%ff", "PUT"), ("//", "PUT"), ("/*", "PUT")]


@pytest.mark.parametrize(("path", "method"), UNKNOWN)
def test_a_preflight_is_answered_whatever_it_is_about(shim: Shim, choosy: Shim, path: str, method: str) -> None:
    """A browser that is refused it says no more to its page than that something failed; so the real request is let through,
    and its answer says what is wrong, in a way that the page may read."""
    for each in (shim, choosy):
        answer = preflight(each, path, method, **{"Access-Control-Request-Headers": "authorization,x-of-mine"})
        assert (answer.status_code, answer.content) == (204, b"")
        origin = answer.headers["Access-Control-Allow-Origin"]
        assert origin == ("*" if each is shim else "https://app.example.org")
        assert method in answer.headers["Access-Control-Allow-Methods"].split(", ")
        assert "x-of-mine" in answer.headers["Access-Control-Allow-Headers"]
        real = each.request(method, path, headers={"Origin": "https://app.example.org"})
        assert real.status_code in (404, 405, 501)
        assert real.headers["Access-Control-Allow-Origin"] == origin
        assert real.json()["status"] == real.status_code


def test_only_a_preflight_is(shim: Shim) -> None:
    for headers in ({}, {"Origin": "https://app.example.org"}):
        assert shim.request("OPTIONS", "/nowhere", headers=headers).status_code == 404
    # Of another method it is no preflight, whatever its headers say.
    assert shim.request("DELETE", "/nowhere", headers={"Access-Control-Request-Method": "DELETE"}).status_code == 404


def test_credentials_are_for_listed_origins_only(database: Database, choosy: Shim) -> None:
    with Shim(database, CORS_ORIGINS=ORIGINS, CORS_CREDENTIALS="1") as shim:
        for path in ("/events", "/nowhere", "/my-registrations"):
            for answer in (shim.get(path, headers={"Origin": "http://localhost:3000"}), preflight(shim, path, "GET")):
                assert answer.headers["Access-Control-Allow-Credentials"] == "true"
                assert answer.headers["Access-Control-Allow-Origin"] in ORIGINS and "*" not in answer.headers.values()
            for origin in ("https://evil.example", "null", "*"):
                for answer in (shim.get(path, headers={"Origin": origin}), preflight(shim, path, "GET", origin)):
                    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "Access-Control-Allow-Credentials" not in preflight(choosy, "/events", "GET").headers


def test_preflight_needs_no_token_and_reads_nothing(shim: Shim) -> None:
    assert preflight(shim, "/my-registrations", "GET").status_code == 204


def test_options_without_a_preflight_says_what_is_allowed(shim: Shim) -> None:
    answer = shim.request("OPTIONS", "/events")
    assert answer.status_code == 204
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/events", "/events/0", "/my-registrations", "/nowhere", "/events/x", "/auth/login"])
def test_any_origin_may_read_every_answer(shim: Shim, path: str) -> None:
    for headers in ({}, {"Origin": "https://anything.example"}, {"Origin": "null"}):
        answer = shim.get(path, headers=headers)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert {"Link", "X-Request-Id", "Retry-After"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("origin", ["https://app.example.org", "https://other.example.org:8443", "http://localhost:3000"])
@pytest.mark.parametrize("path", ["/events", "/events/0", "/my-registrations", "/nowhere", "/events/x"])
def test_a_listed_origin(choosy: Shim, origin: str, path: str) -> None:
    answer = choosy.get(path, headers={"Origin": origin})
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert "Origin" in answer.headers["Vary"]
    assert preflight(choosy, path, "GET", origin).headers["Access-Control-Allow-Origin"] == origin


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "https://app.example.org.evil.example", "https://app.example.or", "app.example.org",
               "http://app.example.org", "https://app.example.org:443", "null", "", "*", ",", "https://other.example.org",
               "https://app.example.org, https://other.example.org:8443"],
)
def test_an_origin_that_is_not_listed(choosy: Shim, origin: str) -> None:
    for answer in (choosy.get("/events", headers={"Origin": origin}), preflight(choosy, "/events", "POST", origin)):
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert "Origin" in answer.headers["Vary"]


def test_without_an_origin_caches_are_told_that_it_matters(choosy: Shim) -> None:
    answer = choosy.get("/events")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]


def test_what_the_http_library_refuses_has_the_headers_too(choosy: Shim) -> None:
    with Raw(choosy.port) as raw:
        raw.send(b"GET /events HTTP/1.1\r\nHost: x\r\nOrigin: http://localhost:3000\r\nContent-Length: x\r\n\r\n")
        assert raw.answer().headers["access-control-allow-origin"] == "http://localhost:3000"


def test_headers_asked_for_cannot_break_out(shim: Shim) -> None:
    with Raw(shim.port) as raw:
        raw.send(b"OPTIONS /events HTTP/1.1\r\nHost: x\r\nOrigin: http://a.example\r\nConnection: close\r\n"
                 b"Access-Control-Request-Method: GET\r\n b\r X-Injected: 1\r\n"
                 b"Access-Control-Request-Headers: a\r\n b\r X-Injected: 1\r\n\r\n")
        for answer in raw.answers():
            assert "\r" not in "".join(answer.headers.values())
            assert "x-injected" not in answer.headers
