"""Limits that keep one client from taking the service away from the others."""

from __future__ import annotations

import contextlib
import os
import resource
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from threading import Semaphore

import pytest
import requests

from support.database import Database
from support.expect import expect_problem
from support.raw import Raw, get
from support.shim import PROGRAM, Shim, User, environment
from support.threads import at_once

REQUEST = b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 200\r\n\r\n" + b" " * 200


@pytest.fixture(scope="module")
def hasty(database: Database) -> Iterator[Shim]:
    with Shim(database, REQUEST_TIMEOUT="1", DB_CONNECTIONS="1") as shim:
        yield shim


@pytest.mark.parametrize("sent", [0, 30, 80], ids=["at once", "in a header", "in the body"])
def test_a_client_that_drips_is_cut_off(hasty: Shim, sent: int) -> None:
    with Raw(hasty.port) as raw:
        raw.send(REQUEST[: max(sent, 1)])
        began = time.monotonic()
        for byte in REQUEST[max(sent, 1):]:
            time.sleep(0.1)
            try:
                raw.send(bytes([byte]))
            except (BrokenPipeError, ConnectionResetError):
                break
            if time.monotonic() - began > 5:
                raise AssertionError("the connection is still there")
        assert 0.8 < time.monotonic() - began < 4


def test_so_is_one_that_stops(hasty: Shim) -> None:
    with Raw(hasty.port) as raw:
        raw.send(REQUEST[:40])
        assert raw.is_closed_within(4)


def test_one_that_is_only_silent_between_requests_is_not(hasty: Shim) -> None:
    with Raw(hasty.port) as raw:
        for _ in range(2):
            raw.send(get("/healthz"))
            assert raw.answer().status == 200
            time.sleep(2.2)
        raw.send(get("/healthz"))
        assert raw.answer().status == 200


def test_one_that_does_not_read_its_answers_is_cut_off(hasty: Shim) -> None:
    owner = hasty.add_user("organizer")
    for _ in range(100):
        hasty.add_event(owner, description="x" * 2000)
    hasty.get("/healthz")
    before = len(hasty.descriptors())
    with Raw(hasty.port) as raw:
        for _ in range(60):
            raw.send(get(f"/events?organizer_id={owner.id}&limit=100"))
        time.sleep(0.5)
        assert len(hasty.descriptors()) == before + 1
        until = time.monotonic() + 6
        while len(hasty.descriptors()) > before:
            assert time.monotonic() < until
            time.sleep(0.1)


def test_connections_are_counted(database: Database) -> None:
    with Shim(database, MAX_CONNECTIONS="3") as shim:
        held = [Raw(shim.port) for _ in range(3)]
        for raw in held:
            raw.send(get("/healthz"))
            assert raw.answer().status == 200
        with Raw(shim.port, timeout=1) as waiting:
            waiting.send(get("/healthz"))
            with pytest.raises(TimeoutError):
                waiting.answer()
            for raw in held:
                raw.send(get("/healthz"))
                assert raw.answer().status == 200
            held.pop().socket.close()
            waiting.socket.settimeout(5)
            assert waiting.answer().status == 200
        for raw in held:
            raw.socket.close()


def test_short_connections_are_not_held_up_by_the_limit(database: Database) -> None:
    """One at a time is never more than the limit, however quickly they follow each other."""
    with Shim(database, MAX_CONNECTIONS="5") as shim:
        began = time.monotonic()
        for _ in range(25):
            with Raw(shim.port) as raw:
                raw.send(get("/healthz", "Connection: close"))
                assert raw.answer().status == 200
        assert time.monotonic() - began < 10


def test_a_full_queue_is_an_answer(database: Database) -> None:
    with Shim(database, DB_CONNECTIONS="1", DB_QUEUE="0") as shim:
        owner = shim.add_user("organizer")
        event_id = shim.add_event(owner)
        people = [shim.add_user() for _ in range(10)]
        with database.connect("root") as root:
            root.begin()
            root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
            refused = Semaphore(0)

            def book(person: User) -> requests.Response:
                answer = shim.post(f"/register/{event_id}", person.token)
                if answer.status_code == 503:
                    refused.release()
                return answer

            def release() -> bool:
                """Lets the one go on once the others have their answers, which wait for nothing."""
                all_refused = all(refused.acquire(timeout=20) for _ in people[1:])
                root.rollback()
                return all_refused

            *answers, all_refused = at_once([*[lambda p=person: book(p) for person in people], release])
        assert all_refused is True
        statuses = Counter(answer.status_code for answer in answers)
        assert statuses == {200: 1, 503: 9}
        for answer in answers:
            if answer.status_code == 503:
                expect_problem(answer, 503, "The service is busy, please try again in a moment", "overloaded")
        assert shim.get("/healthz").status_code == 200


def test_a_full_queue_of_passwords_is_an_answer(database: Database) -> None:
    with Shim(database, PASSWORD_THREADS="1", PASSWORD_QUEUE="2", PASSWORD_PASSES="20") as shim:
        fields = {"email": "nobody@example.org", "password": "password"}
        answers = at_once([lambda: shim.post("/auth/login", json=fields)] * 20 + [lambda: shim.get("/healthz")])
        assert answers.pop().status_code == 200
        statuses = Counter(answer.status_code for answer in answers)
        assert set(statuses) == {401, 503} and statuses[401] >= 3, statuses
        assert shim.post("/auth/login", json=fields).status_code == 401


def test_one_that_sends_without_reading_is_held_up(database: Database) -> None:
    """What it sends waits in its own socket and not in the memory of the shim."""
    sent = 0
    with Shim(database, REQUEST_TIMEOUT="5") as shim, Raw(shim.port, timeout=1) as raw:
        requests_at_once = b"GET /n HTTP/1.1\r\nHost: x\r\n\r\n" * 1000
        with contextlib.suppress(OSError):
            while sent < 64 * 1024 * 1024:
                sent += raw.socket.send(requests_at_once)
    assert sent < 32 * 1024 * 1024


def test_a_log_that_nobody_reads_stops_nothing(database: Database) -> None:
    """Standard error is a pipe, and it is full."""
    reading, writing = os.pipe()
    shim = Shim(database)
    shim.start()
    shim.stop()
    shim = Shim(database, PORT=str(shim.port))
    process = subprocess.Popen([PROGRAM], cwd=shim.directory, env=environment(shim.settings), stderr=writing)
    try:
        os.close(writing)
        shim.port = int(shim.settings["PORT"])
        until = time.monotonic() + 10
        answered = 0
        while answered < 2000:
            try:
                assert shim.get("/nothing").status_code == 404
                answered += 1
            except requests.ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.05)
    finally:
        process.terminate()
        assert process.wait(20) == 0
        os.close(reading)


def test_more_connections_than_files_are_not_promised(database: Database) -> None:
    shim = Shim(database, MAX_CONNECTIONS="100000", DB_CONNECTIONS="2")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[0], limits[0]))
    with shim:
        assert "MAX_CONNECTIONS is lowered to" in shim.log()
