"""Many at work on the ledger at once: each mail goes once, nobody waits for another's claim, nothing is forgotten."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import timedelta

import pytest

from sql.ledger import Claim, Ledger, wait_for_lock
from support.connection import Connection, Refused
from support.database import Database, utc_now
from support.threads import at_once

DATE = utc_now().replace(minute=0, second=0) + timedelta(hours=12)


def deadlocks(database: Database) -> int:
    """How many deadlocks the server has met."""
    rows = database.rows("SHOW GLOBAL STATUS LIKE 'Innodb_deadlocks'")
    if not rows:
        rows = database.rows(
            "SELECT count AS Value FROM information_schema.innodb_metrics WHERE name = 'lock_deadlocks'"
        )
    return int(rows[0]["Value"])


@pytest.fixture(autouse=True)
def no_deadlocks(database: Database) -> Iterator[None]:
    """No deadlock comes up, not even one that nobody hears of; a server that is not ours has others to count."""
    before = deadlocks(database)
    yield
    if database.server.directory:
        assert deadlocks(database) == before


class Notifier:
    """A session of the notifier's account, which does not wait long for anybody."""

    def __init__(self, database: Database) -> None:
        self.session = database.connect("notifier")
        self.session.rows("SET innodb_lock_wait_timeout = 5")

    def claim(self, limit: int) -> Claim | None:
        results = self.session.call("claim_deliveries", "test", limit, 60)
        return Claim(results[0][0], results[1]) if results != [[]] else None

    def complete(self, claim: Claim) -> int:
        return self.session.call("complete_deliveries", claim.id, str(claim.ids), "m")[0][0]["completed"]


@contextmanager
def transaction(database: Database) -> Iterator[Connection]:
    """A session whose transaction keeps its locks until it commits or the test ends."""
    with database.connect("root") as other:
        # As the procedures do.
        other.rows("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        other.rows("START TRANSACTION")
        yield other
        other.rollback()


@pytest.mark.parametrize("gone", [False, True], ids=["all registered", "some unregistered"])
def test_nobody_waits_for_what_another_is_claiming(ledger: Ledger, gone: bool) -> None:
    event = ledger.add_event(people=6)
    ledger.plan()
    if gone:
        ledger.unregister(event, event.people[-1])
    first, second, third, *_ = [row["id"] for row in ledger.deliveries(event)]
    with transaction(ledger.database) as other, ledger.database.connect("root") as session:
        other.rows("SELECT id FROM deliveries WHERE id = %s FOR UPDATE", [second])
        other.rows("UPDATE deliveries SET state = 'in_flight', claim_id = 99 WHERE id IN (%s, %s)", [first, third])
        session.rows("SET innodb_lock_wait_timeout = 1")
        (row,), mails = session.call("claim_deliveries", "test", 10, 60)
        assert len(mails) == (2 if gone else 3)
        assert session.call("claim_deliveries", "test", 10, 60) == [[]]
    assert len(ledger.claim().mails) == 3


def test_reporting_does_not_wait_for_another_claim(ledger: Ledger) -> None:
    ledger.add_event(people=6)
    ledger.plan()
    claims = [ledger.claim(limit=2) for _ in range(3)]
    with transaction(ledger.database) as other, ledger.database.connect("root") as session:
        session.rows("SET innodb_lock_wait_timeout = 1")
        other.rows("SELECT * FROM claims WHERE id = %s FOR UPDATE", [claims[0].id])
        other.rows("UPDATE deliveries SET attempts = 5 WHERE claim_id = %s", [claims[0].id])
        for claim, procedure, arguments in (
            (claims[1], "complete_deliveries", ["m"]), (claims[2], "fail_deliveries", ["not_sent", "e"]),
        ):
            session.call("start_sending", claim.id, 60)
            (row,) = session.call(procedure, claim.id, str(claim.ids), *arguments)[0]
            assert sum(row.values()) == 2


def test_a_booking_does_not_wait_for_mails_of_its_event(ledger: Ledger) -> None:
    """Neither planning nor claiming waits for it, and it waits for neither."""
    event = ledger.add_event(people=2)
    ledger.plan()
    user = ledger.database.add_user()
    with transaction(ledger.database) as other, ledger.database.connect("root") as session:
        session.rows("SET innodb_lock_wait_timeout = 1")
        other.rows("SELECT * FROM turns FOR UPDATE")
        other.rows("SELECT * FROM notices WHERE event_id = %s FOR UPDATE", [event.id])
        other.rows("SELECT * FROM deliveries WHERE event_id = %s FOR UPDATE", [event.id])
        session.call("register_for_event", user, event.id, 1)
        session.call("unregister_from_event", user, event.id)
        session.call("update_event", event.organizer, event.id, None, None, "Elsewhere", None, None, None)
    with transaction(ledger.database) as other, ledger.database.connect("root") as session:
        session.rows("SET innodb_lock_wait_timeout = 1")
        other.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event.id])
        other.rows("INSERT INTO registrations (event_id, user_id, seats) VALUES (%s, %s, 1)", [event.id, user])
        session.call("plan_deliveries", None)
        (row,), mails = session.call("claim_deliveries", "test", 10, 60)
        assert (row["kind"], len(mails)) == ("update", 2)
        # The reminders wait until the news has been told.
        assert session.call("claim_deliveries", "test", 10, 60) == [[]]


def test_a_lease_that_is_being_extended_does_not_end(ledger: Ledger) -> None:
    """Another one, which nobody extends, does."""
    ledger.add_event(people=3)
    ledger.plan()
    claim, other_claim = ledger.claim(limit=2), ledger.claim()
    ledger.end_lease(claim)
    ledger.end_lease(other_claim)
    with transaction(ledger.database) as other:
        other.rows("UPDATE claims SET lease_until = UTC_TIMESTAMP() + INTERVAL 60 SECOND WHERE id = %s", [claim.id])
        assert ledger.plan()["recovered"] == 1
        other.rows("COMMIT")
    assert [row["id"] for row in ledger.claims()] == [claim.id]
    assert ledger.complete(claim) == 2


def test_a_lease_that_is_being_ended_is_not_extended(ledger: Ledger) -> None:
    ledger.add_event()
    ledger.plan()
    claim = ledger.claim()
    with transaction(ledger.database) as other, ThreadPoolExecutor() as pool:
        other.rows("DELETE FROM claims WHERE id = %s", [claim.id])
        start = pool.submit(ledger.start, claim)
        wait_for_lock(ledger.database, start)
        other.rows("COMMIT")
        with pytest.raises(Refused, match="claim_lost"):
            start.result(10)


def test_reminders_withdrawn_while_others_are_planned_come_back(ledger: Ledger) -> None:
    """The event moves away and back while somebody plans for its third participant."""
    event = ledger.add_event(people=2, date=DATE)
    ledger.plan()
    third = ledger.register(event)
    moved = DATE + timedelta(days=3)
    with transaction(ledger.database) as other, ThreadPoolExecutor() as pool:
        # Behind this row the planner will wait, in the middle of its work.
        other.rows(
            "INSERT INTO deliveries (registration_id, kind, occasion, event_id, user_id, claimable_at)"
            " SELECT id, 'reminder', %s, event_id, user_id, UTC_TIMESTAMP() FROM registrations WHERE user_id = %s",
            [DATE, third],
        )
        plan = pool.submit(ledger.plan)
        wait_for_lock(ledger.database, plan)
        ledger.update(event, date=moved)
        claim = pool.submit(Notifier(ledger.database).claim, 10)
        # It may withdraw the first two at once, or wait for the planner to be done.
        wait([claim], timeout=0.5)
        ledger.update(event, date=DATE)
        other.rollback()
        plan.result(10)
        claim.result(10)
    ledger.plan()
    assert ledger.users(event, "reminder") == event.people


def test_news_that_are_news_again_are_not_withdrawn(ledger: Ledger) -> None:
    """The venue changes back, and once more just before the mails about the first change are taken back."""
    event = ledger.add_event(venue="First", date=DATE + timedelta(days=3))
    ledger.update(event, venue="Second")
    ledger.plan()
    ledger.update(event, venue="First")
    with transaction(ledger.database) as other, ThreadPoolExecutor() as pool:
        other.rows("SELECT * FROM notices WHERE event_id = %s ORDER BY occasion LIMIT 1 FOR UPDATE", [event.id])
        claim = pool.submit(Notifier(ledger.database).claim, 10)
        wait_for_lock(ledger.database, claim)
        ledger.update(event, venue="Second")
        other.rollback()
        assert len(claim.result(10).mails) == 2


def test_ten_who_claim_at_once_hand_each_mail_out_once(ledger: Ledger) -> None:
    events = [ledger.add_event(people=0) for _ in range(3)]
    for event, people in zip(events, (1500, 400, 100)):
        ledger.add_crowd(event, people)
    assert ledger.plan()["planned"] == 2000

    def claim_all(notifier: Notifier, seed: int) -> list[int]:
        chance = random.Random(seed)
        ids = []
        while claim := notifier.claim(chance.randint(1, 60)):
            ids += claim.ids
            assert notifier.complete(claim) == len(claim.mails)
        return ids

    notifiers = [Notifier(ledger.database) for _ in range(10)]
    outcomes = at_once([lambda n=n, s=notifier: claim_all(s, n) for n, notifier in enumerate(notifiers)])
    for notifier in notifiers:
        notifier.session.close()
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception)] == []
    # Who finds the rest locked stops, as nothing is to be had at the moment; the next one finds it.
    ids = [delivery_id for outcome in outcomes for delivery_id in outcome]
    ids += [delivery_id for claim in ledger.send() for delivery_id in claim.ids]
    assert Counter(Counter(ids).values()) == {1: 2000}
    assert ledger.states() == {("reminder", "sent"): 2000}
    assert ledger.claims() == []


class Storm:
    """Notifiers, some of which die, while organizers, participants and a DBA make changes."""

    SECONDS = 3

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.database = ledger.database
        self.events = [ledger.add_event(people=0, date=DATE, venue="A", seats=300) for _ in range(6)]
        for event in self.events:
            ledger.add_crowd(event, 60)
        self.people = [self.database.add_user() for _ in range(30)]
        ledger.set(max_delivery_attempts=1000, delivery_retry_seconds=1)
        self.end = 0.0
        # How often each mail has left, as far as its notifier knows.
        self.left: Counter[int] = Counter()
        self.done: Counter[str] = Counter()

    def run(self, *jobs: Callable[[random.Random, Connection], None]) -> list[Exception]:
        """Each job over and over, in a session of its own, until the time is up."""
        self.end = time.monotonic() + self.SECONDS
        outcomes = at_once([lambda n=n, j=job: self.repeat(j, n) for n, job in enumerate(jobs)])
        return [outcome for outcome in outcomes if isinstance(outcome, Exception)]

    def repeat(self, job: Callable[[random.Random, Connection], None], seed: int) -> None:
        chance = random.Random(seed)
        with self.database.connect("root") as session:
            session.rows("SET innodb_lock_wait_timeout = 5")
            while time.monotonic() < self.end:
                try:
                    job(chance, session)
                    self.done[job.__name__] += 1
                except Refused as refused:
                    self.done[refused.code] += 1

    def plan(self, chance: random.Random, session: Connection) -> None:
        session.call("plan_deliveries", chance.choice([3, 20, 500]))

    def notify(self, chance: random.Random, session: Connection) -> None:
        results = session.call("claim_deliveries", "test", chance.randint(1, 40), 60)
        if results == [[]] or results[1] == []:
            time.sleep(0.005)
            return
        claim = Claim(results[0][0], results[1])
        half = len(claim.ids) // 2
        for ids in (claim.ids[:half], claim.ids[half:]):
            self.report(chance, session, claim, ids)

    def report(self, chance: random.Random, session: Connection, claim: Claim, ids: list[int]) -> None:
        luck = chance.random()
        if luck < 0.1:
            session.call("release_deliveries", claim.id, str(ids), 0)
        elif luck < 0.15:
            # It dies before it begins.
            return
        else:
            session.call("start_sending", claim.id, 60)
            if luck < 0.25:
                session.call("fail_deliveries", claim.id, str(ids), "not_sent", "no luck")
                return
            self.left.update(ids)
            if luck < 0.35:
                session.call("fail_deliveries", claim.id, str(ids), "unknown", "no answer")
            elif luck < 0.9:
                session.call("complete_deliveries", claim.id, str(ids), "m")

    def end_leases(self, chance: random.Random, session: Connection) -> None:
        session.rows(
            "UPDATE claims SET lease_until = UTC_TIMESTAMP() WHERE id = %s",
            [chance.choice([row["id"] for row in session.rows("SELECT id FROM claims")] or [0])],
        )
        time.sleep(0.005)

    def organize(self, chance: random.Random, session: Connection) -> None:
        event = chance.choice(self.events)
        date = chance.choice([None, DATE, DATE + timedelta(hours=1), DATE + timedelta(days=3)])
        venue = chance.choice([None, "A", "B"])
        session.call("update_event", event.organizer, event.id, None, None, venue, None, date, None)
        time.sleep(0.02)

    def cancel(self, chance: random.Random, session: Connection) -> None:
        time.sleep(self.SECONDS / 4)
        event = chance.choice(self.events[:2])
        session.call("cancel_event", event.organizer, event.id)

    def come(self, chance: random.Random, session: Connection) -> None:
        session.call("register_for_event", chance.choice(self.people), chance.choice(self.events).id, 1)

    def go(self, chance: random.Random, session: Connection) -> None:
        session.call("unregister_from_event", chance.choice(self.people), chance.choice(self.events).id)

    def take_up_again(self, chance: random.Random, session: Connection) -> None:
        session.call("requeue_deliveries", chance.choice(["dead", "unconfirmed"]), chance.choice(self.events).id, None)
        time.sleep(0.05)

    def settle(self) -> None:
        """Leases and pauses end, and one notifier does what is left to do."""
        self.database.rows("UPDATE claims SET lease_until = UTC_TIMESTAMP()")
        while self.ledger.plan()["more"]:
            pass
        # A reminder may have waited for news, and with it that of somebody who has left.
        for _ in range(2):
            self.ledger.end_pauses()
            for claim in self.ledger.send():
                self.left.update(claim.ids)


def test_a_storm_leaves_nothing_undone_and_sends_nothing_twice(ledger: Ledger) -> None:
    storm = Storm(ledger)
    errors = storm.run(
        storm.plan, storm.plan, storm.notify, storm.notify, storm.notify, storm.notify, storm.end_leases,
        storm.organize, storm.cancel, storm.come, storm.come, storm.go, storm.take_up_again,
    )
    # Deadlocks (1213) and lock timeouts (1205) would be among these.
    assert errors == []
    assert {"plan", "notify", "end_leases", "organize", "cancel", "come", "go", "take_up_again", "claim_lost"} <= set(
        storm.done
    )
    storm.settle()
    assert ledger.claims() == []
    assert {state for _, state in ledger.states()} <= {"sent", "unconfirmed"}
    assert ledger.plan() == {"planned": 0, "recovered": 0, "due": 0, "more": 0, "waiting": 0}
    assert ledger.database.audit() == []

    # Twice is only what nobody could know of, and it is counted.
    rows = {row["id"]: row for row in ledger.deliveries()}
    assert [delivery_id for delivery_id in storm.left if delivery_id not in rows] == []
    assert [row for row in rows.values() if storm.left[row["id"]] > 1 + row["uncertain_sends"]] == []
    assert ledger.database.rows(
        "SELECT r.id FROM registrations AS r JOIN events AS e ON e.id = r.event_id"
        " LEFT JOIN deliveries AS d ON d.event_id = r.event_id AND d.user_id = r.user_id"
        "  AND d.kind = IF(e.cancelled_at IS NULL, 'reminder', 'cancellation')"
        "  AND (e.cancelled_at IS NOT NULL OR d.occasion = e.event_date)"
        " WHERE d.id IS NULL AND (e.cancelled_at IS NOT NULL OR e.event_date <= UTC_TIMESTAMP() + INTERVAL 1 DAY)"
    ) == []
