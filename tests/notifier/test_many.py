"""Ten notifiers at once: nobody is left out, and nobody gets two."""

from __future__ import annotations

import signal
from collections import Counter

from sendgrid.server import StandIn
from support.connection import Connection
from support.database import Database
from support.mail_kinds import KINDS
from support.notifier import Notifier, calls, check_ledger, deliveries, end_leases, make_due, wait_until

# How many mails each of them claims at a time, so that they part what is due in many ways.
CLAIMS = (20, 20, 20, 50, 50, 100, 100, 200, 1000, 1000)
# Some have more participants than one request has room for.
SIZES = [1500] * 3 + [150] * 37


def deadlocks(root: Connection) -> int:
    """How many there have been; MySQL and MariaDB count them in different places."""
    counted = root.rows("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
    if counted:
        return int(counted[0]["Value"])
    return root.rows("SELECT count FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'")[0]["count"]


def make_many_due(database: Database) -> list[str]:
    return [email for i, size in enumerate(SIZES) for email in make_due(database, KINDS[i % len(KINDS)], size).emails]


def test_each_of_10000_mails_goes_once(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    emails = make_many_due(database)
    assert len(emails) >= 10000
    sendgrid.configure(delay=0.02)
    with database.connect("root") as root:
        before = deadlocks(root)
        running = [notifier.start(MAILS_PER_REQUEST=str(claim)) for claim in CLAIMS]
        assert [each.wait() for each in running] == [0] * len(CLAIMS)
        assert deadlocks(root) == before
    assert [each.log() for each in running] == [""] * len(CLAIMS)
    assert sendgrid.recipients() == Counter(emails)
    rows = deliveries(database)
    assert {(row["state"], row["attempts"], row["uncertain_sends"]) for row in rows} == {("sent", 0, 0)}
    assert len(rows) == len(emails)
    assert database.rows("SELECT * FROM claims") == []
    # They have shared the work.
    assert sum("0 of 0 mails sent" not in each.output() for each in running) > 1
    assert sum(int(each.output().split()[0]) for each in running) == len(emails)


def test_some_of_them_are_killed(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """Four of ten, at whatever they are doing."""
    emails = make_many_due(database)
    sendgrid.configure(delay=0.02)
    running = [notifier.start(MAILS_PER_REQUEST=str(claim)) for claim in CLAIMS]
    for each, accepted in zip(running, (500, 1000, 2000, 4000)):
        assert sendgrid.wait_until(lambda: sendgrid.mail_count >= accepted, 30)
        each.send(signal.SIGKILL)
    assert [each.wait() for each in running[4:]] == [0] * (len(CLAIMS) - 4)
    wait_until(lambda: calls(database) == 0, "the end of what the dead have asked for")
    end_leases(database)
    assert notifier.run().returncode == 0
    rows = deliveries(database)
    assert sorted(row["email"] for row in rows) == sorted(emails)
    assert {row["state"] for row in rows} == {"sent"}
    check_ledger(database, sendgrid)
    assert database.rows("SELECT * FROM claims") == []
