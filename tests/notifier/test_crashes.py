"""A notifier that is killed at any step: nobody misses a mail, and the ledger knows who may have got two."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.forwarder import Forwarder
from support.mail_kinds import KINDS
from support.notifier import (
    Notifier, calls, check_ledger, deliveries, end_leases, end_pauses, make_due, max_attempts,
    take_the_turn_to_plan, wait_until,
)


@dataclass(frozen=True)
class Step:
    """The CALL at which the notifier is killed: before the database sees it, or when it is done and nobody was told."""

    procedure: str
    answered: bool
    uncertain: bool = False  # sending was announced and nothing reported, so that the mails may have left
    arrives: int = 1  # how often each mail does in the end
    status: int | None = None  # what SendGrid answers

    def __str__(self) -> str:
        return f"{'after' if self.answered else 'before'}-{self.procedure}{self.status or ''}"


STEPS = (
    Step("plan_deliveries", answered=False),
    Step("plan_deliveries", answered=True),
    Step("claim_deliveries", answered=False),
    Step("claim_deliveries", answered=True),
    Step("start_sending", answered=False),
    Step("start_sending", answered=True, uncertain=True),
    Step("complete_deliveries", answered=False, uncertain=True, arrives=2),
    Step("complete_deliveries", answered=True),
    Step("fail_deliveries", answered=False, uncertain=True, status=503),
    Step("fail_deliveries", answered=True, status=503),
    Step("release_deliveries", answered=False, uncertain=True, status=401),
    Step("release_deliveries", answered=True, status=401),
)


def finish(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """What others do after a crash: nothing while the lease lasts, and then everything."""
    before = len(sendgrid.requests)
    held = [row["id"] for row in deliveries(database) if row["state"] == "in_flight"]
    if held:
        other = notifier.run()
        assert other.returncode == 0, other.stderr
        assert len(sendgrid.requests) == before
        assert [row["id"] for row in deliveries(database) if row["state"] == "in_flight"] == held
    end_leases(database)
    end_pauses(database)
    for _ in range(2):
        last = notifier.run()
        assert last.returncode == 0, last.stderr
    assert {row["state"] for row in deliveries(database)} == {"sent"}
    assert database.rows("SELECT * FROM claims") == []
    check_ledger(database, sendgrid)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", STEPS, ids=str)
def test_killed(
    database: Database, notifier: Notifier, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, kind: str,
    step: Step,
) -> None:
    event = make_due(database, kind)
    if step.status is not None:
        sendgrid.script([{"status": step.status}])
    gate = forwarder.hold(step.procedure, step.answered)
    running = watched.start()
    gate.wait()
    running.kill()
    gate.drop()
    finish(database, notifier, sendgrid)
    assert sendgrid.recipients() == dict.fromkeys(event.emails, step.arrives)
    assert [row["uncertain_sends"] for row in deliveries(database)] == [int(step.uncertain)] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_killed_when_sendgrid_has_the_mails_and_has_not_answered(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    event = make_due(database, kind)
    sendgrid.script([{"pause": True}])
    running = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    running.kill()
    sendgrid.release()
    finish(database, notifier, sendgrid)
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 2)
    assert [row["uncertain_sends"] for row in deliveries(database)] == [1] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle_of_planning(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    """The database may go on with it or not; either way everybody is in the ledger once."""
    event = make_due(database, kind)
    with database.connect("root") as root:
        take_the_turn_to_plan(root)
        running = notifier.start()
        wait_until(lambda: calls(database) == 1, "a CALL of plan_deliveries that waits")
        running.kill()
        root.rollback()
    # Nobody is left who could still plan beside the next run.
    wait_until(lambda: calls(database) == 0, "the end of the CALL")
    finish(database, notifier, sendgrid)
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert [row["uncertain_sends"] for row in deliveries(database)] == [0] * 3


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_reported_before_the_crash_stays_reported(
    database: Database, notifier: Notifier, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, kind: str
) -> None:
    """Of three claims the first is on record, the second is announced, and the third is no more than claimed."""
    events = [make_due(database, kind) for _ in range(3)]
    first, second, third = (forwarder.hold("start_sending") for _ in range(3))
    first.pass_on()
    second.pass_on()
    # Otherwise the second may be on record, too, before the third begins.
    sendgrid.script([{}, {"pause": True}])
    running = watched.start()
    third.wait()
    running.kill()
    third.drop()
    sendgrid.configure(clear=True, release=True)
    states = [{row["state"] for row in deliveries(database) if row["event_id"] == event.id} for event in events]
    assert states == [{"sent"}, {"in_flight"}, {"in_flight"}]
    finish(database, notifier, sendgrid)
    uncertain = {row["event_id"]: row["uncertain_sends"] for row in deliveries(database)}
    assert uncertain == {events[0].id: 0, events[1].id: 1, events[2].id: 0}


def test_one_that_kills_its_notifier_each_time_comes_to_an_end(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "reminder")
    attempts = max_attempts(database)
    sendgrid.script([{"pause": True, "times": attempts}])
    for _ in range(attempts):
        running = notifier.start()
        assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
        running.kill()
        sendgrid.release()
        assert sendgrid.wait_until(lambda: sendgrid.paused == 0)
        end_leases(database)
    assert notifier.run().returncode == 0
    rows = deliveries(database)
    assert {(row["state"], row["attempts"], row["uncertain_sends"]) for row in rows} == {("dead", attempts, attempts)}
    assert len(sendgrid.requests) == attempts
    check_ledger(database, sendgrid)
