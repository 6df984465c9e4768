"""A notifier that is frozen for longer than its lease, which others take for its death."""

from __future__ import annotations

import signal

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.forwarder import Forwarder
from support.mail_kinds import KINDS
from support.notifier import (
    Notifier, Running, cancel_event, change_event, check_ledger, deliveries, end_leases, end_pauses, make_due,
)


def states(database: Database) -> set[tuple[str, int]]:
    return {(row["state"], row["uncertain_sends"]) for row in deliveries(database)}


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_after_the_claim_until_another_has_sent_the_mails(
    database: Database, notifier: Notifier, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, kind: str
) -> None:
    event = make_due(database, kind)
    gate = forwarder.hold("claim_deliveries", answered=True)
    frozen = watched.start()
    gate.wait()
    frozen.send(signal.SIGSTOP)
    gate.pass_on()
    end_leases(database)
    assert notifier.run().returncode == 0
    frozen.send(signal.SIGCONT)
    assert frozen.wait() == 0
    assert "3 mails are claimed anew: their event has changed, or their lease has ended" in frozen.log()
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert states(database) == {("sent", 0)}


@pytest.mark.parametrize("kind", KINDS)
def test_frozen_after_the_claim_until_its_lease_is_over(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, kind: str
) -> None:
    """Nobody else has come by, but somebody might at any moment; it claims them again itself."""
    event = make_due(database, kind)
    gate = forwarder.hold("claim_deliveries", answered=True)
    frozen = watched.start()
    gate.wait()
    frozen.send(signal.SIGSTOP)
    gate.pass_on()
    end_leases(database)
    frozen.send(signal.SIGCONT)
    assert frozen.wait() == 0
    assert "3 mails are claimed anew: their event has changed, or their lease has ended" in frozen.log()
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert states(database) == {("sent", 0)}


def test_what_has_changed_since_its_claim_is_said_as_it_is(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    """Claimed with one venue, and about to leave when there is another: nobody is told of the first."""
    event = make_due(database, "update")
    gate = forwarder.hold("start_sending")
    running = watched.start()
    gate.wait()
    change_event(database, event, "The third hall")
    gate.pass_on()
    assert running.wait() == 0
    assert "3 mails are claimed anew: their event has changed" in running.log() and "error" not in running.log()
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    for mail in sendgrid.mails():
        assert "  Venue: was Town Hall\r\n      is now The third hall\r\n" in str(mail["text"])
        assert "Another hall" not in str(mail["text"]) + str(mail["html"])


def test_what_was_called_off_since_its_claim_is_called_off(
    database: Database, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    event = make_due(database, "update")
    gate = forwarder.hold("start_sending")
    running = watched.start()
    gate.wait()
    cancel_event(database, event)
    gate.pass_on()
    assert running.wait() == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    for mail in sendgrid.mails():
        assert mail["subject"] == "Cancelled: Analytical Engines"
        # As they know it: of the change they were never told.
        assert "  Venue: Town Hall\r\n" in str(mail["text"])


def freeze_while_sending(notifier: Notifier, sendgrid: StandIn) -> Running:
    """A notifier that has yet to read that SendGrid has accepted its mails, frozen."""
    sendgrid.script([{"pause": True}])
    frozen = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    frozen.send(signal.SIGSTOP)
    sendgrid.release()
    assert sendgrid.wait_until(lambda: sendgrid.requests[0].outcome == 202)
    return frozen


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_recorded_late_counts(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    event = make_due(database, kind)
    frozen = freeze_while_sending(notifier, sendgrid)
    end_leases(database)
    frozen.send(signal.SIGCONT)
    assert frozen.wait() == 0
    assert states(database) == {("sent", 0)}
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_due_again_and_nobody_has_claimed_can_still_be_recorded(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    event = make_due(database, kind)
    frozen = freeze_while_sending(notifier, sendgrid)
    end_leases(database)
    assert database.call("plan_deliveries", None, account="notifier")[0][0]["recovered"] == 3
    assert states(database) == {("due", 1)}
    frozen.send(signal.SIGCONT)
    assert frozen.wait() == 0
    assert states(database) == {("sent", 1)}
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_what_another_has_claimed_is_not_touched_any_more(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    event = make_due(database, kind)
    frozen = freeze_while_sending(notifier, sendgrid)
    end_leases(database)
    sendgrid.script([{"pause": True}])
    other = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    frozen.send(signal.SIGCONT)
    assert frozen.wait() == 0
    assert "3 mails were sent after somebody else had claimed them" in frozen.log()
    # It is the other's to say that they were sent.
    assert states(database) == {("in_flight", 1)}
    assert [row["mails"] for row in database.rows("SELECT mails FROM claims")] == [3]
    sendgrid.release()
    assert other.wait() == 0
    assert states(database) == {("sent", 1)}
    assert {row["message_id"] for row in deliveries(database)} == {sendgrid.requests[1].message_id}
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 2)


@pytest.mark.parametrize("step", [{"status": 503}, {"status": 401}, {"status": 429}, {"drop": "after"}], ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_that_is_recorded_late_is_not_the_others(
    database: Database, notifier: Notifier, watched: Notifier, forwarder: Forwarder, sendgrid: StandIn, kind: str,
    step: dict,
) -> None:
    """Whatever became of the first one's request, the other's is under way."""
    make_due(database, kind)
    gate = forwarder.hold("release_deliveries" if step.get("status") in (401, 429) else "fail_deliveries")
    sendgrid.script([step, {"pause": True}])
    late = watched.start()
    gate.wait()
    end_leases(database)
    other = notifier.start()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    gate.pass_on()
    if step.get("status") == 429:
        # It would wait for the limit to be lifted, and find nothing to do then.
        late.stop()
    else:
        late.wait()
    assert states(database) == {("in_flight", 1)}
    assert {row["attempts"] for row in deliveries(database)} == {1}
    sendgrid.release()
    assert other.wait() == 0
    assert states(database) == {("sent", 1)}
    end_pauses(database)
    assert notifier.run().returncode == 0
    check_ledger(database, sendgrid)
