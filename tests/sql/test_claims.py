"""Leases: who may send which mails, until when."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

import pytest

from sql.ledger import Claim, Event, Ledger
from support.connection import Refused
from support.database import utc_now
from support.texts import TEXTS

NOON = datetime(2035, 5, 1, 12)
NOW = NOON - timedelta(hours=10)
SECOND = timedelta(seconds=1)

CLAIM_LOST = "45409 claim_lost: The lease of this claim is over"


@pytest.fixture
def event(ledger: Ledger) -> Event:
    """An event whose two participants are to be reminded."""
    event = ledger.add_event()
    ledger.plan()
    return event


def expire(ledger: Ledger, claim: Claim) -> int:
    """Ends a lease and has it noticed; how many mails are due again."""
    ledger.end_lease(claim)
    return ledger.plan()["recovered"]


def test_nothing_to_claim_is_one_result_without_a_row(ledger: Ledger) -> None:
    ledger.add_event()
    assert ledger.call("claim_deliveries", "test", 10, 60) == [[]]
    assert ledger.claims() == []


def test_a_claim_has_what_it_takes_to_write_the_mails(ledger: Ledger) -> None:
    event = ledger.add_event(people=0, date=NOON, title="Café", venue="Théâtre", speaker=TEXTS["emoji"])
    people = [ledger.database.add_user(name=name) for name in ("Ada", TEXTS["quotes"])]
    for seats, user in enumerate(people, 1):
        ledger.register(event, user, seats)
    ledger.plan(at=NOW)
    (row,), mails = ledger.call("claim_deliveries", "host:1", 10, 300, at=NOW)
    claim_id = row["claim_id"]
    (organizer,) = ledger.database.rows("SELECT name, email FROM users WHERE id = %s", [event.organizer])
    assert list(row.items()) == [
        ("claim_id", claim_id), ("kind", "reminder"), ("event_id", event.id), ("title", "Café"), ("venue", "Théâtre"),
        ("speaker", TEXTS["emoji"]), ("event_date", NOON), ("known_title", "Café"), ("known_venue", "Théâtre"),
        ("known_speaker", TEXTS["emoji"]), ("known_event_date", NOON), ("uncertain", 0), ("revived", 0),
        ("organizer", organizer["name"]), ("organizer_email", organizer["email"]),
    ]
    written = ledger.database.rows(
        "SELECT d.id AS delivery_id, u.name AS participant, u.email, r.seats AS seats_booked FROM deliveries AS d"
        " JOIN registrations AS r ON r.id = d.registration_id JOIN users AS u ON u.id = d.user_id ORDER BY d.id"
    )
    (secret,) = ledger.database.rows("SELECT value FROM secrets WHERE name = 'unsubscribe'")
    for mail, user in zip(mails, people):
        (row,) = ledger.database.rows("SELECT unsubscribe_token(%s, %s) AS token", [secret["value"], user])
        assert mail.pop("unsubscribe_token") == row["token"]
    assert mails == written and list(mails[0]) == list(written[0])
    assert [(mail["participant"], mail["seats_booked"]) for mail in mails] == [("Ada", 1), (TEXTS["quotes"], 2)]

    assert ledger.claims() == [{
        "id": claim_id, "worker": "host:1", "kind": "reminder", "event_id": event.id, "occasion": NOON, "mails": 2,
        "known_edition": 1, "edition": 1, "claimed_at": NOW, "sending_at": None, "lease_until": NOW + timedelta(seconds=300),
    }]
    assert {(row["state"], row["claim_id"], row["attempts"]) for row in ledger.deliveries()} == {
        ("in_flight", claim_id, 0)
    }


def test_the_mails_of_a_claim_share_their_text(ledger: Ledger) -> None:
    changed, quiet, off = ledger.add_event(venue="First"), ledger.add_event(), ledger.add_event()
    for venue in ("Second", "Third"):
        ledger.update(changed, venue=venue)
        ledger.plan()
        if venue == "Second":
            ledger.register(changed)
    ledger.cancel(off)
    # Equal mails may take several claims: the newcomer's reminder becomes due by itself, unless a second ends meanwhile.
    mails: Counter[tuple[str, int, str]] = Counter()
    for claim in ledger.send():
        mails[claim.row["kind"], claim.row["event_id"], claim.row["known_venue"]] += len(claim.mails)
    assert mails == {
        ("cancellation", off.id, "Town Hall"): 2, ("reminder", changed.id, "Third"): 3,
        ("reminder", quiet.id, "Town Hall"): 2, ("update", changed.id, "First"): 2, ("update", changed.id, "Second"): 1,
    }


def test_no_more_than_the_limit_are_claimed_and_none_twice(ledger: Ledger) -> None:
    event = ledger.add_event(people=7)
    ledger.plan()
    claims = [ledger.claim(limit=3, worker=f"host:{number}") for number in range(3)]
    assert [len(claim.mails) for claim in claims] == [3, 3, 1]
    assert len({email for claim in claims for email in claim.emails}) == len(event.people)
    assert len({claim.id for claim in claims}) == 3
    assert ledger.claim() is None
    assert [row["mails"] for row in ledger.claims()] == [3, 3, 1]


def test_what_has_waited_longest_comes_first(ledger: Ledger) -> None:
    events = [ledger.add_event(people=1, date=NOON + timedelta(hours=hours)) for hours in (3, 0, 1, 2)]
    for minutes, event in enumerate(events):
        ledger.database.rows("UPDATE events SET event_date = event_date - INTERVAL 1 DAY WHERE id = %s", [event.id])
        # Nobody is to be told that it was moved.
        ledger.database.rows("DELETE FROM notices WHERE kind = 'update'")
        ledger.database.rows("DELETE FROM event_editions")
        ledger.plan(at=NOW - timedelta(days=1) + timedelta(minutes=minutes))
    assert [claim.row["event_id"] for claim in ledger.send(at=NOW - timedelta(hours=23))] == [
        event.id for event in events
    ]


def test_what_waits_to_be_tried_again_is_not_claimed_before_its_time(ledger: Ledger) -> None:
    ledger.add_event(people=3, date=NOON)
    ledger.plan(at=NOW)
    claim = ledger.claim(limit=2, at=NOW)
    ledger.release(claim, seconds=60, at=NOW)
    assert len(ledger.claim(at=NOW + 59 * SECOND).mails) == 1
    assert ledger.claim(at=NOW + 59 * SECOND) is None
    assert ledger.claim(at=NOW + 60 * SECOND).ids == claim.ids


@pytest.mark.parametrize(
    "arguments, problem",
    [
        (("test", 0, 60), "limit must be from 1 to 1000"), (("test", 1001, 60), "limit must be from 1 to 1000"),
        (("test", None, 60), "limit must be from 1 to 1000"), (("test", -1, 60), "limit must be from 1 to 1000"),
        (("test", 1, 0), "lease_seconds must be from 1 to 86400"),
        (("test", 1, 86401), "lease_seconds must be from 1 to 86400"),
        (("test", 1, None), "lease_seconds must be from 1 to 86400"),
        ((None, 1, 60), "worker is required"), (("", 1, 60), "worker must not be blank"),
        ((" ", 1, 60), "worker must not be blank"), (("w" * 65, 1, 60), "worker must have at most 64 characters"),
    ],
    ids=str,
)
def test_what_cannot_be_claimed_with(ledger: Ledger, event: Event, arguments: tuple, problem: str) -> None:
    field = problem.split()[0]
    refusal = ledger.database.refusal("claim_deliveries", *arguments, account="notifier")
    assert refusal == f"45422 invalid_input({field}): {problem}"
    assert ledger.states() == {("reminder", "due"): 2}
    assert ledger.claims() == []


@pytest.mark.parametrize("worker, limit, lease", [("w", 1, 1), ("\U0001f600" * 64, 1000, 86400)], ids=["least", "most"])
def test_the_limits_of_a_claim(ledger: Ledger, event: Event, worker: str, limit: int, lease: int) -> None:
    claim = ledger.claim(limit, lease, worker)
    assert len(claim.mails) == min(limit, 2)
    (row,) = ledger.claims()
    assert row["worker"] == worker
    assert row["lease_until"] - row["claimed_at"] == timedelta(seconds=lease)


def test_a_thousand_mails_are_claimed_at_once(ledger: Ledger) -> None:
    event = ledger.add_event(people=0)
    ledger.add_crowd(event, 1001)
    assert ledger.plan()["planned"] == 1001
    assert [len(ledger.claim(1000).mails), len(ledger.claim(1000).mails)] == [1000, 1]


def test_a_lease_ends_to_the_second(ledger: Ledger) -> None:
    ledger.add_event(date=NOON)
    ledger.plan(at=NOW)
    claim = ledger.claim(lease=60, at=NOW)
    assert ledger.plan(at=NOW + 59 * SECOND)["recovered"] == 0
    assert ledger.claim(at=NOW + 59 * SECOND) is None
    assert ledger.plan(at=NOW + 60 * SECOND) == {"planned": 0, "recovered": 2, "due": 2, "more": 0, "waiting": 0}
    assert ledger.claim(at=NOW + 60 * SECOND).ids == claim.ids


@pytest.mark.parametrize("started, uncertain", [(False, 0), (True, 1)])
def test_mails_of_a_lease_that_ended_are_due_again(
    ledger: Ledger, event: Event, started: bool, uncertain: int
) -> None:
    claim = ledger.claim()
    if started:
        ledger.start(claim)
    assert expire(ledger, claim) == 2
    assert ledger.claims() == []
    for row in ledger.deliveries(event):
        assert (row["state"], row["attempts"], row["uncertain_sends"]) == ("due", 1, uncertain)
        assert row["last_error"].startswith("the notifier ended ") and row["finished_at"] is None
    assert ledger.claim().emails == claim.emails


def test_leases_end_each_for_itself(ledger: Ledger) -> None:
    ledger.add_event(people=4)
    ledger.plan()
    first, second = ledger.claim(limit=2), ledger.claim(limit=2)
    ledger.start(second)
    assert expire(ledger, first) == 2
    assert ledger.states() == {("reminder", "due"): 2, ("reminder", "in_flight"): 2}
    assert [row["id"] for row in ledger.claims()] == [second.id]
    assert expire(ledger, second) == 2
    assert sorted(row["uncertain_sends"] for row in ledger.deliveries()) == [0, 0, 1, 1]


def test_what_kills_its_notifier_each_time_is_dead_in_the_end(ledger: Ledger, event: Event) -> None:
    ledger.set(max_delivery_attempts=3)
    for attempt in (1, 2, 3):
        assert {row["state"] for row in ledger.deliveries()} == {"due"}
        claim = ledger.claim()
        ledger.start(claim)
        assert expire(ledger, claim) == 2
        assert {row["attempts"] for row in ledger.deliveries()} == {attempt}
    assert {(row["state"], row["uncertain_sends"]) for row in ledger.deliveries()} == {("dead", 3)}
    assert all(row["finished_at"] for row in ledger.deliveries())
    assert ledger.claim() is None


def test_before_sending_the_lease_is_extended(ledger: Ledger) -> None:
    ledger.add_event(date=NOON)
    ledger.plan(at=NOW)
    claim = ledger.claim(lease=60, at=NOW)
    late = NOW + 59 * SECOND
    row = ledger.start(claim, lease=120, at=late)
    assert list(row.items()) == [("claim_id", claim.id), ("lease_until", late + 120 * SECOND)]
    later = late + 119 * SECOND
    assert ledger.plan(at=later)["recovered"] == 0
    assert ledger.start(claim, lease=60, at=later)["lease_until"] == later + 60 * SECOND
    # When it began is kept.
    assert [row["sending_at"] for row in ledger.claims()] == [late]
    assert ledger.plan(at=later + 60 * SECOND)["recovered"] == 2


@pytest.mark.parametrize("noticed", [False, True])
def test_after_the_lease_nothing_may_be_sent(ledger: Ledger, event: Event, noticed: bool) -> None:
    claim = ledger.claim()
    ledger.end_lease(claim)
    if noticed:
        ledger.plan()
    assert ledger.database.refusal("start_sending", claim.id, 60, account="notifier") == CLAIM_LOST
    assert ledger.plan()["recovered"] == (0 if noticed else 2)
    assert {row["uncertain_sends"] for row in ledger.deliveries()} == {0}


def test_the_lease_decides_to_the_second_whether_anything_may_be_sent(ledger: Ledger) -> None:
    ledger.add_event(date=NOON)
    ledger.plan(at=NOW)
    claim = ledger.claim(lease=60, at=NOW)
    with pytest.raises(Refused, match=CLAIM_LOST):
        ledger.start(claim, at=NOW + 60 * SECOND)
    ledger.start(claim, at=NOW + 59 * SECOND)


@pytest.mark.parametrize("claim_id", [None, 0, -1, 10**15])
def test_no_claim_no_sending(ledger: Ledger, claim_id: int | None) -> None:
    assert ledger.database.refusal("start_sending", claim_id, 60, account="notifier") == CLAIM_LOST


@pytest.mark.parametrize("lease", [None, 0, -1, 86401])
def test_the_limits_of_a_lease(ledger: Ledger, event: Event, lease: int | None) -> None:
    claim = ledger.claim()
    assert ledger.database.refusal("start_sending", claim.id, lease, account="notifier") == (
        "45422 invalid_input(lease_seconds): lease_seconds must be from 1 to 86400"
    )
    for accepted in (1, 86400):
        ledger.start(claim, lease=accepted)


def test_who_unregistered_since_the_planning_is_not_written_to(ledger: Ledger) -> None:
    event = ledger.add_event(people=3)
    ledger.plan()
    ledger.unregister(event, event.people[1])
    claim = ledger.claim()
    assert len(claim.mails) == 2
    assert ledger.users(event, "reminder") == event.people
    assert [row["mails"] for row in ledger.claims()] == [2]


def test_a_claim_of_which_nobody_is_left_is_none(ledger: Ledger, event: Event) -> None:
    other = ledger.add_event(people=1)
    ledger.plan()
    for user in list(event.people):
        ledger.unregister(event, user)
    claims = [ledger.claim(), ledger.claim()]
    assert claims[0].row["event_id"] == other.id and claims[1] is None
    assert ledger.deliveries(event) == []
    assert [row["id"] for row in ledger.claims()] == [claims[0].id]

    ledger.unregister(other, other.people[0])
    expire(ledger, claims[0])
    assert ledger.call("claim_deliveries", "test", 10, 60) == [[]]
    assert ledger.claims() == []


def test_what_may_have_been_sent_to_somebody_who_unregistered_stays_on_record(ledger: Ledger, event: Event) -> None:
    claim = ledger.claim()
    ledger.start(claim)
    expire(ledger, claim)
    gone = event.people[0]
    ledger.unregister(event, gone)
    before = utc_now()
    assert len(ledger.claim().mails) == 1
    states = {row["user_id"]: row["state"] for row in ledger.deliveries(event)}
    assert states == {gone: "unconfirmed", event.people[0]: "in_flight"}
    (finished,) = [row["finished_at"] for row in ledger.deliveries(event) if row["user_id"] == gone]
    assert before <= finished <= utc_now()
    assert [row["mails"] for row in ledger.claims()] == [1]


def test_what_may_have_been_sent_of_a_reminder_that_is_withdrawn_stays_on_record(
    ledger: Ledger, event: Event
) -> None:
    claim = ledger.claim(limit=1)
    ledger.start(claim)
    expire(ledger, claim)
    ledger.cancel(event)
    assert [claim.row["kind"] for claim in ledger.send()] == ["cancellation"]
    assert ledger.states(event) == {("reminder", "unconfirmed"): 1, ("cancellation", "sent"): 2}


def test_what_is_in_flight_when_the_event_moves_is_not_taken_away(ledger: Ledger) -> None:
    event = ledger.add_event(people=3)
    ledger.plan()
    claim = ledger.claim(limit=1)
    ledger.update(event, date=utc_now() + timedelta(days=9))
    assert [claim.row["kind"] for claim in ledger.send()] == ["update"]
    assert ledger.complete(claim) == 1
    assert ledger.states(event) == {("reminder", "sent"): 1, ("update", "sent"): 3}


def test_a_claim_is_gone_once_all_of_its_mails_are_reported_on(ledger: Ledger) -> None:
    ledger.add_event(people=4)
    ledger.plan()
    claim = ledger.claim()
    first, second, third, fourth = claim.ids
    for left, report in (
        (3, lambda: ledger.complete(claim, [first])), (2, lambda: ledger.fail(claim, "refused", [second])),
        (1, lambda: ledger.release(claim, [third], 60)), (0, lambda: ledger.fail(claim, "not_sent", [fourth])),
    ):
        report()
        assert [row["mails"] for row in ledger.claims()] == ([left] if left else [])
    assert ledger.states() == {("reminder", "sent"): 1, ("reminder", "dead"): 1, ("reminder", "due"): 2}


def test_no_mail_stays_in_flight_without_a_claim(ledger: Ledger) -> None:
    """Reporting a mail twice does no harm, and mails that were not reported come back when the lease ends."""
    ledger.add_event(people=3)
    ledger.plan()
    claim = ledger.claim()
    first, second, third = claim.ids
    ledger.release(claim, [first])
    ledger.complete(claim, [first])
    ledger.complete(claim, [second])
    assert [row["mails"] for row in ledger.claims()] == [1]
    assert expire(ledger, claim) == 1
    assert ledger.claim().ids == [third]


def test_mails_that_tell_of_an_earlier_state_are_not_overtaken(ledger: Ledger) -> None:
    """The venue changes back while a mail that tells of the new one is on its way: a reminder would come in between."""
    event = ledger.add_event(people=1, venue="First")
    ledger.update(event, venue="Second")
    ledger.plan()
    update = ledger.claim()
    ledger.start(update)
    ledger.update(event, venue="First")
    assert ledger.claim() is None
    assert ledger.plan()["due"] == 0, "they wait for some seconds"
    ledger.end_pauses()
    assert ledger.claim() is None

    ledger.complete(update)
    ledger.end_pauses()
    told = [(claim.row["kind"], claim.row["venue"]) for claim in ledger.send()]
    assert told == [("update", "First"), ("reminder", "First")]


def test_what_is_in_flight_by_no_claim_is_due_again_and_counted_as_perhaps_sent(ledger: Ledger, event: Event) -> None:
    claim = ledger.claim()
    ledger.database.rows("DELETE FROM claims")
    assert ledger.plan()["recovered"] == 2
    assert {(row["state"], row["attempts"], row["uncertain_sends"], row["uncertain_edition"])
            for row in ledger.deliveries(event)} == {("due", 1, 1, 1)}
    assert ledger.plan()["recovered"] == 0
    assert ledger.complete(claim) == 2, "a late report counts"
    assert ledger.states(event) == {("reminder", "sent"): 2}


@pytest.mark.parametrize("which", [0, 1])
def test_who_has_turned_reminders_off_since_the_planning_gets_none(ledger: Ledger, event: Event, which: int) -> None:
    """The position of these participants among the others who get the same text makes no difference."""
    ledger.database.rows("UPDATE users SET wants_reminders = FALSE WHERE id = %s", [event.people[which]])
    claim = ledger.claim()
    assert [row["user_id"] for row in ledger.deliveries(event) if row["state"] == "in_flight"] == [event.people[1 - which]]
    assert [row["mails"] for row in ledger.claims()] == [len(claim.mails)] == [1]


def test_what_is_put_off_is_gone_through_once(ledger: Ledger) -> None:
    """The work is done once and not again for each event whose mails are claimed, which took minutes for large events."""
    busy, *moved = [ledger.add_event(date=NOON) for _ in range(4)]
    ledger.plan(at=NOW)
    ledger.claim(limit=1, at=NOW)
    ledger.database.rows("UPDATE claims SET kind = 'update'")
    for event in moved:
        ledger.update(event, date=NOON + timedelta(days=30))
    ledger.database.rows(
        "CREATE TRIGGER put_off AFTER UPDATE ON deliveries FOR EACH ROW SET @put_off = COALESCE(@put_off, 0) + 1"
    )
    try:
        with ledger.database.connect_at(NOW) as session:
            assert session.call("claim_deliveries", "test", 10, 60) == [[]]
            assert session.rows("SELECT @put_off AS times") == [{"times": 1}]
    finally:
        ledger.database.rows("DROP TRIGGER put_off")
    assert [row["claimable_at"] - NOW for row in ledger.deliveries() if row["state"] == "due"] == [10 * SECOND]
    assert {row["event_id"] for row in ledger.deliveries()} == {busy.id}


def test_who_cannot_be_told_of_a_change_is_reminded_all_the_same(ledger: Ledger) -> None:
    """The mail about the change is dead, and the other mails stay due."""
    event = ledger.add_event(people=2, venue="First")
    ledger.update(event, venue="Second")
    ledger.plan()
    update = ledger.claim()
    ledger.fail(update, "refused", update.ids[:1])
    ledger.fail(update, "not_sent", update.ids[1:])
    assert ledger.claim() is None
    ledger.end_pauses()
    told = [(claim.row["kind"], claim.row["venue"], len(claim.mails)) for claim in ledger.send()]
    assert sorted(told) == [("reminder", "Second", 1), ("reminder", "Second", 1), ("update", "Second", 1)]
