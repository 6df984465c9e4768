"""Reads of different things that wait at the same moment go to the database in one CALL, and each gets its own answer."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence

import pytest
from requests import Response

from support.database import Database
from support.expect import expect_problem
from support.shim import User
from support.watched import Watched, results, statuses

LIST = re.compile(r"_utf8mb4 x'([0-9a-f]+)'")
UNAVAILABLE = (503, "The service is not available, please try again in a moment", "unavailable")


def lists(watched: Watched, procedure: str) -> list[list[list[int]]]:
    """The requests of each list that the database was given."""
    found = [LIST.fullmatch(arguments) for name, arguments in watched.way.calls if name == procedure]
    return [json.loads(bytes.fromhex(one[1])) for one in found if one]


def behind_one(watched: Watched, others: Sequence[Callable[[], Response]]) -> list[Response]:
    """The answers to reads that came together while a list was under way."""
    alone, gate = watched.way.hold("get_event"), watched.way.hold("get_events")
    sent = watched.begin([lambda: watched.get("/events/-1")])
    alone.wait()
    sent += watched.begin([lambda: watched.get("/events/0")])
    gate.wait()
    sent += watched.begin(others)
    gate.pass_on()
    answers = results(sent[1:])
    # Whoever goes alone holds up no list.
    assert not sent[0].done()
    alone.pass_on()
    assert results(sent[:1])[0].status_code == 404
    expect_problem(answers[0], 404, "Event not found", "event_not_found")
    return answers[1:]


def test_different_events_are_one_call_and_equal_ones_are_in_it_once(watched: Watched, owner: User) -> None:
    events = [watched.add_event(owner, title=f"Event {number}", total_seats=number + 1) for number in range(20)]
    wanted = [events[number % 20] for number in range(50)]
    requests = [lambda event=event: watched.get(f"/events/{event}") for event in wanted]
    unknown = [lambda: watched.get("/events/999999999")] * 2
    heads = [lambda event=event: watched.request("HEAD", f"/events/{event}") for event in events[:3]]
    answers = behind_one(watched, requests + unknown + heads)
    assert [(answer.status_code, answer.json()["id"]) for answer in answers[:50]] == [(200, event) for event in wanted]
    for event, answer in zip(wanted, answers[:50]):
        alone = watched.get(f"/events/{event}")
        assert (answer.content, answer.headers["Content-Type"]) == (alone.content, alone.headers["Content-Type"])
    ids = {expect_problem(answer, 404, "Event not found", "event_not_found")["request_id"] for answer in answers[50:52]}
    assert len(ids) == 2
    assert [(head.status_code, head.content, head.headers["Content-Length"]) for head in answers[52:]] == [
        (200, b"", str(len(answers[number].content))) for number in range(3)
    ]
    first, *others = lists(watched, "get_events")
    assert first == [[0]]
    assert sorted(others[0]) == sorted([[event] for event in (*events, 999999999)]) and len(others) == 1


def test_a_lone_read_is_a_call_of_its_own(watched: Watched, owner: User) -> None:
    for event_id in [watched.add_event(owner) for _ in range(3)]:
        assert watched.get(f"/events/{event_id}").json()["id"] == event_id
    assert (watched.way.count("get_event"), watched.way.count("get_events")) == (3, 0)


def test_an_id_that_no_list_can_hold_is_read_all_the_same(watched: Watched, owner: User) -> None:
    event_id = watched.add_event(owner)
    odd = ["1000000000000000000", "-1000000000000000000", "9223372036854775807"]
    answers = behind_one(watched, [lambda i=i: watched.get(f"/events/{i}") for i in (*odd, event_id)])
    assert statuses(answers) == [404, 404, 404, 200]


def test_a_list_whose_answer_is_lost_is_read_again(watched: Watched, owner: User) -> None:
    events = [watched.add_event(owner) for _ in range(3)]
    alone, gate = watched.way.hold("get_event"), watched.way.hold("get_events", answered=True)
    sent = watched.begin([lambda: watched.get(f"/events/{events[0]}")])
    alone.wait()
    sent += watched.begin([lambda event=event: watched.get(f"/events/{event}") for event in events])
    gate.wait()
    gate.drop()
    alone.pass_on()
    assert [answer.json()["id"] for answer in results(sent)] == [events[0], *events]


def test_a_list_without_its_procedure_is_refused_for_now(spare: Database) -> None:
    # As migrate does it before it creates the procedure again.
    spare.rows("DELETE FROM deployed_objects WHERE path = 'procedures/get_events.sql'")
    spare.rows("DROP PROCEDURE get_events")
    with Watched(spare) as watched:
        event_id = watched.add_event(watched.add_user("organizer"))
        gate = watched.way.hold("get_event")
        sent = watched.begin([lambda: watched.get(f"/events/{event_id}")])
        gate.wait()
        expect_problem(watched.get("/events/0"), *UNAVAILABLE)
        gate.pass_on()
        assert results(sent)[0].status_code == 200


def redefine(database: Database, body: str) -> None:
    """Puts another procedure in the place of the one for lists."""
    database.rows("DROP PROCEDURE get_events")
    database.rows(
        f"CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE get_events (p_requests LONGTEXT) {body}"
    )
    database.rows("GRANT EXECUTE ON PROCEDURE get_events TO eventhub_api")


def test_what_is_too_long_for_a_list_is_read_by_itself(spare: Database) -> None:
    redefine(
        spare, "SELECT '45503' AS `sqlstate`, 'too_long: Too long for a list' AS message, NULL AS id"
        " FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (n FOR ORDINALITY)) AS q",
    )
    with Watched(spare) as watched:
        owner = watched.add_user("organizer")
        events = [watched.add_event(owner) for _ in range(5)]
        gate = watched.way.hold("get_event")
        sent = watched.begin([lambda: watched.get(f"/events/{events[0]}")])
        gate.wait()
        sent += watched.begin([lambda event=event: watched.get(f"/events/{event}") for event in [*events[1:]] * 2])
        assert [answer.json()["id"] for answer in results(sent[1:])] == events[1:] * 2
        gate.pass_on()
        assert results(sent[:1])[0].status_code == 200
        assert watched.way.count("get_event") <= 1 + 2 * 4


@pytest.mark.parametrize("body", ["DO 0", "SIGNAL SQLSTATE '45409' SET MESSAGE_TEXT = 'oops: Nobody thought of this'"])
def test_a_list_that_fails_is_a_bug_of_ours_or_tried_one_by_one(spare: Database, body: str) -> None:
    redefine(spare, body)
    with Watched(spare) as watched:
        owner = watched.add_user("organizer")
        events = [watched.add_event(owner) for _ in range(4)]
        gate = watched.way.hold("get_event")
        sent = watched.begin([lambda: watched.get(f"/events/{events[0]}")])
        gate.wait()
        sent += watched.begin([lambda event=event: watched.get(f"/events/{event}") for event in events[1:]])
        answers = results(sent[1:])
        gate.pass_on()
        if body == "DO 0":
            assert statuses(answers) == [500] * 3
            assert "get_events did not return a row for each call" in watched.log()
        else:
            assert [answer.json()["id"] for answer in answers] == events[1:]


def mine(watched: Watched, person: User) -> Callable[[], Response]:
    return lambda: watched.get("/my-registrations", person.token)


def test_everybodys_registrations_are_one_call(watched: Watched, database: Database, owner: User) -> None:
    """Each gets those of his own, in their order, whether there are none, one or many."""
    events = [watched.add_event(owner, title=f"Event {number}", total_seats=100) for number in range(7)]
    first, *people = [watched.add_user(name=f"Person {number}") for number in range(9)]
    for number, person in enumerate(people):
        for event_id in events[:number]:
            database.call("register_for_event", person.id, event_id, number + 1)
    removed = User(id=99999999, email="", token=watched.token(99999999, "participant"))
    liar = User(id=owner.id, email="", token=watched.token(owner.id, "participant"))
    alone, gate = watched.way.hold("list_my_registrations"), watched.way.hold("list_registrations")
    sent = watched.begin([mine(watched, first)])
    alone.wait()
    sent += watched.begin([mine(watched, people[0])])
    gate.wait()
    asked = [*people, removed, *people[3:5], liar]
    sent += watched.begin([mine(watched, person) for person in asked])
    gate.pass_on()
    answers = results(sent[2:])
    alone.pass_on()
    assert [answer.json()["registered_events"] for answer in results(sent[:2])] == [[], []]
    expect_problem(answers.pop(), 403, "Participant privileges required", "participant_required")
    expect_problem(answers.pop(8), 401, "Invalid authentication credentials", "invalid_token")
    for person, answer in zip([*people, *people[3:5]], answers):
        number = people.index(person)
        assert answer.json()["user"] == f"Person {number + 1}"
        assert sorted(entry["event_id"] for entry in answer.json()["registered_events"]) == events[:number]
        assert {entry["seats_booked"] for entry in answer.json()["registered_events"]} <= {number + 1}
        assert answer.content == watched.get("/my-registrations", person.token).content
    assert [len(one) for one in lists(watched, "list_registrations")][:2] == [1, 10]


def test_somebody_with_very_many_registrations_holds_up_nobody(watched: Watched, database: Database, owner: User) -> None:
    """He is read by himself, on a connection that slow calls may take."""
    busy, first, *people = watched.people(6)
    events = [watched.add_event(owner) for _ in range(101)]
    for event_id in events:
        database.call("register_for_event", busy.id, event_id, 1)
    alone, long = watched.way.hold("list_my_registrations"), watched.way.hold("list_my_registrations")
    sent = watched.begin([mine(watched, first)])
    alone.wait()
    slow = watched.begin([mine(watched, busy)] * 3)
    long.wait()
    assert statuses([mine(watched, person)() for person in people]) == [200] * 4
    assert not any(answer.done() for answer in slow)
    alone.pass_on()
    long.pass_on()
    for answer in results(slow):
        assert len(answer.json()["registered_events"]) == 101
    assert statuses(results(sent)) == [200]


def test_a_result_with_fewer_parts_than_it_should_have(spare: Database) -> None:
    """Rows of nobody who asked, and none for somebody who did: everybody gets his own and no other's."""
    spare.rows("DROP PROCEDURE list_registrations")
    spare.rows(
        "CREATE DEFINER = 'eventhub_definer'@'localhost' PROCEDURE list_registrations (p_requests LONGTEXT) BEGIN"
        " SELECT NULL AS `sqlstate`, NULL AS message, CONCAT('user', n) AS user"
        " FROM JSON_TABLE(p_requests, '$[*]' COLUMNS (n FOR ORDINALITY)) AS q;"
        " SELECT 0 AS number, 'nobody' AS title UNION ALL SELECT 2, 'a' UNION ALL SELECT 2, 'b' UNION ALL SELECT 9, 'nobody'; END"
    )
    spare.rows("GRANT EXECUTE ON PROCEDURE list_registrations TO eventhub_api")
    with Watched(spare) as watched:
        first, other, *people = watched.people(5)
        alone, gate = watched.way.hold("list_my_registrations"), watched.way.hold("list_registrations")
        sent = watched.begin([mine(watched, first)])
        alone.wait()
        sent += watched.begin([mine(watched, other)])
        gate.wait()
        for person in people:
            sent += watched.begin([mine(watched, person)])
        gate.pass_on()
        answers = results(sent[2:])
        alone.pass_on()
        assert [answer.json() for answer in answers] == [
            {"user": "user1", "registered_events": []},
            {"user": "user2", "registered_events": [{"title": "a"}, {"title": "b"}]},
            {"user": "user3", "registered_events": []},
        ]
