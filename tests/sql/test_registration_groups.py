"""register_for_events books for many participants at once, with the results that register_for_event would have for one after the other."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta

import pymysql
import pytest

from sql.ledger import wait_for_lock
from sql.request_lists import MALFORMED, filled_in
from support.connection import Connection, Refused, Row
from support.database import Database, utc_now
from support.locks import held
from support.texts import TEXTS
from support.threads import at_once

COLUMNS = ["sqlstate", "message", "msg", "event_id", "seats_booked", "seats_available", "status"]
NOBODY = 10**15
UNKNOWN_ACTOR = "45401 invalid_token: Invalid authentication credentials"
NOT_FOUND = "45404 event_not_found: Event not found"
OVER = "45400 event_completed: This event is already completed. Registration is closed."
TWICE = "45409 already_registered: Already registered for this event"
EXHAUSTED = "45409 seats_exhausted: Not enough seats available"
BUSY = "45503 event_busy: The event is being changed"
PARTICIPANT_BUSY = "45503 participant_busy: The participant is being changed"
TOO_MANY_SEATS = "45422 invalid_input(seats): seats must be from 1 to 10"

Request = tuple[int, int, int | None]  # actor, event, seats
Outcome = Row | str  # register_for_event's row, or its refusal


def outcome_in(row: Row) -> Outcome:
    booked = {name: row[name] for name in COLUMNS[2:]}
    if row["sqlstate"] is None:
        assert row["message"] is None and None not in booked.values()
        return booked
    assert set(booked.values()) == {None}
    return f"{row['sqlstate']} {row['message']}"


def listed(session: Database | Connection, requests: Sequence[Request], wait: bool | None = True) -> list[Outcome]:
    """The outcomes of requests that go together."""
    (rows,) = session.call("register_for_events", json.dumps(requests), wait)
    assert len(rows) == len(requests)
    return [outcome_in(row) for row in rows]


def alone(session: Database | Connection, request: Request) -> Outcome:
    """The outcome of a request by itself."""
    try:
        return session.call("register_for_event", *request)[0][0]
    except Refused as refused:
        return str(refused)


def seats_after(outcomes: Sequence[Outcome]) -> list[object]:
    """What each left free, or why it was refused."""
    return [outcome if isinstance(outcome, str) else outcome["seats_available"] for outcome in outcomes]


def booked(database: Database, *events: int) -> list[tuple[int, int, int]]:
    """The registrations for some events as (event, user, seats), in the order in which they were made."""
    rows = database.rows(
        "SELECT event_id, user_id, seats FROM registrations WHERE event_id IN %s ORDER BY id", [events]
    )
    return [(row["event_id"], row["user_id"], row["seats"]) for row in rows]


def free_seats(database: Database, event_id: int) -> int:
    return database.rows("SELECT seats_available FROM events WHERE id = %s", [event_id])[0]["seats_available"]


@pytest.fixture
def event_id(database: Database, organizer: int) -> int:
    return database.add_event(organizer)


@pytest.fixture
def people(database: Database) -> list[int]:
    return [database.add_user() for _ in range(6)]


@pytest.fixture(autouse=True)
def audited(database: Database) -> Iterator[None]:
    """Every seat is accounted for after each test."""
    yield
    assert database.audit() == []


def test_there_is_a_row_for_each_request_in_its_order(
    database: Database, organizer: int, event_id: int, people: list[int]
) -> None:
    other = database.add_event(organizer, title="It's \"on\"", event_date=utc_now() + timedelta(hours=1))
    requests = [(people[0], other, 3), (people[1], event_id, 11), (people[1], other, None), (people[0], event_id, 1)]
    (rows,) = database.call("register_for_events", json.dumps(requests), True)
    assert [list(row) for row in rows] == [COLUMNS] * 4
    nothing = dict.fromkeys(COLUMNS)
    assert rows == [
        {**nothing, "msg": "Registered successfully for It's \"on\"", "event_id": other, "seats_booked": 3,
         "seats_available": 7, "status": "soon"},
        {**nothing, "sqlstate": "45422", "message": "invalid_input(seats): seats must be from 1 to 10"},
        {**nothing, "msg": "Registered successfully for It's \"on\"", "event_id": other, "seats_booked": 1,
         "seats_available": 6, "status": "soon"},
        {**nothing, "msg": "Registered successfully for Analytical Engines", "event_id": event_id, "seats_booked": 1,
         "seats_available": 9, "status": "upcoming"},
    ]
    assert sorted(booked(database, event_id, other)) == sorted(
        [(event_id, people[0], 1), (other, people[0], 3), (other, people[1], 1)]
    )
    assert (free_seats(database, other), free_seats(database, event_id)) == (6, 9)


def test_nobody_asks_for_nothing(database: Database) -> None:
    for text in ("[]", "[ ]", "[]   "):
        assert database.call("register_for_events", text, True) == [[]]


@pytest.mark.parametrize("seats", [None, 1, 10])
@pytest.mark.parametrize("starts_in", [timedelta(hours=1), timedelta(days=30)])
def test_a_list_of_one_books_as_one_alone(
    database: Database, organizer: int, participant: int, starts_in: timedelta, seats: int | None
) -> None:
    date = utc_now() + starts_in
    event_id, twin = [database.add_event(organizer, event_date=date, total_seats=12) for _ in range(2)]
    before = utc_now()
    outcomes = listed(database, [(participant, event_id, seats)])
    assert outcomes == [{**alone(database, (participant, twin, seats)), "event_id": event_id}]
    registrations = database.rows(
        "SELECT user_id, seats, registered_at FROM registrations WHERE event_id IN %s ORDER BY id", [[event_id, twin]]
    )
    for row in registrations:
        assert before <= row.pop("registered_at") <= utc_now()
    assert registrations == [{"user_id": participant, "seats": seats or 1}] * 2


def test_a_list_of_one_is_refused_as_one_alone(
    database: Database, organizer: int, participant: int, event_id: int
) -> None:
    booked_already = database.add_user()
    cancelled, started, sold_out = [database.add_event(organizer, total_seats=3) for _ in range(3)]
    for event in (event_id, started, sold_out):
        database.call("register_for_event", booked_already, event, 3)
    database.call("cancel_event", organizer, cancelled)
    database.start_event(started)
    refusals = {
        (NOBODY, event_id, 1): UNKNOWN_ACTOR,
        (0, event_id, 1): UNKNOWN_ACTOR,
        (NOBODY, NOBODY, 99): UNKNOWN_ACTOR,
        (organizer, event_id, 1): "45403 participant_required: Participant privileges required",
        (organizer, NOBODY, 0): "45403 participant_required: Participant privileges required",
        **{(participant, event_id, seats): TOO_MANY_SEATS for seats in (0, 11, -1, 10**18 - 1, -(10**18) + 1)},
        (participant, NOBODY, 11): TOO_MANY_SEATS,
        **{(participant, event, None): NOT_FOUND for event in (cancelled, NOBODY, 0, -1, 10**18 - 1, -(10**18) + 1)},
        (participant, started, 1): OVER,
        (booked_already, started, 1): OVER,
        (booked_already, event_id, 1): TWICE,
        (booked_already, sold_out, 10): TWICE,
        (participant, sold_out, None): EXHAUSTED,
        (participant, event_id, 8): EXHAUSTED,
    }
    for request, refusal in refusals.items():
        assert (listed(database, [request]), alone(database, request)) == ([refusal], refusal), request
    # All of them together are the same again.
    assert listed(database, list(refusals)) == list(refusals.values())
    assert booked(database, event_id, cancelled, started, sold_out) == [
        (event, booked_already, 3) for event in (event_id, started, sold_out)
    ]


@pytest.fixture
def seats_per_booking_afterwards(database: Database) -> Iterator[None]:
    (row,) = database.rows("SELECT name, value, description FROM settings WHERE name = 'max_seats_per_booking'")
    yield
    database.rows("REPLACE INTO settings (name, value, description) VALUES (%s, %s, %s)", list(row.values()))


@pytest.mark.usefixtures("seats_per_booking_afterwards")
def test_a_dba_sets_how_many_seats_a_booking_may_have(database: Database, organizer: int, people: list[int]) -> None:
    event_id = database.add_event(organizer, total_seats=1000)
    for change, most in (("UPDATE settings SET value = 3", 3), ("UPDATE settings SET value = 50", 50),
                         ("DELETE FROM settings", 10)):
        database.rows(f"{change} WHERE name = 'max_seats_per_booking'")
        person = database.add_user()
        assert seats_after(listed(database, [(person, event_id, most + 1), (person, event_id, most)])) == [
            f"45422 invalid_input(seats): seats must be from 1 to {most}", free_seats(database, event_id),
        ]
        assert booked(database, event_id)[-1] == (event_id, person, most)


class World:
    """Two sets of the same events: one that lists are for, and one for a call after the other."""

    def __init__(self, database: Database, seed: int) -> None:
        self.database = database
        self.chance = random.Random(seed)
        organizer = database.add_user("organizer")
        self.actors = [*(database.add_user() for _ in range(9)), organizer, 0, NOBODY]
        self.pairs: list[tuple[int, int]] = []
        for number in range(6):
            date = utc_now() + timedelta(hours=self.chance.choice([5, 50]))
            seats = self.chance.randint(2, 14)
            pair = [
                database.add_event(organizer, title=f"Event {number}", event_date=date, total_seats=seats)
                for _ in range(2)
            ]
            for event_id in pair:
                if number == 4:
                    database.start_event(event_id)
                elif number == 5:
                    database.call("cancel_event", organizer, event_id)
            self.pairs.append((pair[0], pair[1]))
        self.made = len(self.pairs)
        self.pairs += [(NOBODY, NOBODY), (-1, -1)]

    def requests(self) -> list[Request]:
        """A list whose events are the numbers of their pairs."""
        seats = [None, 1, 1, 2, 3, 4, 5, 10, 0, 11, -3]
        return [
            (self.chance.choice(self.actors), self.chance.randrange(len(self.pairs)), self.chance.choice(seats))
            for _ in range(self.chance.randint(1, 40))
        ]

    def numbered(self, outcome: Outcome, side: int) -> Outcome:
        """The outcome with the number of its pair in place of the event's id."""
        if isinstance(outcome, str):
            return outcome
        numbers = {pair[side]: number for number, pair in enumerate(self.pairs)}
        return {**outcome, "event_id": numbers[outcome["event_id"]]}

    def registrations(self, side: int) -> list[list[tuple[int, int]]]:
        """Who holds how many seats of each event, in the order in which they were registered."""
        return [[row[1:] for row in booked(self.database, pair[side])] for pair in self.pairs[: self.made]]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("wait", [True, False])
def test_lists_do_what_one_call_after_the_other_does(database: Database, seed: int, wait: bool) -> None:
    world = World(database, seed)
    for _ in range(6):
        requests = world.requests()
        together = listed(database, [(actor, world.pairs[pair][0], seats) for actor, pair, seats in requests], wait)
        one_by_one = [alone(database, (actor, world.pairs[pair][1], seats)) for actor, pair, seats in requests]
        assert [world.numbered(outcome, 0) for outcome in together] == [
            world.numbered(outcome, 1) for outcome in one_by_one
        ], requests
        assert world.registrations(0) == world.registrations(1)
        for pair in world.pairs[: world.made]:
            assert free_seats(database, pair[0]) == free_seats(database, pair[1])


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", ["actor", "organizer", "event", "seats", "twice"])
def test_one_that_is_refused_harms_no_other(
    database: Database, organizer: int, event_id: int, people: list[int], bad: str, place: int
) -> None:
    database.call("register_for_event", people[5], event_id, 1)
    request, refusal = {
        "actor": ((NOBODY, event_id, 1), UNKNOWN_ACTOR),
        "organizer": ((organizer, event_id, 1), "45403 participant_required: Participant privileges required"),
        "event": ((people[4], NOBODY, 1), NOT_FOUND),
        "seats": ((people[4], event_id, 11), TOO_MANY_SEATS),
        "twice": ((people[5], event_id, 1), TWICE),
    }[bad]
    requests = [(people[0], event_id, 2), (people[1], event_id, 3)]
    requests.insert(place, request)
    expected: list[object] = [7, 4]
    expected.insert(place, refusal)
    assert seats_after(listed(database, requests)) == expected
    assert free_seats(database, event_id) == 4


def test_a_participant_twice_in_a_list_is_registered_once(
    database: Database, event_id: int, people: list[int]
) -> None:
    ada, other = people[:2]
    requests = [(ada, event_id, 2), (other, event_id, 1), (ada, event_id, 2), (ada, event_id, 5)]
    assert seats_after(listed(database, requests)) == [8, 7, TWICE, TWICE]
    assert booked(database, event_id) == [(event_id, ada, 2), (event_id, other, 1)]


def test_who_asks_for_too_many_seats_may_ask_for_fewer_in_the_same_list(
    database: Database, organizer: int, people: list[int]
) -> None:
    event_id = database.add_event(organizer, total_seats=3)
    requests = [(people[0], event_id, 5), (people[0], event_id, 99), (people[0], event_id, 2)]
    assert seats_after(listed(database, requests)) == [EXHAUSTED, TOO_MANY_SEATS, 1]


def test_a_participant_registers_for_several_events_at_once(
    database: Database, organizer: int, participant: int
) -> None:
    events = [database.add_event(organizer) for _ in range(12)]
    outcomes = listed(database, [(participant, event, 1 + n % 3) for n, event in enumerate(reversed(events))])
    assert [outcome["event_id"] for outcome in outcomes] == events[::-1]
    assert [outcome["seats_available"] for outcome in outcomes] == [9 - n % 3 for n in range(12)]


def test_who_came_first_gets_the_last_seats(database: Database, organizer: int, people: list[int]) -> None:
    event_id = database.add_event(organizer, total_seats=3)
    order = people[::-1]
    assert seats_after(listed(database, [(person, event_id, 1) for person in order])) == [2, 1, 0, *[EXHAUSTED] * 3]
    assert booked(database, event_id) == [(event_id, person, 1) for person in order[:3]]


def test_fewer_seats_may_fit_where_more_did_not(database: Database, organizer: int, people: list[int]) -> None:
    event_id = database.add_event(organizer, total_seats=5)
    requests = [(person, event_id, seats) for person, seats in zip(people, [4, 2, 10, 1, 1])]
    assert seats_after(listed(database, requests)) == [1, EXHAUSTED, EXHAUSTED, 0, EXHAUSTED]


def test_registrations_are_made_in_the_order_of_the_list(database: Database, organizer: int, people: list[int]) -> None:
    events = [database.add_event(organizer) for _ in range(3)]
    requests = [(person, event, 1) for person in (people[3], people[0], people[5]) for event in reversed(events)]
    listed(database, requests)
    for event in events:
        assert [row[1] for row in booked(database, event)] == [people[3], people[0], people[5]]


def test_messages_hold_titles_exactly(database: Database, organizer: int, participant: int) -> None:
    titles = [*TEXTS.values(), "\U0001f600" * 200, "]],[[1,\"null", "x" * 200]
    events = [database.add_event(organizer, title=title) for title in titles]
    outcomes = listed(database, [(participant, event, 1) for event in events])
    assert [outcome["msg"] for outcome in outcomes] == [f"Registered successfully for {title}" for title in titles]


WELL_FORMED = {
    "no blanks": "[[A,E,1]]", "one blank": "[[A, E, 1]]", "blanks": "[   [  A ,   E  ,  1   ]   ]    ",
    "null": "[[A, E, null]]",
}


@pytest.mark.parametrize("text", WELL_FORMED.values(), ids=WELL_FORMED)
def test_a_list_that_is_well_formed(database: Database, participant: int, event_id: int, text: str) -> None:
    (rows,) = database.call("register_for_events", filled_in(text, participant, event_id), True)
    assert [row["seats_available"] for row in rows] == [9]


def test_a_list_has_at_most_60000_characters(database: Database, participant: int, event_id: int) -> None:
    request = f"[[{participant}, {event_id}, 1]"
    refusal = "45422 invalid_input(requests): requests must have at most 60000 characters"
    assert database.refusal("register_for_events", request.ljust(60_000) + "]", True) == refusal
    (rows,) = database.call("register_for_events", request.ljust(59_999) + "]", True)
    assert [row["seats_available"] for row in rows] == [9]


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_list_that_is_not_well_formed(
    database: Database, participant: int, event_id: int, text: str | None
) -> None:
    requests = None if text is None else filled_in(text, participant, event_id)
    for wait in (True, False):
        refusal = database.refusal("register_for_events", requests, wait)
        assert refusal.startswith("45422 invalid_input(requests): requests must ")
    assert booked(database, event_id) == []


def test_a_thousand_requests(database: Database, organizer: int) -> None:
    people = [database.add_user() for _ in range(50)]
    events = [database.add_event(organizer, total_seats=30) for _ in range(20)]
    requests = [(person, event, 1) for person in people for event in events]
    assert seats_after(listed(database, requests)) == [
        29 - number if number < 30 else EXHAUSTED for number in range(50) for _ in events
    ]
    assert len(booked(database, *events)) == 600


@contextmanager
def changed(database: Database, event_id: int, *statements: str) -> Iterator[Connection]:
    """A session of root that has changed something about an event and not committed it yet."""
    with database.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        for statement in statements:
            root.rows(statement)
        yield root


@pytest.mark.parametrize("wait", [False, None])
def test_an_event_that_somebody_else_holds_is_busy(
    database: Database, organizer: int, people: list[int], wait: bool | None
) -> None:
    held_event, *others = [database.add_event(organizer) for _ in range(3)]
    database.call("register_for_event", people[5], held_event, 1)
    requests = [
        (people[0], others[1], 1), (people[0], held_event, 1), (people[1], held_event, 10), (people[0], others[0], 2),
        (people[2], held_event, 99), (NOBODY, held_event, 1), (people[5], held_event, 1), (people[1], NOBODY, 1),
        (people[3], others[0], 9),
    ]
    with changed(database, held_event) as root:
        assert seats_after(listed(database, requests, wait)) == [
            9, BUSY, BUSY, 8, TOO_MANY_SEATS, UNKNOWN_ACTOR, TWICE, NOT_FOUND, EXHAUSTED,
        ]
        assert listed(database, [(people[0], held_event, 1)], wait) == [BUSY]
        root.rollback()
    assert seats_after(listed(database, [(people[0], held_event, 1)], wait)) == [8]


@contextmanager
def renamed(database: Database, person: int) -> Iterator[Connection]:
    """A session of root that has renamed a user and not committed it yet."""
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE users SET name = 'Another' WHERE id = %s", [person])
        yield root


@pytest.mark.parametrize("wait", [False, None])
def test_a_participant_whom_somebody_else_changes_holds_up_nobody(
    database: Database, organizer: int, event_id: int, people: list[int], wait: bool | None
) -> None:
    """The foreign key of a registration wants a lock on its user."""
    sold_out = database.add_event(organizer, total_seats=1)
    database.call("register_for_event", people[5], sold_out, 1)
    requests = [
        (people[0], event_id, 1), (people[1], event_id, 2), (people[2], event_id, 1), (people[1], event_id, 11),
        (people[1], sold_out, 1), (people[1], NOBODY, 1),
    ]
    with renamed(database, people[1]) as root:
        assert seats_after(listed(database, requests, wait)) == [
            9, PARTICIPANT_BUSY, 8, TOO_MANY_SEATS, EXHAUSTED, NOT_FOUND,
        ]
        assert listed(database, [(people[1], event_id, 2)], wait) == [PARTICIPANT_BUSY]
        root.commit()
    assert seats_after(listed(database, [(people[1], event_id, 2)], wait)) == [6]


def test_a_list_that_waits_for_a_participant_holds_up_no_other_event(
    database: Database, organizer: int, event_id: int, people: list[int]
) -> None:
    """On MariaDB an INSERT from a list that waits would keep all others from inserting."""
    other = database.add_event(organizer)
    with renamed(database, people[0]) as root, database.connect() as session, ThreadPoolExecutor(1) as pool:
        outcomes = pool.submit(listed, session, [(people[0], event_id, 1), (people[1], event_id, 1)])
        try:
            wait_for_lock(database, outcomes)
            with database.connect() as quick:
                quick.rows("SET SESSION innodb_lock_wait_timeout = 1")
                assert seats_after(listed(quick, [(people[2], other, 1)], wait=False)) == [9]
                assert seats_after([alone(quick, (people[3], other, 1))]) == [8]
        finally:
            root.commit()
        assert seats_after(outcomes.result()) == [9, 8]


def waiting(database: Database, requests: Sequence[Request], let_go: Callable[[], None]) -> list[Outcome]:
    """The outcomes of a list that waits for a lock until it is let go."""
    with database.connect() as session, ThreadPoolExecutor(1) as pool:
        outcomes = pool.submit(listed, session, requests)
        try:
            wait_for_lock(database, outcomes)
        finally:
            let_go()
        return outcomes.result()


def test_a_list_that_waits_sees_what_was_sold_meanwhile(
    database: Database, organizer: int, event_id: int, people: list[int]
) -> None:
    other = database.add_event(organizer)
    requests = [(people[0], other, 1), (people[0], event_id, 1), (people[1], event_id, 4), (people[2], event_id, 3)]
    sell = (f"INSERT INTO registrations (event_id, user_id, seats) VALUES ({event_id}, {people[1]}, 8)",
            f"UPDATE events SET seats_available = 2 WHERE id = {event_id}")
    with changed(database, event_id, *sell) as root:
        assert seats_after(waiting(database, requests, root.commit)) == [9, 1, TWICE, EXHAUSTED]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [("cancelled_at = UTC_TIMESTAMP()", NOT_FOUND), ("event_date = UTC_TIMESTAMP() - INTERVAL 1 SECOND", OVER),
     ("total_seats = 1, seats_available = 1", EXHAUSTED)],
)
def test_a_list_that_waits_sees_what_was_changed_meanwhile(
    database: Database, organizer: int, event_id: int, people: list[int], change: str, refusal: str
) -> None:
    other = database.add_event(organizer)
    requests = [(people[0], event_id, 2), (people[0], other, 2), (people[1], event_id, 3)]
    with changed(database, event_id, f"UPDATE events SET {change} WHERE id = {event_id}") as root:
        assert seats_after(waiting(database, requests, root.commit)) == [refusal, 8, refusal]


def test_a_list_that_waits_books_what_is_let_go(
    database: Database, organizer: int, event_id: int, people: list[int]
) -> None:
    other = database.add_event(organizer)
    requests = [(people[0], other, 2), (people[0], event_id, 2), (people[1], event_id, 3)]
    with changed(database, event_id, f"UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = {event_id}") as root:
        assert seats_after(waiting(database, requests, root.rollback)) == [8, 8, 5]


def test_a_list_that_is_killed_while_it_waits_has_booked_what_it_says(
    database: Database, organizer: int, people: list[int]
) -> None:
    """On one server the statement is in error, on another it may end as if there were no such event."""
    first, second = [database.add_event(organizer) for _ in range(2)]
    requests = [(people[0], first, 1), (people[0], second, 1)]
    with database.connect("root") as root, database.connect() as session, ThreadPoolExecutor(1) as pool:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [second])
        running = pool.submit(listed, session, requests)
        wait_for_lock(database, running)
        database.rows(f"KILL QUERY {session.thread_id()}")
        try:
            outcomes = running.result()
        except (pymysql.Error, Refused):
            outcomes = []
        root.rollback()
    made = [request for request, outcome in zip(requests, outcomes) if not isinstance(outcome, str)]
    assert booked(database, first, second) == [(event, person, seats) for person, event, seats in made]


def raise_errors(outcomes: Sequence[object]) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome


def test_lists_in_opposite_orders_wait_for_each_other_and_never_for_ever(database: Database, organizer: int) -> None:
    events = [database.add_event(organizer, total_seats=100) for _ in range(8)]
    people = [database.add_user() for _ in range(48)]

    def book(number: int) -> None:
        chance = random.Random(number)
        with database.connect() as session:
            for person in people[number * 8 : number * 8 + 8]:
                order = events[:: 1 if number % 2 else -1] if number < 4 else chance.sample(events, len(events))
                outcomes = listed(session, [(person, event, 1) for event in order])
                assert [outcome["event_id"] for outcome in outcomes] == order

    raise_errors(at_once([lambda n=number: book(n) for number in range(6)]))
    assert [free_seats(database, event) for event in events] == [100 - len(people)] * len(events)


def test_lists_that_wait_and_lists_that_do_not_never_wait_for_each_other(
    database: Database, organizer: int, participant: int
) -> None:
    """MariaDB has a row that is to be skipped waited for, for a moment; in another order that is a deadlock to others."""
    events = [database.add_event(organizer) for _ in range(2)]

    def ask(wait: bool) -> None:
        requests = [(participant, event, 99) for event in (events if wait else reversed(events))]
        with database.connect() as session:
            for _ in range(600):
                assert listed(session, requests, wait) == [TOO_MANY_SEATS] * 2

    raise_errors(at_once([lambda w=wait: ask(w) for wait in (True, False) * 3]))


class Storm:
    """Sessions that register by lists and alone and give their seats back, all for the same few events."""

    SESSIONS, CALLS_EACH = 8, 60

    def __init__(self, database: Database) -> None:
        self.database = database
        organizer = database.add_user("organizer")
        self.people = [database.add_user() for _ in range(40)]
        self.events = [database.add_event(organizer, total_seats=seats) for seats in (6, 12, 30, 60)]

    def request(self, chance: random.Random) -> Request:
        return chance.choice(self.people), chance.choice(self.events), chance.randint(1, 3)

    def run(self, number: int) -> Counter[str]:
        chance, done = random.Random(number), Counter[str]()
        with self.database.connect() as session:
            for _ in range(self.CALLS_EACH):
                kind = chance.random()
                if kind < 0.4:
                    requests = [self.request(chance) for _ in range(chance.randint(1, 12))]
                    outcomes = listed(session, requests, wait=chance.random() < 0.5)
                elif kind < 0.6:
                    outcomes = [alone(session, self.request(chance))]
                else:
                    person, event, _ = self.request(chance)
                    try:
                        session.call("unregister_from_event", person, event)
                        outcomes = ["given back"]
                    except Refused as refused:
                        outcomes = [str(refused)]
                done.update(outcome if isinstance(outcome, str) else "booked" for outcome in outcomes)
        return done


def test_a_storm_of_lists_and_calls_leaves_every_seat_accounted_for(database: Database) -> None:
    storm = Storm(database)
    runs = at_once([lambda n=number: storm.run(n) for number in range(Storm.SESSIONS)])
    raise_errors(runs)
    done = sum(runs, Counter[str]())
    assert done["booked"] - done["given back"] == len(booked(database, *storm.events))
    assert done["booked"] > 100 and done["given back"] > 20
    assert set(done) - {BUSY} == {
        "booked", "given back", TWICE, EXHAUSTED, "45404 not_registered: You are not registered for this event",
    }


def test_the_last_seats_are_sold_once_to_lists_that_come_together(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, total_seats=25)
    people = [database.add_user() for _ in range(60)]
    sessions = [database.connect() for _ in range(6)]
    jobs = [
        lambda s=session, n=number: listed(s, [(person, event_id, 1) for person in people[n::6]])
        for number, session in enumerate(sessions)
    ]
    with held(database, event_id) as let_go:
        *runs, _ = at_once([*jobs, let_go])
    raise_errors(runs)
    for session in sessions:
        session.close()
    left = [seats for run in runs for seats in seats_after(run)]
    assert Counter(left) == {**dict.fromkeys(range(25), 1), EXHAUSTED: 35}


def test_what_the_session_has_open_is_not_kept(database: Database, event_id: int, people: list[int]) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE events SET seats_available = seats_available - 1 WHERE id = %s", [event_id])
        assert seats_after(listed(root, [(people[0], event_id, 2)])) == [8]
        root.begin()
        root.rows("UPDATE events SET seats_available = seats_available - 1 WHERE id = %s", [event_id])
        with pytest.raises(Refused):
            root.call("register_for_events", "[1]", True)
        root.commit()
    assert free_seats(database, event_id) == 8


@pytest.mark.parametrize(
    "forbidden", ["INSERT ON registrations FOR EACH ROW BEGIN IF NEW.user_id = {person}",
                  "UPDATE ON events FOR EACH ROW BEGIN IF NEW.id = {event}"], ids=["registering", "selling"],
)
def test_an_error_that_nobody_thought_of_undoes_all(
    database: Database, organizer: int, event_id: int, people: list[int], forbidden: str
) -> None:
    other = database.add_event(organizer)
    requests = [(person, event, 1) for person in people[:4] for event in (event_id, other)]
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
        assert booked(database, event_id, other) == []
        # Nothing is held any more either.
        assert seats_after(listed(database, requests, wait=False)) == [n for n in (9, 8, 7, 6) for _ in range(2)]


def test_a_registration_that_is_made_by_hand_is_waited_for(
    database: Database, event_id: int, people: list[int]
) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("INSERT INTO registrations (event_id, user_id, seats) VALUES (%s, %s, 1)", [event_id, people[1]])
        requests = [(person, event_id, 1) for person in people[:3]]
        assert seats_after(waiting(database, requests, root.commit)) == [8, TWICE, 7]


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("most", [4, 64])  # bytes: of the ids, or of the refusals alone
def test_a_list_is_as_good_where_the_server_cuts_texts_off(
    database: Database, organizer: int, participant: int, most: int, wait: bool
) -> None:
    events = [database.add_event(organizer) for _ in range(4)]
    requests = [(participant, event, 1) for event in (*events, *events)]
    with database.connect() as session:
        # MariaDB's limit of JSON_ARRAYAGG, which MySQL has not got.
        session.rows("SET SESSION group_concat_max_len = %s", [most])
        assert seats_after(listed(session, requests, wait)) == [9] * 4 + [TWICE] * 4


def test_an_id_that_the_server_would_cut_off_is_not_taken_for_another(
    database: Database, organizer: int, participant: int
) -> None:
    short, long = 400000, 4000002
    for id in (short, long):
        database.rows("UPDATE events SET id = %s WHERE id = %s", [id, database.add_event(organizer)])
    with database.connect() as session, held(database, short):
        session.rows("SET SESSION group_concat_max_len = %s, SESSION innodb_lock_wait_timeout = 1", [len(str(short))])
        requests = [(participant, event, 1) for event in (short, long)]
        assert seats_after(listed(session, requests, wait=False)) == [BUSY, 9]


def test_one_refusal_is_as_good_where_the_server_cuts_texts_off(
    database: Database, organizer: int, participant: int
) -> None:
    event = database.add_event(organizer)
    with database.connect() as session:
        session.rows("SET SESSION group_concat_max_len = 4")
        session.call("register_for_event", participant, event, 1)
        with pytest.raises(Refused) as refused:
            session.call("register_for_event", participant, event, 1)
    assert str(refused.value) == "45409 already_registered: Already registered for this event"
