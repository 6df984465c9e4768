"""A shim in front of each server: byte for byte the same answers to the same requests."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator

import pytest

from parity.pair import Pair
from parity.requests import CHAPTERS, SECRET, Requests, ask
from parity.world import WORLD
from support.programs import program
from support.shim import PROGRAM, Shim

OTHER_PROGRAM = program("EVENTHUB_OTHER_SHIM", "eventhub-shim")
# What a shim makes up for each answer. Times in answers are the database's, whose clock stands still.
MADE_UP = re.compile(
    rb'(\r\nDate: )[^\r]+|(\r\nX-Request-Id: )[0-9a-f-]+|("request_id":)"[0-9a-f-]+"|("access_token":)"[\w.-]+"'
)


@pytest.fixture
def shims(pair: Pair) -> Iterator[tuple[Shim, Shim]]:
    """One in front of the machine's own server, and one in front of the MySQL that MYSQLD names."""
    pair.run(*WORLD)
    settings = {"SECRET_KEY": SECRET, "TZ": "Europe/Berlin"}
    one, other = pair.databases
    with Shim(one, OTHER_PROGRAM, **settings) as mine, Shim(other, PROGRAM, **settings) as yours:
        yield mine, yours
    # Hashes are salted.
    pair.run("UPDATE users SET password_hash = ''")
    pair.compare_tables()
    pair.expect_no_differences()


def answer(shim: Shim, request: bytes) -> bytes:
    """All that comes until the connection ends, but for what is made up."""
    received = b""
    with socket.create_connection(("127.0.0.1", shim.port), timeout=10) as connection:
        connection.sendall(request)
        while data := connection.recv(65536):
            received += data
    return MADE_UP.sub(rb"\1\2\3\4...", received)


def problems(shims: tuple[Shim, Shim], requests: Requests) -> Iterator[str]:
    """The requests that are not answered as they should be, or not alike."""
    for status, request in requests:
        mine, yours = (answer(shim, request) for shim in shims)
        first_line, body = request.split(b"\r\n")[0], request.partition(b"\r\n\r\n")[2]
        asked = f"{first_line[:100]!r} {body[:100]!r}"
        if mine != yours:
            yield f"{asked}\n    {mine!r}\n    {yours!r}"
        elif mine[len("HTTP/1.1"):].split(b" ")[1] != b"%d" % status:
            yield f"{asked}\n    not {status}: {mine!r}"


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_answers(shims: tuple[Shim, Shim], chapter: str) -> None:
    found = list(problems(shims, CHAPTERS[chapter]))
    if found:
        pytest.fail("\n".join([f"{len(found)} problems", *found]), pytrace=False)


def test_pages(shims: tuple[Shim, Shim]) -> None:
    """Every page that a Link leads to, whatever the filters."""
    for filters in (
        "", "&sort=event_date", "&sort=-event_date", "&status=upcoming", "&status=completed,upcoming", "&q=HALL&organizer_id=1",
        "&from=2035-03-01&to=2035-06-01&x=%C3%A4%26b",
    ):
        for limit in (1, 2, 3):
            path, pages = f"/events?limit={limit}{filters}", 0
            while path:
                mine, yours = (answer(shim, ask("GET", path)) for shim in shims)
                assert mine == yours
                link = re.search(rb'\r\nLink: <([^>]+)>; rel="next"', mine)
                path, pages = link[1].decode() if link else "", pages + 1
            assert pages > 1
