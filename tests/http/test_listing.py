"""The list of events: order, pages, filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from support.database import utc_now
from support.expect import expect_fault
from support.shim import Shim, User


def pages(shim: Shim, path: str) -> Iterator[list[dict[str, Any]]]:
    """Follows the Link headers from page to page, as a client would."""
    for _ in range(100):
        answer = shim.get(path)
        assert answer.status_code == 200
        yield answer.json()
        if "next" not in answer.links:
            assert "Link" not in answer.headers
            return
        path = answer.links["next"]["url"]
        assert path.startswith("/events?")
    raise AssertionError("the pages have no end")


@pytest.fixture(scope="module")
def owner(shim: Shim) -> User:
    """An organizer with twenty-five events, several at the same moment, made in another order than theirs."""
    owner = shim.add_user("organizer")
    base = utc_now() + timedelta(days=10)
    for number in range(25):
        shim.add_event(owner, title=f"Event {number}", event_date=base + timedelta(days=number * 7 % 5))
    return owner


def ids(events: list[dict[str, Any]]) -> list[int]:
    return [event["id"] for event in events]


@pytest.mark.parametrize("path", ["/events", "/events/list"])
def test_events_come_by_date_and_id(shim: Shim, owner: User, path: str) -> None:
    answer = shim.get(f"{path}?organizer_id={owner.id}")
    events = answer.json()
    assert len(events) == 25
    assert events == sorted(events, key=lambda event: (event["event_date"], event["id"]))
    assert "Link" not in answer.headers
    assert events[0] == shim.get(f"/events/{events[0]['id']}").json()


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 24, 25, 26, 1000])
def test_pages_are_complete_and_do_not_overlap(shim: Shim, owner: User, limit: int) -> None:
    path = f"/events?organizer_id={owner.id}"
    seen = list(pages(shim, f"{path}&limit={limit}"))
    assert [event for page in seen for event in page] == shim.get(path).json()
    assert all(len(page) == limit for page in seen[:-1])


def test_pages_keep_the_filters(shim: Shim, owner: User) -> None:
    # Before the others, which would be on the next page if the filter were lost.
    early = utc_now() + timedelta(days=5)
    shim.add_event(owner, title="50 % off & more=less? ä", event_date=early)
    shim.add_event(owner, title="again: 50 % OFF & more=less? ä", event_date=early)
    path = f"/events?limit=1&q={quote('50 % off & more=less? ä')}&organizer_id={owner.id}&utm_source=a%26b"
    titles = [event["title"] for page in pages(shim, path) for event in page]
    assert sorted(titles) == ["50 % off & more=less? ä", "again: 50 % OFF & more=less? ä"]
    for title in titles:
        shim.database.rows("DELETE FROM events WHERE title = %s", [title])


def test_what_is_new_or_gone_between_two_pages_disturbs_nothing(shim: Shim, owner: User) -> None:
    path = f"/events?organizer_id={owner.id}"
    everything = ids(shim.get(path).json())
    first = shim.get(f"{path}&limit=10")
    gone = first.json()[-1]["id"]
    shim.database.rows("UPDATE events SET cancelled_at = UTC_TIMESTAMP() WHERE id = %s", [gone])
    early = shim.add_event(owner, event_date=utc_now() + timedelta(days=1))
    rest = shim.get(first.links["next"]["url"].replace("limit=10", "limit=1000"))
    assert ids(first.json()) + ids(rest.json()) == everything
    shim.database.rows("UPDATE events SET cancelled_at = NULL WHERE id = %s", [gone])
    shim.database.rows("DELETE FROM events WHERE id = %s", [early])


def test_a_hundred_events_unless_told_otherwise(shim: Shim) -> None:
    crowd = shim.add_user("organizer")
    for _ in range(101):
        shim.add_event(crowd)
    first = shim.get(f"/events?organizer_id={crowd.id}")
    assert len(first.json()) == 100
    assert len(shim.get(first.links["next"]["url"]).json()) == 1
    assert len(shim.get(f"/events?organizer_id={crowd.id}&limit=1000").json()) == 101


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "9999999999999999999999"])
def test_a_limit_has_limits(shim: Shim, limit: str) -> None:
    expect_fault(shim.get(f"/events?limit={limit}"), "query", "limit", "limit must be from 1 to 1000")


@pytest.mark.parametrize("limit", ["x", "1.0", "1e2", "%31%00", "1%20"])
def test_a_limit_is_a_number(shim: Shim, limit: str) -> None:
    answer = shim.get(f"/events?limit={limit}")
    assert (answer.status_code, answer.json()["errors"][0]["in"]) == (422, "query")


@pytest.mark.parametrize(
    "cursor", ["x", "1", "_", "1_", "_1", "1_2_3", "-1_2", "1_-2", "99999999999999999_1", "999999999999_1", "1_%201",
               "1_99999999999999999999", "%F0%9F%98%80", "1_2'", "0x1_1", "%D9%A1_1"]
)
def test_a_cursor_that_no_page_gave(shim: Shim, cursor: str) -> None:
    answer = shim.get(f"/events?cursor={cursor}")
    expect_fault(answer, "query", "cursor", "cursor must be one that an earlier page gave")


def test_status(shim: Shim) -> None:
    owner = shim.add_user("organizer")
    made = {
        "completed": shim.add_event(owner),
        "soon": shim.add_event(owner, event_date=utc_now() + timedelta(hours=5)),
        "upcoming": shim.add_event(owner, event_date=utc_now() + timedelta(hours=30)),
    }
    shim.database.start_event(made["completed"])
    for status, event_id in made.items():
        listed = shim.get(f"/events?organizer_id={owner.id}&status={status}").json()
        assert [(event["id"], event["status"]) for event in listed] == [(event_id, status)]
    answer = shim.get("/events?status=over")
    expect_fault(answer, "query", "status", "status must be completed, soon or upcoming")


@pytest.mark.parametrize(
    ("q", "found"),
    [("100 %", ["100 % wool"]), ("%", ["100 % wool"]), ("_", ["under_score"]), ("d_s", []), ("r_s", ["under_score"]),
     ("100 % WOOL", ["100 % wool"]), ("HALL", ["100 % wool", "under_score"]), ("nowhere", []), ("'", []),
     ("", ["100 % wool", "under_score"])],
)
def test_searching(shim: Shim, q: str, found: list[str]) -> None:
    owner = shim.add_user("organizer")
    for title in ("100 % wool", "under_score"):
        shim.add_event(owner, title=title)
    events = shim.get(f"/events?organizer_id={owner.id}&q={quote(q)}").json()
    assert [event["title"] for event in events] == found


def test_a_search_is_not_longer_than_a_title(shim: Shim) -> None:
    assert shim.get(f"/events?q={'zq' * 100}").json() == []
    answer = shim.get(f"/events?q={'ä' * 201}")
    expect_fault(answer, "query", "q", "q must have at most 200 characters")


@pytest.mark.parametrize("offset", ["+02:00", "%2B02:00", " 02:00", "%2002:00", "+0200"])
def test_from_and_to_with_an_offset(shim: Shim, offset: str) -> None:
    owner = shim.add_user("organizer")
    date = (utc_now() + timedelta(days=40)).replace(hour=12, minute=0, second=0)
    event_id = shim.add_event(owner, event_date=date)
    local = (date + timedelta(hours=2)).isoformat()
    later = (date + timedelta(hours=2, seconds=1)).isoformat()
    path = f"/events?organizer_id={owner.id}"

    def listed(query: str) -> list[int]:
        # Blanks cannot stand in a request line; "+" in a query is how a form writes one.
        answer = shim.get(path + query.replace(" ", "+"))
        assert answer.status_code == 200, answer.text
        return ids(answer.json())

    assert listed(f"&from={local}{offset}") == [event_id]
    assert listed(f"&from={later}{offset}") == []
    assert listed(f"&to={local}{offset}") == []
    assert listed(f"&to={later}{offset}") == [event_id]
    assert listed(f"&from={local}{offset}&to={later}{offset}") == [event_id]
    assert listed(f"&from={later}{offset}&to={local}{offset}") == []


@pytest.mark.parametrize("name", ["from", "to"])
@pytest.mark.parametrize("date", ["yesterday", "2036-02-30", "2036-01-01T25:00", "2036-01-01T00:00:00+", "1"])
def test_from_and_to_that_are_no_date(shim: Shim, name: str, date: str) -> None:
    answer = shim.get(f"/events?{name}={date}")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, name)


@pytest.mark.parametrize("organizer", ["0", "-1", "x", "9223372036854775808"])
def test_an_organizer_is_a_number(shim: Shim, organizer: str) -> None:
    answer = shim.get(f"/events?organizer_id={organizer}")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "organizer_id")


@pytest.mark.parametrize("query", ["", "?", "?&&", "?=", "?a", "?a=", "?=a", "?unknown=1", "?a=%", "?a=%4", "?a=%zz"])
def test_odd_queries_do_no_harm(shim: Shim, query: str) -> None:
    assert shim.get(f"/events{query}").status_code == 200


def test_a_parameter_is_given_once(shim: Shim) -> None:
    expect_fault(shim.get("/events?limit=1&limit=1"), "query", "limit", "limit is given more than once")


def test_more_parameters_than_anybody_needs(shim: Shim) -> None:
    answer = shim.get("/events?" + "a=1&" * 2000)
    expect_fault(answer, "query", "query", "query has too many parameters")


@pytest.mark.parametrize("query", ["q=%ff", "q=%ED%A0%80", "%ff=1", "q=%C0%80", "q=a%00b"])
def test_a_query_that_is_not_text(shim: Shim, query: str) -> None:
    assert shim.get(f"/events?{query}").status_code == 422


@pytest.mark.parametrize("name", ["limit", "cursor", "status", "q", "from", "to", "organizer_id"])
def test_a_filter_that_nobody_filled_in_is_none(shim: Shim, name: str) -> None:
    """A form sends it as "name="."""
    everything = shim.get("/events").json()
    assert everything
    assert shim.get(f"/events?{name}=").json() == everything
