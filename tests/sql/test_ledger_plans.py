"""What the ledger's procedures read once it has grown: the mails that they are about, and not the rest.

Counted are the rows that the server touches, which are the same each time, and not the time that it takes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sql.ledger import NUMBERS, Event, Ledger, handlers, rows_touched
from support.connection import Row
from support.database import Database, utc_now

PAST_EVENTS, PEOPLE_EACH = 10_000, 10
# Whatever there is to do, and for each mail: its row, its registration, its user, lists of them made on the way.
ROWS_PER_CALL, ROWS_PER_MAIL = 100, 28


@pytest.fixture(scope="module")
def grown(database: Database) -> Ledger:
    """A ledger of a hundred thousand reminders that were sent for ten thousand events more than a week ago."""
    ledger = Ledger(database)
    ledger.set(reminder_quiet_minutes=0)
    ledger.database.rows(
        "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT %s, 'Past', 'Town Hall', 'Ada', UTC_TIMESTAMP() - INTERVAL 8 DAY - INTERVAL n MINUTE, 100, 100"
        f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [ledger.organizer, PAST_EVENTS],
    )
    people = [database.add_user() for _ in range(PEOPLE_EACH)]
    # Their triggers change the events, so what is inserted cannot be read from these.
    events = ",".join(f"({row['id']})" for row in ledger.database.rows("SELECT id FROM events ORDER BY id"))
    ledger.database.rows("CREATE TABLE listed (id BIGINT UNSIGNED PRIMARY KEY)")
    ledger.database.rows(f"INSERT INTO listed VALUES {events}")
    ledger.database.rows(
        "INSERT INTO registrations (event_id, user_id, seats) SELECT e.id, u.id, 1"
        " FROM listed AS e JOIN users AS u ON u.id BETWEEN %s AND %s ORDER BY e.id, u.id", [people[0], people[-1]],
    )
    ledger.database.rows("DROP TABLE listed")
    ledger.database.rows(
        "INSERT INTO notices (kind, event_id, occasion, planned_through, planned_at)"
        " SELECT 'reminder', id, event_date, ~0, event_date FROM events"
    )
    ledger.database.rows(
        "INSERT INTO deliveries"
        " (registration_id, kind, occasion, event_id, user_id, state, claimable_at, claim_id, finished_at, edition)"
        " SELECT r.id, 'reminder', e.event_date, e.id, r.user_id, 'sent', e.event_date, 0, e.event_date, 1"
        " FROM registrations AS r JOIN events AS e ON e.id = r.event_id ORDER BY r.id"
    )
    # The server counts its tables by itself sooner or later.
    ledger.database.rows("ANALYZE TABLE users, events, registrations, notices, deliveries, claims")
    return ledger


@pytest.fixture
def crowd(grown: Ledger) -> Iterator[Event]:
    """An event of tomorrow with a thousand participants, all of whom have been reminded but the last five hundred."""
    event = grown.add_event(people=0)
    grown.add_crowd(event, 1000)
    assert grown.plan()["planned"] == 1000
    finish(grown, 500)
    yield event
    grown.database.rows("DELETE FROM claims")
    finish(grown, 1000)
    grown.database.start_event(event.id)


def finish(ledger: Ledger, mails: int) -> None:
    """So many mails that were not sent yet are."""
    ledger.database.rows(
        "UPDATE deliveries SET state = 'sent', claim_id = 0, finished_at = UTC_TIMESTAMP(), edition = 1"
        " WHERE state IN ('due', 'in_flight', 'dead') ORDER BY id LIMIT %s", [mails],
    )


def rows_for(ledger: Ledger, mails: int, procedure: str, *arguments: object) -> list[list[Row]]:
    """Calls a procedure that has to do with so many mails, and asserts that it does with as many rows as they take."""
    results, touched = rows_touched(ledger.database, procedure, *arguments)
    assert touched <= ROWS_PER_CALL + ROWS_PER_MAIL * mails, results
    return results


def test_the_overview_does_not_look_at_what_was_sent_long_ago(grown: Ledger) -> None:
    with grown.database.connect("root") as root:
        before = handlers(root)
        rows = root.rows("SELECT * FROM deliveries_overview")
        assert handlers(root) - before <= ROWS_PER_CALL
    assert [row for row in rows if row["state"] == "sent"] == []


@pytest.mark.parametrize(
    "procedure, arguments",
    [("plan_deliveries", [None]), ("claim_deliveries", ["test", 100, 60]), ("preview_deliveries", [None]),
     ("requeue_deliveries", ["dead", None, None])],
)
def test_doing_nothing_costs_nothing(grown: Ledger, procedure: str, arguments: list) -> None:
    rows_for(grown, 0, procedure, *arguments)


def test_planning_does_not_look_at_those_who_have_been_planned_for(grown: Ledger, crowd: Event) -> None:
    finish(grown, 1000)
    assert rows_for(grown, 0, "plan_deliveries", None)[0][0]["planned"] == 0
    grown.register(crowd)
    assert rows_for(grown, 1, "plan_deliveries", None)[0][0]["planned"] == 1


def test_planning_does_not_look_at_other_events(grown: Ledger, crowd: Event) -> None:
    finish(grown, 1000)
    grown.update(crowd, venue="Elsewhere")
    for planned in (300, 300, 300, 100, 0):
        # The mails that are due are counted each time.
        due = sum(grown.states(crowd)[kind, "due"] for kind in ("reminder", "update"))
        (row,) = rows_for(grown, planned + due / ROWS_PER_MAIL, "plan_deliveries", 300)[0]
        assert row["planned"] == planned


def test_claiming_does_not_look_at_what_others_have_claimed(grown: Ledger, crowd: Event) -> None:
    for _ in range(5):
        _, mails = rows_for(grown, 100, "claim_deliveries", "test", 100, 60)
        assert len(mails) == 100


def test_claiming_the_last_ones_does_not_look_at_those_before_them(grown: Ledger, crowd: Event) -> None:
    finish(grown, 490)
    _, mails = rows_for(grown, 10, "claim_deliveries", "test", 100, 60)
    assert len(mails) == 10


def test_reporting_does_not_look_at_other_mails(grown: Ledger, crowd: Event) -> None:
    claims = [grown.claim(limit=100) for _ in range(5)]
    rows_for(grown, 0, "start_sending", claims[0].id, 60)
    for claim, procedure, arguments in zip(
        claims, ["complete_deliveries", "fail_deliveries", "fail_deliveries", "release_deliveries"],
        [["m"], ["not_sent", "e"], ["refused", "e"], [60]],
    ):
        results = rows_for(grown, 100, procedure, claim.id, json.dumps(claim.ids), *arguments)
        assert sum(results[0][0].values()) == 100


def test_recovering_a_claim_does_not_look_at_the_others(grown: Ledger, crowd: Event) -> None:
    claims = [grown.claim(limit=100) for _ in range(5)]
    grown.end_lease(claims[2])
    assert rows_for(grown, 100, "plan_deliveries", None)[0][0]["recovered"] == 100


def test_withdrawing_does_not_look_at_what_was_sent(grown: Ledger, crowd: Event) -> None:
    finish(grown, 490)
    grown.database.rows("UPDATE events SET event_date = %s WHERE id = %s", [utc_now() + timedelta(days=9), crowd.id])
    assert rows_for(grown, 10, "claim_deliveries", "test", 100, 60) == [[]]
    assert grown.states(crowd) == {("reminder", "sent"): 990}


def test_a_preview_does_not_look_at_what_was_sent(grown: Ledger, crowd: Event) -> None:
    finish(grown, 490)
    # Twice: to count them and to list them. Whoever is registered for something soon may have no row yet.
    count, rows = rows_for(grown, 2 * 1000, "preview_deliveries", 10)
    assert (count[0]["due"], len(rows)) == (10, 10)


def test_taking_up_again_does_not_look_at_what_was_sent(grown: Ledger, crowd: Event) -> None:
    finish(grown, 480)
    claim = grown.claim()
    grown.fail(claim, "refused")
    assert rows_for(grown, 1, "requeue_deliveries", "dead", None, claim.ids[0]) == [[{"requeued": 1}]]
    assert rows_for(grown, 0, "requeue_deliveries", "dead", None, claim.ids[0]) == [[{"requeued": 0}]]
    assert rows_for(grown, 19, "requeue_deliveries", "dead", crowd.id, None) == [[{"requeued": 19}]]
    grown.fail(grown.claim(), "refused")
    assert rows_for(grown, 20, "requeue_deliveries", "dead", None, None) == [[{"requeued": 20}]]
