"""get_events shows several events at once, each as get_event would show it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta

import pytest

from sql.request_lists import filled_in, malformed
from support.connection import Refused, Row
from support.database import Database, utc_now
from support.texts import TEXTS

EVENT = [
    "id", "title", "description", "venue", "speaker", "event_date", "total_seats", "seats_available", "organizer_id", "status",
]
NOT_FOUND = "45404 event_not_found: Event not found"


def listed(database: Database, ids: Sequence[int]) -> list[Row | str]:
    """The events of a list, or why they are not shown."""
    (rows,) = database.call("get_events", json.dumps([[id] for id in ids]))
    outcomes: list[Row | str] = []
    for row in rows:
        assert list(row) == ["sqlstate", "message", *EVENT]
        event = {name: row[name] for name in EVENT}
        if row["sqlstate"] is None:
            assert row["message"] is None
            outcomes.append(event)
        else:
            assert set(event.values()) == {None}
            outcomes.append(f"{row['sqlstate']} {row['message']}")
    return outcomes


def alone(database: Database, id: int) -> Row | str:
    """The event of a call by itself, or its refusal."""
    try:
        return database.call("get_event", id)[0][0]
    except Refused as refused:
        return str(refused)


@pytest.fixture
def events(database: Database, organizer: int) -> list[int]:
    """Events of every status and text, the later ones with the earlier dates."""
    return [
        *(database.add_event(organizer, title=text, description=text) for text in TEXTS.values()),
        *(database.add_event(organizer, event_date=utc_now() + timedelta(hours=hours)) for hours in (240, 25, 23, 1)),
    ]


def test_each_event_is_shown_as_by_itself_and_in_the_order_asked_for(
    database: Database, organizer: int, participant: int, events: list[int]
) -> None:
    database.call("register_for_event", participant, events[0], 3)
    database.start_event(events[1])
    cancelled = database.add_event(organizer)
    database.call("cancel_event", organizer, cancelled)
    ids = [*reversed(events), cancelled, 10**18 - 1, events[0], 0, -1, -(10**18) + 1, events[0], cancelled]
    outcomes = listed(database, ids)
    assert outcomes == [alone(database, id) for id in ids]
    assert outcomes[len(events) :].count(NOT_FOUND) == 6
    assert {outcome["status"] for outcome in outcomes if isinstance(outcome, dict)} == {"completed", "soon", "upcoming"}


def test_nobody_asks_for_nothing(database: Database) -> None:
    for text in ("[]", "[ ]", "[]   "):
        assert database.call("get_events", text) == [[]]


def test_a_thousand_requests(database: Database, events: list[int]) -> None:
    ids = [events[-1 - n % len(events)] for n in range(1000)]
    assert [row["id"] for row in database.call("get_events", json.dumps([[id] for id in ids]))[0]] == ids


@pytest.mark.parametrize("text", ["[[E]]", "[   [  E   ]   ]    "])
def test_a_list_that_is_well_formed(database: Database, events: list[int], text: str) -> None:
    (rows,) = database.call("get_events", filled_in(text, 0, events[0]))
    assert [row["id"] for row in rows] == [events[0]]


MALFORMED = {
    **malformed("E"), "a number alone": "[E]", "two members": "[[E, E]]", "no member": "[[]]", "a fraction": "[[E.0]]",
    "nineteen digits": "[[1000000000000000000]]", "leading zeros": "[[0E]]", "a text": '[["E"]]', "null": "[[null]]",
    "60001 characters": "[[E]".ljust(60_000) + "]",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_a_list_that_is_not_well_formed(database: Database, events: list[int], text: str | None) -> None:
    refusal = database.refusal("get_events", None if text is None else filled_in(text, 0, events[0]))
    assert refusal.startswith("45422 invalid_input(requests): requests must ")


def test_an_event_that_somebody_holds_is_shown(database: Database, events: list[int]) -> None:
    with database.connect("root") as root:
        root.begin()
        root.rows("UPDATE events SET venue = 'Elsewhere' WHERE id = %s", [events[0]])
        shown = listed(database, [events[0]])
        root.rollback()
    assert shown == listed(database, [events[0]])
