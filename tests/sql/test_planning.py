"""Which mails are due: reminders, updates and cancellations, once each."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pymysql
import pytest

from sql.ledger import Event, Ledger, wait_for_lock
from support.connection import Refused
from support.database import utc_now
from support.threads import at_once

SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)
NOON = datetime(2035, 5, 1, 12)


def planned(ledger: Ledger, event: Event, at: datetime) -> list[int]:
    """The users who have a reminder in the ledger after planning at that moment."""
    ledger.plan(at=at)
    return ledger.users(event, "reminder")


@pytest.mark.parametrize(
    "date",
    [
        NOON, datetime(2035, 5, 1), datetime(2035, 4, 30, 23, 59, 59), datetime(2036, 1, 1), datetime(2036, 3, 1),
        # In Europe the clocks change at 1:00 UTC on these days.
        datetime(2035, 3, 25, 1), datetime(2035, 3, 25, 12), datetime(2035, 10, 28, 0, 59, 59),
        datetime(2035, 10, 28, 12),
    ],
    ids=str,
)
def test_a_reminder_is_due_24_hours_before_the_start_to_the_second(ledger: Ledger, date: datetime) -> None:
    event = ledger.add_event(date=date)
    assert planned(ledger, event, date - DAY - SECOND) == []
    assert planned(ledger, event, date - DAY) == event.people


def test_no_reminder_is_due_once_the_event_has_begun(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    for moment in (NOON, NOON + SECOND, NOON + DAY):
        assert planned(ledger, event, moment) == []
    assert planned(ledger, event, NOON - SECOND) == event.people


def test_the_zone_of_the_session_does_not_matter(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    for zone in ("+13:00", "-12:00"):
        for moment, people in ((NOON - DAY - SECOND, []), (NOON - DAY, event.people)):
            ledger.database.rows("DELETE FROM deliveries")
            ledger.database.rows("DELETE FROM notices")
            with ledger.database.connect_at(moment) as session:
                session.rows("SET time_zone = %s", [zone])
                session.call("plan_deliveries", None)
            assert ledger.users(event, "reminder") == people


def test_a_reminder_has_what_is_known_of_it(ledger: Ledger) -> None:
    event = ledger.add_event(people=1, date=NOON)
    now = NOON - timedelta(hours=3)
    assert ledger.plan(at=now) == {"planned": 1, "recovered": 0, "due": 1, "more": 0, "waiting": 0}
    (row,) = ledger.deliveries(event)
    assert row.pop("id")
    registration = ledger.database.rows("SELECT id FROM registrations WHERE event_id = %s", [event.id])[0]["id"]
    assert row == {
        "registration_id": registration, "kind": "reminder", "occasion": NOON, "event_id": event.id,
        "user_id": event.people[0], "state": "due", "claimable_at": now, "claim_id": None, "attempts": 0,
        "uncertain_sends": 0, "finished_at": None, "message_id": None, "last_error": None, "known_edition": 1,
        "edition": None, "uncertain_edition": None,
    }
    assert ledger.database.rows("SELECT taken_at FROM turns WHERE name = 'plan'") == [{"taken_at": now}]


def test_nobody_who_is_not_registered_is_reminded(ledger: Ledger) -> None:
    event = ledger.add_event(people=3)
    ledger.unregister(event, event.people[1])
    cancelled = ledger.add_event()
    ledger.cancel(cancelled)
    ledger.plan()
    assert ledger.users(event, "reminder") == event.people
    assert ledger.users(cancelled, "reminder") == []


def test_who_registers_after_the_first_planning_is_reminded_too(ledger: Ledger) -> None:
    event = ledger.add_event()
    ledger.plan()
    for _ in range(2):
        ledger.register(event)
        assert ledger.plan()["planned"] == 1
        assert ledger.users(event, "reminder") == event.people


def test_who_registers_again_is_reminded_once(ledger: Ledger) -> None:
    """Of the mails that were not sent yet only that of the new registration is left."""
    event = ledger.add_event(people=1)
    user = event.people[0]
    ledger.plan()
    ledger.unregister(event, user)
    ledger.register(event, user)
    assert [claim.emails for claim in ledger.send()] == [[email(ledger, user)]]
    ledger.unregister(event, user)
    ledger.register(event, user)
    assert ledger.send() == []


def email(ledger: Ledger, user: int) -> str:
    return ledger.database.rows("SELECT email FROM users WHERE id = %s", [user])[0]["email"]


@pytest.mark.parametrize("planned_before", [False, True], ids=["unplanned", "planned"])
def test_an_event_that_moves_gets_an_update_and_a_reminder_of_the_new_date(
    ledger: Ledger, planned_before: bool
) -> None:
    event = ledger.add_event(date=NOON)
    if planned_before:
        assert planned(ledger, event, NOON - DAY) == event.people
    moved = NOON + timedelta(days=3)
    ledger.update(event, date=moved)
    claims = ledger.send(at=NOON - DAY)
    assert [(claim.row["kind"], claim.row["event_date"], claim.row["known_event_date"]) for claim in claims] == [
        ("update", moved, NOON)
    ]
    assert ledger.states(event) == {("update", "sent"): 2}

    assert ledger.send(at=moved - DAY - SECOND) == []
    (claim,) = ledger.send(at=moved - DAY)
    assert (claim.row["kind"], claim.row["event_date"], len(claim.mails)) == ("reminder", moved, 2)
    assert ledger.send(at=moved - SECOND) == []


def test_an_event_that_moves_within_the_24_hours_is_reminded_of_its_new_date(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    assert [claim.row["event_date"] for claim in ledger.send(at=NOON - DAY)] == [NOON]
    later = NOON + timedelta(hours=2)
    ledger.update(event, date=later)
    claims = ledger.send(at=NOON - timedelta(hours=10))
    assert sorted((claim.row["kind"], claim.row["event_date"]) for claim in claims) == [
        ("reminder", later), ("update", later)
    ]


@pytest.mark.parametrize("meanwhile", ["nothing", "planned", "withdrawn"])
def test_an_event_that_moves_away_and_back_is_reminded_of_once(ledger: Ledger, meanwhile: str) -> None:
    """Those who had their reminder before get none again, those who had not get theirs."""
    event = ledger.add_event(people=4, date=NOON)
    ledger.plan(at=NOON - DAY)
    early = ledger.claim(limit=1, at=NOON - DAY)
    ledger.complete(early, at=NOON - DAY)

    ledger.update(event, date=NOON + timedelta(days=3))
    if meanwhile != "nothing":
        ledger.plan(at=NOON - DAY)
    if meanwhile == "withdrawn":
        assert [claim.row["kind"] for claim in ledger.send(at=NOON - DAY)] == ["update"]
        assert ledger.states(event)["reminder", "due"] == 0
    ledger.update(event, date=NOON)
    late = ledger.register(event)

    reminders = [claim for claim in ledger.send(at=NOON - DAY) if claim.row["kind"] == "reminder"]
    told = [email for claim in [early, *reminders] for email in claim.emails]
    assert sorted(told) == sorted(email(ledger, user) for user in event.people) and late in event.people
    assert ledger.send(at=NOON - SECOND) == []


def test_a_cancellation_goes_to_everybody_who_held_a_seat_and_to_nobody_else(ledger: Ledger) -> None:
    event = ledger.add_event(people=3, date=NOON)
    ledger.unregister(event, event.people[0])
    other = ledger.add_event(date=NOON)
    assert ledger.cancel(event)
    outbox = ledger.database.rows("SELECT event_id, cancelled_at FROM cancellations")
    assert [row["event_id"] for row in outbox] == [event.id]

    ledger.plan(at=NOON - DAY)
    assert ledger.users(event, "cancellation") == event.people
    assert {row["occasion"] for row in ledger.deliveries(event)} == {outbox[0]["cancelled_at"]}
    assert ledger.states(other) == {("reminder", "due"): 2}
    assert ledger.database.rows("SELECT * FROM cancellations") == []
    assert ledger.plan(at=NOON - DAY)["planned"] == 0


def test_nobody_is_told_that_an_event_is_off_which_had_begun(ledger: Ledger) -> None:
    event = ledger.add_event()
    ledger.database.start_event(event.id)
    assert not ledger.cancel(event)
    assert ledger.send() == []


def test_a_cancellation_is_told_even_after_the_event_would_have_begun(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    ledger.cancel(event)
    (claim,) = ledger.send(at=NOON + DAY)
    assert (claim.row["kind"], len(claim.mails)) == ("cancellation", 2)


def test_a_cancellation_withdraws_what_was_to_be_sent(ledger: Ledger) -> None:
    event = ledger.add_event()
    ledger.update(event, venue="Elsewhere")
    ledger.plan()
    assert ledger.states(event) == {("reminder", "due"): 2, ("update", "due"): 2}
    ledger.cancel(event)
    assert [claim.row["kind"] for claim in ledger.send()] == ["cancellation"]
    assert ledger.states(event) == {("cancellation", "sent"): 2}


def test_an_update_says_what_was_and_goes_to_those_registered_before_it(ledger: Ledger) -> None:
    date = NOON + timedelta(days=20)
    event = ledger.add_event(date=date, venue="Town Hall", speaker="Ada")
    told = list(event.people)
    ledger.update(event, venue="Théâtre", title="Renamed")
    ledger.register(event)
    (claim,) = ledger.send(at=NOON)
    del claim.row["claim_id"]
    assert claim.row == {
        "kind": "update", "event_id": event.id, "title": "Renamed", "venue": "Théâtre", "speaker": "Ada",
        "event_date": date, "known_title": "Analytical Engines", "known_venue": "Town Hall", "known_speaker": "Ada",
        "known_event_date": date, "uncertain": 0, "revived": 0, "organizer": "Ada Lovelace",
        "organizer_email": email(ledger, event.organizer),
    }
    assert ledger.users(event, "update") == told
    assert ledger.send(at=NOON) == []


def test_an_update_comes_too_late_once_the_event_has_begun(ledger: Ledger) -> None:
    event = ledger.add_event(date=NOON)
    ledger.update(event, venue="Elsewhere")
    ledger.plan(at=NOON - SECOND)
    ledger.update(event, speaker="Somebody else")
    assert ledger.send(at=NOON) == []
    assert ledger.states(event) == {}


def test_changes_that_nobody_was_told_of_become_one(ledger: Ledger) -> None:
    event = ledger.add_event(people=1, venue="First", speaker="Ada", date=NOON)
    ledger.update(event, venue="Second")
    ledger.register(event)
    ledger.update(event, venue="Third", speaker="Grace")
    between = list(event.people)
    ledger.register(event)
    other = ledger.add_event(people=1, venue="First", date=NOON)
    ledger.update(other, venue="Second")

    told = [claim.row for claim in ledger.send(at=NOON - 2 * DAY) if claim.row["event_id"] == event.id]
    # Whoever registered between the two changes knows the first already, and is told of the second only.
    assert sorted((row["known_venue"], row["venue"], row["known_speaker"], row["speaker"]) for row in told) == [
        ("First", "Third", "Ada", "Grace"), ("Second", "Third", "Ada", "Grace")
    ]
    assert ledger.users(event, "update") == between
    assert ledger.users(other, "update") == other.people


def test_a_change_while_a_mail_waits_is_told_by_that_mail(ledger: Ledger) -> None:
    event = ledger.add_event(venue="First", date=NOON)
    for venue in ("Second", "Third"):
        ledger.update(event, venue=venue)
        ledger.plan(at=NOON - 2 * DAY)
    told = [(claim.row["known_venue"], claim.row["venue"]) for claim in ledger.send(at=NOON - 2 * DAY)]
    assert told == [("First", "Third")]
    assert ledger.states(event) == {("update", "sent"): 2}


@pytest.mark.parametrize("planned_before", [False, True], ids=["unplanned", "planned"])
def test_what_was_changed_back_in_time_is_not_told(ledger: Ledger, planned_before: bool) -> None:
    event = ledger.add_event(venue="Café", date=NOON)
    ledger.update(event, venue="Cafe")
    if planned_before:
        ledger.plan(at=NOON - 2 * DAY)
        assert ledger.states(event) == {("update", "due"): 2}
    ledger.update(event, venue="Café")
    if planned_before:
        assert ledger.claim(at=NOON - 2 * DAY) is None
    else:
        assert ledger.send(at=NOON - 2 * DAY) == []
    assert ledger.states(event) == {}


@pytest.mark.parametrize("planned_between", [False, True], ids=["at once", "planned between"])
def test_a_change_that_is_undone_and_made_again_is_told(ledger: Ledger, planned_between: bool) -> None:
    """Nobody had heard of it the first time: those mails were taken back."""
    now = NOON - 2 * DAY
    event = ledger.add_event(venue="First", date=NOON)
    ledger.update(event, venue="Second")
    ledger.plan(at=now)
    ledger.update(event, venue="First")
    assert ledger.claim(at=now) is None
    if planned_between:
        ledger.plan(at=now)
    ledger.update(event, venue="Second")
    told = [email for claim in ledger.send(at=now) for email in claim.emails if claim.row["venue"] == "Second"]
    assert len(told) == len(set(told)) == 2


def test_who_was_told_of_a_change_is_told_when_it_is_undone(ledger: Ledger) -> None:
    event = ledger.add_event(venue="First", date=NOON)
    for old, new in (("First", "Second"), ("Second", "First"), ("First", "Second")):
        ledger.update(event, venue=new)
        (claim,) = ledger.send(at=NOON - 2 * DAY)
        assert (claim.row["known_venue"], claim.row["venue"]) == (old, new)


def test_who_may_have_been_told_something_else_since_is_told_so(ledger: Ledger) -> None:
    """After an answer that was lost, of a change that was followed by another one or by the end of it all."""
    for last in ("update", "cancellation"):
        event = ledger.add_event(people=1, venue="First", date=NOON)
        ledger.update(event, venue="Second")
        ledger.plan(at=NOON - 2 * DAY)
        claim = ledger.claim(at=NOON - 2 * DAY)
        assert claim and claim.row["uncertain"] == 0
        ledger.start(claim, at=NOON - 2 * DAY)
        ledger.fail(claim, "unknown", at=NOON - 2 * DAY)
        ledger.update(event, venue="Third")
        if last == "cancellation":
            ledger.cancel(event)
        told = [claim.row for claim in ledger.send(at=NOON - 1.5 * DAY) if claim.row["event_id"] == event.id]
        assert [(row["kind"], row["known_venue"], row["uncertain"]) for row in told] == [(last, "First", 1)]


def test_what_is_only_sent_again_leaves_nothing_uncertain(ledger: Ledger) -> None:
    event = ledger.add_event(people=1, venue="First", date=NOON)
    ledger.update(event, venue="Second")
    ledger.plan(at=NOON - 2 * DAY)
    claim = ledger.claim(at=NOON - 2 * DAY)
    assert claim
    ledger.start(claim, at=NOON - 2 * DAY)
    ledger.fail(claim, "unknown", at=NOON - 2 * DAY)
    (again,) = ledger.send(at=NOON - 1.5 * DAY)
    assert (again.row["known_venue"], again.row["venue"], again.row["uncertain"]) == ("First", "Second", 0)


def test_who_was_told_of_half_planned_news_is_told_when_it_is_undone(ledger: Ledger) -> None:
    """The first of three has the mail, the second's is withdrawn, and the third's was not in the ledger yet."""
    event = ledger.add_event(people=3, venue="First", date=NOON)
    now = NOON - 2 * DAY
    ledger.update(event, venue="Second")
    ledger.plan(limit=2, at=now)
    told = ledger.claim(limit=1, at=now)
    ledger.complete(told, at=now)
    ledger.update(event, venue="First")
    assert ledger.claim(at=now) is None
    assert told.emails[0] in [email for claim in ledger.send(at=now) for email in claim.emails]


def test_a_mail_stands_in_the_ledger_once(ledger: Ledger) -> None:
    """The UNIQUE key ensures it, also for rows that no procedure writes."""
    event = ledger.add_event(people=1)
    ledger.plan()
    with pytest.raises(pymysql.err.IntegrityError):
        ledger.database.rows(
            "INSERT INTO deliveries (registration_id, kind, occasion, event_id, user_id, claimable_at)"
            " SELECT registration_id, kind, occasion, event_id, user_id, claimable_at FROM deliveries"
        )
    assert ledger.states(event) == {("reminder", "due"): 1}


def test_planning_again_plans_nothing(ledger: Ledger) -> None:
    event = ledger.add_event()
    moved = ledger.add_event()
    ledger.update(moved, venue="Elsewhere")
    cancelled = ledger.add_event()
    ledger.cancel(cancelled)
    assert ledger.plan()["planned"] == 8
    before = ledger.deliveries()
    for _ in range(2):
        assert ledger.plan() == {"planned": 0, "recovered": 0, "due": 8, "more": 0, "waiting": 0}
    assert ledger.deliveries() == before
    assert ledger.states(event) == {("reminder", "due"): 2}


def test_ten_who_plan_at_once_plan_each_mail_once(ledger: Ledger) -> None:
    reminded = ledger.add_event(people=0)
    ledger.add_crowd(reminded, 300)
    changed = ledger.add_event(people=5)
    ledger.update(changed, venue="Elsewhere")
    cancelled = ledger.add_event(people=5)
    ledger.cancel(cancelled)

    sessions = [ledger.database.connect("notifier") for _ in range(10)]
    outcomes = at_once([lambda s=session: s.call("plan_deliveries", 100)[0][0] for session in sessions])
    for session in sessions:
        session.close()
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    assert sum(outcome["planned"] for outcome in outcomes) == 315
    assert ledger.states() == {("reminder", "due"): 305, ("update", "due"): 5, ("cancellation", "due"): 5}


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_planning_in_small_parts_reaches_everything(ledger: Ledger, limit: int) -> None:
    for people in (0, 1, 3):
        ledger.add_event(people)
        ledger.update(ledger.add_event(people), venue="Elsewhere")
        ledger.cancel(ledger.add_event(people))
    in_all = 16
    for step in range(1, 2 * in_all + 6):
        before = sum(ledger.states().values())
        row = ledger.plan(limit)
        assert sum(ledger.states().values()) - before == row["planned"] <= limit
        if not row["more"]:
            break
    assert ledger.states() == {("reminder", "due"): 8, ("update", "due"): 4, ("cancellation", "due"): 4}
    assert row["due"] == in_all
    assert ledger.plan(limit) == {"planned": 0, "recovered": 0, "due": in_all, "more": 0, "waiting": 0}


@pytest.mark.parametrize("limit", [1, 2])
def test_what_makes_no_sense_any_more_does_not_hold_up_the_rest(ledger: Ledger, limit: int) -> None:
    """Reminders of dates that the events no longer have, for which somebody would be left."""
    stale = [ledger.add_event(people=0, date=NOON) for _ in range(3)]
    ledger.plan(at=NOON - DAY)
    for event in stale:
        ledger.register(event)
    ledger.update(stale[0], date=NOON + timedelta(days=9))
    ledger.update(stale[1], date=NOON + timedelta(hours=1))
    ledger.cancel(stale[2])
    ledger.add_event(date=NOON)
    rounds = 1
    while ledger.plan(limit, at=NOON - DAY + SECOND)["more"]:
        rounds += 1
        assert rounds < 20
    assert ledger.states() == {("reminder", "due"): 2, ("update", "due"): 2, ("cancellation", "due"): 1}
    ledger.plan(at=NOON - DAY + timedelta(hours=1))
    assert ledger.users(stale[1], "reminder") == stale[1].people


def test_one_call_plans_everything_whatever_came_before_it(ledger: Ledger) -> None:
    """Changes that were taken together leave nothing behind that ends the round."""
    for _ in range(3):
        event = ledger.add_event(people=1, date=NOON)
        for venue in ("Second", "Third"):
            ledger.update(event, venue=venue)
    ledger.cancel(ledger.add_event(people=1, date=NOON))
    assert ledger.plan(at=NOON - 2 * DAY) == {"planned": 4, "recovered": 0, "due": 4, "more": 0, "waiting": 0}


def test_what_was_just_planned_is_counted_as_due(ledger: Ledger) -> None:
    """It is true however long this planner had to wait for another one."""
    ledger.add_event()
    with ledger.database.connect("root") as other, ThreadPoolExecutor() as pool:
        other.rows("START TRANSACTION")
        other.rows("SELECT * FROM turns WHERE name = 'plan' FOR UPDATE")
        row = pool.submit(ledger.plan)
        wait_for_lock(ledger.database, row)
        other.rows("DO SLEEP(1.1)")
        other.rollback()
        assert row.result(10) == {"planned": 2, "recovered": 0, "due": 2, "more": 0, "waiting": 0}


@pytest.mark.parametrize("limit", [0, -1, 100_001])
def test_the_limits_of_the_limit(ledger: Ledger, limit: int) -> None:
    with pytest.raises(Refused, match="45422 invalid_input.*: limit must be from 1 to 100000"):
        ledger.plan(limit)
    for accepted in (1, 100_000, None):
        ledger.plan(accepted)


def test_what_was_changed_while_an_event_was_called_off_nobody_has_been_told(ledger: Ledger) -> None:
    event = ledger.add_event(date=utc_now() + timedelta(days=5), title="Engines", venue="Town Hall")
    ledger.cancel(event)
    ledger.send()
    ledger.database.rows("UPDATE events SET venue = 'Nowhere', title = 'Nothing' WHERE id = %s", [event.id])
    ledger.database.rows("UPDATE events SET venue = 'Library', cancelled_at = NULL WHERE id = %s", [event.id])
    (claim,) = ledger.send()
    known = [claim.row[name] for name in ("revived", "known_title", "title", "known_venue", "venue")]
    assert known == [1, "Engines", "Nothing", "Town Hall", "Library"]
