"""Many sessions at once: every seat is sold once, given back once, and nobody meets a deadlock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from support.connection import Connection, Refused, Row
from support.database import PASSWORD_HASH, Database, utc_now
from support.threads import at_once, call_at_once

OK = "ok"


def tally(outcomes: Sequence[object]) -> Counter[str]:
    """How often each outcome came: ok, the code of a refusal, or an error as it stands."""
    return Counter(
        outcome.code if isinstance(outcome, Refused) else repr(outcome) if isinstance(outcome, Exception) else OK
        for outcome in outcomes
    )


def event_row(database: Database, event_id: int) -> Row:
    return database.rows("SELECT * FROM events WHERE id = %s", [event_id])[0]


def test_a_hundred_participants_race_for_ten_seats(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, total_seats=10)
    participants = [database.add_user() for _ in range(100)]
    outcomes = call_at_once(database, [("register_for_event", user, event_id, 1) for user in participants], event_id)
    assert tally(outcomes) == {OK: 10, "seats_exhausted": 90}
    sold = [outcome[0][0]["seats_available"] for outcome in outcomes if isinstance(outcome, list)]
    assert sorted(sold) == list(range(10))
    assert len(database.call("list_participants", organizer, event_id)[0]) == 10
    assert database.audit() == []


def test_bookings_of_several_seats_race_for_what_is_left(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, total_seats=20)
    participants = [database.add_user() for _ in range(40)]
    outcomes = call_at_once(database, [("register_for_event", user, event_id, 3) for user in participants], event_id)
    assert tally(outcomes) == {OK: 6, "seats_exhausted": 34}
    assert event_row(database, event_id)["seats_available"] == 2
    assert database.audit() == []


def test_one_participant_registers_twenty_times_at_once(
    database: Database, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer, total_seats=100)
    outcomes = call_at_once(database, [("register_for_event", participant, event_id, 2)] * 20, event_id)
    assert tally(outcomes) == {OK: 1, "already_registered": 19}
    assert event_row(database, event_id)["seats_available"] == 98
    assert database.audit() == []


def test_one_registration_is_ended_twenty_times_at_once(
    database: Database, organizer: int, participant: int
) -> None:
    event_id = database.add_event(organizer, total_seats=10)
    database.call("register_for_event", database.add_user(), event_id, 1)
    database.call("register_for_event", participant, event_id, 4)
    outcomes = call_at_once(database, [("unregister_from_event", participant, event_id)] * 20, event_id)
    assert tally(outcomes) == {OK: 1, "not_registered": 19}
    assert event_row(database, event_id)["seats_available"] == 9
    assert database.audit() == []


def test_one_event_is_cancelled_twenty_times_at_once(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    database.call("register_for_event", participant, event_id, 1)
    outcomes = call_at_once(database, [("cancel_event", organizer, event_id)] * 20, event_id)
    assert tally(outcomes) == {OK: 1, "event_not_found": 19}
    assert len(database.rows("SELECT * FROM cancellations WHERE event_id = %s", [event_id])) == 1
    assert database.audit() == []


def test_one_address_signs_up_twenty_times_at_once(database: Database) -> None:
    emails = ["race@example.org", "RACE@example.org", " Race@Example.org ", "race@EXAMPLE.org"] * 5
    outcomes = call_at_once(database, [("register_user", "Racer", email, PASSWORD_HASH, None) for email in emails])
    assert tally(outcomes) == {OK: 1, "email_taken": 19}


def test_who_is_booked_when_an_event_is_cancelled_is_told(database: Database, organizer: int) -> None:
    for _ in range(5):
        event_id = database.add_event(organizer)
        calls = [("register_for_event", database.add_user(), event_id, 1) for _ in range(8)]
        calls.insert(4, ("cancel_event", organizer, event_id))
        outcomes = call_at_once(database, calls, event_id)
        booked = tally(outcomes[:4] + outcomes[5:])[OK]
        assert set(tally(outcomes)) <= {OK, "event_not_found"}
        assert outcomes[4][0][0]["notified"] == (booked > 0)
        assert len(database.rows("SELECT 1 FROM registrations WHERE event_id = %s", [event_id])) == booked
        assert len(database.rows("SELECT 1 FROM cancellations WHERE event_id = %s", [event_id])) == (booked > 0)
    assert database.audit() == []


def test_capacity_shrinks_while_seats_are_sold(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, total_seats=30)
    unchanged = [None] * 5
    calls = [("register_for_event", database.add_user(), event_id, 1) for _ in range(30)]
    calls += [("update_event", organizer, event_id, *unchanged, total) for total in range(1, 30, 2)]
    random.Random(1).shuffle(calls)
    outcomes = call_at_once(database, calls, event_id)
    assert set(tally(outcomes)) <= {OK, "seats_exhausted", "capacity_below_booked"}
    event = event_row(database, event_id)
    sold = tally([outcome for call, outcome in zip(calls, outcomes) if call[0] == "register_for_event"])[OK]
    assert event["total_seats"] - event["seats_available"] == sold
    assert database.audit() == []


def test_an_event_that_is_being_cancelled_is_there_or_it_is_not_found(database: Database, organizer: int) -> None:
    def read_until_refused(session: Connection, event_id: int) -> list[list[list[Row]]]:
        answers = []
        while True:
            try:
                answers.append(session.call("get_event", event_id))
            except Refused:
                return answers

    readers = [database.connect() for _ in range(6)]
    for _ in range(200):
        event_id = database.add_event(organizer)
        jobs = [lambda s=session: read_until_refused(s, event_id) for session in readers]
        jobs.append(lambda: database.call("cancel_event", organizer, event_id))
        *reads, _ = at_once(jobs)
        assert [answers for answers in reads if isinstance(answers, Exception) or [[]] in answers] == []
    for session in readers:
        session.close()


class Storm:
    """Sixteen sessions that register, unregister, change, cancel and read the same few events."""

    THREADS, CALLS_EACH = 16, 190

    def __init__(self, database: Database) -> None:
        self.database = database
        self.organizer = database.add_user("organizer")
        self.users = [database.add_user() for _ in range(40)]
        date = utc_now() + timedelta(hours=12)
        self.events = [
            database.add_event(self.organizer, event_date=date, total_seats=seats) for seats in (5, 20, 20, 60, 60)
        ]

    def call(self, chance: random.Random, step: int) -> tuple:
        event_id = chance.choice(self.events)
        what = chance.random()
        if what < 0.45:
            return ("register_for_event", chance.choice(self.users), event_id, chance.randint(1, 4))
        if what < 0.80:
            return ("unregister_from_event", chance.choice(self.users), event_id)
        if what < 0.90:
            return ("update_event", self.organizer, event_id, *[None] * 5, chance.randint(1, 80))
        if what < 0.98:
            return ("get_event", event_id)
        # Two of the five are called off, in the second half.
        if step > self.CALLS_EACH // 2:
            return ("cancel_event", self.organizer, chance.choice(self.events[1:4:2]))
        return ("list_participants", self.organizer, event_id)

    def run(self, session: Connection, seed: int) -> list[tuple[str, object]]:
        chance = random.Random(seed)
        outcomes: list[tuple[str, object]] = []
        for step in range(self.CALLS_EACH):
            call = self.call(chance, step)
            try:
                outcomes.append((call[0], session.call(*call)))
            except Exception as error:
                outcomes.append((call[0], error))
        return outcomes


def test_a_storm_of_calls_leaves_every_seat_accounted_for(database: Database) -> None:
    storm = Storm(database)
    sessions = [database.connect() for _ in range(Storm.THREADS)]
    runs = at_once([lambda n=n, s=session: storm.run(s, n) for n, session in enumerate(sessions)])
    for session in sessions:
        session.close()
    outcomes = [outcome for run in runs for outcome in run]
    assert len(outcomes) == Storm.THREADS * Storm.CALLS_EACH

    # Deadlocks (1213) and lock timeouts (1205) would be among these.
    errors = [error for _, error in outcomes if isinstance(error, Exception) and not isinstance(error, Refused)]
    assert errors == []
    assert [call for call, result in outcomes if result == [[]] and call != "list_participants"] == []
    tallies = tally([outcome for _, outcome in outcomes])
    assert set(tallies) == {
        OK, "already_registered", "not_registered", "seats_exhausted", "capacity_below_booked", "event_not_found",
    }
    cancelled = tally([outcome for call, outcome in outcomes if call == "cancel_event"])
    assert cancelled[OK] == 2
    assert database.audit() == []
