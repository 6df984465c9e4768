"""Searching for events: what is found, what a search may read, and that its pages leave nothing out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sql.ledger import NUMBERS, rows_touched
from support.connection import Row
from support.database import Database, utc_now

PARAMETERS = ("limit", "cursor", "sort", "status", "q", "from", "to", "organizer_id")
DAY = utc_now() + timedelta(days=60)


def call(database: Database, **filters: Any) -> tuple[list[Row], str | None]:
    """A page, and the cursor from which the search goes on."""
    page, *rest = database.call("browse_events", *(dict.fromkeys(PARAMETERS) | filters).values())
    return page, rest[0][0]["next_cursor"] if rest and rest[0] else None


def walk(database: Database, **filters: Any) -> list[list[int]]:
    """The ids of page after page."""
    pages = []
    cursor: str | None = None
    while not pages or cursor:
        page, cursor = call(database, cursor=cursor, **filters)
        pages.append([row["id"] for row in page])
        assert len(pages) < 1000
    return pages


def found(database: Database, q: str, **filters: Any) -> list[int]:
    return [event for page in walk(database, q=q, **filters) for event in page]


FINDS = {
    "Analytical Engines": ["analytical", "ENGINES", "ana", "eng", "a e", "engines analytical", "engine, analytical!"],
    "O'Neil \u00fcber Stra\u00dfe": ["o'neil", "O\u2019Neil", "neil", "o", "uber", "strasse", "STRA\u00df", "strass neil"],
    "C++17, C# and Go 5": ["c++", "C#", "c++17", "17", "c", "go", "5", "c# go"],
    "e-mail for A+B": ["e-mail", "e mail", "mail", "a+b", "b", "a"],
    "\u6771\u4eac\u56fd\u969b\u30d5\u30a9\u30fc\u30e9\u30e0": [
        "\u6771", "\u6771\u4eac", "\u4eac\u56fd",
        "\u30d5\u30a9\u30fc", "\u56fd \u6771", "\u3075",
    ],
    "\u521d\u5fc3\u8005\u306ePython\u5165\u9580": ["python", "py", "\u5165\u9580", "\u306epython\u5165"],
    "\uc11c\uc6b8\uc5d0\uc11c \ubc14\ub2e4": ["\uc11c\uc6b8", "\uc6b8\uc5d0", "\ubc14"],
    "Smile \U0001f600\U0001f600 \u2764\ufe0f \U0001f469\u200d\U0001f467": [
        "\U0001f600", "\u2764", "\u2764\ufe0f",
        "\U0001f469", "\U0001f467", "smi \U0001f600",
    ],
    "na\u00efve Cafe\u0301 \ufb01ne \u2122 \uff34\uff4f\uff4b\uff59\uff4f": ["naive", "caf\u00e9", "CAFE", "fine", "tm", "tokyo", "c\u00e0f\u00e8"],
    "\u041c\u043e\u0441\u043a\u0432\u0430 \u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940": [
        "\u043c\u043e\u0441",
        "\u0645\u0631\u062d", "\u0939\u093f\u0928\u094d",
    ],
    "snake_case 100 % C:\\temp l'\u00e9t\u00e9": ["snake", "case", "snake_case", "100", "temp", "c:\\t", "\u00e9t\u00e9", "l'ete"],
}
FINDS_NOT = {
    "Analytical Engines": ["nalytical", "gines", "analytical machine", "analyticalengines", "Charles Ada"],
    "O'Neil \u00fcber Stra\u00dfe": ["oneil", "neil'o", "stra\u00dfen"],
    "C++17, C# and Go 5": ["c+#", "55", "c++18", "17c"],
    "e-mail for A+B": ["email", "b+a", "mail-e"],
    "\u6771\u4eac\u56fd\u969b\u30d5\u30a9\u30fc\u30e9\u30e0": ["\u4eac\u6771", "\u6771\u56fd"],
    "Smile \U0001f600\U0001f600 \u2764\ufe0f \U0001f469\u200d\U0001f467": ["\U0001f601", "smile\U0001f469"],
    "\u521d\u5fc3\u8005\u306ePython\u5165\u9580": ["ython", "\u5165python"],
}


@pytest.fixture(scope="module")
def titles(database: Database) -> tuple[int, dict[str, int]]:
    organizer = database.add_user("organizer")
    return organizer, {title: database.add_event(organizer, title=title, event_date=DAY) for title in FINDS}


@pytest.mark.parametrize("title", FINDS, ids=ascii)
def test_what_is_found(database: Database, titles: tuple[int, dict[str, int]], title: str) -> None:
    organizer, events = titles
    for q in FINDS[title]:
        assert events[title] in found(database, q, organizer_id=organizer), q
        assert events[title] in found(database, q), q


@pytest.mark.parametrize("title", FINDS_NOT, ids=ascii)
def test_what_is_not_found(database: Database, titles: tuple[int, dict[str, int]], title: str) -> None:
    organizer, events = titles
    for q in FINDS_NOT[title]:
        assert events[title] not in found(database, q, organizer_id=organizer), q


@pytest.mark.parametrize("q", ["", " ", "%", "'", "?!", "\\", "++ #", "\u3000", "\u200b"])
def test_what_has_no_word_filters_nothing(database: Database, titles: tuple[int, dict[str, int]], q: str) -> None:
    organizer, events = titles
    assert sorted(found(database, q, organizer_id=organizer)) == sorted(events.values())


@pytest.mark.parametrize("field", ["title", "description", "venue", "speaker"])
def test_a_search_looks_into_every_text(database: Database, organizer: int, field: str) -> None:
    database.add_event(organizer)
    event_id = database.add_event(organizer, **{field: "The Needle here"})
    assert found(database, "needle", organizer_id=organizer) == [event_id]


def test_words_may_stand_in_different_texts(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, title="One", description="two", venue="three", speaker="Four")
    database.add_event(organizer, title="One", description="two", venue="three", speaker="Five")
    assert found(database, "four three two one", organizer_id=organizer) == [event_id]


@pytest.mark.parametrize("character", ["x", "%", "|", "\u6771"])
def test_q_is_limited_to_200_characters(database: Database, character: str) -> None:
    call(database, q=character * 200)
    for length in (201, 65535 // len(character.encode())):
        refusal = database.refusal("browse_events", None, None, None, None, character * length, None, None, None)
        assert refusal == "45422 invalid_input(q): q must have at most 200 characters"


def test_q_is_limited_to_ten_words(database: Database, organizer: int) -> None:
    words = [f"{letter}{letter}" for letter in "abcdefghijk"]
    event_id = database.add_event(organizer, description=" ".join(words))
    assert found(database, " ".join(words[:10]), organizer_id=organizer) == [event_id]
    # Punctuation alone is no word, and what has none before or behind it is one.
    assert found(database, " & ".join(words[:10]), organizer_id=organizer) == [event_id]
    assert found(database, "-".join(words), organizer_id=organizer) == [event_id]
    assert database.refusal("browse_events", None, None, None, None, " ".join(words), None, None, None) == (
        "45422 invalid_input(q): q must have at most 10 words"
    )
    assert database.refusal("check_listing", None, None, None, None, " ".join(words), None, None, None).startswith("45422 ")


def test_each_of_ten_words_counts(database: Database, organizer: int) -> None:
    words = [f"w{number}x" for number in range(10)]
    for missing in range(10):
        database.add_event(organizer, description=" ".join(words[:missing] + words[missing + 1:]))
    assert found(database, " ".join(words), organizer_id=organizer) == []


def test_the_longest_texts_can_be_stored_and_found(database: Database, organizer: int) -> None:
    for letter in ("\ufdfa", "\u6771", "\U0001f600", "a "):
        description = (letter * 2000)[:2000]
        event_id = database.add_event(organizer, title="Longest", description=description)
        assert event_id in found(database, "longest", organizer_id=organizer)
        assert event_id in found(database, letter, organizer_id=organizer)
    many = " ".join(chr(0x4E00 + number) for number in range(1000))
    event_id = database.add_event(organizer, description=many)
    assert found(database, chr(0x4E00 + 999), organizer_id=organizer) == [event_id]


def state(database: Database) -> list[Row]:
    return database.rows("SELECT word, starts, event_id FROM event_words ORDER BY event_id, word, starts")


def test_changes_by_procedures_are_found(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, title="Before", venue="Oldplace", event_date=DAY)
    other = database.add_event(organizer, title="Later", event_date=DAY + timedelta(days=1))
    database.call("update_event", organizer, event_id, "After", None, "Newplace", None, str(DAY + timedelta(days=2)), None)
    for q, wanted in (("before", []), ("oldplace", []), ("after", [event_id]), ("newp", [event_id]), ("charles", [other, event_id])):
        assert found(database, q, organizer_id=organizer) == wanted
    database.call("cancel_event", organizer, event_id)
    assert found(database, "after", organizer_id=organizer) == []
    assert database.rows("SELECT * FROM event_words WHERE event_id = %s", [event_id]) == []
    assert database.rows("SELECT * FROM event_texts WHERE event_id = %s", [event_id]) == []


def test_changes_by_hand_are_found(database: Database, organizer: int) -> None:
    other = database.add_user("organizer")
    database.rows(
        "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
        " VALUES (%s, 'Handmade one', 'V', 'S', %s, 1, 1), (%s, 'Handmade two', 'V', 'S', %s, 1, 1)",
        [organizer, DAY, organizer, DAY + timedelta(days=1)],
    )
    one, two = found(database, "handmade", organizer_id=organizer)
    database.rows("UPDATE events SET event_date = event_date + INTERVAL 5 DAY, description = 'Tardy' WHERE id = %s", [one])
    assert found(database, "handmade", organizer_id=organizer) == [two, one]
    assert found(database, "tardy", organizer_id=organizer) == [one]
    database.rows("UPDATE events SET organizer_id = %s WHERE id = %s", [other, one])
    assert found(database, "handmade", organizer_id=organizer) == [two] and found(database, "handmade", organizer_id=other) == [one]
    database.rows("UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = %s", [two])
    assert found(database, "handmade two") == []
    database.rows("UPDATE events SET cancelled_at = NULL, speaker = 'Second' WHERE id = %s", [two])
    assert found(database, "handmade second") == [two]
    database.rows("UPDATE events SET id = id + 1000000 WHERE id = %s", [two])
    assert found(database, "handmade second") == [two + 1_000_000]
    database.rows("DELETE FROM events WHERE id IN (%s, %s)", [one, two + 1_000_000])
    assert found(database, "handmade") == []
    ids = (one, two, two + 1_000_000)
    assert database.rows("SELECT * FROM event_words WHERE event_id IN %s", [ids]) == []


def test_bookings_leave_the_words_alone(database: Database, organizer: int) -> None:
    event_id, person = database.add_event(organizer), database.add_user()
    before = state(database)
    database.call("register_for_event", person, event_id, 2)
    database.rows("UPDATE events SET total_seats = total_seats + 1 WHERE id = %s", [event_id])
    database.call("unregister_from_event", person, event_id)
    assert state(database) == before


def test_a_row_that_is_left_behind_shows_no_event_twice(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, title="Leftover", event_date=DAY)
    database.rows(
        "INSERT INTO event_words (word, starts, event_id)"
        " SELECT word, starts + INTERVAL 1 DAY, event_id FROM event_words WHERE event_id = %s", [event_id],
    )
    assert found(database, "leftover", organizer_id=organizer) == [event_id]


def test_what_is_missing_is_written_down_again(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, title="Forgotten")
    everything, texts = state(database), database.rows("SELECT * FROM event_texts ORDER BY event_id")
    for table in ("event_words", "event_texts"):
        database.rows(f"TRUNCATE {table}")
        assert {"id": event_id} in database.rows("SELECT id FROM unindexed_events")
        database.call("index_remaining_events", account="root")
        assert database.rows("SELECT id FROM unindexed_events") == []
    assert database.rows("SELECT * FROM event_texts ORDER BY event_id") == texts
    # One test leaves rows behind on purpose.
    assert all(row in everything for row in state(database)) and found(database, "forgotten") == [event_id]


# The bound ------------------------------------------------------------------------------------------------------------

EVENTS = 6_000
FIRST = utc_now() - timedelta(hours=EVENTS // 2)
# What is described in search_events: rows of the lists of words that are compared, of candidates, and a little.
SHORT_LIST = 10_000
MOST_ROWS = 60_000


@pytest.fixture(scope="module")
def crowd(database: Database) -> tuple[int, int]:
    """Events an hour apart with long texts; half have one word, half another, one both; each has a word of its own."""
    organizer, other = database.add_user("organizer"), database.add_user("organizer")
    database.rows(
        "INSERT INTO events (organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT IF(n %% 100 = 0, %s, %s), CASE WHEN n = 5900 THEN 'Odin Thor' WHEN n %% 2 = 0 THEN 'Odin' ELSE 'Thor' END,"
        " CONCAT('zed', n, REPEAT(' filler', 250)), 'V', 'S', %s + INTERVAL n HOUR, 1, 1"
        f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [other, organizer, FIRST, EVENTS],
    )
    return organizer, other


QUERIES = ["odin", "odin thor", "filler", "f", "z", "zed", "zed1", "zed1 thor", "zed77", "o t z f", "odin zed5900", "nothing", "odin nothing"]


def rows_of(database: Database, **filters: Any) -> int:
    return rows_touched(database, "browse_events", *(dict.fromkeys(PARAMETERS) | filters).values())[1]


@pytest.mark.parametrize("q", QUERIES)
@pytest.mark.parametrize("sort", [None, "event_date", "-event_date"])
def test_pages_are_what_a_look_at_each_event_finds(database: Database, crowd: tuple[int, int], q: str, sort: str | None) -> None:
    """Complete, in order, none twice, also where a search stops early; and a page of a search is bounded in what it reads."""
    now = utc_now()
    everything = [
        (row["event_date"], row["id"]) for row in database.rows(
            "SELECT id, event_date, CONCAT_WS(' ', '', title, description, venue, speaker, '') AS text FROM events"
            " WHERE cancelled_at IS NULL AND organizer_id IN %s", [crowd],
        ) if all(f" {word}" in row["text"].lower() for word in q.split())
    ]
    split = now if sort is None else datetime(1000, 1, 1) if sort == "event_date" else datetime(9999, 12, 31)
    wanted = sorted(pair for pair in everything if pair[0] > split)
    wanted += sorted((pair for pair in everything if pair[0] <= split), reverse=True)
    pages = walk(database, q=f"{q} filler", sort=sort, limit=700)
    assert [event for page in pages for event in page] == [event for _, event in wanted]


@pytest.mark.parametrize("q", QUERIES)
@pytest.mark.parametrize("limit", [20, 1000])
@pytest.mark.parametrize("of_few", [False, True])
def test_what_a_search_reads_is_bounded(database: Database, crowd: tuple[int, int], q: str, limit: int, of_few: bool) -> None:
    assert rows_of(database, q=q, limit=limit, organizer_id=crowd[1] if of_few else None) <= MOST_ROWS


def test_a_page_of_a_common_word_reads_little(database: Database, crowd: tuple[int, int]) -> None:
    for q in ("odin", "filler", "filler thor"):
        assert rows_of(database, q=q, limit=20) <= 2 * SHORT_LIST
        assert len(call(database, q=q, limit=20)[0]) == 20


def test_a_search_that_stops_early_goes_on(database: Database, crowd: tuple[int, int]) -> None:
    page, cursor = call(database, q="odin thor", limit=20)
    assert page == [] and cursor
    pages = walk(database, q="odin thor", limit=20)
    assert len(pages) > 2 and sum(map(len, pages)) == 1


def test_few_events_of_an_organizer_are_found_at_once(database: Database, crowd: tuple[int, int]) -> None:
    page, cursor = call(database, q="odin", limit=100, organizer_id=crowd[1])
    assert len(page) == EVENTS // 100 and cursor is None
    assert call(database, q="odin thor", organizer_id=crowd[1])[0] != [] and call(database, q="nothing")[1] is None


@pytest.mark.parametrize("status", ["completed", "upcoming", "completed,upcoming", "soon"])
def test_a_status_holds_in_a_search(database: Database, crowd: tuple[int, int], status: str) -> None:
    pages = walk(database, q="odin", status=status, limit=1000)
    assert pages == walk(database, q="odin filler", status=status, limit=1000) or sum(map(len, pages)) > 0
    seen = [event for page in pages for event in page]
    rows = database.rows("SELECT id, status FROM listed_events WHERE title LIKE 'Odin%%' AND organizer_id IN %s", [crowd])
    assert sorted(seen) == sorted(row["id"] for row in rows if row["status"] in status.split(","))


def test_from_and_to_hold_in_a_search(database: Database, crowd: tuple[int, int]) -> None:
    begin, end = FIRST + timedelta(hours=100), FIRST + timedelta(hours=110)
    page, _ = call(database, q="odin", **{"from": begin, "to": end})
    assert sorted(row["event_date"] for row in page) == [begin + timedelta(hours=hours) for hours in range(0, 10, 2)]


def test_events_that_come_and_go_between_two_pages_disturb_nothing(database: Database, organizer: int) -> None:
    events = [database.add_event(organizer, title=f"Moving {n}", event_date=DAY + timedelta(days=n)) for n in range(6)]
    page, cursor = call(database, q="moving", limit=3, organizer_id=organizer)
    assert [row["id"] for row in page] == events[:3] and cursor == page[-1]["next_cursor"]
    database.add_event(organizer, title="Moving before", event_date=DAY - timedelta(days=1))
    after = database.add_event(organizer, title="Moving behind", event_date=DAY + timedelta(days=3))
    for event_id in (events[0], events[2], events[4]):
        database.call("cancel_event", organizer, event_id)
    rest, _ = call(database, q="moving", limit=10, organizer_id=organizer, cursor=cursor)
    assert [row["id"] for row in rest] == [events[3], after, events[5]]


def test_list_events_searches_as_well(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, title="Elderberry")
    assert [row["id"] for row in database.call("list_events", None, None, None, "elderb", None, None, organizer)[0]] == [event_id]
