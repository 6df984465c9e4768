"""Databases of the previous version with mails in every state: this version sends the mails that were still to be sent."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from hashlib import sha256

import pytest

from operation.checkout import Checkout
from support.connection import Row
from support.sources import MIGRATIONS

BEFORE = [file for file in MIGRATIONS if int(file.name[:4]) < 14]
# Events start in a day and a half or in twelve hours, with seconds, which mails leave out.
FIXTURE = """
INSERT INTO users (id, name, email, role, password_hash) VALUES
    (1, 'Olga', 'olga@example.org', 'organizer', 'none'), (2, 'Ann', 'ann@example.org', 'participant', 'none');
INSERT INTO events (id, title, description, venue, speaker, event_date, total_seats, seats_available, organizer_id,
        cancelled_at)
    SELECT n, 'Talk', '', 'Hall 2', 'Bea', UTC_TIMESTAMP() + INTERVAL IF(n = 4, 12, 36) * 3600 SECOND, 9, 8, 1,
        IF(n = 1, UTC_TIMESTAMP(), NULL)
    FROM (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4) AS numbers;
UPDATE events SET event_date = event_date - INTERVAL SECOND(event_date) SECOND + INTERVAL 7 SECOND;
INSERT INTO registrations (id, event_id, user_id, seats, registered_at)
    SELECT id, id, 2, 1, UTC_TIMESTAMP() - INTERVAL 2 DAY FROM events;
-- 1: told of a change, and called off since; 2: a change that nobody has planned; 3: one whose notifier has died.
INSERT INTO notices (kind, event_id, occasion, planned_through, last_registration_id, planned_at, old_event_date,
        old_venue, old_speaker)
    SELECT 'update', id, UTC_TIMESTAMP(6) - INTERVAL 1 HOUR, IF(id = 2, 0, id), id, IF(id = 2, NULL, UTC_TIMESTAMP()),
        event_date, 'Hall 1', 'Bea'
    FROM events WHERE id < 4;
INSERT INTO cancellations (event_id, cancelled_at) SELECT id, cancelled_at FROM events WHERE id = 1;
-- 4: a reminder whose notifier has died.
INSERT INTO notices (kind, event_id, occasion, planned_through) SELECT 'reminder', 4, event_date, 4 FROM events WHERE id = 4;
INSERT INTO claims (id, worker, kind, event_id, occasion, mails, claimed_at, sending_at, lease_until)
    SELECT event_id, 'dead', kind, event_id, occasion, 1, UTC_TIMESTAMP(), UTC_TIMESTAMP(), UTC_TIMESTAMP()
    FROM notices WHERE event_id IN (3, 4);
INSERT INTO deliveries (registration_id, kind, occasion, event_id, user_id, state, claimable_at, claim_id, finished_at)
    SELECT event_id, kind, occasion, event_id, 2, IF(event_id = 1, 'sent', 'in_flight'), occasion, event_id,
        IF(event_id = 1, UTC_TIMESTAMP() - INTERVAL 30 MINUTE, NULL)
    FROM notices WHERE event_id <> 2;
"""


@pytest.fixture
def before(checkout: Checkout) -> Checkout:
    """The tables of the version before, and what the test is about in them."""
    record = """
        CREATE TABLE schema_migrations (
            version INT UNSIGNED NOT NULL PRIMARY KEY, name VARCHAR(255) NOT NULL, sha256 CHAR(64) NOT NULL,
            started_at DATETIME NOT NULL DEFAULT (UTC_TIMESTAMP()), finished_at DATETIME NULL
        ) ENGINE = InnoDB DEFAULT CHARACTER SET ascii COLLATE ascii_bin;
    """
    for file in BEFORE:
        digest = sha256(file.read_bytes()).hexdigest()
        record += "INSERT INTO schema_migrations (version, name, sha256, finished_at) VALUES"
        record += f" ({int(file.name[:4])}, '{file.name}', '{digest}', UTC_TIMESTAMP());\n"
    create = f"CREATE DATABASE {checkout.name} COLLATE utf8mb4_unicode_520_ci; USE {checkout.name};"
    subprocess.run(
        [*checkout.server.client_command(), "--default-character-set=utf8mb4", "--comments"],
        input="\n".join([create, *(file.read_text(encoding="utf-8") for file in BEFORE), record, FIXTURE]),
        check=True, text=True,
    )
    return checkout


def sent(checkout: Checkout) -> Iterator[Row]:
    """Every mail that goes now, with what its reader is taken to know."""
    with checkout.server.connect("root", checkout.name) as root:
        root.call("plan_deliveries", None)
        while (results := root.call("claim_deliveries", "test", 100, 60)) != [[]]:
            (claim,), mails = results
            root.call("complete_deliveries", claim["claim_id"], str([mail["delivery_id"] for mail in mails]), "m")
            yield from ({**claim, **mail} for mail in mails)


def test_whoever_was_to_be_told_before_the_upgrade_is_told_after_it(before: Checkout) -> None:
    result = before.migrate()
    assert result.returncode == 0, result.stderr
    assert before.migrate(options=["--check"]).returncode == 0
    told = [(mail["event_id"], mail["kind"], mail["known_venue"], mail["venue"]) for mail in sent(before)]
    assert sorted(told) == [
        (1, "cancellation", "Hall 2", "Hall 2"), (2, "update", "Hall 1", "Hall 2"), (3, "update", "Hall 1", "Hall 2"),
        (4, "reminder", "Hall 2", "Hall 2"),
    ]
    assert list(sent(before)) == []
    assert before.rows("SELECT id FROM deliveries WHERE state <> 'sent'") == []


def test_searches_find_the_events_of_before(before: Checkout) -> None:
    assert before.migrate().returncode == 0
    with before.server.connect("root", before.name) as root:
        page = root.call("browse_events", None, None, None, None, "bea hall", None, None, None)[0]
    assert [row["id"] for row in page] == [4, 2, 3]


def test_no_procedure_of_the_version_before_writes_what_this_one_cannot_read(before: Checkout) -> None:
    """Between the tables and the procedures: what would be lost is refused, and programs try it again."""
    old = ("tell_of_change", "tell_of_cancellation", "plan_deliveries", "claim_deliveries")
    for name in old:
        before.rows(f"CREATE PROCEDURE {name} () BEGIN END")
    (before.tree / "migrations/9000_broken.sql").write_text("CREATE TABLE;\n", encoding="utf-8")
    assert before.migrate().returncode == 1
    assert before.procedures() == set()
    (before.tree / "migrations/9000_broken.sql").unlink()
    before.rows("DELETE FROM schema_migrations WHERE version = 9000")
    assert before.migrate().returncode == 0
    assert before.procedures() >= set(old)
