"""SIGTERM and the like: what is under way is finished and recorded, and what is claimed beyond it is given back."""

from __future__ import annotations

import signal

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.mail_kinds import KINDS
from support.notifier import (
    Notifier, Running, calls, check_ledger, deliveries, make_due, take_the_turn_to_plan, wait_until,
)

SIGNALS = pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda sign: sign.name)


def states(database: Database) -> list[tuple[str, int, int]]:
    return sorted((row["state"], row["attempts"], row["uncertain_sends"]) for row in deliveries(database))


def expect_rest_later(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """What was not sent is there for the next run, and nobody gets a second mail by it."""
    assert database.rows("SELECT * FROM claims") == []
    assert notifier.run().returncode == 0
    assert set(states(database)) == {("sent", 0, 0)}
    assert set(sendgrid.recipients().values()) == {1}
    check_ledger(database, sendgrid)


def ask_for_the_end(running: Running, sign: signal.Signals, times: int = 1) -> None:
    """Sends the signal, and waits until it was seen, because there are answers that must come after it."""
    for _ in range(times):
        running.send(sign)
    wait_until(lambda: f"stopping on signal {int(sign)}" in running.log(), "the signal")


@SIGNALS
@pytest.mark.parametrize("kind", KINDS)
def test_the_request_under_way_is_finished(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str, sign: signal.Signals
) -> None:
    for _ in range(4):
        make_due(database, kind)
    sendgrid.script([{"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    ask_for_the_end(running, sign)
    sendgrid.release()
    running.wait()
    assert len(sendgrid.requests) == 1
    assert states(database) == [("due", 0, 0)] * 9 + [("sent", 0, 0)] * 3
    expect_rest_later(database, notifier, sendgrid)


def test_the_status_says_whether_something_is_due(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    for _ in range(2):
        make_due(database, "reminder")
    sendgrid.script([{"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    ask_for_the_end(running, signal.SIGTERM)
    sendgrid.release()
    assert running.wait() == 1


@SIGNALS
def test_all_requests_under_way_are_finished(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    """Two of them, after a first one that went well; a second signal changes nothing."""
    for _ in range(6):
        make_due(database, "reminder")
    sendgrid.script([{}, {"pause": True}, {"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 2)
    ask_for_the_end(running, sign, times=2)
    sendgrid.release()
    running.wait()
    assert len(sendgrid.requests) == 3
    assert states(database) == [("due", 0, 0)] * 9 + [("sent", 0, 0)] * 9
    expect_rest_later(database, notifier, sendgrid)


@SIGNALS
def test_what_is_claimed_beyond_them_is_given_back(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    """A request that is refused is tried again in parts: one of them is under way, the other waits for its turn."""
    make_due(database, "reminder", 8)
    sendgrid.script([{"status": 400}, {"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    assert states(database) == [("in_flight", 0, 0)] * 8
    ask_for_the_end(running, sign)
    sendgrid.release()
    assert running.wait() == 1
    assert states(database) == [("due", 0, 0)] * 4 + [("sent", 0, 0)] * 4
    assert "4 of 4 mails sent" in running.output()
    assert "4 given back" in running.output()
    expect_rest_later(database, notifier, sendgrid)


@SIGNALS
def test_waiting_for_the_rate_limit_ends_at_once(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    make_due(database, "reminder")
    sendgrid.script([{"status": 429, "reset": 60}])
    running = notifier.start()
    wait_until(lambda: states(database) == [("due", 0, 0)] * 3, "what is given back until the limit is lifted")
    running.send(sign)
    assert running.wait(20) == 1
    assert "stopping on signal" in running.log()
    pauses = database.rows("SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), claimable_at) AS pause FROM deliveries")
    assert all(20 < row["pause"] <= 60 for row in pauses)
    assert database.rows("SELECT * FROM claims") == []


@SIGNALS
def test_watching_ends_well(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    """At rest as in the middle of a pass."""
    make_due(database, "reminder")
    resting = notifier.start("--watch", "3600")
    wait_until(lambda: "3 of 3 mails sent" in resting.output(), "the end of the first pass")
    for _ in range(3):
        make_due(database, "update")
    sendgrid.script([{"pause": True}])
    busy = notifier.start("--watch", "1")
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    for running in (resting, busy):
        running.send(sign)
    assert resting.wait() == 0
    wait_until(lambda: "stopping on signal" in busy.log(), "the signal")
    sendgrid.release()
    assert busy.wait() == 0
    assert states(database) == [("due", 0, 0)] * 6 + [("sent", 0, 0)] * 6
    expect_rest_later(database, notifier, sendgrid)


@SIGNALS
def test_what_fails_after_the_signal_is_recorded_as_well(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    for _ in range(2):
        make_due(database, "reminder")
    sendgrid.script([{"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    ask_for_the_end(running, sign)
    sendgrid.close_connections()
    assert running.wait() == 1
    assert database.rows("SELECT * FROM claims") == []
    assert sorted({(row["kind"], row["state"], row["uncertain_sends"]) for row in deliveries(database)}) == [
        ("reminder", "due", 0), ("reminder", "unconfirmed", 1),
    ]
    sendgrid.release()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 0)
    assert notifier.run().returncode == 0
    check_ledger(database, sendgrid)


def test_a_signal_before_anything_is_claimed(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """It waits for its turn to plan, and then not much more is begun."""
    make_due(database, "reminder")
    with database.connect("root") as root:
        take_the_turn_to_plan(root)
        running = notifier.start()
        wait_until(lambda: calls(database) == 1, "a CALL of plan_deliveries that waits")
        running.send(signal.SIGTERM)
        root.rollback()
    running.wait()
    check_ledger(database, sendgrid)
    expect_rest_later(database, notifier, sendgrid)


@pytest.mark.parametrize("sign", [signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM], ids=lambda sign: sign.name)
def test_a_signal_that_means_nothing_here(
    database: Database, notifier: Notifier, sendgrid: StandIn, sign: signal.Signals
) -> None:
    """Neither does it end the program in the middle of a request nor is the rest given back."""
    for _ in range(4):
        make_due(database, "reminder")
    sendgrid.script([{"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    running.send(sign)
    wait_until(lambda: f"ignoring signal {int(sign)}: settings are read at the start" in running.log(), "the signal")
    sendgrid.release()
    assert running.wait() == 0
    assert set(states(database)) == {("sent", 0, 0)}
