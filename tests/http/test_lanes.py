"""Lanes: requests that wait at the same moment go to the database in one CALL, and each gets its own answer."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from requests import Response

from support.database import Database
from support.expect import expect_problem
from support.locks import held
from support.raw import Raw, get
from support.shim import Shim, User
from support.threads import at_once
from support.watched import PATIENCE, Watched, results, statuses

OVERLOADED = (503, "The service is busy, please try again in a moment", "overloaded")
TWICE = (409, "Already registered for this event", "already_registered")


def booked(database: Database, event_id: int) -> Counter[int]:
    rows = database.rows("SELECT user_id, seats FROM registrations WHERE event_id = %s", [event_id])
    return Counter({row["user_id"]: row["seats"] for row in rows})


def test_registrations_that_wait_go_together_and_each_is_answered_for_itself(
    watched: Watched, database: Database, owner: User
) -> None:
    event_id = watched.add_event(owner, total_seats=100)
    first, early, greedy, *people = watched.people(43)
    database.call("register_for_event", early.id, event_id, 1)
    with held(database, event_id):
        sent = watched.begin([watched.booking(event_id, first)])
        seats = [1 + number % 3 for number in range(40)]
        bookings = [watched.booking(event_id, person, number) for person, number in zip(people, seats)]
        bookings[7:7] = [watched.booking(event_id, early), watched.booking(event_id, greedy, 99)]
        sent += watched.begin([*bookings, watched.booking(event_id, owner)])
    answers = results(sent)
    expect_problem(answers.pop(), 403, "Participant privileges required", "participant_required")
    expect_problem(answers.pop(8), *TWICE)
    expect_problem(answers.pop(8), 422, "seats must be from 1 to 10", "invalid_input")
    assert [(answer.status_code, answer.json()["seats_booked"]) for answer in answers] == [
        (200, number) for number in [1, *seats]
    ]
    assert len({answer.json()["seats_available"] for answer in answers}) == 41
    assert min(answer.json()["seats_available"] for answer in answers) == 100 - 1 - 1 - sum(seats)
    assert booked(database, event_id) == {early.id: 1, first.id: 1, **dict(zip([p.id for p in people], seats))}
    assert watched.way.count("register_for_event") + watched.way.count("register_for_events") <= 3
    assert sum(map(len, watched.way.lists())) == 42


def test_registrations_are_made_in_the_order_in_which_they_came(
    watched: Watched, database: Database, owner: User
) -> None:
    event_id = watched.add_event(owner, total_seats=5)
    people = watched.people(8)
    with held(database, event_id):
        sent = [answer for person in people for answer in watched.begin([watched.booking(event_id, person)])]
    assert [answer.json().get("seats_available") for answer in results(sent)] == [4, 3, 2, 1, 0, None, None, None]
    assert watched.way.lists() == [[(person.id, event_id, 1) for person in people[1:]]]


def test_a_registration_with_nothing_before_it_goes_alone(watched: Watched, owner: User) -> None:
    event_id = watched.add_event(owner)
    for person in watched.people(3):
        assert watched.booking(event_id, person)().status_code == 200
    assert (watched.way.count("register_for_event"), watched.way.lists()) == (3, [])


def test_what_waits_goes_on_whoever_notices_that_it_can(watched: Watched, database: Database, owner: User) -> None:
    for _ in range(10):
        event_id = watched.add_event(owner)
        bookings = [watched.booking(event_id, person) for person in watched.people(3)]
        crowd = [Raw(watched.port) for _ in range(8)]
        with held(database, event_id):
            sent = watched.begin(bookings[:1]) + watched.begin(bookings[1:])
            for raw in crowd:
                raw.send(get("/nothing") * 200)
        assert statuses(results(sent)) == [200] * 3
        for raw in crowd:
            raw.socket.close()


def test_an_event_that_is_held_holds_up_no_other(watched: Watched, database: Database, owner: User) -> None:
    held_event, *events = [watched.add_event(owner) for _ in range(4)]
    people = watched.people(6)
    with held(database, held_event):
        waiting = watched.begin([watched.booking(held_event, person) for person in people])
        for event in events * 2:
            person = watched.add_user()
            assert watched.booking(event, person)().status_code == 200
        sent = watched.begin([watched.booking(event, person) for event in events for person in people[:2]])
        assert statuses(results(sent)) == [200] * 6
        assert not any(answer.done() for answer in waiting)
    assert statuses(results(waiting)) == [200] * 6
    assert len(booked(database, held_event)) == 6


def test_those_for_a_held_event_leave_the_others_of_their_group(
    watched: Watched, database: Database, owner: User
) -> None:
    one, other, held_event, last = [watched.add_event(owner) for _ in range(4)]
    people = watched.people(6)
    alone, group = watched.way.hold("register_for_event"), watched.way.hold("register_for_events")
    with held(database, held_event):
        blocked = watched.begin([watched.booking(one, people[0])])
        alone.wait()
        sent = watched.begin([watched.booking(other, people[1])])
        group.wait()
        requests = [(held_event, people[2]), (other, people[3]), (held_event, people[4]), (last, people[5])]
        sent += [answer for event, person in requests for answer in watched.begin([watched.booking(event, person)])]
        group.pass_on()
        waiting = [sent.pop(1), sent.pop(2)]
        assert statuses(results(sent)) == [200] * 3
        assert not any(answer.done() for answer in waiting)
    assert statuses(results(waiting)) == [200] * 2
    alone.pass_on()
    assert statuses(results(blocked)) == [200]
    assert watched.way.lists(waiting=False) == [
        [(people[1].id, other, 1)], [(person.id, event, 1) for event, person in requests]
    ]
    assert watched.way.lists(waiting=True) == [[(people[2].id, held_event, 1), (people[4].id, held_event, 1)]]


SETTINGS = [
    {"DB_GROUP_LIMIT": "1"}, {"DB_SHARED_READS": "0"}, {"DB_GROUP_LIMIT": "1", "DB_SHARED_READS": "0"},
    {"DB_GROUP_LIMIT": "2", "DB_CONNECTIONS": "1"}, {"DB_GROUP_LIMIT": "1000", "DB_CONNECTIONS": "2"},
]


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda s: " ".join(f"{n}={v}" for n, v in s.items()))
def test_the_answers_are_the_same_with_every_setting(database: Database, settings: dict[str, str]) -> None:
    with Watched(database, **settings) as watched:
        owner = watched.add_user("organizer")
        event_id, other = watched.add_event(owner, total_seats=10), watched.add_event(owner)
        early, *people = watched.people(14)
        database.call("register_for_event", early.id, event_id, 1)
        with held(database, event_id):
            sent = watched.begin([watched.booking(event_id, people[0])])
            sent += watched.begin([watched.booking(event_id, person) for person in people[1:]] + [
                watched.booking(event_id, early, 2), watched.booking(event_id, people[0], 11),
                watched.booking(0, people[0]), watched.booking(other, people[0], 3),
            ])
            sent += watched.begin([lambda: watched.get(f"/events/{other}")] * 4 + [lambda: watched.get("/events/0")])
        answers = results(sent)
        assert statuses(answers[-5:]) == [200] * 4 + [404]
        del answers[-5:]
        expect_problem(answers.pop(13), *TWICE)
        expect_problem(answers.pop(13), 422, "seats must be from 1 to 10", "invalid_input")
        expect_problem(answers.pop(13), 404, "Event not found", "event_not_found")
        assert answers.pop(13).json()["seats_available"] == 7
        assert Counter(statuses(answers)) == {200: 9, 409: 4}
        assert watched.get(f"/events/{event_id}").json()["seats_available"] == 0
        if settings.get("DB_GROUP_LIMIT") == "1":
            assert watched.way.lists() == []
        else:
            assert max(map(len, watched.way.lists())) <= int(settings.get("DB_GROUP_LIMIT", "128"))


def test_no_more_go_together_than_are_allowed_to(database: Database) -> None:
    with Watched(database, DB_GROUP_LIMIT="3") as watched:
        event_id = watched.add_event(watched.add_user("organizer"), total_seats=100)
        first, *people = watched.people(21)
        with held(database, event_id):
            sent = watched.begin([watched.booking(event_id, first)])
            sent += watched.begin([watched.booking(event_id, person) for person in people])
        assert statuses(results(sent)) == [200] * 21
        assert [len(requests) for requests in watched.way.lists()] == [3] * 6 + [2]


def redefine(database: Database, body: str) -> None:
    """Puts another procedure in the place of the one for lists."""
    database.rows("DROP PROCEDURE register_for_events")
    database.rows(
        "CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE register_for_events"
        f" (p_requests LONGTEXT, p_wait BOOLEAN) {body}"
    )
    database.rows("GRANT EXECUTE ON PROCEDURE register_for_events TO eventhub_api")


def group_behind_one(watched: Watched, event_id: int, people: Sequence[User]) -> list[Response]:
    """The answers to registrations, of which the first goes alone and the others wait for it."""
    gate = watched.way.hold("register_for_event")
    sent = watched.begin([watched.booking(event_id, people[0])])
    gate.wait()
    sent += watched.begin([watched.booking(event_id, person) for person in people[1:]])
    gate.pass_on()
    return results(sent)


def test_what_a_list_that_waits_refuses_for_now_is_not_tried_again(spare: Database) -> None:
    """It waited for its locks already, so another try would be like the first: a loop, until the time of the call is over."""
    redefine(
        spare, "SELECT '45503' AS `sqlstate`, 'interrupted: The call was interrupted' AS message, NULL AS msg"
        " FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (n FOR ORDINALITY)) AS requests",
    )
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(4)
        assert statuses(group_behind_one(watched, event_id, people)) == [200, 503, 503, 503]
        assert watched.way.count("register_for_events") == 1


@pytest.mark.parametrize("sqlstate", ["22003", "23000", "42000", "45000", "45409", "45422"])
def test_each_of_a_list_that_fails_is_tried_alone(spare: Database, sqlstate: str) -> None:
    redefine(spare, f"SIGNAL SQLSTATE '{sqlstate}' SET MESSAGE_TEXT = 'oops: Nobody thought of this'")
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(9)
        assert statuses(group_behind_one(watched, event_id, people)) == [200] * 9
        assert len(booked(spare, event_id)) == 9
        assert (watched.way.count("register_for_events"), watched.way.count("register_for_event")) == (1, 9)


def test_one_that_fails_in_a_way_that_nobody_thought_of_harms_no_other(spare: Database) -> None:
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(8)
        spare.rows(
            "CREATE TRIGGER forbid BEFORE INSERT ON registrations FOR EACH ROW"
            f" BEGIN IF NEW.user_id = {people[4].id} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'; END IF; END"
        )
        answers = group_behind_one(watched, event_id, people)
        assert statuses(answers) == [200] * 4 + [500] + [200] * 3
        assert answers[4].json()["code"] == "internal_error"
        assert set(booked(spare, event_id)) == {person.id for person in people} - {people[4].id}


def test_a_list_without_its_procedure_is_refused_for_now(spare: Database) -> None:
    # As migrate does it before it creates the procedure again.
    spare.rows("DELETE FROM deployed_objects WHERE path = 'procedures/register_for_events.sql'")
    spare.rows("DROP PROCEDURE register_for_events")
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(5)
        first, *others = group_behind_one(watched, event_id, people)
        assert first.status_code == 200
        for answer in others:
            expect_problem(answer, 503, "The service is not available, please try again in a moment", "unavailable")
        assert set(booked(spare, event_id)) == {people[0].id}
        assert watched.booking(event_id, people[1])().status_code == 200


def test_a_list_that_says_less_than_it_was_asked_is_a_bug_of_ours(spare: Database) -> None:
    redefine(spare, "SELECT '45409' AS `sqlstate`, 'no_luck: No luck' AS message, NULL AS msg")
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(4)
        answers = group_behind_one(watched, event_id, people)
        assert [(answer.status_code, answer.json().get("code")) for answer in answers[1:]] == [
            (409, "no_luck"), (500, "internal_error"), (500, "internal_error"),
        ]
        assert watched.log().count("register_for_events did not return a row for each call") == 1


def test_a_list_that_says_nothing_is_a_bug_of_ours(spare: Database) -> None:
    redefine(spare, "DO 0")
    with Watched(spare) as watched:
        event_id, people = watched.add_event(watched.add_user("organizer")), watched.people(3)
        answers = group_behind_one(watched, event_id, people)
        assert statuses(answers) == [200, 500, 500]
        assert watched.log().count("register_for_events did not return a row for each call") == 1


def held_reads(
    watched: Watched, procedure: str, first: str, others: Sequence[Callable[[], Response]]
) -> list[Response]:
    """The answers to reads that came together while the CALL of the first was under way."""
    gate = watched.way.hold(procedure)
    sent = watched.begin([lambda: watched.get(first)])
    gate.wait()
    sent += watched.begin(others)
    gate.pass_on()
    return results(sent)[1:]


@pytest.mark.parametrize("connections", ["1", "8"])
def test_equal_reads_that_wait_are_one_call(database: Database, connections: str) -> None:
    with Watched(database, DB_CONNECTIONS=connections) as watched:
        owner = watched.add_user("organizer")
        for _ in range(3):
            watched.add_event(owner)
        path = f"/events?organizer_id={owner.id}"
        heads = [lambda: watched.request("HEAD", path)] * 5
        answers = held_reads(watched, "browse_events", path, [lambda: watched.get(path)] * 29 + heads)
        assert watched.way.count("browse_events") == 2
        assert statuses(answers) == [200] * 34
        assert len(answers[0].json()) == 3
        assert {answer.content for answer in answers[:29]} == {answers[0].content}
        assert {answer.content for answer in answers[29:]} == {b""}
        assert {answer.headers["Content-Length"] for answer in answers} == {str(len(answers[0].content))}
        assert {answer.headers["Content-Type"] for answer in answers} == {"application/json"}
        assert len({answer.headers["X-Request-Id"] for answer in answers}) == 34


def test_heads_alone_share_as_well(watched: Watched, owner: User) -> None:
    path = f"/events/{watched.add_event(owner)}"
    length = watched.get(path).headers["Content-Length"]
    with Raw(watched.port) as raw:
        gate = watched.way.hold("get_event")
        sent = watched.begin([lambda: watched.request("HEAD", path)])
        gate.wait()
        before = watched.arrivals()
        raw.send(get(path).replace(b"GET", b"HEAD"))
        watched.wait_for_arrivals(before, 1)
        sent += watched.begin([lambda: watched.request("HEAD", path)] * 3)
        gate.pass_on()
        assert {answer.headers["Content-Length"] for answer in results(sent)} == {length}
        assert raw.answer(to_head=True).headers["content-length"] == length
        # No body of the answer before comes first.
        raw.send(get(path))
        assert str(len(raw.answer().body)) == length
    assert watched.way.count("get_event") == 4


def test_each_read_of_its_own_is_a_call_where_none_are_shared(database: Database) -> None:
    with Watched(database, DB_SHARED_READS="0") as watched:
        path = f"/events/{watched.add_event(watched.add_user('organizer'))}"
        answers = held_reads(watched, "get_event", path, [lambda: watched.get(path)] * 9)
        assert {answer.content for answer in answers} == {answers[0].content}
        assert watched.way.count("get_event") == 10


def test_reads_that_are_not_equal_are_not_mixed_up(database: Database) -> None:
    with Watched(database, DB_CONNECTIONS="1") as watched:
        owner = watched.add_user("organizer")
        first, second, third = [watched.add_event(owner, title=title) for title in ("Aa", "aa", "B")]
        base = f"/events?organizer_id={owner.id}"
        paths = [
            base, f"{base}&sort=event_date&limit=1", f"{base}&sort=event_date&limit=2", f"{base}&q=x", f"{base}&q=b", f"{base}&q=B",
            f"{base}&status=soon", f"{base}&status=upcoming", f"{base}&from=2035-01-01", f"{base}&to=2035-01-01",
            f"{base}&from=2020-01-01", f"/events?organizer_id={owner.id + 1}", f"/events/{first}", f"/events/{second}",
            f"/events/{third}", "/events/0",
        ] * 3
        answers = held_reads(watched, "check_database", "/healthz", [lambda p=path: watched.get(p) for path in paths])
        for path, answer in zip(paths, answers):
            alone = watched.get(path)
            assert (answer.status_code, answer.links) == (alone.status_code, alone.links), path
            assert answer.status_code == 404 or answer.json() == alone.json(), path


def test_links_are_those_of_each_request_even_where_the_page_is_shared(watched: Watched, owner: User) -> None:
    events = [watched.add_event(owner, title=f"Event {number}") for number in range(3)]
    queries = [
        f"organizer_id={owner.id}&limit=2", f"limit=2&organizer_id={owner.id}",
        f"organizer_id={owner.id}&limit=2&utm_source=a%26b", f"limit=02&organizer_id={owner.id}&cursor=",
    ]
    paths = [f"{base}?{query}" for query in queries for base in ("/events", "/events/list")]
    answers = held_reads(watched, "browse_events", paths[0], [lambda p=path: watched.get(p) for path in paths])
    assert watched.way.count("browse_events") == 2
    for path, answer in zip(paths, answers):
        assert [event["id"] for event in answer.json()] == events[:2]
        link = answer.links["next"]["url"]
        query = path.partition("?")[2].removesuffix("&cursor=")
        assert link.startswith(f"{path.partition('?')[0]}?{query}&cursor="), link
        assert [event["id"] for event in watched.get(link).json()] == events[2:]


def test_refusals_are_shared_as_well(watched: Watched) -> None:
    answers = held_reads(watched, "get_event", "/events/0", [lambda: watched.get("/events/0")] * 10)
    ids = {expect_problem(answer, 404, "Event not found", "event_not_found")["request_id"] for answer in answers}
    assert len(ids) == 10
    assert watched.way.count("get_event") == 2


def test_a_fault_that_only_the_database_finds_is_shared_as_well(watched: Watched) -> None:
    path = "/events?cursor=rubbish"
    answers = held_reads(watched, "browse_events", path, [lambda: watched.get(path)] * 5)
    for answer in answers:
        problem = expect_problem(answer, 422, "cursor must be one that an earlier page gave", "invalid_input")
        assert [(fault["in"], fault["name"]) for fault in problem["errors"]] == [("query", "cursor")]
    assert watched.way.count("browse_events") == 2


def test_a_read_sees_what_was_committed_while_an_equal_one_was_under_way(
    watched: Watched, database: Database, owner: User
) -> None:
    event_id = watched.add_event(owner)
    path, person = f"/events/{event_id}", watched.add_user()
    gate = watched.way.hold("get_event", answered=True)
    early = watched.begin([lambda: watched.get(path)])
    gate.wait()
    # The answer to the first has left the database, and says nothing of what comes now.
    assert watched.booking(event_id, person, 3)().status_code == 200
    late = watched.begin([lambda: watched.get(path)] * 3)
    gate.pass_on()
    assert [answer.json()["seats_available"] for answer in results(early + late)] == [10, 7, 7, 7]


def test_everybody_sees_what_they_did_themselves(database: Database) -> None:
    with Shim(database, DB_CONNECTIONS="3") as shim:
        owner = shim.add_user("organizer")
        path = f"/events?organizer_id={owner.id}&limit=1000"
        people = {shim.add_event(owner): shim.add_user() for _ in range(4)}
        events = list(people)
        over = threading.Event()

        def read(number: int) -> None:
            while not over.is_set():
                for at in (path, f"/events/{events[number % 4]}"):
                    assert shim.get(at).status_code == 200

        def seen(event_id: int) -> set[Any]:
            listed = {event["id"]: event for event in shim.get(path).json()}
            return {shim.get(f"/events/{event_id}").json()["seats_available"], listed[event_id]["seats_available"]}

        def write(event_id: int) -> None:
            person = people[event_id].token
            for round_number in range(20):
                seats = 1 + round_number % 10
                assert shim.post(f"/register/{event_id}?seats={seats}", person).status_code == 200
                assert seen(event_id) == {10 - seats}
                assert shim.delete(f"/register/{event_id}", person).status_code == 200
                assert seen(event_id) == {10}
                new = {"title": "New", "venue": "V", "speaker": "S", "event_date": "2035-05-01", "total_seats": 5}
                created = shim.post("/events", owner.token, json=new).json()["event_id"]
                assert seen(created) == {5}
                assert shim.put(f"/events/{created}", owner.token, json={"total_seats": 6}).status_code == 200
                assert seen(created) == {6}
                assert shim.delete(f"/events/{created}", owner.token).status_code == 200
                assert shim.get(f"/events/{created}").status_code == 404
                assert created not in {event["id"] for event in shim.get(path).json()}

        def write_then_end(event_ids: Sequence[int]) -> None:
            try:
                outcomes = at_once([lambda e=event_id: write(e) for event_id in event_ids])
            finally:
                over.set()
            assert outcomes == [None] * len(event_ids)

        outcomes = at_once([lambda n=number: read(n) for number in range(6)] + [lambda: write_then_end(events)])
        assert outcomes == [None] * 7


@pytest.mark.parametrize("answered", [False, True])
def test_a_list_whose_answer_is_lost_is_not_made_again(
    watched: Watched, database: Database, owner: User, answered: bool
) -> None:
    """Nobody can say whether it was booked, and a second list would take it for somebody else's bookings."""
    event_id = watched.add_event(owner)
    first, *people = watched.people(4)
    alone, group = watched.way.hold("register_for_event"), watched.way.hold("register_for_events", answered)
    sent = watched.begin([watched.booking(event_id, first)])
    alone.wait()
    sent += watched.begin([watched.booking(event_id, person) for person in people])
    alone.pass_on()
    group.wait()
    group.drop()
    answers = results(sent)
    assert statuses(answers) == [200, 503, 503, 503]
    for answer in answers[1:]:
        expect_problem(answer, 503, "The service is not available, please try again in a moment", "unavailable")
    assert (watched.way.count("register_for_event"), watched.way.count("register_for_events")) == (1, 1)
    assert len(booked(database, event_id)) == (4 if answered else 1)
    assert statuses([watched.booking(event_id, person)() for person in people]) == [409 if answered else 200] * 3


def test_a_shared_read_whose_answer_is_lost_is_made_again(watched: Watched, owner: User) -> None:
    path = f"/events/{watched.add_event(owner)}"
    first, shared = watched.way.hold("get_event"), watched.way.hold("get_event", answered=True)
    sent = watched.begin([lambda: watched.get(path)])
    first.wait()
    sent += watched.begin([lambda: watched.get(path)] * 5)
    first.pass_on()
    shared.wait()
    shared.drop()
    answers = results(sent)
    assert statuses(answers) == [200] * 6
    assert {answer.text for answer in answers} == {watched.get(path).text}


@pytest.mark.parametrize("lane", ["registrations", "reads"])
def test_a_full_queue_is_an_answer_in_every_lane(database: Database, lane: str) -> None:
    with Watched(database, DB_CONNECTIONS="1", DB_QUEUE="5") as watched:
        event_id = watched.add_event(watched.add_user("organizer"), total_seats=100)
        people = watched.people(10)
        path = f"/events/{event_id}"
        gate = watched.way.hold("register_for_event" if lane == "registrations" else "get_event")
        ask = {
            "registrations": [watched.booking(event_id, person) for person in people],
            "reads": [lambda: watched.get(path)] * 10,
        }[lane]
        waiting = watched.begin(ask[:1])
        gate.wait()
        waiting += watched.begin(ask[1:6])
        refused = [request() for request in ask[6:]]
        refused += [watched.get(path), watched.get("/events"), watched.get("/events/x"),
                    watched.post(f"/register/{event_id}", "a.bad.token"), watched.post(f"/register/{event_id}"),
                    watched.post("/auth/login", json={"email": "a@b.example", "password": "password"})]
        for answer in refused:
            expect_problem(answer, *OVERLOADED)
        # A monitor is told how the database is, and not that others wait for it.
        health = watched.begin([lambda: watched.get("/healthz")])
        # What needs no database is answered as ever.
        assert statuses([watched.get("/nothing"), watched.request("PATCH", path)]) == [404, 405]
        assert not any(answer.done() for answer in waiting)
        gate.pass_on()
        assert statuses(results([*waiting, *health])) == [200] * 7
        assert statuses([request() for request in ask[6:]]) == [200] * 4
        expect_problem(watched.post(f"/register/{event_id}", "a.bad.token"), 401, "Invalid authentication credentials",
                       "invalid_token")


def test_the_end_waits_for_groups_and_for_what_waits_behind_them(database: Database) -> None:
    watched = Watched(database)
    with watched:
        owner = watched.add_user("organizer")
        events = [watched.add_event(owner, total_seats=50) for _ in range(2)]
        people = watched.people(12)
        gates = [watched.way.hold("register_for_event"), watched.way.hold("register_for_events"),
                 watched.way.hold("get_event")]
        sent = watched.begin([watched.booking(events[0], people[0])])
        gates[0].wait()
        sent += watched.begin([watched.booking(events[1], people[0])])
        gates[1].wait()
        sent += watched.begin([watched.booking(event, person) for event in events for person in people[1:]])
        sent += watched.begin([lambda: watched.get(f"/events/{events[0]}")])
        gates[2].wait()
        sent += watched.begin([lambda: watched.get(f"/events/{events[0]}")] * 5)
        watched.process.send_signal(signal.SIGTERM)
        until = time.monotonic() + PATIENCE
        while "stopping on signal" not in watched.log():
            assert time.monotonic() < until
            time.sleep(0.01)
        for gate in gates:
            gate.pass_on()
        answers = results(sent)
        assert statuses(answers) == [200] * (2 * len(people) + 6)
        assert watched.process.wait(PATIENCE) == 0
        assert [len(booked(database, event)) for event in events] == [len(people)] * 2


def test_a_client_that_goes_away_takes_nobody_of_its_group_with_it(
    watched: Watched, database: Database, owner: User
) -> None:
    event_id = watched.add_event(owner)
    first, gone, *people = watched.people(6)
    with held(database, event_id):
        sent = watched.begin([watched.booking(event_id, first)])
        with Raw(watched.port) as raw:
            before = watched.arrivals()
            raw.send(
                f"POST /register/{event_id} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {gone.token}\r\n"
                "Content-Length: 0\r\n\r\n".encode()
            )
            watched.wait_for_arrivals(before, 1)
            sent += watched.begin([watched.booking(event_id, person) for person in people])
        assert watched.get("/healthz").status_code == 200
    assert statuses(results(sent)) == [200] * 5
    assert set(booked(database, event_id)) - {gone.id} == {person.id for person in (first, *people)}
    assert [request[0] for request in watched.way.lists()[0]][0] == gone.id
    assert watched.get("/healthz").status_code == 200


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_goes_away_leaves_what_was_read_for_it_to_the_others(
    watched: Watched, owner: User, reset: bool
) -> None:
    path = f"/events/{watched.add_event(owner)}"
    gate = watched.way.hold("get_event")
    sent = watched.begin([lambda: watched.get(path)])
    gate.wait()
    # Whose answer the others get.
    with Raw(watched.port) as raw:
        before = watched.arrivals()
        raw.send(get(path))
        watched.wait_for_arrivals(before, 1)
        sent += watched.begin([lambda: watched.get(path)] * 5)
        if reset:
            raw.reset()
    assert watched.get("/healthz").status_code == 200
    gate.pass_on()
    assert {answer.text for answer in results(sent)} == {watched.get(path).text}
    assert watched.way.count("get_event") == 3
