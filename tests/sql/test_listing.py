"""The list of events: its order, its pages and its filters."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from support.connection import Connection, Row
from support.database import Database, utc_now

PARAMETERS = ("limit", "cursor", "sort", "status", "q", "from", "to", "organizer_id")
DAY = utc_now() + timedelta(days=60)


def arguments(filters: dict[str, Any]) -> list[Any]:
    return list((dict.fromkeys(PARAMETERS) | filters).values())


def listed(source: Database | Connection, **filters: Any) -> list[Row]:
    return source.call("browse_events", *arguments(filters))[0]


def ids(source: Database | Connection, **filters: Any) -> list[int]:
    return [row["id"] for row in listed(source, **filters)]


def refusal(database: Database, **filters: Any) -> str:
    return database.refusal("browse_events", *arguments(filters))


def next_page(source: Database, page: list[Row], **filters: Any) -> list[Row]:
    return listed(source, cursor=page[-1]["next_cursor"], **filters)


def test_a_row_is_an_event_and_the_cursor_behind_it(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, event_date=DAY)
    row = listed(database, organizer_id=organizer)[0]
    assert list(row)[-1] == "next_cursor"
    assert list(row)[:-1] == list(database.call("get_event", event_id)[0][0])
    row.pop("next_cursor")
    assert row == {
        "id": event_id, "title": "Analytical Engines", "description": "An evening of cogs", "venue": "Town Hall",
        "speaker": "Charles Babbage", "event_date": DAY, "total_seats": 10, "seats_available": 10,
        "organizer_id": organizer, "status": "upcoming",
    }


# Where events stand to the moment that they are listed at, in hours, in pairs at equal dates; 0 has just begun.
HOURS = [3, -1, 30, 0, -30, -1, 3, 30, 0, -30]
SORTED = {None: [0, 6, 2, 7, 8, 3, 5, 1, 9, 4], "event_date": [4, 9, 1, 5, 3, 8, 0, 6, 2, 7], "-event_date": [7, 2, 6, 0, 8, 3, 5, 1, 9, 4]}


def add_around(database: Database, organizer: int) -> list[int]:
    return [database.add_event(organizer, event_date=DAY + timedelta(hours=hours)) for hours in HOURS]


@pytest.mark.parametrize("sort", SORTED)
def test_what_is_to_come_is_listed_first_unless_told_otherwise(database: Database, organizer: int, sort: str | None) -> None:
    events = add_around(database, organizer)
    with database.connect_at(DAY) as session:
        assert ids(session, sort=sort, organizer_id=organizer) == [events[n] for n in SORTED[sort]]


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 9, 10])
@pytest.mark.parametrize("sort", SORTED)
def test_pages_lead_through_either_order(database: Database, organizer: int, sort: str | None, size: int) -> None:
    events = add_around(database, organizer)
    with database.connect_at(DAY) as session:
        seen = walk(session, limit=size, sort=sort, organizer_id=organizer)
    assert seen == [events[n] for n in SORTED[sort]]


def walk(source: Connection, **filters: Any) -> list[int]:
    """The ids of all pages, the last of which may be empty."""
    seen: list[int] = []
    page = listed(source, **filters)
    while page:
        seen += [row["id"] for row in page]
        assert len(seen) <= len(HOURS)
        page = listed(source, **filters, cursor=page[-1]["next_cursor"])
    return seen


@pytest.mark.parametrize("size", [1, 2, 3, 4, 9])
@pytest.mark.parametrize("sort", SORTED)
def test_events_that_begin_between_two_pages_are_listed_once(
    database: Database, organizer: int, sort: str | None, size: int
) -> None:
    """Twenty hours go by with each page, and the order is that of the first one; the status is that of now."""
    events = add_around(database, organizer)
    seen: list[Row] = []
    cursor = None
    for number in range(len(HOURS) + 1):
        now = DAY + timedelta(hours=20 * number)
        with database.connect_at(now) as session:
            page = listed(session, limit=size, sort=sort, organizer_id=organizer, cursor=cursor)
        if not page:
            break
        cursor = page[-1]["next_cursor"]
        assert all((row["status"] == "completed") == (row["event_date"] <= now) for row in page)
        seen += page
    assert [row["id"] for row in seen] == [events[n] for n in SORTED[sort]]


def test_a_cursor_leads_on_in_another_order_too(database: Database, organizer: int) -> None:
    events = add_around(database, organizer)
    with database.connect_at(DAY) as session:
        first = listed(session, limit=1, organizer_id=organizer)
        for sort, wanted in (("event_date", [6, 2, 7]), ("-event_date", [8, 3, 5, 1, 9, 4])):
            rest = listed(session, sort=sort, organizer_id=organizer, cursor=first[-1]["next_cursor"])
            assert [row["id"] for row in rest] == [events[n] for n in wanted]


@pytest.mark.parametrize("sort", ["id", "date", "EVENT_DATE", "+event_date", "event_date ", " ", "event_date,id", "event_date\0"])
def test_an_unknown_order_is_refused(database: Database, sort: str) -> None:
    assert refusal(database, sort=sort) == "45422 invalid_input(sort): sort must be event_date or -event_date"


def test_without_filters_every_event_is_listed(database: Database, organizer: int) -> None:
    events = {database.add_event(organizer) for _ in range(3)}
    assert events <= set(ids(database, limit=1000))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_pages_show_each_event_once_even_where_dates_are_equal(database: Database, organizer: int, size: int) -> None:
    # Dates in pairs, the later ones first, so that neither date nor id alone gives the order.
    dates = [DAY - timedelta(seconds=n // 2) for n in range(7)]
    added = [(date, database.add_event(organizer, event_date=date)) for date in dates]
    events = [event_id for _, event_id in sorted(added)]
    seen: list[int] = []
    page = listed(database, limit=size, organizer_id=organizer)
    while page and len(seen) <= len(events):
        assert len(page) <= size
        seen += [row["id"] for row in page]
        page = next_page(database, page, limit=size, organizer_id=organizer)
    assert seen == events


def test_pages_hold_under_insertion_and_cancellation(database: Database, organizer: int) -> None:
    events = [database.add_event(organizer, event_date=DAY + timedelta(days=n)) for n in range(6)]
    page = listed(database, limit=3, organizer_id=organizer)
    before = database.add_event(organizer, event_date=DAY - timedelta(days=1))
    after = database.add_event(organizer, event_date=DAY + timedelta(days=3))
    for event_id in (events[0], events[2], events[4]):
        database.call("cancel_event", organizer, event_id)
    rest = next_page(database, page, limit=10, organizer_id=organizer)
    assert [row["id"] for row in page] == events[:3]
    assert [row["id"] for row in rest] == [events[3], after, events[5]]
    assert ids(database, organizer_id=organizer)[0] == before


def test_pages_go_on_from_events_long_past_and_far_ahead(database: Database, organizer: int) -> None:
    dates = [
        datetime(1000, 1, 1), datetime(1969, 12, 31, 23, 59, 59), datetime(1970, 1, 1), datetime(1970, 1, 1, 0, 0, 1),
        datetime(2038, 1, 19, 3, 14, 8), datetime(9999, 12, 31, 23, 59, 58), datetime(9999, 12, 31, 23, 59, 59),
    ]
    events = [database.add_event(organizer) for _ in dates]
    for event_id, date in zip(events, dates):
        database.rows("UPDATE events SET event_date = %s WHERE id = %s", [date, event_id])
    for sort, wanted in ((None, events[4:] + events[3::-1]), ("event_date", events), ("-event_date", events[::-1])):
        assert walk(database.connection("shim"), limit=1, sort=sort, organizer_id=organizer) == wanted


def test_the_last_date_that_an_event_can_have_is_listed(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, event_date=datetime(9999, 12, 31, 23, 59, 59))
    assert ids(database, organizer_id=organizer) == [event_id]


def test_a_page_has_1_to_1000_events_and_100_by_default(database: Database, organizer: int) -> None:
    database.rows(
        "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT %s, 'T', 'V', 'S', %s, 1, 1 FROM"
        " (WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i FROM n) AS many",
        [organizer, DAY],
    )
    last = database.add_event(organizer, event_date=DAY)
    assert len(ids(database, organizer_id=organizer)) == 100
    assert len(ids(database, organizer_id=organizer, limit=1)) == 1
    page = listed(database, organizer_id=organizer, limit=1000)
    assert len(page) == 1000
    assert [row["id"] for row in next_page(database, page, organizer_id=organizer)] == [last]
    for limit in (0, -1, 1001, 2**63 - 1):
        assert refusal(database, limit=limit) == "45422 invalid_input(limit): limit must be from 1 to 1000"


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "1", "_", "1_1", "1_1_", "_1_1", "1__1", "1-1-1", "1_1_1_1", " 1_1_1", "1_1_1 ", "1_1_1\n", "1_1_-1", "1_1.5_1",
     "0x1_1_1", "--1_1_1", "\u0661_\u0661_\u0661", "9999999999999_1_1", "253402300800_1_1", "1_253402300800_1",
     "-30610224001_1_1", "1_-30610224001_1", "1_1_10000000000000000000", "1_1_1' OR 1=1 -- ", "1_1_1\0"],
)
def test_a_cursor_that_no_page_gave_is_refused(database: Database, cursor: str) -> None:
    assert refusal(database, cursor=cursor) == (
        "45422 invalid_input(cursor): cursor must be one that an earlier page gave"
    )


def test_the_extreme_cursors_are_accepted(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    assert ids(database, cursor="-30610224000_-30610224000_0", organizer_id=organizer) == [event_id]
    assert ids(database, cursor="253402300799_253402300799_9999999999999999999", organizer_id=organizer) == [event_id]
    assert ids(database, cursor="0_253402300799_9999999999999999999", organizer_id=organizer) == []
    assert ids(database, cursor="253402300799_-30610224000_0", organizer_id=organizer) == []


@pytest.mark.parametrize(
    "status",
    ["x", "cancelled", "%", "soon,", ",soon", "soon,,upcoming", "soon;upcoming", "soon upcoming", "soon,x", "soon,soon\0", "1",
     "s\u00f3on", "\u017foon", "SOON", "soon\0", " ", "\0", "soon\n", "soon ", " soon"],
)
def test_an_unknown_status_is_refused(database: Database, status: str) -> None:
    assert refusal(database, status=status) == (
        "45422 invalid_input(status): status must be completed, soon, upcoming, or several with commas"
    )


def test_the_status_filter_agrees_with_the_status_to_the_second(database: Database, organizer: int) -> None:
    offsets = [-86400, -1, 0, 1, 2, 86399, 86400, 86401, 86402]
    events = {n: database.add_event(organizer, event_date=DAY + timedelta(seconds=n)) for n in offsets}
    expected = {
        "completed": [events[n] for n in (-86400, -1, 0)],
        "soon": [events[n] for n in (1, 2, 86399, 86400)],
        "upcoming": [events[n] for n in (86401, 86402)],
    }
    names = list(expected)
    with database.connect_at(DAY) as session:
        assert {events[n]: session.call("get_event", events[n])[0][0]["status"] for n in offsets} == {
            event_id: status for status, some in expected.items() for event_id in some
        }
        for chosen in [[], *([name] for name in names), names[:2], names[1:], names[::2], names, names[::-1], ["soon", "soon"]]:
            for sort in SORTED:
                rows = listed(session, sort=sort, status=",".join(chosen), organizer_id=organizer)
                wanted = [event_id for name in names if name in (chosen or names) for event_id in expected[name]]
                assert sorted(row["id"] for row in rows) == wanted
                assert all(row["id"] in expected[row["status"]] for row in rows)
        assert ids(session, status="soon , upcoming", organizer_id=organizer) == expected["soon"] + expected["upcoming"]


def test_from_is_the_first_date_and_to_the_one_after_the_last(database: Database, organizer: int) -> None:
    second = timedelta(seconds=1)
    a, b, c = [database.add_event(organizer, event_date=DAY + n * second) for n in range(3)]
    for filters, wanted in (
        ({"from": DAY}, [a, b, c]), ({"from": DAY + second}, [b, c]), ({"from": DAY + 3 * second}, []),
        ({"to": DAY}, []), ({"to": DAY + second}, [a]), ({"to": DAY + 3 * second}, [a, b, c]),
        ({"from": DAY + second, "to": DAY + 2 * second}, [b]), ({"from": DAY + second, "to": DAY + second}, []),
        ({"from": DAY + 2 * second, "to": DAY}, []),
    ):
        assert ids(database, organizer_id=organizer, **filters) == wanted


def test_the_organizer_filter_shows_only_theirs(database: Database, organizer: int, participant: int) -> None:
    database.add_event(database.add_user("organizer"))
    event_id = database.add_event(organizer)
    assert ids(database, organizer_id=organizer) == [event_id]
    assert ids(database, organizer_id=participant) == []
    assert ids(database, organizer_id=0) == []


def test_filters_narrow_each_other_and_hold_from_page_to_page(database: Database, organizer: int) -> None:
    for n in range(6):
        database.add_event(organizer, title="even" if n % 2 == 0 else "odd", event_date=DAY + timedelta(days=n))
    filters = {
        "limit": 1, "status": "upcoming", "q": "odd", "from": DAY + timedelta(days=2), "organizer_id": organizer,
    }
    first = listed(database, **filters)
    second = next_page(database, first, **filters)
    assert [row["event_date"] for row in first + second] == [DAY + timedelta(days=3), DAY + timedelta(days=5)]
    assert next_page(database, second, **filters) == []
