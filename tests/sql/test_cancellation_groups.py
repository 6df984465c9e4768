"""unregister_from_events gives seats back for many at once, as unregister_from_event would for one after the other."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pymysql
import pytest

from sql.ledger import wait_for_lock
from sql.request_lists import filled_in, malformed
from support.connection import Connection, Refused, Row
from support.database import Database, utc_now
from support.texts import TEXTS
from support.threads import at_once

NOBODY = 10**15
UNKNOWN_ACTOR = "45401 invalid_token: Invalid authentication credentials"
NO_PARTICIPANT = "45403 participant_required: Participant privileges required"
NOT_FOUND = "45404 event_not_found: Event not found"
NOT_REGISTERED = "45404 not_registered: You are not registered for this event"
OVER = "45400 event_completed: Cannot cancel registration for completed events"
BUSY = "45503 event_busy: The event is being changed"
REGISTRATION_BUSY = "45503 registration_busy: The registration is being changed"

Request = tuple[int, int]  # actor, event
Outcome = Row | str  # unregister_from_event's row, or its refusal


def listed(session: Database | Connection, requests: Sequence[Request], wait: bool | None = True) -> list[Outcome]:
    """The outcomes of requests that go together."""
    (rows,) = session.call("unregister_from_events", json.dumps(requests), wait)
    outcomes: list[Outcome] = []
    for row in rows:
        assert list(row) == ["sqlstate", "message", "msg", "seats_available"]
        ended = {name: row[name] for name in ("msg", "seats_available")}
        if row["sqlstate"] is None:
            assert row["message"] is None and None not in ended.values()
            outcomes.append(ended)
        else:
            assert set(ended.values()) == {None}
            outcomes.append(f"{row['sqlstate']} {row['message']}")
    assert len(outcomes) == len(requests)
    return outcomes


def alone(session: Database | Connection, request: Request) -> Outcome:
    """The outcome of a request by itself."""
    try:
        return session.call("unregister_from_event", *request)[0][0]
    except Refused as refused:
        return str(refused)


def seats_after(outcomes: Sequence[Outcome]) -> list[object]:
    """How many seats were free after each, or why it was refused."""
    return [outcome if isinstance(outcome, str) else outcome["seats_available"] for outcome in outcomes]


def booked(database: Database, *events: int) -> set[tuple[int, int]]:
    """Who is registered, as (actor, event)."""
    rows = database.rows("SELECT event_id, user_id FROM registrations WHERE event_id IN %s", [events])
    return {(row["user_id"], row["event_id"]) for row in rows}


def book(database: Database, people: Sequence[int], *events: int, seats: int = 1) -> None:
    requests = [(person, event, seats) for event in events for person in people]
    (rows,) = database.call("register_for_events", json.dumps(requests), True)
    assert all(row["sqlstate"] is None for row in rows)


@pytest.fixture
def people(database: Database) -> list[int]:
    return [database.add_user() for _ in range(6)]


@pytest.fixture
def event_id(database: Database, organizer: int, people: list[int]) -> int:
    """An event of 20 seats, two of which each of the people holds."""
    event_id = database.add_event(organizer, total_seats=20)
    book(database, people, event_id, seats=2)
    return event_id


@pytest.fixture(autouse=True)
def audited(database: Database) -> Iterator[None]:
    """Every seat is accounted for after each test."""
    yield
    assert database.audit() == []


@pytest.mark.parametrize("wait", [True, False])
def test_there_is_a_row_for_each_request_in_its_order(
    database: Database, organizer: int, event_id: int, people: list[int], wait: bool
) -> None:
    other = database.add_event(organizer, title="It's \"on\"", total_seats=10)
    book(database, people[:2], other, seats=3)
    requests = [(people[1], other), (people[3], event_id), (people[3], other), (people[0], other), (people[2], event_id)]
    assert listed(database, requests, wait) == [
        {"msg": "Your registration for 'It's \"on\"' has been cancelled", "seats_available": 7},
        {"msg": "Your registration for 'Analytical Engines' has been cancelled", "seats_available": 10},
        NOT_REGISTERED,
        {"msg": "Your registration for 'It's \"on\"' has been cancelled", "seats_available": 10},
        {"msg": "Your registration for 'Analytical Engines' has been cancelled", "seats_available": 12},
    ]
    assert booked(database, event_id, other) == {(person, event_id) for person in (people[0], people[1], *people[4:])}


def test_nobody_asks_for_nothing(database: Database) -> None:
    for text in ("[]", "[ ]", "[]   "):
        assert database.call("unregister_from_events", text, True) == [[]]


def test_messages_hold_titles_exactly(database: Database, organizer: int, participant: int) -> None:
    titles = [*TEXTS.values(), "\U0001f600" * 200, "]],[[1,\"null", "x" * 200]
    events = [database.add_event(organizer, title=title) for title in titles]
    book(database, [participant], *events)
    outcomes = listed(database, [(participant, event) for event in events])
    assert [outcome["msg"] for outcome in outcomes] == [
        f"Your registration for '{title}' has been cancelled" for title in titles
    ]


def test_a_list_of_one_is_refused_as_one_alone(
    database: Database, organizer: int, participant: int, event_id: int, people: list[int]
) -> None:
    cancelled, started = [database.add_event(organizer) for _ in range(2)]
    book(database, people[:1], cancelled, started)
    database.call("cancel_event", organizer, cancelled)
    database.start_event(started)
    refusals = {
        (NOBODY, event_id): UNKNOWN_ACTOR, (0, event_id): UNKNOWN_ACTOR, (NOBODY, NOBODY): UNKNOWN_ACTOR,
        (organizer, event_id): NO_PARTICIPANT, (organizer, NOBODY): NO_PARTICIPANT,
        **{(people[0], event): NOT_FOUND for event in (cancelled, NOBODY, 0, -1, 10**18 - 1, -(10**18) + 1)},
        (participant, event_id): NOT_REGISTERED, (participant, started): NOT_REGISTERED,
        (people[0], started): OVER,
    }
    for request, refusal in refusals.items():
        assert (listed(database, [request]), alone(database, request)) == ([refusal], refusal), request
    # All of them together are the same again.
    assert listed(database, list(refusals)) == list(refusals.values())
    assert booked(database, cancelled, started) == {(people[0], cancelled), (people[0], started)}


@pytest.mark.parametrize("wait", [True, False])
def test_a_second_request_for_the_same_is_not_registered(
    database: Database, organizer: int, event_id: int, people: list[int], wait: bool
) -> None:
    started = database.add_event(organizer)
    book(database, people[:1], started)
    database.start_event(started)
    requests = [(people[0], event_id), (people[1], event_id), (people[0], event_id), (people[0], started),
                (people[1], event_id), (people[0], started), (people[2], event_id)]
    assert seats_after(listed(database, requests, wait)) == [10, 12, NOT_REGISTERED, OVER, NOT_REGISTERED, OVER, 14]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("wait", [True, False])
def test_lists_do_what_one_call_after_the_other_does(database: Database, organizer: int, seed: int, wait: bool) -> None:
    chance = random.Random(seed)
    people = [database.add_user() for _ in range(7)]
    pairs = [[database.add_event(organizer, total_seats=50) for _ in range(2)] for _ in range(4)]
    for pair in pairs:
        for person in chance.sample(people, 5):
            book(database, [person], *pair, seats=chance.randint(1, 4))
    for event in pairs[2]:
        database.start_event(event)
    for event in pairs[3]:
        database.call("cancel_event", organizer, event)
    pairs.append([NOBODY, NOBODY])
    for _ in range(4):
        requests = [(chance.choice([*people, organizer, NOBODY]), chance.choice(pairs)) for _ in range(chance.randint(1, 15))]
        together = listed(database, [(actor, pair[0]) for actor, pair in requests], wait)
        assert together == [alone(database, (actor, pair[1])) for actor, pair in requests]
        left = [[{actor for actor, _ in booked(database, pair[side])} for pair in pairs] for side in (0, 1)]
        assert left[0] == left[1]


@pytest.mark.parametrize("text", ["[[A,E]]", "[   [  A ,   E  ]   ]    "])
def test_a_list_that_is_well_formed(database: Database, event_id: int, people: list[int], text: str) -> None:
    (rows,) = database.call("unregister_from_events", filled_in(text, people[0], event_id), True)
    assert [row["seats_available"] for row in rows] == [10]


MALFORMED = {
    **malformed("A, E"), "two members": "[[A], [E]]", "two members in the second": "[[A, E], [A]]",
    "three members": "[[A, E, 1]]", "a fraction": "[[A, E.0]]",
    "nineteen digits of an actor": "[[1000000000000000000, E]]", "nineteen digits of an event": "[[A, 1000000000000000000]]",
    "a negative actor": "[[-A, E]]", "no actor": "[[null, E]]", "no event": "[[A, null]]", "a text": '[["A", E]]',
    "60001 characters": "[[A, E]".ljust(60_000) + "]",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_list_that_is_not_well_formed(
    database: Database, event_id: int, people: list[int], text: str | None
) -> None:
    requests = None if text is None else filled_in(text, people[0], event_id)
    for wait in (True, False):
        refusal = database.refusal("unregister_from_events", requests, wait)
        assert refusal.startswith("45422 invalid_input(requests): requests must ")
    assert len(booked(database, event_id)) == len(people)


def test_a_thousand_requests(database: Database, organizer: int) -> None:
    people = [database.add_user() for _ in range(50)]
    events = [database.add_event(organizer, total_seats=60, title="\U0001f600" * 200) for _ in range(20)]
    book(database, people, *events)
    requests = [(person, event) for person in people for event in events]
    with database.connect() as session:
        # MariaDB's limit of JSON_ARRAYAGG, which some hosts set low.
        session.rows("SET SESSION group_concat_max_len = 4")
        assert seats_after(listed(session, requests)) == [11 + number for number in range(50) for _ in events]
    assert booked(database, *events) == set()


@pytest.mark.parametrize("wait", [False, None])
def test_an_event_that_somebody_else_holds_is_busy(
    database: Database, organizer: int, participant: int, event_id: int, people: list[int], wait: bool | None
) -> None:
    other = database.add_event(organizer, total_seats=6)
    book(database, people, other)
    requests = [
        (people[0], other), (people[0], event_id), (participant, event_id), (NOBODY, event_id), (people[1], other),
        (people[0], event_id), (people[1], NOBODY),
    ]
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE events SET venue = 'Elsewhere' WHERE id = %s", [event_id])
        assert seats_after(listed(database, requests, wait)) == [1, BUSY, NOT_REGISTERED, UNKNOWN_ACTOR, 2, BUSY, NOT_FOUND]
        root.rollback()
    assert seats_after(listed(database, [(people[0], event_id)], wait)) == [10]


@pytest.mark.parametrize("wait", [False, None])
def test_a_registration_that_somebody_else_holds_holds_up_nobody(
    database: Database, event_id: int, people: list[int], wait: bool | None
) -> None:
    requests = [(people[0], event_id), (people[1], event_id), (people[2], event_id)]
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE registrations SET registered_at = registered_at - INTERVAL 1 DAY WHERE user_id = %s", [people[1]])
        root.rows("UPDATE users SET name = 'Another' WHERE id = %s", [people[2]])
        assert seats_after(listed(database, requests, wait)) == [10, REGISTRATION_BUSY, 12]
        root.commit()
    assert seats_after(listed(database, [(people[1], event_id)], wait)) == [14]


def waiting(database: Database, requests: Sequence[Request], let_go: Callable[[], None]) -> list[Outcome]:
    """The outcomes of a list that waits for a lock until it is let go."""
    with database.connect() as session, ThreadPoolExecutor(1) as pool:
        outcomes = pool.submit(listed, session, requests)
        try:
            wait_for_lock(database, outcomes)
        finally:
            let_go()
        return outcomes.result()


@pytest.mark.parametrize(
    ("change", "outcomes"),
    [("UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = {event}", [NOT_FOUND, NOT_FOUND]),
     ("UPDATE events SET event_date = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE id = {event}", [OVER, OVER]),
     ("DELETE FROM registrations WHERE event_id = {event} AND user_id = {person}", [NOT_REGISTERED, 12])],
)
def test_a_list_that_waits_sees_what_was_changed_meanwhile(
    database: Database, event_id: int, people: list[int], change: str, outcomes: list[object]
) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows(change.format(event=event_id, person=people[0]))
        requests = [(people[0], event_id), (people[1], event_id)]
        assert seats_after(waiting(database, requests, root.commit)) == outcomes


def test_a_list_that_is_killed_while_it_waits_has_done_what_it_says(
    database: Database, organizer: int, people: list[int]
) -> None:
    first, second = [database.add_event(organizer) for _ in range(2)]
    book(database, people[:1], first, second)
    requests = [(people[0], first), (people[0], second)]
    with database.connect("root") as root, database.connect() as session, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [second])
        running = pool.submit(listed, session, requests)
        wait_for_lock(database, running)
        database.rows(f"KILL QUERY {session.thread_id()}")
        try:
            outcomes = running.result()
        except (pymysql.Error, Refused):
            outcomes = [NOT_REGISTERED] * 2
        root.rollback()
    left = {request for request, outcome in zip(requests, outcomes) if isinstance(outcome, str)}
    assert booked(database, first, second) == left


@pytest.mark.parametrize(
    "forbidden", ["DELETE ON registrations FOR EACH ROW BEGIN IF OLD.user_id = {person}",
                  "UPDATE ON events FOR EACH ROW BEGIN IF NEW.id = {event}"], ids=["ending", "freeing"],
)
def test_an_error_that_nobody_thought_of_undoes_all(
    database: Database, organizer: int, event_id: int, people: list[int], forbidden: str
) -> None:
    other = database.add_event(organizer)
    book(database, people, other)
    requests = [(person, event) for person in people for event in (event_id, other)]
    database.rows(
        f"CREATE TRIGGER forbid BEFORE {forbidden.format(person=people[2], event=other)} THEN"
        " SIGNAL SQLSTATE '22003' SET MESSAGE_TEXT = 'forbidden'; END IF; END"
    )
    with database.connect() as session:
        try:
            with pytest.raises(pymysql.Error, match="forbidden"):
                listed(session, requests)
        finally:
            database.rows("DROP TRIGGER forbid")
        assert booked(database, event_id, other) == set(requests)
        # Nothing is held any more either.
        assert BUSY not in listed(database, requests, wait=False)


def test_what_the_session_has_open_is_not_kept(database: Database, event_id: int, people: list[int]) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE events SET seats_available = seats_available - 1 WHERE id = %s", [event_id])
        assert seats_after(listed(root, [(people[0], event_id)])) == [10]


def test_a_storm_of_lists_and_calls_leaves_every_seat_accounted_for(database: Database, organizer: int) -> None:
    people = [database.add_user() for _ in range(30)]
    events = [database.add_event(organizer, total_seats=60, event_date=utc_now() + timedelta(days=3)) for _ in range(3)]

    def run(number: int) -> Counter[str]:
        chance, done = random.Random(number), Counter[str]()
        with database.connect() as session:
            for _ in range(50):
                asked = [(chance.choice(people), chance.choice(events)) for _ in range(chance.randint(1, 12))]
                kind = chance.random()
                if kind < 0.5:
                    bookings = json.dumps([(*request, 1) for request in asked])
                    rows = session.call("register_for_events", bookings, chance.random() < 0.5)[0]
                    done["booked"] += sum(row["sqlstate"] is None for row in rows)
                    continue
                outcomes = listed(session, asked, chance.random() < 0.5) if kind < 0.8 else [alone(session, asked[0])]
                done.update(outcome if isinstance(outcome, str) else "ended" for outcome in outcomes)
        return done

    runs = at_once([lambda n=number: run(n) for number in range(8)])
    for outcome in runs:
        if isinstance(outcome, Exception):
            raise outcome
    done = sum(runs, Counter[str]())
    assert done["booked"] - done["ended"] == len(booked(database, *events))
    assert done["booked"] > 100 and done["ended"] > 100
    # Whoever commits lets go of the event first and of its registrations an instant later.
    assert set(done) - {BUSY, REGISTRATION_BUSY} == {"booked", "ended", NOT_REGISTERED}


def test_one_refusal_is_as_good_where_the_server_cuts_texts_off(
    database: Database, event_id: int, participant: int
) -> None:
    with database.connect() as session:
        session.rows("SET SESSION group_concat_max_len = 4")
        assert alone(session, (participant, event_id)) == NOT_REGISTERED
