"""Sockets that are handed over as systemd does it: a restart refuses nobody, and what is wrong with one is named."""

from __future__ import annotations

import http.client
import os
import secrets
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.database import Database
from support.raw import Raw, get
from support.shim import PROGRAM, Shim, environment, handing_over
from support.threads import at_once


def listener(host: str = "127.0.0.1", family: socket.AddressFamily = socket.AF_INET) -> socket.socket:
    """As systemd makes it: it blocks, and stays open however often the service is restarted."""
    each = socket.socket(family, socket.SOCK_STREAM)
    each.bind((host, 0))
    each.listen(1024)
    return each


@pytest.fixture
def given() -> Iterator[socket.socket]:
    with listener() as each:
        yield each


def test_a_socket_that_is_handed_over(database: Database, given: socket.socket) -> None:
    with Shim(database, given=[given], HOST="192.0.2.1", PORT="1") as shim:
        port = given.getsockname()[1]
        said = f"listening on 127.0.0.1 port {port}, a socket that was handed over; HOST and PORT are not used"
        assert shim.port == port and said in shim.log()
        for _ in range(3):
            with Raw(port) as raw:
                raw.send(get("/healthz"))
                assert raw.answer().status == 200
        # It waits for clients in its event loop and nowhere else.
        with Raw(port) as silent, Raw(port) as raw:
            raw.send(get("/healthz"))
            assert raw.answer().status == 200
            silent.send(get("/healthz"))
            assert silent.answer().status == 200


def test_several_sockets(database: Database) -> None:
    with listener() as first, listener() as second, listener("::1", socket.AF_INET6) as third:
        with Shim(database, given=[first, second, third], MAX_CONNECTIONS="2") as shim:
            for each in (first, second):
                shim.port = each.getsockname()[1]
                assert shim.get("/healthz").status_code == 200
            shim.session.close()
            address = f"http://[::1]:{third.getsockname()[1]}/healthz"
            assert shim.session.get(address, timeout=10).status_code == 200


class Client:
    """Asks one question after the other, on one connection for as long as the server keeps it, or on new ones."""

    def __init__(self, port: int, keep: bool, pause: float, enough: threading.Event) -> None:
        self.port = port
        self.keep = keep
        self.pause = pause
        self.enough = enough

    def run(self) -> list[int]:
        statuses = []
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.enough.is_set():
            connection.request("GET", f"/events/{len(statuses) + 1}" if len(statuses) % 2 else "/events?limit=3")
            answer = connection.getresponse()
            answer.read()
            statuses.append(answer.status)
            if not self.keep:
                connection.close()
            time.sleep(self.pause)
        connection.close()
        return statuses


def test_a_restart_refuses_nobody(database: Database, given: socket.socket) -> None:
    shim = Shim(database, given=[given])
    shim.start()
    enough = threading.Event()

    def restart() -> list[int]:
        try:
            for _ in range(4):
                time.sleep(0.3)
                assert shim.process is not None
                shim.process.send_signal(signal.SIGTERM)
                assert shim.process.wait(20) == 0
                # Who comes now waits in the socket's queue.
                time.sleep(0.2)
                shim.start()
            time.sleep(0.3)
        finally:
            enough.set()
        return []

    port = given.getsockname()[1]
    clients = [Client(port, keep, pause, enough) for keep in (True, False) for pause in (0, 0, 0.05, 0.1, 0.2)]
    outcomes = at_once([restart, *[client.run for client in clients]])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    statuses = [status for outcome in outcomes for status in outcome]
    assert len(statuses) > 200 and set(statuses) <= {200, 404}
    shim.stop()


def test_who_has_connected_before_the_end_may_still_ask(database: Database, given: socket.socket) -> None:
    """Once; the answer says that it is the last."""
    shim = Shim(database, given=[given])
    shim.start()
    with Raw(shim.port) as new, Raw(shim.port) as known, Raw(shim.port) as idle:
        for raw in (known, idle):
            raw.send(get("/healthz"))
            assert raw.answer().status == 200
        assert shim.process is not None
        shim.process.send_signal(signal.SIGTERM)
        time.sleep(0.4)
        assert "stopping on signal" in shim.log()
        for raw in (new, known):
            raw.send(get("/healthz"))
            answer = raw.answer()
            assert answer.status == 200 and answer.headers["connection"] == "close"
        assert shim.process.wait(5) == 0
    shim.stop()


def refusal(directory: Path, sockets: list[socket.socket], **settings: str) -> str:
    """The log of a shim that refuses to start because of the sockets that it was given."""
    good = {"SECRET_KEY": secrets.token_hex(32), "DATABASE_URL": "mysql://u@localhost/d?socket=/nowhere", "PORT": "0"}
    done = subprocess.run(
        [*handing_over(sockets), PROGRAM], cwd=directory, env=environment({**good, **settings}),
        stderr=subprocess.PIPE, text=True, timeout=20, pass_fds=[each.fileno() for each in sockets],
    )
    assert done.returncode == 1 and "cannot start: socket" in done.stderr, done
    return done.stderr


def test_a_socket_of_another_kind(tmp_path: Path, given: socket.socket) -> None:
    wanted = "descriptor 3, handed over by LISTEN_FDS, "
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
        assert wanted + "is no stream socket" in refusal(tmp_path, [datagrams])
    with socket.create_connection(given.getsockname()) as connection:
        assert wanted + "does not listen: it is a connection" in refusal(tmp_path, [connection])
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        assert wanted + "is of another kind than TCP" in refusal(tmp_path, [local])
        said = refusal(tmp_path, [given, local])
        assert "descriptor 4, handed over by LISTEN_FDS, is of another kind than TCP" in said and "descriptor 3" not in said


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "1x", "17", "9" * 30])
def test_a_number_of_sockets_that_is_none(tmp_path: Path, number: str) -> None:
    good = {"SECRET_KEY": secrets.token_hex(32), "DATABASE_URL": "mysql://u@localhost/d?socket=/nowhere", "PORT": "0"}
    done = subprocess.run(
        ["bash", "-c", 'LISTEN_PID=$$ exec "$@"', "bash", PROGRAM], cwd=tmp_path, stderr=subprocess.PIPE, text=True,
        env=environment({**good, "LISTEN_FDS": number}), timeout=20,
    )
    assert done.returncode == 1
    assert f'LISTEN_FDS is "{number}", which is no number of sockets from 1 to 16. ' in done.stderr


def test_descriptors_that_are_not_there(tmp_path: Path, given: socket.socket) -> None:
    """More are announced than handed over."""
    script = handing_over([given])
    script[2] = script[2].replace("LISTEN_FDS=1", "LISTEN_FDS=16")
    good = {"SECRET_KEY": secrets.token_hex(32), "DATABASE_URL": "mysql://u@localhost/d?socket=/nowhere", "PORT": "0"}
    done = subprocess.run(
        [*script, PROGRAM], cwd=tmp_path, env=environment(good), stderr=subprocess.PIPE, text=True, timeout=20,
        pass_fds=[given.fileno()],
    )
    assert done.returncode == 1
    assert "descriptor 18, handed over by LISTEN_FDS, is " in done.stderr


def test_sockets_that_were_meant_for_somebody_else(database: Database) -> None:
    with Shim(database, LISTEN_PID=str(os.getpid()), LISTEN_FDS="1") as shim:
        assert shim.get("/healthz").status_code == 200
        assert "handed over" not in shim.log()
