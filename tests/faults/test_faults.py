"""Faults of the database: quick refusals while they last, service again afterwards, never a wrong answer."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pymysql
import pytest
from requests import Response

from support.connection import Connection
from support.database import TREE, Database, Server
from support.expect import expect_problem
from support.forwarder import Forwarder
from support.raw import Raw
from support.shim import Shim, User
from support.threads import at_once

UNAVAILABLE = (503, "The service is not available, please try again in a moment", "unavailable")


def timed(ask: Callable[[], Response]) -> tuple[Response, float]:
    began = time.monotonic()
    answer = ask()
    return answer, time.monotonic() - began


def wait_for_health(shim: Shim, seconds: float = 6) -> None:
    until = time.monotonic() + seconds
    while (answer := shim.get("/healthz")).status_code != 200:
        assert time.monotonic() < until, answer.text
        time.sleep(0.1)


def pid_of(server: Server) -> int:
    return int(Path(f"{server.directory}/server.pid").read_text())


def sessions_of(database: Database, root: Connection) -> list[int]:
    rows = root.rows("SELECT id FROM information_schema.processlist WHERE user = %s", [database.server.users["shim"]])
    return [row["id"] for row in rows]


def registrations(database: Database, event_id: int) -> int:
    with database.connect("root") as root:
        return root.rows("SELECT COUNT(*) AS n FROM registrations WHERE event_id = %s", [event_id])[0]["n"]


@pytest.fixture
def people(shim: Shim) -> list[User]:
    return [shim.add_user() for _ in range(8)]


@pytest.fixture
def event_id(shim: Shim) -> int:
    return shim.add_event(shim.add_user("organizer"))


def test_the_database_stops_and_comes_back(shim: Shim, server: Server, event_id: int, people: list[User]) -> None:
    assert shim.get("/events").status_code == 200
    server.instance("stop")
    try:
        for _ in range(10):
            answer, seconds = timed(lambda: shim.get("/events"))
            expect_problem(answer, *UNAVAILABLE)
            assert seconds < 1
        expect_problem(shim.post(f"/register/{event_id}", people[0].token), *UNAVAILABLE)
        expect_problem(shim.post("/auth/login", json={"email": "a@b.example", "password": "password"}), *UNAVAILABLE)
        # What needs no database is answered as ever.
        assert shim.get("/my-registrations").status_code == 401
        assert shim.get("/events/x").status_code == 422
    finally:
        server.instance("start")
    wait_for_health(shim)
    assert shim.post(f"/register/{event_id}", people[0].token).status_code == 200
    answers = at_once([lambda: shim.get("/events")] * 20)
    assert [answer.status_code for answer in answers] == [200] * 20


def end_at_once(server: Server) -> None:
    """As by a failure of the machine's power, as far as the server can tell."""
    pid = pid_of(server)
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while is_there(server):
        assert time.monotonic() < until
        time.sleep(0.01)
    # MySQL's, which it believes as long as nobody has asked how the process ended.
    Path(f"{server.socket}.lock").unlink(missing_ok=True)


def is_there(server: Server) -> bool:
    try:
        server.connect().close()
    except pymysql.OperationalError:
        return False
    return True


def book_until_known(shim: Shim, event_id: int, person: User) -> list[int]:
    """The statuses until somebody knows whether the person is registered."""
    statuses = [shim.post(f"/register/{event_id}", person.token).status_code]
    while statuses[-1] == 503:
        assert len(statuses) < 400
        time.sleep(0.05)
        statuses.append(shim.post(f"/register/{event_id}", person.token).status_code)
    return statuses


@pytest.mark.parametrize("end", [end_at_once, lambda server: server.instance("stop")], ids=["it dies", "it is stopped"])
def test_groups_are_under_way_while_the_database_is_restarted(
    shim: Shim, database: Database, server: Server, end: Callable[[Server], object]
) -> None:
    owner = shim.add_user("organizer")
    events = [shim.add_event(owner, total_seats=1000) for _ in range(24)]
    people = [shim.add_user() for _ in range(40)]
    many_are_booked = threading.Event()

    def book(person: User) -> dict[tuple[int, int], list[int]]:
        statuses = {}
        for number, event_id in enumerate(events):
            statuses[event_id, person.id] = book_until_known(shim, event_id, person)
            if number == 3:
                many_are_booked.set()
        return statuses

    def restart() -> dict[tuple[int, int], list[int]]:
        assert many_are_booked.wait(30)
        end(server)
        server.instance("start")
        return {}

    outcomes = at_once([lambda p=person: book(p) for person in people] + [restart])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    statuses = {pair: each for outcome in outcomes for pair, each in outcome.items()}
    assert len(statuses) == len(events) * len(people)
    assert any(503 in each for each in statuses.values())
    for pair, each in statuses.items():
        # Whether what was answered by 503 has been booked, nobody could say; then it is not booked again.
        assert set(each[:-1]) <= {503} and each[-1] in ((200, 409) if len(each) > 1 else (200,)), (pair, each)
    with database.connect("root") as root:
        rows = root.rows("SELECT event_id, user_id FROM registrations WHERE event_id IN %s", [events])
        assert sorted((row["event_id"], row["user_id"]) for row in rows) == sorted(statuses)
        assert root.rows("SELECT * FROM seat_audit") == []


def test_the_shim_is_there_first(database: Database, server: Server) -> None:
    for account in list(database.connections):
        database.connections.pop(account).close()
    server.instance("stop")
    try:
        with Shim(database, DB_CONNECT_TIMEOUT="1", DB_TIMEOUT="3") as shim:
            expect_problem(shim.get("/healthz"), *UNAVAILABLE)
            server.instance("start")
            wait_for_health(shim)
    finally:
        server.instance("start")


def test_idle_connections_that_were_killed_are_replaced(
    shim: Shim, database: Database, event_id: int, people: list[User]
) -> None:
    at_once([lambda: shim.get("/events")] * 20)
    with database.connect("root") as root:
        killed = sessions_of(database, root)
        assert len(killed) >= 2
        for session in killed:
            root.rows(f"KILL {session}")
        time.sleep(0.2)
        answers = at_once([lambda p=p: shim.post(f"/register/{event_id}", p.token) for p in people])
        assert [answer.status_code for answer in answers] == [200] * len(people)
        assert not set(killed) & set(sessions_of(database, root))
    assert registrations(database, event_id) == len(people)


def test_sessions_that_time_out_are_replaced(shim: Shim, database: Database, event_id: int, people: list[User]) -> None:
    with database.connect("root") as root:
        root.rows("SET GLOBAL wait_timeout = 1")
        try:
            with Shim(database) as second:
                token = second.token(people[0].id, "participant")
                assert second.get("/my-registrations", token).status_code == 200
                time.sleep(2.5)
                assert second.post(f"/register/{event_id}", token).status_code == 200
        finally:
            root.rows("SET GLOBAL wait_timeout = 28800")


@pytest.mark.parametrize("what", ["CONNECTION", "QUERY"])
def test_a_call_that_is_killed_while_it_waits(
    shim: Shim, database: Database, event_id: int, people: list[User], what: str
) -> None:
    with database.connect("root") as root, database.connect("root") as killer, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        waiting = pool.submit(shim.post, f"/register/{event_id}", people[0].token)
        time.sleep(0.3)
        for session in sessions_of(database, killer):
            killer.rows(f"KILL {what} {session}")
        answer = waiting.result()
        root.rollback()
    expect_problem(answer, *UNAVAILABLE)
    assert registrations(database, event_id) == 0
    assert shim.post(f"/register/{event_id}", people[0].token).status_code == 200


def test_a_lock_that_is_held_for_too_long(shim: Shim, database: Database, event_id: int, people: list[User]) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        began = time.monotonic()
        answers = at_once([lambda p=p: shim.post(f"/register/{event_id}", p.token) for p in people[:6]])
        assert 2 < time.monotonic() - began < 10
        root.rollback()
    for answer in answers:
        expect_problem(answer, *UNAVAILABLE)
    assert registrations(database, event_id) == 0
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 10
    assert shim.post(f"/register/{event_id}", people[0].token).status_code == 200


def test_a_lock_that_is_held_for_less_only_takes_time(
    shim: Shim, database: Database, event_id: int, people: list[User]
) -> None:
    with database.connect("root") as root, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        waiting = pool.submit(shim.post, f"/register/{event_id}", people[0].token)
        time.sleep(1.8)
        root.rollback()
        assert waiting.result().status_code == 200
    assert registrations(database, event_id) == 1


def test_a_database_that_freezes(
    shim: Shim, database: Database, server: Server, event_id: int, people: list[User]
) -> None:
    assert shim.get("/events").status_code == 200
    frozen = pid_of(server)
    os.kill(frozen, signal.SIGSTOP)
    try:
        answers = at_once(
            [lambda: timed(lambda: shim.get("/events"))] * 3
            + [lambda p=p: timed(lambda: shim.post(f"/register/{event_id}", p.token)) for p in people[:3]]
        )
        for outcome in answers:
            answer, seconds = outcome
            expect_problem(answer, *UNAVAILABLE)
            assert seconds < 12
    finally:
        os.kill(frozen, signal.SIGCONT)
    wait_for_health(shim)
    for person in people[:3]:
        # Whether the first attempt was booked once the server went on, nobody could say; it is never booked twice.
        assert shim.post(f"/register/{event_id}", person.token).status_code in (200, 409)
    assert registrations(database, event_id) == 3


def test_procedures_that_are_deployed_anew_while_requests_run(
    shim: Shim, database: Database, server: Server, event_id: int, people: list[User]
) -> None:
    until = time.monotonic() + 3

    def ask(person: User) -> list[int]:
        statuses = []
        while time.monotonic() < until:
            statuses.append(shim.post(f"/register/{event_id}", person.token).status_code)
            statuses.append(shim.get(f"/events/{event_id}").status_code)
            statuses.append(shim.delete(f"/register/{event_id}", person.token).status_code)
        return statuses

    def deploy() -> list[int]:
        rounds = 0
        while time.monotonic() < until:
            for name in ("register_for_event", "get_event", "unregister_from_event", "internal/require_role"):
                with open(TREE / f"db/procedures/{name}.sql", "rb") as file:
                    subprocess.run(
                        [*server.client_command(), database.name], stdin=file, check=True, stdout=subprocess.DEVNULL
                    )
            rounds += 1
        assert rounds > 3
        return []

    outcomes = at_once([lambda p=p: ask(p) for p in people[:4]] + [deploy])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    statuses = [status for outcome in outcomes for status in outcome]
    assert len(statuses) > 100
    assert set(statuses) == {200}


def test_a_client_that_does_not_wait_for_its_answer(
    shim: Shim, database: Database, event_id: int, people: list[User]
) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        for person in people:
            with Raw(shim.port) as raw:
                raw.send(
                    f"POST /register/{event_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}\r\n"
                    "Content-Length: 0\r\n\r\n".encode()
                )
                time.sleep(0.05)
        root.rollback()
    time.sleep(1)
    assert registrations(database, event_id) in range(4, len(people) + 1)
    assert shim.get("/healthz").status_code == 200


@pytest.mark.parametrize("wrong", ["password", "user", "database", "host"])
def test_a_database_that_lets_nobody_in(database: Database, wrong: str) -> None:
    user, password = database.server.users["shim"], database.server.passwords["shim"]
    parts = {"user": user, "password": password, "database": database.name, **({wrong: "wrong"} if wrong != "host" else {})}
    socket = f"?socket={database.server.socket}" if wrong != "host" else ""
    host = "localhost" if wrong != "host" else "127.0.0.1:1"
    url = f"mysql://{parts['user']}:{parts['password']}@{host}/{parts['database']}{socket}"
    with Shim(database, DATABASE_URL=url, DB_CONNECT_TIMEOUT="1") as shim:
        answer, seconds = timed(lambda: shim.get("/events"))
        expect_problem(answer, *UNAVAILABLE)
        assert seconds < 2
        assert "database unreachable" in shim.log()
        assert password not in shim.log()


@pytest.fixture
def tcp(server: Server) -> Iterator[Forwarder]:
    with Forwarder(server.socket) as tcp:
        yield tcp


@pytest.fixture
def by_tcp(database: Database, server: Server, tcp: Forwarder) -> Iterator[Shim]:
    """A shim with two hosts: nothing answers at the first, and the second is the database, over TCP."""
    user, password = server.users["shim"], server.passwords["shim"]
    url = f"mysql+pymysql://{user}:{password}@127.0.0.1:1,127.0.0.1:{tcp.port}/{database.name}"
    with Shim(database, DATABASE_URL=url, DB_CONNECTIONS="1", DB_CONNECT_TIMEOUT="1", DB_TIMEOUT="3") as shim:
        yield shim


def test_the_second_of_two_hosts(by_tcp: Shim) -> None:
    assert by_tcp.get("/healthz").json() == {"status": "ok"}


def test_connections_over_tcp_that_were_killed_are_replaced(by_tcp: Shim, database: Database) -> None:
    """Over TCP the first write to a dead connection succeeds, so that the outcome of the call would be unknown."""
    event_id = by_tcp.add_event(by_tcp.add_user("organizer"))
    people = [by_tcp.add_user() for _ in range(6)]
    database.connections.pop("shim").close()
    with database.connect("root") as root:
        for person in people:
            at_once([lambda: by_tcp.get("/events")] * 4)
            for session in sessions_of(database, root):
                root.rows(f"KILL {session}")
            time.sleep(0.1)
            assert by_tcp.post(f"/register/{event_id}", person.token).status_code == 200
    assert registrations(database, event_id) == len(people)


def test_a_call_whose_answer_is_lost_is_not_made_again(by_tcp: Shim, tcp: Forwarder, database: Database) -> None:
    """It was booked, which a second attempt would take for somebody else's booking and refuse."""
    event_id = by_tcp.add_event(by_tcp.add_user("organizer"))
    person = by_tcp.add_user()
    assert by_tcp.get("/events").status_code == 200
    tcp.cuts = 1
    expect_problem(by_tcp.post(f"/register/{event_id}", person.token), *UNAVAILABLE)
    assert registrations(database, event_id) == 1
    # A read may be asked for again, and is.
    assert by_tcp.get("/healthz").status_code == 200
    tcp.cuts = 1
    assert by_tcp.get(f"/events/{event_id}").json()["seats_available"] == 9
    assert tcp.cuts == 0


def test_an_end_while_the_database_is_frozen(database: Database, server: Server) -> None:
    shim = Shim(database, DB_CONNECTIONS="2", DB_CONNECT_TIMEOUT="1", DB_TIMEOUT="2")
    shim.start()
    frozen = pid_of(server)
    assert shim.get("/events").status_code == 200
    os.kill(frozen, signal.SIGSTOP)
    try:
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(shim.get, "/events")
            time.sleep(0.3)
            shim.process.send_signal(signal.SIGTERM)
            expect_problem(waiting.result(), *UNAVAILABLE)
        assert shim.process.wait(10) == 0
    finally:
        os.kill(frozen, signal.SIGCONT)
        shim.stop()


def test_a_first_host_that_takes_no_changes(server: Server, database: Database, tcp: Forwarder) -> None:
    """As after a failover: the old primary is there again, and only to be read."""
    with Server(own=True) as replica:
        replica.users, replica.passwords = server.users, server.passwords
        subprocess.run(replica.migrate_command(database.name), check=True, stderr=subprocess.PIPE)
        replica.create_accounts()
        with replica.connect() as root:
            root.rows("SET GLOBAL read_only = 1")
        user, password = server.users["shim"], server.passwords["shim"]
        with Forwarder(replica.socket) as first:
            url = f"mysql://{user}:{password}@127.0.0.1:{first.port},127.0.0.1:{tcp.port}/{database.name}"
            with Shim(database, DATABASE_URL=url) as shim:
                for number in range(4):
                    account = {"name": "A", "email": f"changed{number}@example.org", "password": "password"}
                    assert shim.post("/auth/register", json=account).status_code == 201
        assert len(database.rows("SELECT id FROM users WHERE email LIKE 'changed%'")) == 4
