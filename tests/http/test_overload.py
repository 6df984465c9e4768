"""Overload: who is refused and how, who is not, and that all is served again afterwards."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from requests import Response

from support.database import Database
from support.expect import expect_problem
from support.locks import held
from support.raw import Answer, Raw, get
from support.shim import Shim, User
from support.threads import at_once

OVERLOADED = (503, "The service is busy, please try again in a moment", "overloaded")
PATIENCE = 40
# More than are refused at once within a second.
CROWD = 800


def booking(event_id: int, person: User) -> bytes:
    return "\r\n".join((
        f"POST /register/{event_id} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {person.token}",
        "Content-Length: 0", "", "",
    )).encode()


def new_event(shim: Shim, owner: User) -> Response:
    when = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    return shim.post("/events", owner.token, json={
        "title": "Databases", "description": "About them", "venue": "Hall", "speaker": "Ada", "event_date": when,
        "total_seats": 5,
    })


@contextmanager
def full(database: Database) -> Iterator[Shim]:
    """A shim that refuses all that needs the database, because the only place is taken by who waits for a lock."""
    with Shim(database, DB_CONNECTIONS="1", DB_QUEUE="0", DB_TIMEOUT="60") as shim, ThreadPoolExecutor(1) as pool:
        event_id = shim.add_event(shim.add_user("organizer"))
        person = shim.add_user()
        # So that nothing else has the place, not even what the shim asks the database first.
        until = time.monotonic() + PATIENCE
        while shim.get("/healthz").status_code != 200:
            assert time.monotonic() < until
        with held(database, event_id):
            before = shim.arrivals()
            waiting = pool.submit(shim.post, f"/register/{event_id}", person.token)
            shim.wait_for_arrivals(before, 1)
            yield shim
        assert waiting.result(PATIENCE).status_code == 200


def check_refusals(answers: list[Answer]) -> None:
    """That each says all that a refusal says, and that together they send the clients to different times."""
    for answer in answers:
        problem = answer.json()
        assert (answer.status, problem["detail"], problem["code"]) == OVERLOADED
        assert problem["request_id"] == answer.headers["x-request-id"]
        assert answer.headers["access-control-allow-origin"] == "*"
    seconds = Counter(int(answer.headers["retry-after"]) for answer in answers)
    assert set(seconds) == set(range(1, 11)), seconds
    assert max(seconds.values()) < len(answers) / 4, seconds


def test_a_crowd_is_refused_and_sent_to_different_times(database: Database) -> None:
    with full(database) as shim, ExitStack() as stack:
        crowd = [stack.enter_context(Raw(shim.port, timeout=PATIENCE)) for _ in range(CROWD)]
        for round_ in range(2):
            for number, raw in enumerate(crowd):
                raw.send(get("/events", f"X-Request-Id: crowd-{round_}-{number}"))
            # What needs no database is answered whatever happens to the others.
            assert shim.get("/nothing").status_code == 404
            answers = [raw.answer() for raw in crowd]
            check_refusals(answers)
            assert [answer.headers["x-request-id"] for answer in answers] == [
                f"crowd-{round_}-{number}" for number in range(CROWD)
            ]
        log = shim.log()
        assert all(log.count(f"id=crowd-{round_}-{number}\n") == 1 for round_ in range(2) for number in range(CROWD))


def test_who_is_being_refused_gets_the_answer_before_the_end(database: Database) -> None:
    with full(database) as shim, ExitStack() as stack:
        crowd = [stack.enter_context(Raw(shim.port, timeout=PATIENCE)) for _ in range(CROWD)]
        before = shim.arrivals()
        for raw in crowd:
            raw.send(get("/events"))
        shim.wait_for_arrivals(before, CROWD)
        assert shim.process is not None
        shim.process.send_signal(signal.SIGTERM)
        check_refusals([raw.answer() for raw in crowd])


def test_clients_that_leave_while_they_are_refused_do_no_harm(database: Database) -> None:
    with full(database) as shim:
        with ExitStack() as stack:
            crowd = [stack.enter_context(Raw(shim.port, timeout=PATIENCE)) for _ in range(CROWD)]
            before = shim.arrivals()
            for raw in crowd:
                raw.send(get("/events"))
            shim.wait_for_arrivals(before, CROWD)
            for raw in crowd[::2]:
                raw.reset()
            assert {raw.answer().status for raw in crowd[1::2]} == {503}
        assert shim.get("/nothing").status_code == 404


def test_a_database_that_is_away_sends_clients_to_different_times(database: Database) -> None:
    with Shim(database, DATABASE_URL="mysql://nobody:x@127.0.0.1:1/eventhub") as shim:
        answers = [shim.get("/events") for _ in range(60)]
        for answer in answers:
            expect_problem(answer, 503, "The service is not available, please try again in a moment", "unavailable")
        assert len({answer.headers["Retry-After"] for answer in answers}) > 3


def code_of(answer: Response) -> str:
    return answer.json().get("code", "") if answer.status_code != 201 else "created"


def test_a_database_that_stands_still_leads_to_refusals_until_it_goes_on(database: Database) -> None:
    """Nobody has to wait for what is not going to be served in time, and nobody is refused afterwards."""
    with Shim(database, DB_CONNECTIONS="2", DB_TIMEOUT="4") as shim, ThreadPoolExecutor(200) as pool:
        owner = shim.add_user("organizer")
        assert new_event(shim, owner).status_code == 201
        sent: list[Future[Response]] = []
        with database.connect("root") as root:
            root.rows("LOCK TABLES events WRITE")
            until = time.monotonic() + PATIENCE
            while not any(each.done() and code_of(each.result()) == "overloaded" for each in sent):
                assert time.monotonic() < until
                sent.append(pool.submit(new_event, shim, owner))
                time.sleep(0.1)
            assert shim.get("/nothing").status_code == 404
            root.rows("UNLOCK TABLES")
        codes = Counter(code_of(each.result(PATIENCE)) for each in sent)
        assert set(codes) <= {"created", "overloaded", "unavailable"}, codes
        assert new_event(shim, owner).status_code == 201
        answers = at_once([lambda: new_event(shim, owner)] * 50)
        assert [code_of(answer) for answer in answers if isinstance(answer, Response)] == ["created"] * 50


def test_who_waits_for_a_locked_event_closes_the_others_to_nobody(database: Database) -> None:
    """However long they wait, and however many they are."""
    with Shim(database, DB_CONNECTIONS="2", DB_TIMEOUT="6") as shim, ThreadPoolExecutor(40) as pool:
        owner = shim.add_user("organizer")
        locked, free = (shim.add_event(owner, total_seats=100) for _ in range(2))
        people = [shim.add_user() for _ in range(30)]
        with held(database, locked):
            before = shim.arrivals()
            waiting = [pool.submit(shim.post, f"/register/{locked}", person.token) for person in people]
            shim.wait_for_arrivals(before, len(people))
            # More than the half of DB_TIMEOUT after which nobody is let in if nobody is served.
            time.sleep(3.5)
            assert [shim.post(f"/register/{free}", person.token).status_code for person in people[:5]] == [200] * 5
            assert shim.get("/healthz").status_code == 200
        assert Counter(each.result(PATIENCE).status_code for each in waiting) == {200: len(people)}


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_nothing_is_done_for_a_client_that_has_left_the_queue(database: Database, reset: bool) -> None:
    """It does not book what nobody waits for, and the others of its group are served."""
    with Shim(database, DB_CONNECTIONS="1") as shim, ThreadPoolExecutor(4) as pool:
        owner = shim.add_user("organizer")
        event_id = shim.add_event(owner, total_seats=50)
        first, gone, *others = (shim.add_user() for _ in range(4))
        with held(database, event_id):
            before = shim.arrivals()
            waiting = [pool.submit(shim.post, f"/register/{event_id}", first.token)]
            shim.wait_for_arrivals(before, 1)
            before = shim.arrivals()
            with Raw(shim.port) as raw:
                raw.send(booking(event_id, gone))
                shim.wait_for_arrivals(before, 1)
                waiting += [pool.submit(shim.post, f"/register/{event_id}", other.token) for other in others]
                shim.wait_for_arrivals(before, 3)
                if reset:
                    raw.reset()
            # It is noticed when a client has waited for a second, once a second.
            time.sleep(3)
        assert [each.result(PATIENCE).status_code for each in waiting] == [200] * 3
        booked = {row["user_id"] for row in database.rows("SELECT user_id FROM registrations WHERE event_id = %s", [event_id])}
        assert booked == {first.id, *(other.id for other in others)}
        assert shim.log().count(f" path=/register/{event_id} status=503 ") == 1
        # Who comes back books.
        assert shim.post(f"/register/{event_id}", gone.token).status_code == 200
