"""What becomes of claimed mails: sent, failed, given back, given up, taken up again."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from sql.ledger import Claim, Event, Ledger
from support.connection import Row
from support.database import utc_now
from support.texts import TEXTS

NOON = datetime(2035, 5, 1, 12)
NOW = NOON - timedelta(hours=20)
SIX_HOURS = 6 * 3600


@pytest.fixture
def event(ledger: Ledger) -> Event:
    """An event whose three participants are to be reminded."""
    event = ledger.add_event(people=3)
    ledger.plan()
    return event


@pytest.fixture
def claim(ledger: Ledger, event: Event) -> Claim:
    """The lease on these three mails."""
    return ledger.claim()


def row_of(ledger: Ledger, delivery_id: int) -> Row:
    return ledger.database.rows("SELECT * FROM deliveries WHERE id = %s", [delivery_id])[0]


def lose(ledger: Ledger, claim: Claim) -> None:
    """The lease ends, and its mails are due again."""
    ledger.end_lease(claim)
    assert ledger.plan()["recovered"] > 0


# Sent


def test_what_was_sent_is_on_record(ledger: Ledger, claim: Claim) -> None:
    before = utc_now()
    assert ledger.complete(claim, claim.ids[:2], "a message id") == 2
    for delivery_id in claim.ids[:2]:
        row = row_of(ledger, delivery_id)
        assert (row["state"], row["message_id"], row["attempts"], row["claim_id"]) == (
            "sent", "a message id", 0, claim.id
        )
        assert before <= row["finished_at"] <= utc_now()
    assert row_of(ledger, claim.ids[2])["state"] == "in_flight"
    assert ledger.complete(claim, claim.ids[2:], None) == 1
    assert row_of(ledger, claim.ids[2])["message_id"] is None
    assert ledger.claims() == []
    assert ledger.claim() is None


def test_completing_twice_is_completing_once(ledger: Ledger, claim: Claim) -> None:
    assert ledger.complete(claim, message_id="first") == 3
    before = ledger.deliveries()
    assert ledger.complete(claim, message_id="second") == 3
    assert ledger.complete(claim, [claim.ids[0]] * 3) == 1
    assert ledger.deliveries() == before


def test_what_was_sent_stays_so(ledger: Ledger, claim: Claim) -> None:
    ledger.complete(claim, claim.ids[:1])
    before = ledger.deliveries(), ledger.claims()
    assert ledger.release(claim, claim.ids[:1]) == 0
    for outcome in ("not_sent", "refused", "unknown"):
        assert ledger.fail(claim, outcome, claim.ids[:1]) == {"waiting": 0, "dead": 0, "unconfirmed": 0}
    assert (ledger.deliveries(), ledger.claims()) == before


def test_a_mail_that_is_listed_twice_counts_once(ledger: Ledger, claim: Claim) -> None:
    first, second, third = claim.ids
    assert ledger.complete(claim, [first, first]) == 1
    assert ledger.release(claim, [second, second]) == 1
    ledger.fail(claim, ids=[third, third])
    assert ledger.claims() == []
    assert row_of(ledger, third)["attempts"] == 1


def test_what_was_sent_counts_after_the_lease_as_well(ledger: Ledger, claim: Claim) -> None:
    ledger.end_lease(claim)
    assert ledger.complete(claim, claim.ids[:1]) == 1
    assert ledger.plan()["recovered"] == 2
    assert ledger.complete(claim, claim.ids[:2]) == 2
    assert ledger.states() == {("reminder", "sent"): 2, ("reminder", "due"): 1}
    assert row_of(ledger, claim.ids[1])["last_error"] is None


def test_what_was_sent_counts_even_if_it_was_given_up_by_then(ledger: Ledger, claim: Claim) -> None:
    ledger.set(max_delivery_attempts=1)
    ledger.start(claim)
    lose(ledger, claim)
    assert ledger.states() == {("reminder", "dead"): 3}
    assert ledger.complete(claim, claim.ids[:2]) == 2
    assert ledger.states() == {("reminder", "sent"): 2, ("reminder", "dead"): 1}


def test_what_somebody_else_has_claimed_since_is_theirs(ledger: Ledger, claim: Claim) -> None:
    ledger.start(claim)
    lose(ledger, claim)
    other = ledger.claim(worker="other")
    assert other.ids == claim.ids
    before = ledger.deliveries()
    assert ledger.complete(claim) == 0
    assert ledger.release(claim) == 0
    assert ledger.fail(claim) == {"waiting": 0, "dead": 0, "unconfirmed": 0}
    assert ledger.deliveries() == before
    assert [row["mails"] for row in ledger.claims()] == [3]
    assert ledger.complete(other, other.ids[:1]) == 1
    ledger.fail(other, "not_sent", other.ids[1:2])
    ledger.fail(other, "refused", other.ids[2:])
    assert ledger.fail(claim) == {"waiting": 0, "dead": 0, "unconfirmed": 0}
    assert [(row["state"], row["uncertain_sends"]) for row in ledger.deliveries()] == [
        ("sent", 1), ("due", 1), ("dead", 1)
    ]


def test_a_message_id_has_128_characters_at_most(ledger: Ledger, claim: Claim) -> None:
    refusal = ledger.database.refusal(
        "complete_deliveries", claim.id, json.dumps(claim.ids), "i" * 129, account="notifier"
    )
    assert refusal == "45422 invalid_input(message_id): message_id must have at most 128 characters"
    assert ledger.states() == {("reminder", "in_flight"): 3}
    assert ledger.complete(claim, message_id="\U0001f600" * 128) == 3
    assert {row["message_id"] for row in ledger.deliveries()} == {"\U0001f600" * 128}


# Not sent


def pause(ledger: Ledger, attempts: int, retry_seconds: int = 60) -> float:
    """How many seconds a mail waits that has failed so often, the last time included."""
    ledger.set(max_delivery_attempts=100, delivery_retry_seconds=retry_seconds)
    ledger.database.rows("UPDATE deliveries SET attempts = %s, claimable_at = %s", [attempts - 1, NOW])
    claim = ledger.claim(limit=1, at=NOW)
    assert ledger.fail(claim, at=NOW) == {"waiting": 1, "dead": 0, "unconfirmed": 0}
    row = row_of(ledger, claim.ids[0])
    assert (row["state"], row["attempts"], row["uncertain_sends"], row["finished_at"]) == ("due", attempts, 0, None)
    return (row["claimable_at"] - NOW).total_seconds()


@pytest.mark.parametrize(
    "attempts, retry_seconds, longest",
    [
        (1, 60, 60), (2, 60, 120), (3, 60, 240), (9, 60, 15360), (10, 60, SIX_HOURS), (90, 60, SIX_HOURS),
        (1, 1, 1), (4, 1, 8), (1, 1_000_000, SIX_HOURS), (99, 1_000_000, SIX_HOURS),
    ],
)
def test_the_pause_doubles_with_each_failure_up_to_six_hours(
    ledger: Ledger, attempts: int, retry_seconds: int, longest: int
) -> None:
    ledger.add_event(people=1, date=NOON)
    ledger.plan(at=NOW)
    pauses = [pause(ledger, attempts, retry_seconds) for _ in range(12)]
    assert all(longest / 2 <= seconds <= longest for seconds in pauses)
    # Chance keeps those who failed together from coming back together.
    if longest >= SIX_HOURS:
        assert len(set(pauses)) > 6


@pytest.mark.parametrize("outcome, kind", [("not_sent", "reminder"), ("not_sent", "update"), ("unknown", "update")])
def test_what_fails_too_often_is_dead(ledger: Ledger, outcome: str, kind: str) -> None:
    event = ledger.add_event(people=1)
    if kind == "update":
        ledger.update(event, venue="Elsewhere", date=utc_now() + timedelta(days=5))
    ledger.set(max_delivery_attempts=3)
    ledger.plan()
    for attempt in (1, 2, 3):
        ledger.end_pauses()
        counts = ledger.fail(ledger.claim(), outcome, error=f"failure {attempt}")
        dead = attempt == 3
        assert counts == {"waiting": int(not dead), "dead": int(dead), "unconfirmed": 0}
        assert ledger.claims() == []
    (row,) = ledger.deliveries()
    assert (row["state"], row["attempts"], row["last_error"]) == ("dead", 3, "failure 3")
    assert row["uncertain_sends"] == (3 if outcome == "unknown" else 0)
    assert row["finished_at"] is not None
    ledger.end_pauses()
    assert ledger.claim() is None


def test_settings_whose_rows_are_gone_are_what_they_were_at_first(ledger: Ledger) -> None:
    ledger.add_event(people=1, date=NOON)
    ledger.plan(at=NOW)
    settings = ledger.database.rows("SELECT * FROM settings WHERE name LIKE 'del%%' OR name LIKE 'max_del%%'")
    assert len(settings) == 2
    ledger.database.rows("DELETE FROM settings WHERE name LIKE 'del%%' OR name LIKE 'max_del%%'")
    try:
        claim = ledger.claim(at=NOW)
        ledger.fail(claim, at=NOW)
        wait = (ledger.deliveries()[0]["claimable_at"] - NOW).total_seconds()
        ledger.database.rows("UPDATE deliveries SET attempts = 19, claimable_at = %s", [NOW])
        assert ledger.fail(ledger.claim(at=NOW), at=NOW)["dead"] == 1
    finally:
        for row in settings:
            ledger.database.rows("INSERT INTO settings VALUES (%s, %s, %s)", list(row.values()))
    assert 30 <= wait <= 60


def test_what_is_refused_is_dead_at_once(ledger: Ledger, claim: Claim) -> None:
    before = utc_now()
    assert ledger.fail(claim, "refused", claim.ids[:1], "bad address") == {"waiting": 0, "dead": 1, "unconfirmed": 0}
    row = row_of(ledger, claim.ids[0])
    assert (row["state"], row["attempts"], row["uncertain_sends"], row["last_error"]) == ("dead", 1, 0, "bad address")
    assert before <= row["finished_at"] <= utc_now()
    assert ledger.states() == {("reminder", "dead"): 1, ("reminder", "in_flight"): 2}


def test_a_reminder_that_may_have_been_sent_is_not_sent_again(ledger: Ledger, claim: Claim) -> None:
    before = utc_now()
    assert ledger.fail(claim, "unknown") == {"waiting": 0, "dead": 0, "unconfirmed": 3}
    for row in ledger.deliveries():
        assert (row["state"], row["attempts"], row["uncertain_sends"]) == ("unconfirmed", 1, 1)
        assert before <= row["finished_at"] <= utc_now()
    ledger.end_pauses()
    assert ledger.send() == []


@pytest.mark.parametrize("kind", ["update", "cancellation"])
def test_news_that_may_have_been_sent_are_sent_again(ledger: Ledger, kind: str) -> None:
    event = ledger.add_event(date=NOON)
    if kind == "update":
        ledger.update(event, venue="Elsewhere")
    else:
        ledger.cancel(event)
    early = NOON - timedelta(days=3)
    ledger.plan(at=early)
    claim = ledger.claim(at=early)
    assert ledger.fail(claim, "unknown", at=early) == {"waiting": 2, "dead": 0, "unconfirmed": 0}
    for row in ledger.deliveries():
        assert (row["kind"], row["state"], row["attempts"], row["uncertain_sends"]) == (kind, "due", 1, 1)
        assert early + timedelta(seconds=30) <= row["claimable_at"] <= early + timedelta(seconds=60)
    again = ledger.claim(at=early + timedelta(seconds=60))
    assert again.ids == claim.ids
    ledger.complete(again)
    assert {(row["state"], row["attempts"], row["uncertain_sends"]) for row in ledger.deliveries()} == {("sent", 1, 1)}


@pytest.mark.parametrize("text", ["e" * 300, "\U0001f600" * 300, "é" * 254 + "\U0001f600x", TEXTS["quotes"], "", None])
def test_an_error_is_kept_as_far_as_there_is_room(ledger: Ledger, claim: Claim, text: str | None) -> None:
    ledger.fail(claim, error=text)
    assert {row["last_error"] for row in ledger.deliveries()} == {text and text[:255]}


def test_some_mails_of_a_claim_may_fare_otherwise_than_the_rest(ledger: Ledger, claim: Claim) -> None:
    first, second, third = claim.ids
    assert ledger.complete(claim, [first]) == 1
    assert ledger.fail(claim, "refused", [second]) == {"waiting": 0, "dead": 1, "unconfirmed": 0}
    assert ledger.fail(claim, "not_sent", [third]) == {"waiting": 1, "dead": 0, "unconfirmed": 0}
    assert [row_of(ledger, delivery_id)["state"] for delivery_id in claim.ids] == ["sent", "dead", "due"]
    assert ledger.claims() == []


def test_a_failure_that_is_reported_twice_is_counted_once(ledger: Ledger, claim: Claim) -> None:
    """The second report gets the mails' present state as its answer, in case the first answer was lost."""
    for _ in range(2):
        assert ledger.fail(claim, ids=claim.ids[:2]) == {"waiting": 2, "dead": 0, "unconfirmed": 0}
        assert [row["mails"] for row in ledger.claims()] == [1]
    assert [row["attempts"] for row in ledger.deliveries()] == [1, 1, 0]


def test_news_that_are_due_again_stay_so(ledger: Ledger) -> None:
    event = ledger.add_event()
    ledger.cancel(event)
    ledger.plan()
    claim = ledger.claim()
    lose(ledger, claim)
    before = ledger.deliveries()
    assert ledger.fail(claim, "unknown") == {"waiting": 2, "dead": 0, "unconfirmed": 0}
    assert ledger.deliveries() == before


def test_a_failure_after_the_lease_changes_nothing(ledger: Ledger, claim: Claim) -> None:
    """But for a reminder that may have been sent all the same."""
    lose(ledger, claim)
    before = ledger.deliveries()
    for outcome in ("not_sent", "refused"):
        assert ledger.fail(claim, outcome) == {"waiting": 3, "dead": 0, "unconfirmed": 0}
    assert ledger.deliveries() == before
    assert ledger.fail(claim, "unknown") == {"waiting": 0, "dead": 0, "unconfirmed": 3}


@pytest.mark.parametrize("outcome", [None, "", "sent", "Refused", "refused ", "not_sent\0"])
def test_an_outcome_that_there_is_not_is_refused(ledger: Ledger, claim: Claim, outcome: str | None) -> None:
    refusal = ledger.database.refusal("fail_deliveries", claim.id, "[]", outcome, "e", account="notifier")
    assert refusal == "45422 invalid_input(outcome): outcome must be not_sent, refused or unknown"


# Given back


def test_what_is_given_back_counts_no_failure(ledger: Ledger, claim: Claim) -> None:
    assert ledger.release(claim, claim.ids[:2]) == 2
    for delivery_id in claim.ids[:2]:
        row = row_of(ledger, delivery_id)
        assert (row["state"], row["attempts"], row["uncertain_sends"], row["last_error"]) == ("due", 0, 0, None)
    again = ledger.claim()
    assert again.ids == claim.ids[:2]
    assert [row["mails"] for row in ledger.claims()] == [1, 2]
    # Theirs by now.
    assert ledger.release(claim, claim.ids[:2]) == 0


def test_what_is_given_back_can_be_kept_for_later(ledger: Ledger) -> None:
    ledger.add_event(date=NOON)
    ledger.plan(at=NOW)
    claim = ledger.claim(at=NOW)
    for _ in range(2):
        ledger.release(claim, seconds=90, at=NOW)
    later = NOW + timedelta(seconds=90)
    assert {row["claimable_at"] for row in ledger.deliveries()} == {later}
    assert ledger.claim(at=later - timedelta(seconds=1)) is None
    assert ledger.claim(at=later).ids == claim.ids


@pytest.mark.parametrize("seconds", [-1, 86401])
def test_the_limits_of_later(ledger: Ledger, claim: Claim, seconds: int) -> None:
    refusal = ledger.database.refusal("release_deliveries", claim.id, "[]", seconds, account="notifier")
    assert refusal == "45422 invalid_input(seconds): seconds must be from 0 to 86400"
    assert [ledger.release(claim, [delivery_id], accepted)
            for delivery_id, accepted in zip(claim.ids, (0, 86400, None))] == [1, 1, 1]


# Lists of mails

REPORTS = {
    "complete_deliveries": ["m"], "fail_deliveries": ["not_sent", "e"], "release_deliveries": [0],
}
each_report = pytest.mark.parametrize("procedure", REPORTS)


@each_report
@pytest.mark.parametrize(
    "ids",
    [
        None, "", "1", "null", '"[1]"', '{"a": 1}', "[1", "[1] 2", "1, 2", "(1)", "[1,]", "[1 2]", "[-1]", "[1.5]", "[1e3]",
        "[null]", '["x"]', "[[1]]", '[{"id": 1}]', "[1]\0", "[01]",
    ],
)
def test_a_list_that_is_no_json_array_is_refused(
    ledger: Ledger, claim: Claim, procedure: str, ids: str | None
) -> None:
    refusal = ledger.database.refusal(procedure, claim.id, ids, *REPORTS[procedure], account="notifier")
    assert refusal == "45422 invalid_input(delivery_ids): delivery_ids must be a JSON array of ids"
    assert ledger.states() == {("reminder", "in_flight"): 3}


@each_report
def test_a_list_that_is_too_long_is_refused(ledger: Ledger, claim: Claim, procedure: str) -> None:
    ids = f"[{'1,' * 49998}1 ]"
    assert ledger.call(procedure, claim.id, ids, *REPORTS[procedure])[0]
    for ids in (ids.replace("1 ]", "1  ]"), f"[{'1,' * 300000}x"):
        refusal = ledger.database.refusal(procedure, claim.id, ids, *REPORTS[procedure], account="notifier")
        assert refusal == "45422 invalid_input(delivery_ids): delivery_ids must have at most 100000 characters"


@each_report
@pytest.mark.parametrize("ids", ["[]", "[0]", " [\n99999999999,\t0 ] "])
def test_what_names_no_mail_changes_nothing(ledger: Ledger, claim: Claim, procedure: str, ids: str) -> None:
    before = ledger.deliveries(), ledger.claims()
    (row,) = ledger.call(procedure, claim.id, ids, *REPORTS[procedure])[0]
    assert set(row.values()) == {0}
    assert (ledger.deliveries(), ledger.claims()) == before


@each_report
def test_mails_of_another_claim_are_left_alone(ledger: Ledger, event: Event, procedure: str) -> None:
    mine, other = ledger.claim(limit=1), ledger.claim()
    before = ledger.deliveries(), ledger.claims()
    for claim_id in (mine.id, None, 0, -1, 10**15):
        (row,) = ledger.call(procedure, claim_id, json.dumps(other.ids), *REPORTS[procedure])[0]
        assert set(row.values()) == {0}
    assert (ledger.deliveries(), ledger.claims()) == before


# Taken up again


@pytest.fixture
def given_up(ledger: Ledger) -> list[Event]:
    """Two events, each with a dead reminder, an unconfirmed one, and one that was sent."""
    events = [ledger.add_event(people=3), ledger.add_event(people=3)]
    ledger.plan()
    while claim := ledger.claim():
        ledger.fail(claim, "refused", claim.ids[:1])
        ledger.fail(claim, "unknown", claim.ids[1:2])
        ledger.complete(claim, claim.ids[2:])
    return events


@pytest.mark.parametrize("state, other", [("dead", "unconfirmed"), ("unconfirmed", "dead")])
def test_mails_are_taken_up_again_by_state(ledger: Ledger, given_up: list[Event], state: str, other: str) -> None:
    assert ledger.requeue(state) == 2
    assert ledger.states() == {("reminder", "due"): 2, ("reminder", other): 2, ("reminder", "sent"): 2}
    for row in ledger.deliveries():
        if row["state"] == "due":
            assert (row["attempts"], row["finished_at"]) == (0, None)
            # What may have been sent may still have been.
            assert row["uncertain_sends"] == (1 if state == "unconfirmed" else 0)
    assert ledger.requeue(state) == 0
    assert sum(len(claim.mails) for claim in ledger.send()) == 2


def test_mails_are_taken_up_again_by_event_and_by_id(ledger: Ledger, given_up: list[Event]) -> None:
    first, second = given_up
    dead = {row["event_id"]: row["id"] for row in ledger.deliveries() if row["state"] == "dead"}
    assert ledger.requeue("dead", second.id) == 1
    assert ledger.states(first)["reminder", "dead"] == 1
    assert ledger.requeue("dead", second.id, dead[first.id]) == 0
    assert ledger.requeue("unconfirmed", None, dead[first.id]) == 0
    assert ledger.requeue("dead", None, 10**15) == 0
    assert ledger.requeue("dead", None, dead[first.id]) == 1
    assert ledger.states()["reminder", "dead"] == 0


def test_what_makes_no_sense_any_more_is_not_taken_up_again(ledger: Ledger) -> None:
    events = {what: ledger.add_event(people=2) for what in ("live", "moved", "cancelled", "begun", "unregistered")}
    ledger.plan()
    while claim := ledger.claim():
        ledger.fail(claim, "refused")
    ledger.update(events["moved"], date=utc_now() + timedelta(days=5))
    ledger.cancel(events["cancelled"])
    ledger.database.start_event(events["begun"].id)
    ledger.unregister(events["unregistered"], events["unregistered"].people[0])
    assert ledger.requeue("dead") == 3
    assert {what: ledger.states(event)["reminder", "due"] for what, event in events.items()} == {
        "live": 2, "moved": 0, "cancelled": 0, "begun": 0, "unregistered": 1
    }


def test_a_cancellation_that_was_given_up_can_be_taken_up_at_any_time(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    ledger.cancel(event)
    ledger.plan()
    ledger.fail(ledger.claim(), "refused")
    assert ledger.requeue("dead", event.id) == 2
    assert [claim.row["kind"] for claim in ledger.send(at=NOON + timedelta(days=1))] == ["cancellation"]


@pytest.mark.parametrize("state", [None, "", "sent", "due", "in_flight", "Dead", "dead "])
def test_no_other_state_can_be_taken_up(ledger: Ledger, state: str | None) -> None:
    refusal = ledger.database.refusal("requeue_deliveries", state, None, None, account="dba")
    assert refusal == "45422 invalid_input(state): state must be dead or unconfirmed"
