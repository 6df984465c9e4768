"""Graceful shutdown: every request that has arrived is answered."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from support.database import Database
from support.raw import Closed, Raw, get
from support.shim import Shim, environment


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_shim_ends_at_once(database: Database, sign: signal.Signals) -> None:
    shim = Shim(database)
    shim.start()
    with Raw(shim.port) as raw:
        raw.send(get("/healthz"))
        assert raw.answer().status == 200
        os.kill(shim.process.pid, sign)
        assert shim.process.wait(5) == 0
    shim.stop()


def test_logins_under_way_are_answered(database: Database) -> None:
    shim = Shim(database, PASSWORD_PASSES="20", PASSWORD_THREADS="2")
    shim.start()
    fields = {"email": "nobody@example.org", "password": "password"}
    with ThreadPoolExecutor(10) as pool:
        before = shim.arrivals()
        answers = [pool.submit(shim.post, "/auth/login", json=fields) for _ in range(10)]
        shim.wait_for_arrivals(before, 10)
        shim.process.send_signal(signal.SIGTERM)
        results = [answer.result() for answer in answers]
    assert [result.status_code for result in results] == [401] * 10
    assert sum(result.headers.get("Connection") == "close" for result in results) >= 5
    assert shim.process.wait(10) == 0
    shim.stop()


def test_a_registration_that_waits_for_a_lock_is_answered(database: Database) -> None:
    shim = Shim(database)
    shim.start()
    event_id = shim.add_event(shim.add_user("organizer"))
    person = shim.add_user()
    with database.connect("root") as root, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        before = shim.arrivals()
        answer = pool.submit(shim.post, f"/register/{event_id}", person.token)
        shim.wait_for_arrivals(before, 1)
        shim.process.send_signal(signal.SIGTERM)
        while "stopping on signal 15" not in shim.log():
            time.sleep(0.01)
        with pytest.raises((ConnectionRefusedError, Closed)):
            with Raw(shim.port) as late:
                late.send(get("/healthz"))
                late.answer()
        root.rollback()
        assert answer.result().status_code == 200
    assert shim.process.wait(5) == 0
    shim.stop()
    assert len(database.rows("SELECT id FROM registrations WHERE event_id = %s", [event_id])) == 1


def test_a_request_that_never_ends_does_not_keep_it(database: Database) -> None:
    shim = Shim(database)
    shim.start()
    with Raw(shim.port) as raw:
        raw.send(b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        time.sleep(0.2)
        shim.process.send_signal(signal.SIGTERM)
        assert shim.process.wait(5) == 0
    shim.stop()


def test_two_signals_are_one(database: Database) -> None:
    shim = Shim(database, PASSWORD_PASSES="20")
    shim.start()
    with ThreadPoolExecutor(1) as pool:
        before = shim.arrivals()
        answer = pool.submit(shim.post, "/auth/login", json={"email": "a@example.org", "password": "password"})
        shim.wait_for_arrivals(before, 1)
        shim.process.send_signal(signal.SIGTERM)
        while "stopping on signal 15" not in shim.log():
            time.sleep(0.01)
        shim.process.send_signal(signal.SIGTERM)
        assert answer.result().status_code == 401
    assert shim.process.wait(10) == 0
    assert "signal 15: stopping already, 1 requests to finish" in shim.log()
    shim.stop()


@pytest.mark.parametrize("sign", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM], ids=lambda sign: sign.name)
def test_a_signal_that_means_nothing_here(database: Database, sign: signal.Signals) -> None:
    """As logrotate sends them, or somebody who hopes that settings are read again."""
    with Shim(database) as shim:
        for _ in range(3):
            shim.process.send_signal(sign)
            assert shim.get("/healthz").status_code == 200
            time.sleep(0.05)
        said = f" info ignoring signal {int(sign)}: settings are read at the start, and the log is standard error;"
        assert shim.log().count(said) == 3
    assert shim.process is None


def test_a_terminal_that_is_closed(database: Database) -> None:
    """A shim that was started by hand ends with its terminal, although it ignores a SIGHUP that is sent by kill(1)."""
    shim = Shim(database)
    here, there = os.openpty()
    with open(shim.directory / "log", "wb") as log:
        shim.process = subprocess.Popen(
            ["setsid", "--ctty", shim.program], cwd=shim.directory, env=environment(shim.settings), stdin=there,
            stdout=log, stderr=log,
            # Under nohup it would be ignored from the start, and a shim leaves that so.
            preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
        )
    os.close(there)
    while "listening on" not in shim.log():
        assert shim.process.poll() is None
        time.sleep(0.01)
    shim.process.send_signal(signal.SIGHUP)
    while "ignoring signal 1" not in shim.log():
        time.sleep(0.01)
    os.close(here)
    assert shim.process.wait(10) == 0
    assert "stopping on signal 1" in shim.log()
    shim.stop()
