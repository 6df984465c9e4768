"""Connections that come and go: none disturbs another."""

from __future__ import annotations

import time

import pytest

from support.database import Database
from support.raw import Raw, get
from support.shim import Shim

ENDINGS = {
    "close": get("/healthz", "Connection: close"),
    "HTTP/1.0": b"GET /healthz HTTP/1.0\r\n\r\n",
    "refused": b"rubbish\r\n\r\n",
    "smuggling": get("/healthz", "Content-Length : 1"),
}


@pytest.mark.parametrize("data", ENDINGS.values(), ids=ENDINGS)
def test_a_connection_is_not_disturbed_by_the_one_before(shim: Shim, data: bytes) -> None:
    """The second one gets the file descriptor of the first, and sends its request in pieces."""
    for _ in range(5):
        with Raw(shim.port) as raw:
            raw.send(data)
            assert raw.is_closed_within(5)
        with Raw(shim.port) as raw:
            for byte in get("/healthz"):
                raw.send(bytes([byte]))
            assert raw.answer().status == 200


def test_a_connection_that_goes_without_a_word_does_no_harm(shim: Shim) -> None:
    for data in (b"", b"GET", get("/healthz")[:-2], b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{"):
        for _ in range(20):
            with Raw(shim.port) as raw:
                raw.send(data)
    assert shim.get("/healthz").status_code == 200


def test_connections_do_not_pile_up(database: Database) -> None:
    with Shim(database) as shim:
        for _ in range(300):
            with Raw(shim.port) as raw:
                raw.send(get("/healthz", "Connection: close"))
                assert raw.answer().status == 200
        until = time.monotonic() + 10
        while len([f for f in shim.descriptors() if f.startswith("socket:")]) >= 30:
            assert time.monotonic() < until, shim.descriptors()
            time.sleep(0.1)
