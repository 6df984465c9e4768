"""Publishing events, reading one, and changing it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from support.connection import Refused
from support.database import Database, utc_now
from support.texts import PARAGRAPHS, TEXTS

DATE = utc_now() + timedelta(days=60)
FIELDS = {
    "title": "Looms", "description": "About cards", "venue": "Lyon", "speaker": "J. M. Jacquard", "event_date": DATE,
    "total_seats": 10,
}
UNCHANGED = dict.fromkeys(FIELDS)

LIMITS = {"title": 200, "description": 2000, "venue": 200, "speaker": 120}
NOT_BLANK = ["title", "venue", "speaker"]

UNKNOWN_ACTOR = "45401 invalid_token: Invalid authentication credentials"
NOT_AN_ORGANIZER = "45403 organizer_required: Organizer privileges required"
NOT_FOUND = "45404 event_not_found: Event not found"
NOT_FOUND_OR_NOT_YOURS = "45404 event_not_found: Event not found or unauthorized"
SEATS_LIMIT = "45422 invalid_input(total_seats): total_seats must be from 1 to 1000000"
PAST = "45422 invalid_input(event_date): event_date must be in the future"


def create(database: Database, organizer: int, **changes: Any) -> int:
    return database.call("create_event", organizer, *(FIELDS | changes).values())[0][0]["event_id"]


def event(database: Database, event_id: int) -> dict[str, Any]:
    return database.call("get_event", event_id)[0][0]


class Creating:
    """create_event, as the tests that create_event and update_event share see it."""

    def accept(self, database: Database, organizer: int, **fields: Any) -> int:
        return create(database, organizer, **fields)

    def refusal(self, database: Database, organizer: int, **fields: Any) -> str:
        return database.refusal("create_event", organizer, *(FIELDS | fields).values())


class Updating:
    """update_event of a new event."""

    def accept(self, database: Database, organizer: int, **fields: Any) -> int:
        event_id = create(database, organizer)
        changes = UNCHANGED | fields
        assert database.call("update_event", organizer, event_id, *changes.values()) == [
            [{"msg": "Event updated successfully!"}]
        ]
        return event_id

    def refusal(self, database: Database, organizer: int, **fields: Any) -> str:
        event_id = create(database, organizer)
        before = event(database, event_id)
        refusal = database.refusal("update_event", organizer, event_id, *(UNCHANGED | fields).values())
        assert event(database, event_id) == before
        return refusal


both = pytest.mark.parametrize("way", [Creating(), Updating()], ids=["create", "update"])


def test_a_new_event_is_returned_and_has_all_its_seats(database: Database, organizer: int) -> None:
    results = database.call("create_event", organizer, *FIELDS.values())
    event_id = results[0][0]["event_id"]
    assert results == [[{"msg": "Event created successfully", "event_id": event_id}]]

    read = database.call("get_event", event_id)
    assert read == [[
        {"id": event_id, **FIELDS, "seats_available": 10, "organizer_id": organizer, "status": "upcoming"}
    ]]
    assert list(read[0][0]) == [
        "id", "title", "description", "venue", "speaker", "event_date", "total_seats", "seats_available",
        "organizer_id", "status",
    ]


@pytest.mark.parametrize("event_id", [0, -1, 10**15, None])
def test_an_event_that_does_not_exist_is_not_found(database: Database, event_id: int | None) -> None:
    assert database.refusal("get_event", event_id) == NOT_FOUND


def test_an_event_needs_no_description(database: Database, organizer: int) -> None:
    assert event(database, create(database, organizer, description=None))["description"] == ""
    assert event(database, create(database, organizer, description=""))["description"] == ""


@pytest.mark.parametrize("field", ["title", "venue", "speaker", "event_date", "total_seats"])
def test_the_other_fields_are_required(database: Database, organizer: int, field: str) -> None:
    assert Creating().refusal(database, organizer, **{field: None}) == (
        f"45422 invalid_input({field}): {field} is required"
    )


@both
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_texts_are_kept_exactly(database: Database, organizer: int, way: Creating | Updating, text: str) -> None:
    texts = dict.fromkeys(LIMITS, text)
    event_id = way.accept(database, organizer, **texts)
    assert {field: event(database, event_id)[field] for field in LIMITS} == texts


@both
@pytest.mark.parametrize(("field", "limit"), LIMITS.items())
@pytest.mark.parametrize("letter", ["n", "\u00e9", "\U0001f600"])
def test_texts_have_a_longest_length_in_characters(
    database: Database, organizer: int, way: Creating | Updating, field: str, limit: int, letter: str
) -> None:
    event_id = way.accept(database, organizer, **{field: letter * limit})
    assert event(database, event_id)[field] == letter * limit
    assert way.refusal(database, organizer, **{field: letter * (limit + 1)}) == (
        f"45422 invalid_input({field}): {field} must have at most {limit} characters"
    )


@both
@pytest.mark.parametrize("field", NOT_BLANK)
@pytest.mark.parametrize(
    "blank", ["", "  ", "\t\r\n", "\u00a0", "\u3000", "\u200b", "\u2060", "\x01", "\0", "\ufeff", "\u3164", "\u2800", "\u202e"],
    ids=ascii,
)
def test_texts_are_not_blank(
    database: Database, organizer: int, way: Creating | Updating, field: str, blank: str
) -> None:
    assert way.refusal(database, organizer, **{field: blank}) == (
        f"45422 invalid_input({field}): {field} must not be blank"
    )


@both
@pytest.mark.parametrize("text", PARAGRAPHS.values(), ids=PARAGRAPHS.keys())
def test_descriptions_are_kept_exactly(database: Database, organizer: int, way: Creating | Updating, text: str) -> None:
    assert event(database, way.accept(database, organizer, description=text))["description"] == text


@both
@pytest.mark.parametrize("part", ["\0", "\x01", "\x08", "\v", "\f", "\x1b", "\x7f", "\x80", "\x85"], ids=ascii)
def test_a_description_holds_no_control_character_but_tabs_and_line_ends(
    database: Database, organizer: int, way: Creating | Updating, part: str
) -> None:
    assert way.refusal(database, organizer, description=f"a{part}b") == (
        "45422 invalid_input(description): description must not contain control characters"
    )


@both
@pytest.mark.parametrize("field", NOT_BLANK)
@pytest.mark.parametrize("part", ["\0", "\t", "\r\n", "\x1b", "\x85", "\u2028", "\u2029"], ids=ascii)
def test_texts_are_one_line(database: Database, organizer: int, way: Creating | Updating, field: str, part: str) -> None:
    assert way.refusal(database, organizer, **{field: f"a{part}b"}) == (
        f"45422 invalid_input({field}): {field} must be one line without control characters"
    )


@both
@pytest.mark.parametrize("field", NOT_BLANK)
@pytest.mark.parametrize("part", ["\u202a", "\u202e", "\u202c", "\u2066", "\u2068", "\u2069"], ids=ascii)
def test_texts_turn_no_direction(
    database: Database, organizer: int, way: Creating | Updating, field: str, part: str
) -> None:
    assert way.refusal(database, organizer, **{field: f"a{part}b"}) == (
        f"45422 invalid_input({field}): {field} must not contain characters that turn the direction of writing"
    )


@pytest.mark.parametrize("part", ["\u200b", "\u200e", "\u00ad", "\ufe0f", "\u2060"], ids=ascii)
def test_what_cannot_be_seen_stays_in_a_title_and_a_venue_and_is_refused_in_a_speaker(
    database: Database, organizer: int, part: str
) -> None:
    text = f"a {part}b"
    event_id = create(database, organizer, title=text, venue=text)
    assert (event(database, event_id)["title"], event(database, event_id)["venue"]) == (text, text)
    assert Creating().refusal(database, organizer, speaker=text) == (
        "45422 invalid_input(speaker): speaker must not contain invisible characters; type it instead of pasting it"
    )


@both
def test_seats_are_1_to_1000000(database: Database, organizer: int, way: Creating | Updating) -> None:
    for accepted in (1, 1_000_000):
        read = event(database, way.accept(database, organizer, total_seats=accepted))
        assert (read["total_seats"], read["seats_available"]) == (accepted, accepted)
    for refused in (0, -1, 1_000_001, 2**32 + 1, -(2**63), 2**63 - 1):
        assert way.refusal(database, organizer, total_seats=refused) == SEATS_LIMIT


@both
@pytest.mark.parametrize("date", [datetime(1000, 1, 1), datetime(1970, 1, 1), utc_now() - timedelta(seconds=1)])
def test_a_date_in_the_past_is_refused(
    database: Database, organizer: int, way: Creating | Updating, date: datetime
) -> None:
    assert way.refusal(database, organizer, event_date=date) == PAST


def test_the_first_date_accepted_is_one_second_ahead(database: Database, organizer: int) -> None:
    now = DATE - timedelta(days=30)
    with database.clock_at(now):
        with pytest.raises(Refused, match="event_date must be in the future"):
            database.call("create_event", organizer, *(FIELDS | {"event_date": now}).values())
        first = FIELDS | {"event_date": now + timedelta(seconds=1)}
        event_id = database.call("create_event", organizer, *first.values())[0][0]["event_id"]
        with pytest.raises(Refused, match="event_date must be in the future"):
            database.call("update_event", organizer, event_id, *(UNCHANGED | {"event_date": now}).values())


@both
@pytest.mark.parametrize("date", [datetime(2096, 2, 29, 23, 59, 59), datetime(9999, 12, 31, 23, 59, 59)])
def test_a_date_is_kept_to_the_second(
    database: Database, organizer: int, way: Creating | Updating, date: datetime
) -> None:
    assert event(database, way.accept(database, organizer, event_date=date))["event_date"] == date


@pytest.mark.parametrize(
    ("starts_in", "status"),
    [(timedelta(0), "completed"), (timedelta(seconds=-1), "completed"), (timedelta(seconds=1), "soon"),
     (timedelta(hours=24), "soon"), (timedelta(hours=24, seconds=1), "upcoming")],
)
def test_the_status_follows_the_time_to_the_start(
    database: Database, organizer: int, starts_in: timedelta, status: str
) -> None:
    event_id = create(database, organizer)
    with database.connect_at(DATE - starts_in) as session:
        assert session.call("get_event", event_id)[0][0]["status"] == status


@both
def test_an_unknown_actor_is_refused(database: Database, way: Creating | Updating, organizer: int) -> None:
    event_id = create(database, organizer)
    for actor in (0, 10**15, None):
        if isinstance(way, Creating):
            assert database.refusal("create_event", actor, *FIELDS.values()) == UNKNOWN_ACTOR
        else:
            assert database.refusal("update_event", actor, event_id, *UNCHANGED.values()) == UNKNOWN_ACTOR


def test_a_participant_publishes_and_changes_nothing(database: Database, organizer: int, participant: int) -> None:
    event_id = create(database, organizer)
    assert database.refusal("create_event", participant, *FIELDS.values()) == NOT_AN_ORGANIZER
    assert database.refusal("update_event", participant, event_id, *UNCHANGED.values()) == NOT_AN_ORGANIZER


def test_an_organizer_changes_only_events_of_their_own(database: Database, organizer: int) -> None:
    event_id = create(database, organizer)
    other = database.add_user("organizer")
    changes = UNCHANGED | {"title": "Mine now"}
    assert database.refusal("update_event", other, event_id, *changes.values()) == NOT_FOUND_OR_NOT_YOURS
    assert event(database, event_id)["title"] == "Looms"


@pytest.mark.parametrize("event_id", [0, -1, 10**15, None])
def test_an_event_that_does_not_exist_cannot_be_changed(
    database: Database, organizer: int, event_id: int | None
) -> None:
    assert database.refusal("update_event", organizer, event_id, *UNCHANGED.values()) == NOT_FOUND_OR_NOT_YOURS


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", "Cards"), ("description", ""), ("venue", "Paris"), ("speaker", "B. Bouchon"),
     ("event_date", datetime(2101, 1, 1)), ("total_seats", 11)],
)
def test_a_null_leaves_a_field_as_it_is(database: Database, organizer: int, field: str, value: Any) -> None:
    event_id = create(database, organizer)
    expected = event(database, event_id) | {field: value}
    if field == "total_seats":
        expected["seats_available"] = value
    database.call("update_event", organizer, event_id, *(UNCHANGED | {field: value}).values())
    assert event(database, event_id) == expected


def test_an_update_of_nothing_changes_nothing(database: Database, organizer: int, participant: int) -> None:
    event_id = create(database, organizer)
    database.call("register_for_event", participant, event_id, 3)
    before = event(database, event_id)
    database.call("update_event", organizer, event_id, *UNCHANGED.values())
    assert event(database, event_id) == before


def test_an_update_leaves_other_events_alone(database: Database, organizer: int) -> None:
    event_id, other = create(database, organizer), create(database, organizer)
    before = event(database, other)
    database.call("update_event", organizer, event_id, "T", "D", "V", "S", datetime(2101, 1, 1), 99)
    assert event(database, other) == before


def test_capacity_moves_the_free_seats_and_stops_at_what_is_booked(
    database: Database, organizer: int, participant: int
) -> None:
    event_id = create(database, organizer, total_seats=10)
    database.call("register_for_event", participant, event_id, 7)
    for total in (12, 8, 7, 1_000_000, 10):
        database.call("update_event", organizer, event_id, *(UNCHANGED | {"total_seats": total}).values())
        read = event(database, event_id)
        assert (read["total_seats"], read["seats_available"]) == (total, total - 7)

    before = event(database, event_id)
    too_few = UNCHANGED | {"title": "Smaller", "total_seats": 6}
    assert database.refusal("update_event", organizer, event_id, *too_few.values()) == (
        "45409 capacity_below_booked: total_seats cannot be below the 7 seats already booked"
    )
    assert event(database, event_id) == before
    assert database.audit() == []


def test_a_completed_event_is_not_changed(database: Database, organizer: int) -> None:
    event_id = create(database, organizer)
    with database.clock_at(DATE):
        refusal = database.refusal("update_event", organizer, event_id, *UNCHANGED.values())
    assert refusal == "45400 event_completed: Cannot update an event that is already completed"
    with database.clock_at(DATE - timedelta(seconds=1)):
        database.call("update_event", organizer, event_id, *(UNCHANGED | {"title": "Last word"}).values())
    assert event(database, event_id)["title"] == "Last word"


def test_health_is_ok(database: Database) -> None:
    assert database.call("check_health") == [[{"status": "ok"}]]


@both
@pytest.mark.parametrize(
    "date",
    ["2035-05-01 18:00:00+02:00", "2035-05-01 18:00:00-00:00", "2035-05-01T18:00:00Z", "2035-05-01 18", "2035-02-30",
     "2035-05-01 18:00:00 UTC", "2035-05-01 25:00", "20350501180000", "tomorrow", "2035-05-01 18:00:00x", "", " "],
)
def test_a_date_that_is_not_plainly_in_utc_is_refused(
    database: Database, organizer: int, way: Creating | Updating, date: str
) -> None:
    refusal = "45422 invalid_input(event_date): event_date must be a date and time in UTC, without an offset"
    assert way.refusal(database, organizer, event_date=date) == refusal


@both
@pytest.mark.parametrize(
    ("date", "read"),
    [("2035-05-01T18:00", datetime(2035, 5, 1, 18)), ("2035-5-1 6:07:08.9", datetime(2035, 5, 1, 6, 7, 8)),
     ("2035-05-01", datetime(2035, 5, 1)), ("2035-05-01 23:59:59.9999999", datetime(2035, 5, 1, 23, 59, 59))],
)
def test_a_date_is_read_as_it_is_written(
    database: Database, organizer: int, way: Creating | Updating, date: str, read: datetime
) -> None:
    assert event(database, way.accept(database, organizer, event_date=date))["event_date"] == read


@both
@pytest.mark.parametrize("seats", ["10.5", "1.0000001"])
def test_a_capacity_is_a_whole_number(database: Database, organizer: int, way: Creating | Updating, seats: str) -> None:
    refusal = "45422 invalid_input(total_seats): total_seats must be a whole number"
    assert way.refusal(database, organizer, total_seats=seats) == refusal
    assert event(database, way.accept(database, organizer, total_seats="7.0"))["total_seats"] == 7
