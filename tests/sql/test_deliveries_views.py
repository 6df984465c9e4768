"""Looking at the ledger: what is due, what became of the rest, and what would be sent now."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sql.ledger import Event, Ledger
from support.connection import Connection, Refused, Row
from support.database import utc_now
from support.sources import TABLES

NOON = datetime(2035, 5, 1, 12)
NOW = NOON - timedelta(hours=20)


def overview(ledger: Ledger, at: datetime | None = None) -> dict[tuple[str, str], int]:
    with ledger.database.connect_at(at or utc_now()) as session:
        rows = session.rows("SELECT kind, state, mails FROM deliveries_overview")
    counts = {(row["kind"], row["state"]): row["mails"] for row in rows}
    assert len(counts) == len(rows)
    return counts


def due(ledger: Ledger, at: datetime | None = None) -> list[Row]:
    with ledger.database.connect_at(at or utc_now()) as session:
        return session.rows("SELECT * FROM deliveries_due ORDER BY kind, event_id, registration_id")


def log(ledger: Ledger) -> list[Row]:
    return ledger.database.rows("SELECT * FROM deliveries_log ORDER BY delivery_id")


def test_a_mail_is_seen_in_each_of_its_states(ledger: Ledger) -> None:
    event = ledger.add_event(people=1, date=NOON, title="Café")
    (user,) = ledger.database.rows("SELECT id, name, email FROM users WHERE id = %s", event.people)
    registration = ledger.database.rows("SELECT id FROM registrations WHERE event_id = %s", [event.id])[0]["id"]
    waiting = {
        "kind": "reminder", "event_id": event.id, "title": "Café", "event_date": NOON, "registration_id": registration,
        "participant_id": user["id"], "participant": user["name"], "email": user["email"], "attempts": 0,
        "claimable_at": NOW,
    }
    logged = {
        "kind": "reminder", "state": "due", "event_id": event.id, "title": "Café", "event_date": NOON,
        "participant_id": user["id"], "participant": user["name"], "email": user["email"],
        "registration_id": registration, "occasion": NOON, "attempts": 0, "uncertain_sends": 0, "claimable_at": NOW,
        "finished_at": None, "message_id": None, "last_error": None,
    }

    # Not planned yet, and neither is it before its time.
    assert due(ledger, NOON - timedelta(hours=24, seconds=1)) == []
    assert (due(ledger, NOW), log(ledger)) == ([waiting], [])
    assert overview(ledger, NOW) == {("reminder", "due"): 1}

    ledger.plan(at=NOW)
    logged["delivery_id"] = ledger.deliveries()[0]["id"]
    assert (due(ledger, NOW), log(ledger)) == ([waiting], [logged])
    assert overview(ledger, NOW) == {("reminder", "due"): 1}

    claim = ledger.claim(at=NOW)
    logged["state"] = "in_flight"
    assert (due(ledger, NOW), log(ledger)) == ([], [logged])
    assert overview(ledger, NOW) == {("reminder", "in_flight"): 1}

    ledger.fail(claim, at=NOW)
    again = ledger.deliveries()[0]["claimable_at"]
    logged |= {"state": "due", "attempts": 1, "claimable_at": again, "last_error": "no luck"}
    assert (due(ledger, NOW), log(ledger)) == ([waiting | {"attempts": 1, "claimable_at": again}], [logged])
    assert overview(ledger, again - timedelta(seconds=1)) == {("reminder", "waiting"): 1}
    assert overview(ledger, again) == {("reminder", "due"): 1}

    claim = ledger.claim(at=again)
    ledger.complete(claim, at=again)
    logged |= {"state": "sent", "finished_at": again, "message_id": "m", "last_error": None}
    assert (due(ledger, again), log(ledger)) == ([], [logged])
    assert overview(ledger, again) == {("reminder", "sent"): 1}


@pytest.mark.parametrize("outcome, state", [("refused", "dead"), ("unknown", "unconfirmed")])
def test_what_is_given_up_is_counted(ledger: Ledger, outcome: str, state: str) -> None:
    event = ledger.add_event(people=4)
    ledger.plan()
    claim = ledger.claim()
    ledger.fail(claim, outcome, claim.ids[:2])
    assert overview(ledger) == {("reminder", state): 2, ("reminder", "in_flight"): 2}
    assert [row["state"] for row in log(ledger)] == [state, state, "in_flight", "in_flight"]
    assert due(ledger) == []
    ledger.requeue(state, event.id)
    assert overview(ledger) == {("reminder", "due"): 2, ("reminder", "in_flight"): 2}


def test_the_overview_says_since_when(ledger: Ledger) -> None:
    moments = [NOW, NOW + timedelta(minutes=1)]
    for moment in moments:
        ledger.add_event(people=1, date=moment + timedelta(hours=24))
        ledger.plan(at=moment)
    with ledger.database.connect_at(moments[1]) as session:
        (row,) = session.rows("SELECT * FROM deliveries_overview")
        assert row == {"kind": "reminder", "state": "due", "mails": 2, "oldest": moments[0], "newest": moments[1]}
        for moment in moments:
            ledger.claim(at=moment)
        (row,) = session.rows("SELECT * FROM deliveries_overview")
    assert row == {"kind": "reminder", "state": "in_flight", "mails": 2, "oldest": moments[0], "newest": moments[1]}


def stage(ledger: Ledger) -> dict[str, Event]:
    """An event of each kind of news, none of it planned."""
    events = {
        what: ledger.add_event(people=2, venue="First")
        for what in ("quiet", "changed", "changed twice", "undone", "moved", "cancelled", "changed and cancelled",
                     "begun")
    }
    for what in ("changed", "changed twice", "undone", "changed and cancelled"):
        ledger.update(events[what], venue="Second")
    ledger.register(events["changed"])
    ledger.register(events["changed twice"])
    ledger.update(events["changed twice"], venue="Third")
    ledger.update(events["undone"], venue="First")
    ledger.update(events["moved"], date=utc_now() + timedelta(days=70))
    ledger.cancel(events["cancelled"])
    ledger.cancel(events["changed and cancelled"])
    ledger.database.start_event(events["begun"].id)
    ledger.unregister(events["quiet"], events["quiet"].people[0])
    return events


EXPECTED = {
    ("reminder", "quiet"): 1, ("reminder", "changed"): 3, ("update", "changed"): 2, ("reminder", "changed twice"): 3,
    ("update", "changed twice"): 3, ("reminder", "undone"): 2, ("update", "moved"): 2,
    ("cancellation", "cancelled"): 2, ("cancellation", "changed and cancelled"): 2,
}


def mails(rows: list[Row]) -> list[tuple[str, int, str]]:
    return sorted((row["kind"], row["event_id"], row["email"]) for row in rows)


# Of the parts one ends amid reminders, one amid an update, one amid a cancellation.
@pytest.mark.parametrize("planned", [0, 3, 5, 17, 100])
def test_what_is_shown_as_due_is_what_is_sent(ledger: Ledger, planned: int) -> None:
    events = stage(ledger)
    if planned:
        # The two who know already what was undone are gone through as well.
        assert 0 <= min(planned, sum(EXPECTED.values())) - ledger.plan(planned)["planned"] <= 2
    shown = mails(due(ledger))
    count, preview = ledger.call("preview_deliveries", None)
    (row,) = count
    assert (mails(preview), row["due"]) == (shown, len(shown))
    assert sum(overview(ledger).values()) == len(shown)

    sent = [
        {"kind": claim.row["kind"], "event_id": claim.row["event_id"], "email": email}
        for claim in ledger.send() for email in claim.emails
    ]
    assert mails(sent) == shown
    names = {event.id: what for what, event in events.items()}
    counts = [(kind, names[event_id]) for kind, event_id, _ in shown]
    assert {key: counts.count(key) for key in counts} == EXPECTED


def test_news_amid_the_planning_of_others_are_shown_as_they_are_sent(ledger: Ledger) -> None:
    """Whoever has a row for the first change, or is about to get one, gets a mail of each."""
    event = ledger.add_event(people=3, venue="First", date=utc_now() + timedelta(days=9))
    ledger.update(event, venue="Second")
    assert ledger.plan(1)["planned"] == 1
    ledger.update(event, venue="Third")
    shown = mails(due(ledger))
    sent = [email for claim in ledger.send() for email in claim.emails]
    assert sorted(email for _, _, email in shown) == sorted(sent)


def test_a_preview_changes_nothing(ledger: Ledger) -> None:
    stage(ledger)
    ledger.plan(5)
    ledger.claim(limit=2)
    before = checksums(ledger.database.connection("root"))
    count, rows = ledger.call("preview_deliveries", None)
    assert count[0]["due"] == len(rows) > 0
    assert checksums(ledger.database.connection("root")) == before


def checksums(session: Connection) -> list[int]:
    return [row["Checksum"] for row in session.rows(f"CHECKSUM TABLE {', '.join(TABLES)}")]


def test_a_preview_shows_what_can_be_sent_now(ledger: Ledger) -> None:
    later = ledger.add_event(people=1, date=NOON + timedelta(hours=1), title="Later")
    event = ledger.add_event(people=3, date=NOON, title="Café")
    ledger.plan(at=NOW)
    claim = ledger.claim(limit=1, at=NOW)
    assert claim.row["event_id"] == later.id
    ledger.fail(claim, at=NOW)
    count, rows = ledger.call("preview_deliveries", None, at=NOW)
    assert (count, [row["event_id"] for row in rows]) == ([{"due": 3}], [event.id] * 3)
    assert list(rows[0]) == ["kind", "event_id", "title", "event_date", "participant", "email", "attempts"]
    assert (rows[0]["kind"], rows[0]["title"], rows[0]["event_date"]) == ("reminder", "Café", NOON)
    count, rows = ledger.call("preview_deliveries", None, at=NOW + timedelta(seconds=60))
    assert (count, [row["attempts"] for row in rows]) == ([{"due": 4}], [0, 0, 0, 1])


@pytest.mark.parametrize("limit, shown", [(1, 1), (2, 2), (100_000, 3), (None, 3)])
def test_a_preview_is_as_long_as_wanted(ledger: Ledger, limit: int | None, shown: int) -> None:
    ledger.add_event(people=3)
    count, rows = ledger.call("preview_deliveries", limit)
    assert (count, len(rows)) == ([{"due": 3}], shown)


@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_the_limits_of_a_preview(ledger: Ledger, limit: int) -> None:
    with pytest.raises(Refused, match="45422 invalid_input.*: limit must be from 1 to 100000"):
        ledger.call("preview_deliveries", limit)


def test_a_preview_of_nothing_is_empty(ledger: Ledger) -> None:
    assert ledger.call("preview_deliveries", None) == [[{"due": 0}], []]


def test_events_due_soon_is_whom_a_reminder_is_for(ledger: Ledger) -> None:
    event = ledger.add_event(people=2, date=NOON)
    ledger.cancel(ledger.add_event(people=1, date=NOON))
    for moment, people in (
        (NOON - timedelta(hours=24, seconds=1), []), (NOON - timedelta(hours=24), event.people),
        (NOON - timedelta(seconds=1), event.people), (NOON, []),
    ):
        with ledger.database.connect_at(moment) as session:
            rows = session.rows("SELECT participant_id FROM events_due_soon ORDER BY 1")
        assert [row["participant_id"] for row in rows] == people
