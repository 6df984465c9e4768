"""Everybody at once, by HTTP and by CALL: no seat is sold twice and nothing fails."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from support.connection import Refused
from support.database import Database
from support.locks import held
from support.shim import Shim, User
from support.threads import at_once

SOLD_OUT = (409, "Not enough seats available")
OK = (200, "")


@pytest.fixture(scope="module")
def second(shim: Shim, database: Database) -> Iterator[Shim]:
    """Another shim over the same database, with the same secret."""
    with Shim(database, SECRET_KEY=shim.settings["SECRET_KEY"]) as second:
        yield second


def tally(answers: Sequence[object]) -> Counter[tuple[int, str]]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return Counter((answer.status_code, answer.json().get("detail", "")) for answer in answers)


@pytest.mark.parametrize("shims", [1, 2])
def test_a_hundred_participants_for_ten_seats(
    shim: Shim, second: Shim, database: Database, organizer: User, shims: int
) -> None:
    event_id = shim.add_event(organizer, total_seats=10)
    people = [shim.add_user() for _ in range(100)]
    ask = [shim, second][:shims]
    answers = at_once(
        [lambda s=ask[i % shims], p=p: s.post(f"/register/{event_id}", p.token) for i, p in enumerate(people)]
    )
    assert tally(answers) == {OK: 10, SOLD_OUT: 90}
    assert sorted(a.json()["seats_available"] for a in answers if a.status_code == 200) == list(range(10))
    assert len(shim.get(f"/events/{event_id}/participants", organizer.token).json()) == 10
    assert database.audit() == []


@pytest.mark.parametrize("shims", [1, 2])
def test_one_participant_twenty_times(
    shim: Shim, second: Shim, database: Database, event_id: int, participant: User, shims: int
) -> None:
    ask = [shim, second][:shims]
    answers = at_once(
        [lambda s=ask[i % shims]: s.post(f"/register/{event_id}", participant.token) for i in range(20)]
    )
    assert tally(answers) == {OK: 1, (409, "Already registered for this event"): 19}
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 9
    with held(database, event_id) as let_go:
        jobs = [lambda s=ask[i % shims]: s.delete(f"/register/{event_id}", participant.token) for i in range(20)]
        answers = at_once([*jobs, let_go])[:-1]
    assert tally(answers) == {OK: 1, (404, "You are not registered for this event"): 19}
    assert shim.get(f"/events/{event_id}").json()["seats_available"] == 10
    assert database.audit() == []


def test_one_address_twenty_times(shim: Shim, second: Shim) -> None:
    account = {"name": "Ada", "email": f"race{time.time_ns()}@example.org", "password": "password"}
    answers = at_once([lambda s=s: s.post("/auth/register", json=account) for s in [shim, second] * 10])
    assert tally(answers) == {(201, ""): 1, (409, "Email already registered"): 19}


def test_capacity_is_cut_while_seats_are_booked(shim: Shim, database: Database, organizer: User) -> None:
    event_id = shim.add_event(organizer, total_seats=30)
    people = [shim.add_user() for _ in range(30)]
    register = [lambda p=p: shim.post(f"/register/{event_id}", p.token) for p in people]
    cut = [lambda n=n: shim.put(f"/events/{event_id}", organizer.token, json={"total_seats": n}) for n in (5, 10, 20)]
    answers = at_once(register + cut)
    assert all(isinstance(answer, Exception) is False and answer.status_code in (200, 409) for answer in answers)
    event = shim.get(f"/events/{event_id}").json()
    booked = sum(answer.status_code == 200 for answer in answers[:30])
    assert event["total_seats"] - event["seats_available"] == booked
    assert database.audit() == []


STORM_SECONDS = 12


def test_a_storm_by_http_and_by_call(shim: Shim, second: Shim, database: Database, organizer: User) -> None:
    """A few thousand operations, half of them by CALL; each is done or refused, and the books balance."""
    events = [shim.add_event(organizer, total_seats=8) for _ in range(4)]
    doomed = [shim.add_event(organizer, total_seats=8) for _ in range(6)]
    people = [shim.add_user() for _ in range(24)]
    until = time.monotonic() + STORM_SECONDS

    def targets(dice: random.Random) -> tuple[int, User, int]:
        return dice.choice(events + doomed), dice.choice(people), dice.randint(4, 20)

    def by_http(number: int) -> Counter[object]:
        dice, done = random.Random(number), Counter[object]()
        ask = (shim, second)[number % 2]
        for turn in range(250):
            if time.monotonic() > until:
                break
            event_id, person, total = targets(dice)
            kind = dice.random()
            if kind < 0.55:
                answer = ask.post(f"/register/{event_id}?seats={dice.randint(1, 3)}", person.token)
            elif kind < 0.85:
                answer = ask.delete(f"/register/{event_id}", person.token)
            elif kind < 0.98 or turn < 100:
                answer = ask.put(f"/events/{event_id}", organizer.token, json={"total_seats": total})
            else:
                answer = ask.delete(f"/events/{dice.choice(doomed)}", organizer.token)
            done[answer.status_code] += 1
        return done

    def by_call(number: int) -> Counter[object]:
        dice, done = random.Random(number), Counter[object]()
        with database.connect() as session:
            for turn in range(250):
                if time.monotonic() > until:
                    break
                event_id, person, total = targets(dice)
                kind = dice.random()
                try:
                    if kind < 0.55:
                        session.call("register_for_event", person.id, event_id, dice.randint(1, 3))
                    elif kind < 0.85:
                        session.call("unregister_from_event", person.id, event_id)
                    elif kind < 0.98 or turn < 100:
                        session.call("update_event", organizer.id, event_id, None, None, None, None, None, total)
                    else:
                        session.call("cancel_event", organizer.id, dice.choice(doomed))
                    done["done"] += 1
                except Refused as refused:
                    done[refused.sqlstate] += 1
        return done

    outcomes = at_once([lambda n=n: (by_http if n % 4 < 2 else by_call)(n) for n in range(16)])
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
    total = sum(outcomes, Counter[object]())
    assert database.audit() == []
    assert total["done"] > 100 and total[200] > 100
    assert set(total) <= {"done", "45404", "45409", 200, 404, 409}, total
