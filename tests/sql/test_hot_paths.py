"""What the API's procedures read once there is much: the rows that they are about, and not the rest.

Counted are the rows that the server touches, which are the same each time, and not the time that it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sql.ledger import NUMBERS, rows_touched
from support.connection import Row
from support.database import TREE, Database, utc_now
from support.sources import VIEWS, code_of, reading_procedures

EVENTS, PEOPLE, EVENTS_EACH = 20_000, 5_000, 10
FEW = 30
# Whatever a call is for: settings, the actor, and on MySQL, where a session reads them once, the definitions of what runs.
ROWS_PER_CALL = 50
# Each list is gone through several times: checked, locked, booked, answered.
ROWS_PER_REQUEST, ROWS_PER_EVENT = 30, 30
# Cancellations are also sorted twice, in tables of the list's length.
ROWS_PER_CANCELLATION = 45
BEGIN, END = datetime(1000, 1, 1), datetime(9999, 12, 31, 23, 59, 59)
FIRST = utc_now() - timedelta(minutes=EVENTS // 2)


class Crowd:
    """Many events of one organizer and a few of another, a minute after each other, and many registrations."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.organizer, self.other = database.add_user("organizer"), database.add_user("organizer")
        database.rows(
            "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
            " SELECT IF(n %% %s = 0, %s, %s), CONCAT('Event ', n), 'Town Hall', 'Ada', %s + INTERVAL n MINUTE, 1000, 1000"
            f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [EVENTS // FEW, self.other, self.organizer, FIRST, EVENTS],
        )
        (row,) = database.rows("SELECT MIN(id) AS first, MAX(id) AS last FROM events")
        self.first, self.last = row["first"], row["last"]
        database.rows(
            "INSERT INTO users (name, email, role, password_hash)"
            " SELECT CONCAT('Guest ', n), CONCAT('guest', n, '@example.net'), 'participant', 'x'"
            f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [PEOPLE],
        )
        (row,) = database.rows("SELECT MAX(id) AS last FROM users")
        self.person = row["last"]
        database.rows(
            "INSERT INTO registrations (event_id, user_id, seats)"
            " SELECT %s + MOD(u.id * 7 + numbers.n * 1999, %s), u.id, 1 FROM users AS u"
            f" JOIN {NUMBERS} ON numbers.n < %s WHERE u.email LIKE 'guest%%' ORDER BY 1, 2",
            [self.first, EVENTS, EVENTS_EACH],
        )
        database.rows("ANALYZE TABLE users, events, registrations")


@pytest.fixture(scope="module")
def crowd(database: Database) -> Iterator[Crowd]:
    yield Crowd(database)
    assert database.audit() == []


def touched(crowd: Crowd, procedure: str, *arguments: object) -> tuple[int, int]:
    """How many rows a call returns in its last result, and how many it touches."""
    results, rows = rows_touched(crowd.database, procedure, *arguments)
    return len(results[-1]), rows


def listing(crowd: Crowd, limit: int = 20, **filters: object) -> tuple[int, int]:
    names = ("cursor", "sort", "status", "q", "from", "to", "organizer_id")
    return touched(crowd, "browse_events", limit, *(filters.get(name) for name in names))


def test_one_event(crowd: Crowd) -> None:
    returned, rows = touched(crowd, "get_event", crowd.last - 5)
    assert returned == 1 and rows <= ROWS_PER_CALL


@pytest.mark.parametrize("count", [1, 50, 1000])
def test_several_events(crowd: Crowd, count: int) -> None:
    ids = [[crowd.last - 7 * n] for n in range(count)]
    returned, rows = touched(crowd, "get_events", json.dumps(ids))
    assert returned == count and rows <= 6 * count + ROWS_PER_CALL


@pytest.mark.parametrize(
    "filters",
    [{}, {"sort": "event_date"}, {"sort": "-event_date"}, {"status": "completed"}, {"status": "soon"}, {"status": "upcoming"},
     {"status": "soon,upcoming"}, {"status": "completed,upcoming"}, {"from": utc_now() + timedelta(days=3)},
     {"to": utc_now() - timedelta(days=3)}],
    ids=["all", "forward", "backward", "completed", "soon", "upcoming", "not over", "not soon", "from", "to"],
)
def test_a_page(crowd: Crowd, filters: dict[str, object]) -> None:
    returned, rows = listing(crowd, **filters)
    assert returned == 20 and rows <= 2 * 20 + ROWS_PER_CALL


def test_the_longest_page(crowd: Crowd) -> None:
    """Not explained below: of a page that long MySQL's EXPLAIN says that all rows are read, which they are not."""
    returned, rows = listing(crowd, limit=1000)
    assert returned == 1000 and rows <= 2 * 1000 + ROWS_PER_CALL


@pytest.mark.parametrize("back", [1000, EVENTS - 1000])
@pytest.mark.parametrize("sort", [None, "event_date", "-event_date"])
def test_a_page_far_behind(crowd: Crowd, sort: str | None, back: int) -> None:
    event = crowd.database.rows(
        "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', UTC_TIMESTAMP()) AS now,"
        " TIMESTAMPDIFF(SECOND, '1970-01-01', event_date) AS seconds, id FROM events WHERE id = %s", [crowd.last - back],
    )[0]
    returned, rows = listing(crowd, sort=sort, cursor=f"{event['now']}_{event['seconds']}_{event['id']}")
    assert returned == 20 and rows <= 2 * 20 + ROWS_PER_CALL


@pytest.mark.parametrize("sort", ["event_date", "-event_date"])
def test_a_page_across_the_gap_of_a_status(crowd: Crowd, sort: str) -> None:
    """A thousand events are soon; who asks for all others reads none of them."""
    now = crowd.database.rows("SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', UTC_TIMESTAMP()) AS now")[0]["now"]
    # The page begins a few events in front of those that are soon, and ends behind them.
    cursor = now - 300 if sort == "event_date" else now + 24 * 3600 + 300
    returned, rows = listing(crowd, sort=sort, status="completed,upcoming", cursor=f"0_{cursor}_1")
    assert returned == 20 and rows <= 2 * 20 + ROWS_PER_CALL


def test_a_page_of_an_organizer(crowd: Crowd) -> None:
    returned, rows = listing(crowd, organizer_id=crowd.other)
    assert returned == 20 and rows <= 2 * FEW + ROWS_PER_CALL


def test_an_organizer_without_events(crowd: Crowd) -> None:
    returned, rows = listing(crowd, organizer_id=crowd.person)
    assert returned == 0 and rows <= ROWS_PER_CALL


def test_credentials(crowd: Crowd) -> None:
    returned, rows = touched(crowd, "find_credentials", "Guest77@example.net")
    assert returned == 1 and rows <= ROWS_PER_CALL


def test_registrations_of_somebody(crowd: Crowd) -> None:
    returned, rows = touched(crowd, "list_my_registrations", crowd.person)
    assert returned == EVENTS_EACH and rows <= 5 * EVENTS_EACH + ROWS_PER_CALL


@pytest.mark.parametrize("count", [1, 50, 500])
def test_registrations_of_several(crowd: Crowd, count: int) -> None:
    people = [[crowd.person - 9 * n] for n in range(count)]
    returned, rows = touched(crowd, "list_registrations", json.dumps(people))
    assert returned == count * EVENTS_EACH and rows <= 8 * returned + ROWS_PER_CALL


def test_participants(crowd: Crowd) -> None:
    (event,) = crowd.database.rows(
        "SELECT event_id AS id, COUNT(*) AS people FROM registrations AS r JOIN events AS e ON e.id = r.event_id"
        " WHERE e.organizer_id = %s GROUP BY event_id ORDER BY people DESC, event_id LIMIT 1", [crowd.organizer],
    )
    returned, rows = touched(crowd, "list_participants", crowd.organizer, event["id"])
    assert returned == event["people"] and rows <= 4 * event["people"] + ROWS_PER_CALL


def test_booking_and_giving_back(crowd: Crowd) -> None:
    person = crowd.database.add_user()
    for procedure, arguments in (("register_for_event", [2]), ("unregister_from_event", [])):
        returned, rows = touched(crowd, procedure, person, crowd.last - 3, *arguments)
        assert returned == 1 and rows <= ROWS_PER_CALL


def test_changing_an_event_that_many_hold_seats_of(crowd: Crowd) -> None:
    event_id = crowd.database.add_event(crowd.organizer, total_seats=10_000)
    crowd.database.rows(
        "INSERT INTO registrations (event_id, user_id, seats) SELECT %s, id, 1 FROM users WHERE email LIKE 'guest%%'",
        [event_id],
    )
    # Its words are deleted and written again, one by one.
    returned, rows = touched(crowd, "update_event", crowd.organizer, event_id, *[None] * 2, "Elsewhere", *[None] * 3)
    assert returned == 1 and rows <= 3 * ROWS_PER_CALL
    returned, rows = touched(crowd, "cancel_event", crowd.organizer, event_id)
    assert returned == 1 and rows <= 3 * ROWS_PER_CALL


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(("requests", "events"), [(1, 1), (10, 10), (50, 1), (50, 10), (200, 1)])
def test_booking_and_giving_back_for_many(crowd: Crowd, requests: int, events: int, wait: bool) -> None:
    people = [crowd.database.add_user() for _ in range(requests)]
    booking = json.dumps([(person, crowd.last - 100 - n % events, 1) for n, person in enumerate(people)])
    most = requests * ROWS_PER_REQUEST + events * ROWS_PER_EVENT + ROWS_PER_CALL
    # The second time all of them are refused.
    for seats in (9, None):
        results, rows = rows_touched(crowd.database, "register_for_events", booking, wait)
        assert len(results[0]) == requests and (results[0][0]["sqlstate"] is None) == (seats is not None)
        assert rows <= most
    giving_back = json.dumps([request[:2] for request in json.loads(booking)])
    for seats in (9, None):
        results, rows = rows_touched(crowd.database, "unregister_from_events", giving_back, wait)
        assert len(results[0]) == requests and (results[0][0]["sqlstate"] is None) == (seats is not None)
        assert rows <= requests * ROWS_PER_CANCELLATION + events * ROWS_PER_EVENT + ROWS_PER_CALL


BASE_TABLES = ("events", "registrations", "users")
STATEMENT = re.compile(r"^ *(?:DECLARE \w+ CURSOR FOR\s+)?(\(?(?:SELECT|UPDATE|DELETE)\b[^;]*);", re.MULTILINE)
PART = re.compile(r"^ *\((SELECT\b.*?\bLIMIT \w+)\)$", re.MULTILINE | re.DOTALL)
VARIABLE = r"\b[pv]_\w+\b"
# The few registrations of a participant, which no index has by the dates of their events.
SORTED = {"list_my_registrations", "list_registrations"}
# What is to come and what is over, one of which may be empty.
HALVED = {"browse_events"}


def statements_of(file: Path) -> list[str]:
    """What a procedure reads, changes or deletes, without the variables that it is read into.

    Of a union each part by itself: MariaDB explains it as if it had no LIMIT, which is not how it goes about it.
    """
    found = STATEMENT.findall(code_of(file).partition("\nBEGIN\n")[2])
    found = [part for statement in found for part in PART.findall(statement) or [statement]]
    return [re.sub(rf"\bINTO\s+{VARIABLE}(?:,\s*{VARIABLE})*", "", statement) for statement in found]


def names_a_table(statement: str) -> bool:
    return re.search(rf"\b({'|'.join(BASE_TABLES)}|listed_events|seat_offers)\b", statement) is not None


def names_of_tables(statement: str) -> dict[str, str]:
    """The base tables by every name that a plan of the statement may give them."""
    names = {table: table for table in BASE_TABLES}
    for text in (statement, *map(code_of, VIEWS)):
        for table, alias in re.findall(rf"\b({'|'.join(BASE_TABLES)}) AS (\w+)", text):
            assert names.setdefault(alias, table) == table
    return names


@pytest.fixture(scope="module")
def values(crowd: Crowd) -> dict[str, object]:
    """The values of the procedures' variables when a participant who is registered for an upcoming event calls them."""
    (row,) = crowd.database.rows(
        "SELECT * FROM registrations WHERE event_id <= %s ORDER BY event_id DESC LIMIT 1", [crowd.last]
    )
    newcomer, event_id = crowd.database.add_user(), row["event_id"]
    requests = [(row["user_id"], event_id, 1), (newcomer, event_id, 1), (newcomer, event_id - 1, None)]
    return {
        "p_actor_id": row["user_id"], "newcomer": newcomer, "p_event_id": event_id, "p_seats": 1, "v_locked": str(event_id),
        "v_event_id": event_id, "v_registration_id": row["id"], "v_seats": 1,
        "p_requests": json.dumps(requests), "p_bookings": "[]", "p_locked": None,
        "p_participants": None, "p_registrations": None, "v_left": 1, "v_current_id": event_id,
        "v_max_seats": 10, "v_refusal": "45404 n: N",
        "v_bookings": json.dumps(
            [[event, "soon", "", [[n, actor, seats or 1]]] for n, (actor, event, seats) in enumerate(requests)]
        ),
        "v_outcomes": json.dumps([[1, event_id, row["id"], 1, 9, None], [2, event_id, None, None, None, "45404 n: N"]]),
        "v_user_id": newcomer,
        "p_email": "guest77@example.net", "p_limit": 20, "v_first": BEGIN, "v_last": END, "v_now": utc_now(), "v_soon": utc_now(),
        "v_upcoming": utc_now() + timedelta(days=1), "v_soon_too": True, "v_divide": utc_now(), "v_divide_seconds": 1,
        "v_after_date": BEGIN, "v_after_id": 0, "v_before_date": END, "v_before_id": 2**64 - 1,
        "p_organizer_id": None, "other": crowd.other,
    }


def plan_of(crowd: Crowd, statement: str, values: dict[str, object]) -> list[Row]:
    """How the server goes about the statement with these values in place of its variables."""
    with crowd.database.connect("root") as root:
        # As the procedures were made.
        root.rows("SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci")
        text = re.sub(VARIABLE, lambda name: root.literal(values[name[0]]), statement)
        return root.rows(f"EXPLAIN FORMAT=TRADITIONAL {text}")


def file_of(name: str) -> Path:
    return TREE / "db" / f"{name}.sql" if name.startswith("functions/") else TREE / f"db/procedures/{name}.sql"


# What procedures that read are called with, where they may treat calls in different ways; and what bookings and others go
# through.
KINDS_OF_CALLS = {
    "browse_events": [
        {}, {"p_organizer_id": "other"},
        {"v_first": utc_now(), "v_last": utc_now() + timedelta(days=1)}, {"v_last": utc_now()}, {"v_soon_too": False},
        {"v_divide": BEGIN}, {"v_divide": END}, {"v_after_date": FIRST + timedelta(days=10), "v_after_id": 7},
        {"v_before_date": FIRST + timedelta(days=3), "v_before_id": 7},
    ],
    "internal/require_role": [{}],
    "functions/book_seats": [{"p_actor_id": "newcomer", "v_locked": "p_event_id"}],
    "functions/book_seats_for_many": [],
    "functions/write_bookings": [{"p_bookings": "v_bookings"}],
    "functions/return_seats": [{"v_locked": "p_event_id"}],
    "functions/end_registrations": [{"p_outcomes": "v_outcomes"}],
    "functions/return_seats_of_many": [],
    "register_for_events": [],
    "unregister_from_events": [{"v_outcomes": "v_outcomes"}],
    "internal/lock_events": [{}],
    "internal/lock_participants": [{}],
    "internal/await_participants": [{}],
    "internal/lock_registrations": [{}],
    "internal/add_refusals": [],
    "internal/read_max_seats": [],
    "internal/choose_bookings": [{"p_locked": "v_locked"}, {"p_locked": "v_locked", "p_participants": "newcomer"}],
    "internal/judge_cancellations": [{}, {"p_locked": "7"}],
    "internal/explain_refusals": [{}, {"p_locked": "7"}],
}
READING = [name for name in reading_procedures() if any(map(names_a_table, statements_of(file_of(name))))]
HOT: dict[str, list[dict[str, object]]] = {**{name: [{}] for name in READING}, **KINDS_OF_CALLS}


@pytest.mark.parametrize(("procedure", "others"), [(name, others) for name, kinds in HOT.items() for others in kinds])
def test_no_table_is_read_or_sorted_as_a_whole(
    crowd: Crowd, values: dict[str, object], procedure: str, others: dict[str, object]
) -> None:
    # Those that are only known once there is a crowd are named.
    values = {**values, **{name: values.get(str(value), value) for name, value in others.items()}}
    planned = 0
    for statement in statements_of(file_of(procedure)):
        names = names_of_tables(statement)
        if not names_a_table(statement):
            continue
        plan = [row for row in plan_of(crowd, statement, values) if row["table"] in names]
        if not plan and procedure in HALVED:
            continue
        assert plan, f"the statement finds nothing to read, so nothing is known of it: {statement}"
        for row in plan:
            assert row["type"] not in ("ALL", "index") and row["key"], (statement, row)
            assert "filesort" not in (row["Extra"] or "") or procedure in SORTED, (statement, row)
        planned += 1
    assert planned > 0


def test_every_procedure_that_reads_is_looked_at() -> None:
    """Or it reads nothing itself and calls another one."""
    assert {"browse_events", "find_credentials", "get_event", "list_my_registrations", "list_participants"} <= set(READING)
    assert set(READING) <= set(HOT)


def test_every_procedure_that_a_hot_one_calls_is_looked_at() -> None:
    for procedure in HOT:
        code = code_of(file_of(procedure)).partition("BEGIN")[2]
        called = set(re.findall(r"\bCALL (\w+)\(", code))
        # Those that read no table, and the one that calls another and reads none itself.
        # What a search reads is counted in test_search.py, because its plan sorts short lists.
        called -= {"search_events"}
        called -= {"refuse_input", "read_moment", "trim_email", "refuse_registration", "refuse_cancellation", "note_user",
                   "refuse_faults", "note_fault", "check_listing", "read_link_token", "describe_reminders", "refuse_interrupted",
                   "allow_long_lists", "check_requests"}
        assert {f"internal/{name}" for name in called} <= set(HOT)
