"""Faults of the database while mails are sent: what SendGrid has accepted gets on record, and nothing goes twice."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sendgrid.server import StandIn
from support.database import Database, Server
from support.forwarder import Forwarder
from support.notifier import Notifier, check_ledger, deliveries, end_leases, make_due, wait_until

QUICK = {"DB_CONNECT_TIMEOUT": "1", "DB_TIMEOUT": "3"}


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    return own_server


def pid_of(server: Server) -> int:
    return int(Path(f"{server.directory}/server.pid").read_text())


def forget_connections(database: Database) -> None:
    for account in list(database.connections):
        database.connections.pop(account).close()


def stop(server: Server, database: Database) -> None:
    forget_connections(database)
    server.instance("stop")


def crash(server: Server, database: Database) -> None:
    forget_connections(database)
    pid = pid_of(server)
    os.kill(pid, signal.SIGKILL)
    # The instance is nobody's child any more, so that it cannot be waited for.
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the server")


def expect_each_once(database: Database, sendgrid: StandIn, mails: int) -> None:
    assert {(row["state"], row["uncertain_sends"]) for row in deliveries(database)} == {("sent", 0)}
    assert database.rows("SELECT * FROM claims") == []
    assert sendgrid.mail_count == mails
    assert set(sendgrid.recipients().values()) == {1}
    check_ledger(database, sendgrid)


def sessions(database: Database) -> list[int]:
    """Those of notifiers at rest; during a CALL the user of a session is another."""
    user = database.server.users["notifier"]
    return [row["id"] for row in database.rows("SELECT id FROM information_schema.processlist WHERE user = %s", [user])]


def looks() -> Iterator[None]:
    """A few moments, some tenths of a second apart."""
    for _ in range(3):
        yield
        time.sleep(0.2)


def test_the_database_is_away_from_the_start(
    database: Database, server: Server, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "reminder")
    stop(server, database)
    try:
        away = notifier.run(**QUICK)
    finally:
        server.instance("start")
    assert away.returncode == 3
    assert "database unreachable: " in away.stderr
    assert notifier.run().returncode == 0
    expect_each_once(database, sendgrid, 3)


def test_the_database_does_not_let_it_in(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    url = database.url("notifier").replace(database.server.passwords["notifier"], "wrong")
    refused = notifier.run(DATABASE_URL=url)
    assert refused.returncode == 3
    assert "Access denied" in refused.stderr
    assert sendgrid.requests == []


@pytest.mark.parametrize("end, answered", [(stop, "meanwhile"), (crash, "afterwards")], ids=["stopped", "crashed"])
def test_the_database_is_started_anew_while_requests_are_under_way(
    database: Database, server: Server, notifier: Notifier, sendgrid: StandIn,
    end: Callable[[Server, Database], None], answered: str,
) -> None:
    for _ in range(6):
        make_due(database, "reminder")
    sendgrid.script([{}, {"pause": True, "times": 2}])
    running = notifier.start(**QUICK)
    assert sendgrid.wait_until(lambda: sendgrid.paused == 2)
    end(server, database)
    try:
        if answered == "meanwhile":
            sendgrid.release()
            wait_until(lambda: "database unreachable" in running.log(), "an attempt to record it")
    finally:
        server.instance("start")
    sendgrid.release()
    assert running.wait() == 0
    expect_each_once(database, sendgrid, 18)


def test_connections_are_killed_while_requests_are_under_way(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    for _ in range(6):
        make_due(database, "reminder")
    sendgrid.script([{"pause": True}, {}, {"pause": True, "times": 2}])
    running = notifier.start()
    for held in (1, 2):
        assert sendgrid.wait_until(lambda: sendgrid.paused == held)
        # A second request is begun before the first ones are waited for, and between two CALLs there is a rest, too.
        wait_until(lambda: all(len(sessions(database)) == 1 for _ in looks()), "the rest of the session")
        for session in sessions(database):
            database.rows(f"KILL {session}")
        sendgrid.release()
        assert sendgrid.wait_until(lambda: sendgrid.paused != held)
    assert running.wait() == 0, running.log()
    expect_each_once(database, sendgrid, 18)


@pytest.mark.parametrize("answered", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("procedure", ["plan_deliveries", "start_sending", "complete_deliveries"])
def test_a_call_is_lost_on_the_way_there_or_its_answer_on_the_way_back(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, procedure: str, answered: bool
) -> None:
    for _ in range(2):
        make_due(database, "reminder")
    forwarder.hold(procedure, answered).drop()
    assert watched.run().returncode == 0
    expect_each_once(database, sendgrid, 6)


def test_a_claim_is_lost_on_the_way_there(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    """Whether it was made cannot be told, so that the status may be either."""
    for _ in range(2):
        make_due(database, "reminder")
    forwarder.hold("claim_deliveries").drop()
    assert watched.run().returncode in (0, 1)
    expect_each_once(database, sendgrid, 6)


def test_what_was_recorded_in_time_is_not_called_late(
    database: Database, watched: Notifier, forwarder: Forwarder
) -> None:
    make_due(database, "reminder")
    forwarder.hold("complete_deliveries", answered=True).drop()
    assert "may go twice" not in watched.run().stderr


def test_a_claim_that_nobody_was_told_of_comes_back_after_its_lease(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    lost, other = (make_due(database, "reminder") for _ in range(2))
    forwarder.hold("claim_deliveries", answered=True).drop()
    watched.run()
    assert sendgrid.recipients() == dict.fromkeys(other.emails, 1)
    assert {row["event_id"] for row in deliveries(database) if row["state"] == "in_flight"} == {lost.id}
    end_leases(database)
    assert watched.run().returncode == 0
    expect_each_once(database, sendgrid, 6)


def test_a_claim_that_nobody_was_told_of_is_not_sent(
    database: Database, watched: Notifier, forwarder: Forwarder
) -> None:
    make_due(database, "reminder")
    forwarder.hold("claim_deliveries", answered=True).drop()
    assert watched.run().returncode == 1


@pytest.mark.parametrize("answered", [False, True], ids=["there", "back"])
def test_a_failure_is_counted_once(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, answered: bool
) -> None:
    make_due(database, "reminder")
    sendgrid.script([{"status": 503}])
    forwarder.hold("fail_deliveries", answered).drop()
    failed = watched.run()
    assert failed.returncode == 1
    assert "3 to be tried again" in failed.stdout
    assert {(row["state"], row["attempts"]) for row in deliveries(database)} == {("due", 1)}
    assert database.rows("SELECT * FROM claims") == []


@pytest.mark.parametrize("answered", [False, True], ids=["there", "back"])
def test_what_is_given_back_stays_given_back(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, answered: bool
) -> None:
    make_due(database, "reminder")
    sendgrid.script([{"status": 401}])
    forwarder.hold("release_deliveries", answered).drop()
    assert watched.run().returncode == 2
    assert {(row["state"], row["attempts"]) for row in deliveries(database)} == {("due", 0)}
    assert database.rows("SELECT * FROM claims") == []
    assert watched.run().returncode == 0
    expect_each_once(database, sendgrid, 3)


@pytest.mark.parametrize("timeout", ["5", "1"], ids=["shorter", "longer"])
def test_the_database_is_frozen_for_less_or_more_than_a_call_may_take(
    database: Database, server: Server, notifier: Notifier, sendgrid: StandIn, timeout: str
) -> None:
    """A call is given up two seconds after its timeout, because the server should be the one to do so."""
    for _ in range(4):
        make_due(database, "reminder")
    sendgrid.script([{}, {"pause": True, "times": 2}])
    running = notifier.start(DB_CONNECT_TIMEOUT="1", DB_TIMEOUT=timeout)
    assert sendgrid.wait_until(lambda: sendgrid.paused == 2)
    pid = pid_of(server)
    os.kill(pid, signal.SIGSTOP)
    try:
        sendgrid.release()
        time.sleep(3.5 if timeout == "1" else 1)
    finally:
        os.kill(pid, signal.SIGCONT)
    assert running.wait() == 0
    expect_each_once(database, sendgrid, 12)


def test_an_answer_that_came_in_time_counts_however_long_the_database_takes(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    """Of two requests one is answered, and while the database does not get on with that, so is the other."""
    for _ in range(3):
        make_due(database, "reminder")
    forwarder.hold("complete_deliveries").pass_on()
    gate = forwarder.hold("complete_deliveries")
    sendgrid.script([{}, {"pause": True}, {"delay": 0.5}])
    running = watched.start(SENDGRID_TIMEOUT="2", SENDGRID_REQUESTS="2")
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1 and len(sendgrid.requests) == 3)
    sendgrid.release()
    gate.wait()
    assert sendgrid.wait_until(lambda: sendgrid.requests[2].outcome == 202)
    # Until it would be late, had it not come.
    time.sleep(max(0, sendgrid.requests[2].time + 2.2 - time.time()))
    gate.pass_on()
    assert running.wait() == 0
    expect_each_once(database, sendgrid, 9)


def test_the_end_is_asked_for_while_the_database_is_away(
    database: Database, server: Server, notifier: Notifier, sendgrid: StandIn
) -> None:
    """It is waited for a little longer, for the sake of what has been sent; then that counts as uncertain."""
    event = make_due(database, "reminder")
    sendgrid.script([{"pause": True}])
    running = notifier.start(LEASE_SECONDS="600", **QUICK)
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    stop(server, database)
    try:
        sendgrid.release()
        wait_until(lambda: "database unreachable" in running.log(), "an attempt to record it")
        running.send(signal.SIGTERM)
        assert running.wait(25) == 3
    finally:
        server.instance("start")
    assert "3 mails of claim" in running.log()
    assert "they may go twice" in running.log()
    end_leases(database)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 2)
    check_ledger(database, sendgrid)


def test_watching_while_the_database_is_away(
    database: Database, server: Server, notifier: Notifier, sendgrid: StandIn
) -> None:
    """In the middle of everything, and from the start."""
    make_due(database, "reminder")
    running = notifier.start("--watch", "1", **QUICK)
    wait_until(lambda: "3 of 3 mails sent" in running.output(), "the first pass")
    stop(server, database)
    try:
        late = notifier.start("--watch", "1", **QUICK)
        for each in (running, late):
            wait_until(lambda: "database unreachable" in each.log(), "an attempt to reach the database")
    finally:
        server.instance("start")
    for _ in range(4):
        make_due(database, "cancellation")
    assert sendgrid.wait_until(lambda: sendgrid.mail_count == 15, 20)
    wait_until(lambda: {row["state"] for row in deliveries(database)} == {"sent"}, "the record of it")
    assert running.stop() == 0
    assert late.stop() == 0
    expect_each_once(database, sendgrid, 15)
