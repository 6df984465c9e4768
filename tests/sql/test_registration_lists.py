"""list_registrations lists the registrations of several participants, each as list_my_registrations would."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from sql.ledger import NUMBERS, rows_touched
from sql.request_lists import filled_in, malformed
from support.connection import Refused
from support.database import Database, utc_now

NOBODY = 10**15
LONGEST = 100
TOO_LONG = "45503 too_long: There are more than 100 registrations"

Outcome = object  # the results of list_my_registrations, or its refusal


def listed(database: Database, actors: Sequence[int]) -> list[Outcome]:
    """What becomes of a list of requests."""
    heads, rows = database.call("list_registrations", json.dumps([[actor] for actor in actors]))
    assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
    assert len(heads) == len(actors)
    outcomes: list[Outcome] = []
    for number, head in enumerate(heads, start=1):
        assert list(head) == ["sqlstate", "message", "user"]
        own = [{name: row[name] for name in row if name != "number"} for row in rows if row["number"] == number]
        if head["sqlstate"] is None:
            assert head["message"] is None
            outcomes.append([[{"user": head["user"]}], own])
        else:
            assert (head["user"], own) == (None, [])
            outcomes.append(f"{head['sqlstate']} {head['message']}")
    return outcomes


def alone(database: Database, actor: int) -> Outcome:
    try:
        return database.call("list_my_registrations", actor)
    except Refused as refused:
        return str(refused)


def crowd(database: Database, organizer: int, count: int) -> list[int]:
    """So many new events, the later ones with the earlier dates."""
    database.rows(
        "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT %s, CONCAT('Event ', n), 'Town Hall', 'Ada', UTC_TIMESTAMP() + INTERVAL 9000 - n MINUTE, 10, 10"
        f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [organizer, count],
    )
    rows = database.rows("SELECT id FROM events WHERE organizer_id = %s ORDER BY id DESC LIMIT %s", [organizer, count])
    return [row["id"] for row in rows]


def book(database: Database, person: int, events: Sequence[int]) -> None:
    requests = [(person, event, 1 + n % 3) for n, event in enumerate(events)]
    (rows,) = database.call("register_for_events", json.dumps(requests), True)
    assert all(row["sqlstate"] is None for row in rows)


def test_each_is_answered_as_by_itself_and_in_the_order_asked_for(database: Database, organizer: int) -> None:
    people = [database.add_user() for _ in range(4)]
    events = [database.add_event(organizer, event_date=utc_now() + timedelta(hours=hours)) for hours in (300, 20, 100, 5, 5)]
    book(database, people[0], events)
    book(database, people[1], events[2:])
    book(database, people[2], events[:1])
    database.start_event(events[1])
    database.call("cancel_event", organizer, events[2])
    actors = [people[2], NOBODY, people[0], organizer, people[3], people[1], people[0], 0]
    outcomes = listed(database, actors)
    assert outcomes == [alone(database, actor) for actor in actors]
    assert [row["event_id"] for row in outcomes[2][1]] == [events[1], events[3], events[4], events[0]]
    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == [
        "45401 invalid_token: Invalid authentication credentials",
        "45403 participant_required: Participant privileges required",
        "45401 invalid_token: Invalid authentication credentials",
    ]


def test_nobody_asks_for_nothing(database: Database) -> None:
    for text in ("[]", "[ ]", "[]   "):
        assert database.call("list_registrations", text) == [[], []]


def test_who_has_too_many_is_asked_for_alone(database: Database, organizer: int, participant: int) -> None:
    most, more = database.add_user(), database.add_user()
    events = crowd(database, organizer, LONGEST + 1)
    book(database, more, events)
    book(database, most, events[1:])
    book(database, participant, events[:2])
    assert listed(database, [more, most, participant, more]) == [
        TOO_LONG, alone(database, most), alone(database, participant), TOO_LONG,
    ]
    # Cancelled events are not shown, but they have to be read.
    database.call("cancel_event", organizer, events[0])
    assert listed(database, [more]) == [TOO_LONG]
    database.call("unregister_from_event", more, events[1])
    assert listed(database, [more]) == [alone(database, more)]


def test_no_more_than_the_first_registrations_of_somebody_are_counted(
    database: Database, organizer: int, participant: int
) -> None:
    for _ in range(3):
        book(database, participant, crowd(database, organizer, 1000))
    results, rows = rows_touched(database, "list_registrations", f"[[{participant}]]")
    assert results[0][0]["sqlstate"] == "45503" and rows <= LONGEST + 60


@pytest.mark.parametrize("text", ["[[A]]", "[   [  A   ]   ]    "])
def test_a_list_that_is_well_formed(database: Database, participant: int, text: str) -> None:
    heads, rows = database.call("list_registrations", filled_in(text, participant, 0))
    assert len(heads) == 1 and heads[0]["user"] is not None and rows == []


MALFORMED = {
    **malformed("A"), "a number alone": "[A]", "two members": "[[A, A]]", "no member": "[[]]", "a fraction": "[[A.0]]",
    "nineteen digits": "[[1000000000000000000]]", "leading zeros": "[[0A]]", "a text": '[["A"]]', "null": "[[null]]",
    "a negative actor": "[[-A]]", "60001 characters": "[[A]".ljust(60_000) + "]",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_list_that_is_not_well_formed(database: Database, participant: int, text: str | None) -> None:
    refusal = database.refusal("list_registrations", None if text is None else filled_in(text, participant, 0))
    assert refusal.startswith("45422 invalid_input(requests): requests must ")


def test_a_registration_that_somebody_changes_is_shown_as_it_was(
    database: Database, organizer: int, participant: int
) -> None:
    book(database, participant, [event := database.add_event(organizer)])
    before = listed(database, [participant])
    with database.connect("root") as root:
        root.begin()
        root.rows("DELETE FROM registrations WHERE event_id = %s", [event])
        root.rows("UPDATE users SET name = 'Changed' WHERE id = %s", [participant])
        assert listed(database, [participant]) == before
        root.rollback()
