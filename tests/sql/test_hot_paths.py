"""What the API's procedures read once there is much: the rows that they are about, and not the rest.

Counted are the rows that the server touches, which are the same each time, and not the time that it takes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sql.ledger import NUMBERS, rows_touched
from support.database import Database, utc_now

EVENTS, PEOPLE, EVENTS_EACH = 20_000, 5_000, 10
FEW = 30
# Whatever a call is for: settings, the actor, and on MySQL the procedure's own definition.
ROWS_PER_CALL = 30
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
        database.rows(
            "UPDATE events AS e JOIN (SELECT event_id, SUM(seats) AS booked FROM registrations GROUP BY event_id) AS r"
            " ON r.event_id = e.id SET e.seats_available = e.total_seats - r.booked"
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
    names = ("cursor", "status", "q", "from", "to", "organizer_id")
    return touched(crowd, "list_events", limit, *(filters.get(name) for name in names))


def test_one_event(crowd: Crowd) -> None:
    returned, rows = touched(crowd, "get_event", crowd.last - 5)
    assert returned == 1 and rows <= ROWS_PER_CALL


@pytest.mark.parametrize(
    "filters",
    [{}, {"status": "completed"}, {"status": "soon"}, {"status": "upcoming"}, {"from": utc_now() + timedelta(days=3)},
     {"to": utc_now() - timedelta(days=3)}, {"q": "event"}],
    ids=["all", "completed", "soon", "upcoming", "from", "to", "q"],
)
def test_a_page(crowd: Crowd, filters: dict[str, object]) -> None:
    returned, rows = listing(crowd, **filters)
    assert returned == 20 and rows <= 2 * 20 + ROWS_PER_CALL


def test_a_page_far_behind(crowd: Crowd) -> None:
    event = crowd.database.rows(
        "SELECT TIMESTAMPDIFF(SECOND, '1970-01-01', event_date) AS seconds, id FROM events WHERE id = %s",
        [crowd.last - 1000],
    )[0]
    returned, rows = listing(crowd, cursor=f"{event['seconds']}_{event['id']}")
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
    crowd.database.rows("UPDATE events SET seats_available = total_seats - %s WHERE id = %s", [PEOPLE, event_id])
    returned, rows = touched(crowd, "update_event", crowd.organizer, event_id, *[None] * 2, "Elsewhere", *[None] * 3)
    assert returned == 1 and rows <= ROWS_PER_CALL
    returned, rows = touched(crowd, "cancel_event", crowd.organizer, event_id)
    assert returned == 1 and rows <= ROWS_PER_CALL
