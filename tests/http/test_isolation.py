"""Whatever calls of one kind wait for, the others go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future

import pytest
from requests import Response

from support.database import Database
from support.locks import held
from support.shim import User
from support.watched import Watched, results, statuses

CONNECTIONS = 8
CROWD = 3 * CONNECTIONS

Request = Callable[[], Response]


class World:
    """People and events, of which one is not held by anybody."""

    def __init__(self, shim: Watched) -> None:
        self.shim = shim
        self.owner = shim.add_user("organizer")
        self.person = shim.signup()
        self.stuck = [shim.add_event(self.owner, total_seats=100) for _ in range(2 * CONNECTIONS)]
        self.free = shim.add_event(self.owner, total_seats=100)

    def update(self, event_id: int) -> Request:
        return lambda: self.shim.put(f"/events/{event_id}", self.owner.token, json={"venue": "Elsewhere"})

    def remove(self, event_id: int) -> Request:
        return lambda: self.shim.delete(f"/events/{event_id}", self.owner.token)

    def cancel(self, event_id: int, person: User) -> Request:
        return lambda: self.shim.delete(f"/register/{event_id}", person.token)

    def everything_else_goes_on(self) -> None:
        """Nobody who needs neither the rows that are held nor calls of the kind that is stuck waits."""
        shim, person, owner = self.shim, self.person, self.owner
        requests: list[Request] = [
            *[lambda: shim.get("/events")] * 20,
            lambda: shim.get("/events/list"),
            *(lambda event=event: shim.get(f"/events/{event}") for event in (*self.stuck, self.free)),
            lambda: shim.get("/healthz"),
            lambda: shim.get("/my-registrations", person.token),
            lambda: shim.post("/auth/login", json={"email": person.email, "password": "password"}),
            *(shim.booking(self.free, other) for other in shim.people(5)),
        ]
        assert set(statuses(results([shim.pool.submit(request) for request in requests]))) == {200}
        one_by_one: list[Request] = [
            shim.booking(self.free, person), self.cancel(self.free, person), self.update(self.free),
            lambda: shim.post("/auth/register", json={"name": "N", "email": f"{self.free}@new.example", "password": "password"}),
            lambda: shim.post("/events", owner.token, json={
                "title": "T", "description": "", "venue": "V", "speaker": "S", "event_date": "2036-01-01T00:00:00Z",
                "total_seats": 1,
            }),
        ]
        assert [request().status_code for request in one_by_one] == [200, 200, 200, 201, 201]


@pytest.fixture
def watched(database: Database) -> Iterator[Watched]:
    with Watched(database, DB_CONNECTIONS=str(CONNECTIONS)) as watched:
        yield watched


@pytest.fixture
def world(watched: Watched) -> World:
    return World(watched)


def expect_stuck(sent: Sequence[Future[Response]]) -> None:
    assert not any(answer.done() for answer in sent)


@pytest.mark.parametrize("deed", ["update", "remove", "cancel", "register"])
def test_a_crowd_that_wants_one_held_event(watched: Watched, world: World, database: Database, deed: str) -> None:
    """Whether it changes, cancels, leaves or books it."""
    event_id = world.stuck[0]
    people = watched.people(CROWD)
    if deed == "cancel":
        for person in people:
            database.call("register_for_event", person.id, event_id, 1)
    requests = {
        "update": [world.update(event_id)] * CROWD,
        "remove": [world.remove(event_id)] * CROWD,
        "cancel": [world.cancel(event_id, person) for person in people],
        "register": [watched.booking(event_id, person) for person in people],
    }[deed]
    with held(database, event_id):
        sent = watched.begin(requests)
        world.everything_else_goes_on()
        expect_stuck(sent)
    expected = [200] + [404] * (CROWD - 1) if deed == "remove" else [200] * CROWD
    assert sorted(statuses(results(sent))) == expected


def test_more_held_events_than_connections(watched: Watched, world: World, database: Database) -> None:
    """Those who wait for them, in every way that there is, leave connections to the others."""
    for event_id in world.stuck:
        database.call("register_for_event", world.person.id, event_id, 1)
    others = watched.people(1)
    with database.connect("root") as root:
        root.begin()
        for event_id in world.stuck:
            root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        sent = watched.begin([
            request for event_id in world.stuck
            for request in (world.update(event_id), world.cancel(event_id, world.person), watched.booking(event_id, others[0]))
        ])
        reads = [watched.pool.submit(lambda: watched.get("/events")) for _ in range(10)]
        bookings = [watched.pool.submit(watched.booking(world.free, person)) for person in watched.people(10)]
        assert statuses(results([*reads, *bookings])) == [200] * 20
        assert watched.get("/healthz").status_code == 200
        expect_stuck(sent)
        root.rollback()
    assert statuses(results(sent)) == [200] * len(sent)


def test_lists_of_participants(watched: Watched, world: World) -> None:
    gates = [watched.way.hold("list_participants") for _ in range(CROWD)]
    sent = watched.begin([
        lambda event=event: watched.get(f"/events/{event}/participants", world.owner.token) for event in world.stuck
    ])
    for gate in gates[:CONNECTIONS // 4]:
        gate.wait()
    world.everything_else_goes_on()
    expect_stuck(sent)
    assert watched.way.count("list_participants") == CONNECTIONS // 4
    for gate in gates:
        gate.pass_on()
    assert statuses(results(sent)) == [200] * len(world.stuck)


@pytest.mark.parametrize("query", ["q=zz{}", "organizer_id={}", "from=2036-01-{:02}T00:00:00Z", "limit=1{:02}",
                                   "sort=event_date&cursor=-30610224000_20000000{:02}_1"])
def test_searches(watched: Watched, world: World, query: str) -> None:
    """Whatever one looks for that not everybody looks for."""
    gates = [watched.way.hold("browse_events") for _ in range(CONNECTIONS // 4)]
    sent = watched.begin([
        lambda number=number: watched.get("/events?" + query.format(number)) for number in range(1, CONNECTIONS)
    ])
    for gate in gates:
        gate.wait()
    world.everything_else_goes_on()
    expect_stuck(sent)
    for gate in gates:
        gate.pass_on()
    assert statuses(results(sent)) == [200] * len(sent)


def test_a_row_of_a_user(watched: Watched, world: World, database: Database) -> None:
    """An organizer whose row is held holds up only events of his own."""
    other = watched.add_user("organizer")
    event = {
        "title": "T", "description": "", "venue": "V", "speaker": "S", "event_date": "2036-01-01T00:00:00Z", "total_seats": 1,
    }
    with database.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM users WHERE id = %s FOR UPDATE", [other.id])
        sent = watched.begin([lambda: watched.post("/events", other.token, json=event)] * CROWD)
        world.everything_else_goes_on()
        expect_stuck(sent)
        root.rollback()
    assert statuses(results(sent)) == [201] * CROWD


@pytest.mark.parametrize("change", [
    "UPDATE events SET event_date = event_date - INTERVAL 1 DAY WHERE id = %s", "DELETE FROM events WHERE id = %s",
])
def test_the_earliest_event_is_being_changed(watched: Watched, world: World, database: Database, change: str) -> None:
    """The list asks when the first event was, and must not wait for the answer."""
    earliest, next_one = world.stuck[:2]
    # A deletion also locks the gap in which the event's registrations would be, up to the next one.
    database.call("register_for_event", world.person.id, next_one, 1)
    database.rows("UPDATE events SET event_date = '1990-01-01' WHERE id = %s", [earliest])
    with database.connect("root") as root:
        root.begin()
        root.rows(change, [earliest])
        pages = [lambda limit=limit: watched.get(f"/events?limit={limit}") for limit in range(1, 30)]
        assert set(statuses(results([watched.pool.submit(page) for page in pages]))) == {200}
        assert watched.get("/healthz").status_code == 200
        assert set(statuses(results([watched.pool.submit(watched.booking(world.free, one)) for one in watched.people(5)]))) == {200}
        root.rollback()


def test_a_list_of_many_does_not_wait_for_an_equal_search(watched: Watched, world: World) -> None:
    """GET /events/list is the page that limit=1000 makes of GET /events, whose share of the connections is taken."""
    gates = [watched.way.hold("browse_events") for _ in range(CONNECTIONS // 4)]
    sent = watched.begin([lambda number=number: watched.get(f"/events?q=zz{number}") for number in range(CONNECTIONS // 4)])
    for gate in gates:
        gate.wait()
    sent += watched.begin([lambda: watched.get("/events?limit=1000")])
    assert watched.get("/events/list").status_code == 200
    expect_stuck(sent)
    for gate in gates:
        gate.pass_on()
    assert statuses(results(sent)) == [200] * len(sent)
