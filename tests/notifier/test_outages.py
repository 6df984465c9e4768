"""SendGrid is away for a while: it is let alone meanwhile, and afterwards everybody gets their mail."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.mail_kinds import KINDS
from support.notifier import Notifier, check_ledger, deliveries, end_pauses, make_due, max_attempts, wait_until

EVENTS = 20
# The delay leaves time for a second request, which is not to be made before the first one has succeeded.
OUTAGES = ({"status": 500, "delay": 0.1}, {"status": 503, "delay": 0.1}, {"status": 408}, None)


def go_away(sendgrid: StandIn, outage: dict | None) -> None:
    """Answers with an error, or not at all."""
    if outage is None:
        sendgrid.stop()
    else:
        sendgrid.script([{**outage, "times": 1000}])


def come_back(sendgrid: StandIn, outage: dict | None) -> None:
    if outage is None:
        sendgrid.start()
    else:
        sendgrid.configure(clear=True)


@pytest.mark.parametrize("outage", OUTAGES, ids=str)
def test_few_requests_while_it_is_away_and_all_mails_afterwards(
    database: Database, notifier: Notifier, sendgrid: StandIn, outage: dict | None
) -> None:
    events = [make_due(database, KINDS[i % len(KINDS)]) for i in range(EVENTS)]
    go_away(sendgrid, outage)
    for run in (1, 2):
        ill = notifier.run()
        assert ill.returncode == 1
        assert "SendGrid fails again and again" in ill.stderr
        tried = [row for row in deliveries(database) if row["attempts"] > 0]
        # Three failures in a row, of one request each, and others' mails the next time.
        assert len(tried) == 9 * run
        assert {(row["attempts"], row["uncertain_sends"]) for row in tried} == {(1, 0)}
        assert len(sendgrid.requests) == (0 if outage is None else 3 * run)
        assert {row["state"] for row in deliveries(database)} == {"due"}
        assert database.rows("SELECT * FROM claims") == []
    come_back(sendgrid, outage)
    # The others wait for their next try, of which it tells.
    assert notifier.run().returncode == 1
    assert sendgrid.mail_count == 3 * EVENTS - 18
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys([email for event in events for email in event.emails], 1)
    check_ledger(database, sendgrid)


def test_it_falls_ill_in_the_middle_of_a_run(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """With eight requests at once more than three may fail, and no more than those."""
    for _ in range(2 * EVENTS):
        make_due(database, "reminder")
    sendgrid.script([{"times": 8}, {"status": 503, "times": 1000}])
    assert notifier.run().returncode == 1
    assert 8 + 3 <= len(sendgrid.requests) <= 8 + 8
    # One failure is no outage, and neither are two with a success in between.
    sendgrid.configure(clear=True, steps=[{"status": 503}, {}, {"status": 503}, {"status": 503}, {}] * 2)
    assert notifier.run(SENDGRID_REQUESTS="1").returncode == 1
    assert {row["state"] for row in deliveries(database) if row["attempts"] == 0} == {"sent"}
    assert sendgrid.steps.left == 0
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert {row["state"] for row in deliveries(database)} == {"sent"}
    check_ledger(database, sendgrid)


def test_one_request_at_a_time_after_a_failure(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    for _ in range(6):
        make_due(database, "reminder")
    sendgrid.script([{}, {"status": 503}, {"pause": True, "times": 4}])
    running = notifier.start(SENDGRID_REQUESTS="2")
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    wait_until(lambda: any(row["attempts"] > 0 for row in deliveries(database)), "the record of the failure")
    # There would be another one soon.
    assert not sendgrid.wait_until(lambda: sendgrid.paused == 2, 0.3)
    sendgrid.release()
    # It has gone well, so that there are two again.
    assert sendgrid.wait_until(lambda: sendgrid.paused == 2)
    sendgrid.release()
    assert sendgrid.wait_until(lambda: sendgrid.paused == 1)
    sendgrid.release()
    assert running.wait() == 1
    assert sendgrid.mail_count == 15
    check_ledger(database, sendgrid)


def test_the_pauses_grow_and_the_mails_are_dead_in_the_end(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event = make_due(database, "update")
    attempts = max_attempts(database)
    sendgrid.script([{"status": 503, "times": attempts}])
    for attempt in range(1, attempts):
        assert notifier.run().returncode == 1
        pauses = [row["pause"] for row in database.rows(
            "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), claimable_at) AS pause FROM deliveries WHERE attempts = %s",
            [attempt],
        )]
        longest = min(60 * 2 ** (attempt - 1), 21600)
        assert len(pauses) == 3
        # Less what has passed since.
        assert longest / 2 - 10 <= min(pauses) <= max(pauses) <= longest
        assert notifier.run().returncode == 1
        assert len(sendgrid.requests) == attempt
        end_pauses(database)
    last = notifier.run()
    assert last.returncode == 1
    assert "3 dead" in last.stdout
    assert {(row["state"], row["attempts"]) for row in deliveries(database)} == {("dead", attempts)}
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert len(sendgrid.requests) == attempts
    # A person may give them another chance.
    assert database.call("requeue_deliveries", "dead", None, None, account="dba")[0][0]["requeued"] == 3
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.fixture
def short_pauses(database: Database) -> Iterator[None]:
    database.rows("UPDATE settings SET value = 1 WHERE name = 'delivery_retry_seconds'")
    yield
    database.rows("UPDATE settings SET value = 60 WHERE name = 'delivery_retry_seconds'")


@pytest.mark.usefixtures("short_pauses")
@pytest.mark.parametrize("outage", [{"status": 503}, None], ids=str)
def test_watching_through_an_outage(
    database: Database, notifier: Notifier, sendgrid: StandIn, outage: dict | None
) -> None:
    make_due(database, "reminder")
    go_away(sendgrid, outage)
    running = notifier.start("--watch", "1")
    wait_until(lambda: any(row["attempts"] > 0 for row in deliveries(database)), "a first attempt")
    make_due(database, "cancellation")
    come_back(sendgrid, outage)
    assert sendgrid.wait_until(lambda: sendgrid.mail_count == 6, 20)
    wait_until(lambda: {row["state"] for row in deliveries(database)} == {"sent"}, "the record of it")
    assert running.stop() == 0
    assert set(sendgrid.recipients().values()) == {1}
    check_ledger(database, sendgrid)


def test_an_end_in_the_middle_of_an_outage(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """While it watches, and rests because of SendGrid, a signal ends it at once."""
    make_due(database, "reminder")
    sendgrid.stop()
    running = notifier.start("--watch", "3600")
    wait_until(lambda: "0 of 3 mails sent" in running.output(), "the end of the first pass")
    running.send(signal.SIGINT)
    assert running.wait() == 0
