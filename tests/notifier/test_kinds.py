"""Kinds of mail: each goes under its name, and one that the notifier does not know stays for a notifier that does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from sendgrid.server import StandIn
from support.database import Database
from support.mail_kinds import KINDS, SOURCE
from support.notifier import Event, Notifier, add_event, deliveries, end_pauses, make_due

NOVELTY = "UNION ALL SELECT _ascii'novelty' COLLATE ascii_bin, 'date', 'upcoming', 'unconfirmed', 1"


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_mails_shows_the_kind(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    make_due(database, kind, 1)
    assert notifier.run().returncode == 0
    label = f'<span class="kind">{kind}</span>'
    assert requests.get(sendgrid.url, timeout=5).text.count(label) == 1
    assert requests.get(f"{sendgrid.url}/mails/1", timeout=5).text.count(label) == 1
    assert [mail["custom_args"]["eventhub_kind"] for mail in sendgrid.mails()] == [kind]


@pytest.fixture
def newer_database(database: Database) -> Iterator[Database]:
    """One whose procedures know a kind more than the notifier."""
    view = re.search(r"CREATE OR REPLACE.*?(?=;)", SOURCE.read_text(encoding="utf-8"), re.DOTALL)
    assert view is not None
    for table in ("notices", "deliveries"):
        database.rows(f"ALTER TABLE {table} DROP CONSTRAINT {table}_kind")
    make_view(database, f"{view[0]} {NOVELTY}")
    yield database
    make_view(database, view[0])
    for table in ("deliveries", "notices"):
        database.rows(f"DELETE FROM {table} WHERE kind = 'novelty'")
        listed = ", ".join(f"'{kind}'" for kind in KINDS)
        database.rows(f"ALTER TABLE {table} ADD CONSTRAINT {table}_kind CHECK (CAST(kind AS BINARY) IN ({listed}))")


def make_view(database: Database, statement: str) -> None:
    """By a session with the collation that the file sets."""
    with database.connect("root") as root:
        root.rows("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci")
        root.rows(statement)


def make_novelty_due(database: Database) -> Event:
    event = add_event(database, 3, timedelta(days=30))
    database.rows(
        "INSERT INTO notices (kind, event_id, occasion) SELECT 'novelty', id, event_date - INTERVAL SECOND(event_date) SECOND"
        " FROM events WHERE id = %s", [event.id],
    )
    return event


def novelties(database: Database) -> list[tuple[str, int, int]]:
    return [(row["state"], row["attempts"], row["uncertain_sends"]) for row in deliveries(database) if row["kind"] == "novelty"]


@pytest.mark.parametrize("limit", [(), ("--limit", "3")], ids=["all", "limit"])
def test_a_kind_that_is_not_known_is_left_alone(
    newer_database: Database, notifier: Notifier, sendgrid: StandIn, limit: tuple[str, ...]
) -> None:
    database = newer_database
    for _ in range(4):
        make_novelty_due(database)
    reminded = make_due(database, "reminder")
    done = notifier.run(*limit)
    assert done.returncode == 1 and done.stdout.startswith("3 of 3 mails sent (requests: 1, ")
    # Some of them may have been counted among those that wait as well.
    assert "; 12 given back" in done.stdout
    assert done.stderr.count('mails of the kind "novelty" are left alone: this notifier') == 1
    assert done.stderr.count("\n") == 1
    assert sendgrid.recipients() == dict.fromkeys(reminded.emails, 1) and len(sendgrid.requests) == 1
    assert novelties(database) == [("due", 0, 0)] * 12
    assert database.rows("SELECT * FROM claims") == []
    # It does not meet them again at once.
    again = notifier.run()
    assert again.returncode == 1 and again.stderr == "" and again.stdout.startswith("0 of 0 mails sent (requests: 0, ")
    assert "\tleft alone, because" not in notifier.run("--dry-run").stdout


def test_a_kind_that_is_not_known_waits_for_who_knows_it(
    newer_database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    database = newer_database
    event = make_novelty_due(database)
    assert notifier.run().returncode == 1 and sendgrid.requests == []
    end_pauses(database)
    assert notifier.run("--dry-run").stdout.count("\tleft alone, because this notifier does not know the kind\n") == 3
    # As if the next one knew it.
    for table in ("deliveries", "notices"):
        database.rows(f"UPDATE {table} SET kind = 'reminder' WHERE kind = 'novelty'")
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
