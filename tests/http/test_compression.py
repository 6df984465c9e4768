"""Compressed answers: who gets one, that it says the same, and that those who share an answer each get what they asked for."""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import time
from collections.abc import Iterator, Sequence

import pytest

from support.connection import Connection
from support.database import Database
from support.forwarder import Forwarder, Link
from support.raw import Answer, Raw, get
from support.shim import Shim, User

LIMIT = 1024
AT_ONCE = 64 * 1024
GZIP = "Accept-Encoding: gzip"


def ask(shim: Shim, path: str, *headers: str, token: str | None = None, method: str = "GET") -> Answer:
    if token is not None:
        headers = (*headers, f"Authorization: Bearer {token}")
    with Raw(shim.port) as raw:
        raw.send(get(path, *headers).replace(b"GET", method.encode(), 1))
        return raw.answer(to_head=method == "HEAD")


def is_gzip(answer: Answer) -> bool:
    """Whether it is compressed. Its headers fit either way."""
    assert answer.headers.get("content-encoding") in (None, "gzip")
    return "content-encoding" in answer.headers


def plain(answer: Answer) -> bytes:
    return gzip.decompress(answer.body) if is_gzip(answer) else answer.body


def without(answer: Answer, *names: str) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in (*names, "date", "x-request-id")}


def words(length: int, seed: int = 1) -> str:
    """A text that becomes shorter by half at most."""
    return f"{random.Random(seed).getrandbits(4 * length):0{length}x}"


def add_events(shim: Shim, owner: User, count: int, description: int = 20) -> str:
    """Events of an owner of their own, and the path of their list."""
    for number in range(count):
        shim.add_event(owner, description=words(description, number))
    return f"/events?organizer_id={owner.id}"


@pytest.fixture
def page(shim: Shim, organizer: User) -> str:
    """A list of some KiB."""
    return add_events(shim, organizer, 12)


def test_who_asks_for_it_gets_the_same_in_fewer_bytes(shim: Shim, page: str) -> None:
    as_it_is, compressed = ask(shim, page), ask(shim, page, GZIP)
    assert (is_gzip(as_it_is), is_gzip(compressed)) == (False, True)
    assert plain(compressed) == as_it_is.body and len(json.loads(as_it_is.body)) == 12
    assert len(compressed.body) < len(as_it_is.body) / 3
    assert compressed.headers["content-length"] == str(len(compressed.body))
    assert compressed.headers["content-type"] == "application/json"
    assert as_it_is.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"
    assert without(as_it_is, "content-length") == without(compressed, "content-length", "content-encoding")


@pytest.mark.parametrize(("headers", "wanted"), [
    ([], False),
    (["Accept-Encoding:"], False),
    (["Accept-Encoding: gzip, deflate, br, zstd"], True),
    (["accept-encoding:X-GZip"], True),
    (["Accept-Encoding: *"], True),
    (["Accept-Encoding: br"], False),
    (["Accept-Encoding: gzip;q=0"], False),
    (["Accept-Encoding: identity;q=1, gzip;q=0.5"], False),
    (["Accept-Encoding: br", "Accept-Encoding: gzip;q=0.2"], True),
    (["Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0"], False),
    (["Accept-Encoding: gzip;q=1.5"], False),
    (["Accept-Encoding: gzip;q=\x01\xff"], False),
    (["Accept-Encoding: " + "br;q=0.1, " * 1400 + "gzip"], True),
])
def test_what_asks_for_it(shim: Shim, page: str, headers: list[str], wanted: bool) -> None:
    answer = ask(shim, page, *headers)
    assert (answer.status, is_gzip(answer)) == (200, wanted)
    assert len(json.loads(plain(answer))) == 12


@pytest.mark.parametrize("headers", [[], [GZIP]], ids=["as it is", "gzip"])
def test_head_says_what_get_says(shim: Shim, page: str, headers: list[str]) -> None:
    with Raw(shim.port) as raw:
        raw.send(get(page, *headers).replace(b"GET", b"HEAD"))
        head = raw.answer(to_head=True)
        # No body of the answer before comes first.
        raw.send(get(page, *headers))
        answer = raw.answer()
    assert is_gzip(answer) == bool(headers)
    assert without(head) == without(answer)
    assert head.headers["content-length"] == str(len(answer.body))


def test_what_is_short_is_left_as_it_is(shim: Shim, event_id: int, database: Database) -> None:
    path = f"/events/{event_id}"
    database.rows("UPDATE events SET description = '' WHERE id = %s", [event_id])
    room = LIMIT - len(ask(shim, path).body)
    for length, wanted in ((room - 1, False), (room, True)):
        database.rows("UPDATE events SET description = %s WHERE id = %s", ["x" * length, event_id])
        as_it_is, asked = ask(shim, path), ask(shim, path, GZIP)
        assert len(as_it_is.body) == LIMIT - room + length
        assert (is_gzip(as_it_is), is_gzip(asked)) == (False, wanted)
        assert plain(asked) == as_it_is.body
        for answer in (as_it_is, asked):
            assert ("vary" in answer.headers) == wanted


def test_whatever_rows_are_answered_with(shim: Shim, database: Database, organizer: User, participant: User) -> None:
    events = [shim.add_event(organizer, total_seats=50) for _ in range(10)]
    for event_id in events:
        database.call("register_for_event", participant.id, event_id, 1)
    for _ in range(20):
        database.call("register_for_event", shim.add_user().id, events[0], 1)
    database.rows("UPDATE events SET description = %s WHERE id = %s", ["x" * LIMIT, events[0]])
    for path, token in ((f"/events/{events[0]}", None), ("/my-registrations", participant.token),
                        (f"/events/{events[0]}/participants", organizer.token)):
        as_it_is, compressed = ask(shim, path, token=token), ask(shim, path, GZIP, token=token)
        assert (as_it_is.status, is_gzip(as_it_is), is_gzip(compressed)) == (200, False, True), path
        assert plain(compressed) == as_it_is.body
        assert as_it_is.headers["vary"] == compressed.headers["vary"] == "Accept-Encoding"


def test_problems_are_left_as_they_are(shim: Shim, organizer: User) -> None:
    body = json.dumps({f"a member that is not known, number {number}": 1 for number in range(20)}).encode()
    with Raw(shim.port) as raw:
        raw.send(b"\r\n".join((
            b"POST /events HTTP/1.1", b"Host: x", f"Authorization: Bearer {organizer.token}".encode(), GZIP.encode(),
            b"Content-Type: application/json", f"Content-Length: {len(body)}".encode(), b"", body,
        )))
        problem = raw.answer()
    assert problem.status == 422 and len(problem.body) > LIMIT
    assert not {"content-encoding", "vary"} & problem.headers.keys()


def test_a_setting_turns_it_off(database: Database) -> None:
    with Shim(database, COMPRESSION="0") as shim:
        answer = ask(shim, add_events(shim, shim.add_user("organizer"), 12), GZIP)
    assert len(json.loads(answer.body)) == 12
    assert not {"content-encoding", "vary"} & answer.headers.keys()


def test_one_line_says_all_that_matters(database: Database, page: str) -> None:
    """Some caches look at one line of Vary only."""
    with Shim(database, CORS_ORIGINS="https://app.example.org") as shim:
        assert ask(shim, page, GZIP).headers["vary"] == "Origin, Accept-Encoding"
        assert ask(shim, page).headers["vary"] == "Origin, Accept-Encoding"
        assert ask(shim, "/nothing", GZIP).headers["vary"] == "Origin"
        for headers in ([], [GZIP]):
            with Raw(shim.port) as raw:
                raw.send(get(page, *headers))
                raw._receive()
                assert raw.received.lower().count(b"\r\nvary:") == 1


def test_clients_that_do_it_by_themselves(shim: Shim, page: str) -> None:
    wanted = json.loads(ask(shim, page).body)
    answer = shim.get(page)
    assert answer.headers["Content-Encoding"] == "gzip" and answer.json() == wanted
    curl = subprocess.run(
        ["curl", "--silent", "--show-error", "--fail", "--compressed", "--max-time", "20", "--write-out", "\n%{size_download}",
         shim.url(page)], capture_output=True, check=True,
    )
    body, size = curl.stdout.rsplit(b"\n", 1)
    assert json.loads(body) == wanted
    assert int(size) < len(body) / 3


class Held(Shim):
    """A shim whose CALLs can be held on their way to the database."""

    def __init__(self, database: Database, way: Forwarder | None = None, **settings: str) -> None:
        self.way = way or Forwarder(database.server.socket)
        user, password = database.server.users["shim"], database.server.passwords["shim"]
        url = f"mysql://{user}:{password}@127.0.0.1:{self.way.port}/{database.name}"
        super().__init__(database, DATABASE_URL=url, **settings)

    def start(self) -> None:
        self.way.__enter__()
        super().start()
        assert self.get("/healthz").status_code == 200

    def stop(self) -> None:
        self.way.__exit__()
        super().stop()

    def shared(self, path: str, requests: Sequence[tuple[str, bool]]) -> list[Answer]:
        """The answers to requests (method, whether it takes gzip) that are served by one CALL, which is the first one's."""
        held, shared = self.way.hold("browse_events"), self.way.hold("browse_events")
        connections = [Raw(self.port) for _ in range(1 + len(requests))]
        try:
            connections[0].send(get(path))
            held.wait()
            for raw, (method, takes_gzip) in zip(connections[1:], requests):
                before = self.arrivals()
                raw.send(get(path, *([GZIP] if takes_gzip else [])).replace(b"GET", method.encode(), 1))
                self.wait_for_arrivals(before, 1)
            held.pass_on()
            shared.wait()
            unexpected = self.way.hold("browse_events")
            shared.pass_on()
            answers = [raw.answer(to_head=method == "HEAD") for raw, (method, _) in zip(connections[1:], requests)]
            assert not unexpected.taken
            self.way.gates.remove(unexpected)
        finally:
            for raw in connections:
                raw.socket.close()
        return answers


@pytest.fixture(scope="module")
def held(database: Database) -> Iterator[Held]:
    with Held(database) as held:
        yield held


@pytest.mark.parametrize("requests", [
    [("GET", True), ("GET", False)],
    [("GET", False), ("GET", True)],
    [("GET", True)] * 9,
    [("GET", False), ("GET", True)] * 9,
    [("HEAD", False), ("GET", True), ("HEAD", True), ("GET", False), ("GET", True)],
    [("HEAD", True), ("GET", False), ("HEAD", True), ("HEAD", False), ("GET", True)],
], ids=["the first", "the second", "all", "each other", "HEAD without first", "HEAD with first"])
def test_each_of_those_who_share_gets_what_it_asked_for(held: Held, requests: list[tuple[str, bool]]) -> None:
    path = add_events(held, held.add_user("organizer"), 12)
    body, compressed = (ask(held, path, *headers) for headers in ([], [GZIP]))
    answers = held.shared(path, requests)
    for answer, (method, takes_gzip) in zip(answers, requests):
        alone = compressed if takes_gzip else body
        assert without(answer) == without(alone)
        assert answer.body == (alone.body if method == "GET" else b"")


@pytest.mark.parametrize("first_takes_gzip", [True, False])
def test_a_long_answer_is_compressed_for_those_who_share_it_if_it_was_for_the_first(held: Held, first_takes_gzip: bool) -> None:
    """Its thread did that. The thread that serves everybody would be busy with it for too long."""
    path = add_events(held, held.add_user("organizer"), 40, description=1900)
    body = ask(held, path).body
    assert len(body) > AT_ONCE
    answers = held.shared(path, [("GET", first_takes_gzip), ("GET", True), ("GET", False)])
    assert [is_gzip(answer) for answer in answers] == [first_takes_gzip, first_takes_gzip, False]
    assert {plain(answer) for answer in answers} == {body}
    assert {answer.headers["vary"] for answer in answers} == {"Accept-Encoding"}


class Truncating(Forwarder):
    """Of an answer that has this in it, once, loses the status behind the rows, and the connection with it. Before, it changes
    the data."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.mark = b""
        self.meanwhile: tuple[str, list[object]] = ("", [])
        self.root: Connection | None = None

    def change(self, data: bytes, link: Link, to_client: bool) -> bytes:
        if not to_client or not self.mark or self.mark not in data or self.root is None:
            return data
        self.mark = b""
        self.root.rows(*self.meanwhile)
        link.client.sendall(without_status(data))
        link.end()
        return b""


def without_status(data: bytes) -> bytes:
    """The packets of an answer up to the end of its rows. What follows may come with them or later."""
    at = 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at:at + 3], "little")
        # The first packet is the number of columns; a packet of status begins with a zero.
        if at > 0 and data[at + 4] == 0 and end == len(data):
            return data[:at]
        at = end
    return data


def test_an_answer_that_was_begun_in_vain_leaves_nothing_behind(database: Database) -> None:
    """All rows came, and the CALL failed afterwards: what was compressed then is not what the second CALL says."""
    way = Truncating(database.server.socket)
    with Held(database, way) as shim, database.connect("root") as way.root:
        event_id = shim.add_event(shim.add_user("organizer"), title="The first title", description="x" * LIMIT)
        way.meanwhile = ("UPDATE events SET title = 'Another title' WHERE id = %s", [event_id])
        way.mark = b"The first title"
        answer = ask(shim, f"/events/{event_id}", GZIP)
        assert way.mark == b"" and (answer.status, is_gzip(answer)) == (200, True)
        assert json.loads(plain(answer))["title"] == "Another title"


def test_a_long_list_of_participants(shim: Shim, database: Database, organizer: User) -> None:
    """Nobody shares it, so the thread that received it compresses it, however long it is."""
    count = 3000
    event_id = shim.add_event(organizer, total_seats=count)
    people = ", ".join(f"('{words(60, number)}', 'many{number}@many.example', 'participant', '')" for number in range(count))
    database.rows(f"INSERT INTO users (name, email, role, password_hash) VALUES {people}")
    database.rows(
        "INSERT INTO registrations (event_id, user_id, seats) SELECT %s, id, 1 FROM users WHERE email LIKE %s",
        [event_id, "%@many.example"],
    )
    path = f"/events/{event_id}/participants"
    as_it_is, compressed = (ask(shim, path, *headers, token=organizer.token) for headers in ([], [GZIP]))
    assert len(json.loads(as_it_is.body)) == count and len(as_it_is.body) > 4 * AT_ONCE
    assert is_gzip(compressed) and plain(compressed) == as_it_is.body


def test_a_reader_that_stops_is_cut_off(database: Database) -> None:
    with Shim(database, REQUEST_TIMEOUT="1", DB_CONNECTIONS="1") as shim:
        path = add_events(shim, shim.add_user("organizer"), 100, description=1900)
        compressed = ask(shim, path, GZIP)
        assert is_gzip(compressed) and len(compressed.body) > AT_ONCE
        before = len(shim.descriptors())
        with Raw(shim.port) as raw:
            for _ in range(100):
                raw.send(get(path, GZIP))
            until = time.monotonic() + 20
            while len(shim.descriptors()) > before:
                assert time.monotonic() < until
                time.sleep(0.1)
        again = ask(shim, path, GZIP)
        assert again.body == compressed.body
