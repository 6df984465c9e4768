"""The list of events: order, pages, filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
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
        assert path.startswith(("/events?", "/events/list?"))
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
def test_events_to_come_are_listed_by_date_and_id(shim: Shim, owner: User, path: str) -> None:
    answer = shim.get(f"{path}?organizer_id={owner.id}")
    events = answer.json()
    assert len(events) == 25
    assert events == sorted(events, key=lambda event: (event["event_date"], event["id"]))
    assert "Link" not in answer.headers
    assert events[0] == shim.get(f"/events/{events[0]['id']}").json()


@pytest.fixture(scope="module")
def veteran(shim: Shim) -> User:
    """An organizer with nine events that are over and seven to come."""
    veteran = shim.add_user("organizer")
    for number in range(16):
        event_id = shim.add_event(veteran, event_date=utc_now() + timedelta(hours=number * 7 % 16 + 1))
        if number < 9:
            shim.database.rows("UPDATE events SET event_date = event_date - INTERVAL 2 DAY WHERE id = %s", [event_id])
    return veteran


@pytest.mark.parametrize("path", ["/events", "/events/list"])
def test_what_can_be_booked_comes_first(shim: Shim, veteran: User, path: str) -> None:
    """A front end that follows no Link shows only the first page, so that page must begin with upcoming events."""
    everything = shim.get(f"{path}?organizer_id={veteran.id}").json()
    dates = [event["event_date"] for event in everything]
    assert dates == sorted(dates[:7]) + sorted(dates[7:], reverse=True)
    assert [event["status"] for event in everything] == ["soon"] * 7 + ["completed"] * 9
    for sort, wanted in (("event_date", sorted(dates)), ("-event_date", sorted(dates, reverse=True)), ("", dates)):
        answer = shim.get(f"{path}?organizer_id={veteran.id}&sort={sort}")
        assert [event["event_date"] for event in answer.json()] == wanted


@pytest.mark.parametrize("sort", ["", "event_date", "-event_date"])
@pytest.mark.parametrize("limit", [1, 3, 7, 8, 16])
def test_pages_lead_across_what_is_to_come_and_what_is_over(shim: Shim, veteran: User, sort: str, limit: int) -> None:
    path = f"/events?organizer_id={veteran.id}&sort={sort}"
    seen = list(pages(shim, f"{path}&limit={limit}"))
    assert [event for page in seen for event in page] == shim.get(path).json()
    assert all(len(page) == limit for page in seen[:-1])


def test_an_order_that_is_none(shim: Shim) -> None:
    expect_fault(shim.get("/events?sort=price"), "query", "sort", "sort must be event_date or -event_date")


def test_head_has_the_link_of_get(shim: Shim, veteran: User) -> None:
    path = f"/events?organizer_id={veteran.id}&sort=-event_date&limit=2"
    answer = shim.request("HEAD", path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.links == shim.get(path).links != {}


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
    old = shim.get(f"/events/list?organizer_id={crowd.id}")
    assert len(old.json()) == 101 and "Link" not in old.headers
    assert len(shim.get(f"/events/list?organizer_id={crowd.id}&limit=7").json()) == 7


def test_a_thousand_where_clients_know_no_pages(shim: Shim) -> None:
    crowd = shim.add_user("organizer")
    for _ in range(1001):
        shim.add_event(crowd)
    first = shim.get(f"/events/list/?organizer_id={crowd.id}")
    assert len(first.json()) == 1000
    second = shim.get(first.links["next"]["url"])
    assert first.links["next"]["url"].startswith("/events/list?")
    assert len(second.json()) == 1 and "Link" not in second.headers


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "9999999999999999999999"])
def test_a_limit_has_limits(shim: Shim, limit: str) -> None:
    expect_fault(shim.get(f"/events?limit={limit}"), "query", "limit", "limit must be from 1 to 1000")


@pytest.mark.parametrize("limit", ["x", "1.0", "1e2", "%31%00", "1%20"])
def test_a_limit_is_a_number(shim: Shim, limit: str) -> None:
    answer = shim.get(f"/events?limit={limit}")
    assert (answer.status_code, answer.json()["errors"][0]["in"]) == (422, "query")


@pytest.mark.parametrize(
    "cursor", ["x", "1", "_", "1_", "_1", "1_2", "1_2_3_4", "1_2_-3", "99999999999999999_1_1", "999999999999_1_1", "1_1_%201",
               "1_1_99999999999999999999", "%F0%9F%98%80", "1_2_3'", "0x1_1_1", "%D9%A1_1_1"]
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
    for several in (["soon", "upcoming"], ["soon", "completed"], ["upcoming", "completed"], ["soon", "upcoming", "completed"]):
        listed = shim.get(f"/events?organizer_id={owner.id}&status={','.join(several)}").json()
        assert [(event["id"], event["status"]) for event in listed] == [(made[status], status) for status in several]
    for wrong in ("over", "soon,over", "soon,"):
        answer = shim.get(f"/events?status={wrong}")
        expect_fault(answer, "query", "status", "status must be completed, soon, upcoming, or several with commas")


@pytest.mark.parametrize(
    ("q", "found"),
    [("100 %", ["100 % wool"]), ("woo", ["100 % wool"]), ("ool", []), ("score", ["under_score"]), ("UNDER_SC", ["under_score"]),
     ("under score", ["under_score"]), ("w\u00f6ol 10", ["100 % wool"]), ("HALL", ["100 % wool", "under_score"]),
     ("hall wool", ["100 % wool"]), ("wool score", []), ("nowhere", []), ("%", ["100 % wool", "under_score"]),
     (" ", ["100 % wool", "under_score"]), ("", ["100 % wool", "under_score"])],
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


def test_a_search_is_for_ten_words_at_most(shim: Shim) -> None:
    words = [f"ten{number}" for number in range(11)]
    assert shim.get(f"/events?q={'+'.join(words[:10])}").json() == []
    expect_fault(shim.get(f"/events?q={'+'.join(words)}"), "query", "q", "q must have at most 10 words")


def test_a_search_that_stops_early_leads_on(shim: Shim) -> None:
    """Two words that many events have each, and one at the end has both: a page may be empty, and the next one is not."""
    owner = shim.add_user("organizer")
    shim.database.rows(
        "INSERT INTO events (organizer_id, title, description, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT %s, IF(n %% 2 = 0, 'Odin', 'Thor'), REPEAT('filler ', 280), 'V', 'S', %s + INTERVAL n MINUTE, 1, 1"
        " FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d AS n FROM digits AS a JOIN digits AS b JOIN digits AS c"
        " JOIN digits AS d HAVING n < 3000) AS numbers".replace(
            "digits", "(SELECT 0 AS d" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10)) + ")"),
        [owner.id, utc_now() + timedelta(days=5)],
    )
    last = shim.add_event(owner, title="Odin and Thor", event_date=utc_now() + timedelta(days=300))
    seen = list(pages(shim, "/events?q=odin+thor&limit=5"))
    assert [ids(page) for page in seen if page] == [[last]]
    assert len(seen) > 1 and seen[0] == []
    # Whoever has as few as this one need not wait for it.
    assert ids(shim.get(f"/events?q=odin+thor&limit=5&from={quote((utc_now() + timedelta(days=299)).isoformat())}").json()) == [last]
    shim.database.rows("DELETE FROM events WHERE organizer_id = %s", [owner.id])


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


@pytest.fixture(scope="module", params=["UTC", "Pacific/Kiritimati", "Pacific/Midway", "America/New_York", "Africa/Cairo"])
def zoned(request: pytest.FixtureRequest, shim: Shim) -> Iterator[Shim]:
    with Shim(shim.database, TZ=request.param, SECRET_KEY=shim.settings["SECRET_KEY"]) as zoned:
        yield zoned


@pytest.mark.parametrize(
    "early", ["1900-01-01", "1000-01-01T00:00:00Z", "0001-01-01T00:00+14:00", "0000-01-01", "1969-12-31T23:59:59Z", "1970-01-01"]
)
@pytest.mark.parametrize("late", ["9999-12-31T23:59:59Z", "9999-12-31", "9999-12-31T23:59:59", "9999-12-31T23:59:59-12:00"])
def test_nothing_is_too_early_or_too_late_to_look_for(zoned: Shim, veteran: User, early: str, late: str) -> None:
    path = f"/events?organizer_id={veteran.id}"
    assert len(zoned.get(f"{path}&from={early}&to={late}").json()) == 16
    assert zoned.get(f"{path}&to={early}").json() == zoned.get(f"{path}&from={late}").json() == []


def test_a_day_that_has_no_midnight_begins_all_the_same(shim: Shim) -> None:
    """In Cairo clocks go from 00:00 to 01:00 at the end of April, and what is asked for by day must not fail on that one."""
    owner = shim.add_user("organizer")
    before, after = [shim.add_event(owner, event_date=datetime(2036, 4, 24, 21, 59, 59) + timedelta(seconds=n)) for n in (0, 1)]
    with Shim(shim.database, TZ="EET-2EEST,M4.5.5/0,M10.5.5/0") as cairo:
        path = f"/events?organizer_id={owner.id}"
        assert [event["event_date"][:16] for event in cairo.get(path).json()] == ["2036-04-24T23:59", "2036-04-25T01:00"]
        assert ids(cairo.get(f"{path}&from=2036-04-25").json()) == [after]
        assert ids(cairo.get(f"{path}&to=2036-04-25").json()) == [before]


@pytest.mark.parametrize("organizer", ["0", "-1", "x", "9223372036854775808"])
def test_an_organizer_is_a_number(shim: Shim, organizer: str) -> None:
    answer = shim.get(f"/events?organizer_id={organizer}")
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "organizer_id")


@pytest.mark.parametrize("query", ["", "?", "?&&", "?=", "?a", "?a=", "?=a", "?unknown=1", "?a=%", "?a=%4", "?a=%zz"])
def test_odd_queries_do_no_harm(shim: Shim, query: str) -> None:
    assert shim.get(f"/events{query}").status_code == 200


FILTERS = "limit, cursor, sort, status, q, from, to, organizer_id"


@pytest.mark.parametrize(
    "name",
    ["page", "offset", "per_page", "perPage", "page[size]", "pageSize", "skip", "sort_by", "order", "orderBy", "organiser_id",
     "organizerId", "organizer", "statuses", "status[]", "Status", "limits", "limt", "LIMIT", "cursors", "crusor", "form",
     "from_date", "search", "stauts", "venue"],
)
def test_a_parameter_that_seems_to_mean_another_one(shim: Shim, name: str) -> None:
    for path in ("/events", "/events/list"):
        answer = shim.get(f"{path}?{quote(name)}=2&limit=1")
        expect_fault(answer, "query", name, f"{name} is not known; there are {FILTERS}")


@pytest.mark.parametrize(
    "name", ["utm_source", "utm_medium", "utm_campaign", "utm_term", "fbclid", "gclid", "msclkid", "mc_cid", "_ga", "_", "t", "ts", "v",
             "ref", "lang", "theme", "cb", "session", "%F0%9F%98%80", "x" * 100]
)
def test_a_parameter_of_somebody_else(shim: Shim, name: str) -> None:
    assert shim.get(f"/events?{name}=2&limit=1").status_code == 200


def test_every_parameter_that_is_not_known_is_named(shim: Shim) -> None:
    errors = shim.get("/events?page=2&per_page=5&limit=0").json()["errors"]
    assert sorted(error["name"] for error in errors) == ["limit", "page", "per_page"]


def test_other_routes_know_other_parameters(shim: Shim, participant: User, event_id: int) -> None:
    for name in ("seat", "Seats", "quantity"):
        answer = shim.post(f"/register/{event_id}?{name}=3", participant.token)
        expect_fault(answer, "query", name, f"{name} is not known; there are seats")
    assert shim.post(f"/register/{event_id}?page=3&utm_source=x", participant.token).json()["seats_booked"] == 1
    assert shim.get(f"/events/{event_id}?page=2&limit=3").status_code == 200


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
