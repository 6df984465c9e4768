"""Points in time: read with an offset or in the deployment's zone, written with that zone's offset."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import pytest

from support.database import Database
from support.expect import expect_fault
from support.shim import Shim, User

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"]


@pytest.fixture(scope="module", params=ZONES)
def zoned(request: pytest.FixtureRequest, database: Database) -> Iterator[Shim]:
    with Shim(database, TZ=request.param) as shim:
        yield shim


@pytest.fixture(scope="module")
def berlin(database: Database) -> Iterator[Shim]:
    with Shim(database, TZ="Europe/Berlin") as shim:
        yield shim


def create(shim: Shim, date: Any) -> Any:
    event = {"title": "T", "venue": "V", "speaker": "S", "event_date": date, "total_seats": 1}
    return shim.post("/events", shim.add_user("organizer").token, json=event)


def stored(shim: Shim, date: str) -> str:
    """What the database holds, UTC, of an event that is created with that date."""
    answer = create(shim, date)
    assert answer.status_code == 201, answer.text
    return str(shim.database.rows("SELECT event_date FROM events WHERE id = %s", [answer.json()["event_id"]])[0]["event_date"])


@pytest.mark.parametrize(
    "date",
    ["2036-07-01T18:30:00Z", "2036-07-01T18:30:00z", "2036-07-01t18:30:00Z", "2036-07-01 18:30:00Z", "2036-07-01T18:30Z",
     "2036-07-01T18:30:00+00:00", "2036-07-01T18:30:00-00:00", "2036-07-01T20:30:00+02:00", "2036-07-01T20:30:00+0200",
     "2036-07-02T00:00:00+05:30", "2036-07-01T08:30:00-10:00", "2036-07-01T18:30:00.999999Z", "2036-07-01T18:30:00.0Z"],
)
def test_an_offset_is_honoured_whatever_the_zone(zoned: Shim, date: str) -> None:
    assert stored(zoned, date) == "2036-07-01 18:30:00"


@pytest.mark.parametrize(
    ("date", "utc"),
    [("2036-07-01T18:30:00", "2036-07-01 16:30:00"), ("2036-07-01T18:30", "2036-07-01 16:30:00"),
     ("2036-07-01 18:30:00.5", "2036-07-01 16:30:00"), ("2036-12-01T18:30", "2036-12-01 17:30:00"),
     ("2036-07-01", "2036-06-30 22:00:00"), ("2036-12-01", "2036-11-30 23:00:00"),
     ("2036-02-29T12:00", "2036-02-29 11:00:00")],
)
def test_a_time_without_an_offset_is_local(berlin: Shim, date: str, utc: str) -> None:
    assert stored(berlin, date) == utc


@pytest.mark.parametrize("date", ["2036-07-01T18:30:00Z", "2036-12-31T23:59:59Z", "2036-01-01T00:00:00Z"])
def test_what_is_cut_to_sixteen_characters_and_sent_back_changes_nothing(zoned: Shim, date: str) -> None:
    owner = zoned.add_user("organizer")
    event = {"title": "T", "venue": "V", "speaker": "S", "event_date": date[:17] + "00Z", "total_seats": 1}
    path = f"/events/{zoned.post('/events', owner.token, json=event).json()['event_id']}"
    read = zoned.get(path).json()
    instant = datetime.fromisoformat(read["event_date"])
    assert instant.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:00Z") == event["event_date"]
    assert zoned.put(path, owner.token, json={"event_date": read["event_date"][:16]}).status_code == 200
    assert zoned.get(path).json() == read
    assert zoned.put(path, owner.token, json=read).status_code == 200
    assert zoned.get(path).json() == read


def test_every_time_has_the_zone_s_offset(berlin: Shim, organizer: User, participant: User) -> None:
    event_id = berlin.add_event(organizer, event_date=datetime(2036, 7, 1, 12))
    organizer_token = berlin.token(organizer.id, "organizer")
    token = berlin.token(participant.id, "participant")
    assert berlin.post(f"/register/{event_id}", token).status_code == 200
    assert berlin.get(f"/events/{event_id}").json()["event_date"] == "2036-07-01T14:00:00+02:00"
    mine = berlin.get("/my-registrations", token).json()["registered_events"][0]
    assert mine["date"] == "2036-07-01T14:00:00+02:00"
    theirs = berlin.get(f"/events/{event_id}/participants", organizer_token).json()[0]
    for moment in (mine["registered_at"], theirs["registered_at"]):
        distance = datetime.now(timezone.utc) - datetime.fromisoformat(moment)
        assert abs(distance.total_seconds()) < 60


@pytest.mark.parametrize("date", ["2036-07-01T14:00:00-00:30", "2036-07-01T14:00:00+23:59", "2036-07-01T14:00:00-23:59"])
def test_offsets_no_zone_has(shim: Shim, date: str) -> None:
    utc = datetime.fromisoformat(date).astimezone(timezone.utc)
    assert stored(shim, date) == utc.strftime("%Y-%m-%d %H:%M:%S")


MALFORMED = [
    "", " ", "tomorrow", "2036", "2036-07", "2036-7-1", "36-07-01", "12036-07-01", "2036-07-01T", "2036-07-01T18",
    "2036-07-01T18:3", "2036-07-01T1830", "2036-07-01T18:30:00.", "2036-07-01T18:30:00.Z", "2036-07-01T18:30:00+",
    "2036-07-01T18:30:00+2", "2036-07-01T18:30:00+02:", "2036-07-01T18:30:00+24:00", "2036-07-01T18:30:00+02:60",
    "2036-07-01T18:30:00ZZ", "2036-07-01T18:30:00Z ", " 2036-07-01T18:30:00Z", "2036-07-01T18:30:00 UTC", "20360701",
    "-2036-07-01", "2036/07/01", "01.07.2036", "2036-07-01T18:30:00+02:00\n", "٢٠٣٦-07-01", "2036-W27-2",
    "2036-07-01T18:30:00[Europe/Berlin]", "2036-07-01Z",
]
IMPOSSIBLE = [
    "2036-02-30", "2035-02-29", "2036-00-10", "2036-13-01", "2036-01-00", "2036-01-32", "2036-04-31T10:00:00Z",
    "2036-07-01T24:00:00", "2036-07-01T25:00Z", "2036-07-01T23:60Z", "2036-07-01T23:59:60Z", "2100-02-29",
    "9999-12-31T23:59:59-00:01",
]


@pytest.mark.parametrize("date", MALFORMED, ids=ascii)
def test_what_is_no_date(shim: Shim, date: str) -> None:
    message = "event_date must be a date and time such as 2030-12-31T18:30:00+01:00"
    expect_fault(create(shim, date), "body", "event_date", message)


@pytest.mark.parametrize("date", IMPOSSIBLE)
def test_a_date_that_does_not_exist(shim: Shim, date: str) -> None:
    expect_fault(create(shim, date), "body", "event_date", "event_date must be a date and time that exists")


@pytest.mark.parametrize("date", [0, 2036, 2103474600, 1.5, True, [], {}, None, ["2036-07-01"]])
def test_a_date_is_a_text(shim: Shim, date: Any) -> None:
    answer = create(shim, date)
    assert (answer.status_code, answer.json()["errors"][0]["name"]) == (422, "event_date")


@pytest.mark.parametrize("date", ["2036-03-30T02:00", "2036-03-30T02:30:00", "2036-03-30T02:59:59"])
def test_a_local_time_that_the_clocks_skip(berlin: Shim, date: str) -> None:
    expect_fault(create(berlin, date), "body", "event_date", "event_date must be a date and time that exists")
    assert stored(berlin, date[:16] + "Z") == date[:16].replace("T", " ") + ":00"


@pytest.mark.parametrize("before", ["2036-01-15T12:00", "2036-07-15T12:00", "2036-10-26T01:00", "2036-10-26T04:00"])
def test_a_local_time_that_comes_twice_always_means_the_same(berlin: Shim, before: str) -> None:
    stored(berlin, before)
    assert stored(berlin, "2036-10-26T02:30") == "2036-10-26 00:30:00"


@pytest.mark.parametrize(("local", "utc"), [("02:30:00+02:00", "00:30:00"), ("02:30:00+01:00", "01:30:00")])
def test_both_of_them_can_be_said_with_an_offset(berlin: Shim, local: str, utc: str) -> None:
    answer = create(berlin, f"2036-10-26T{local}")
    assert berlin.get(f"/events/{answer.json()['event_id']}").json()["event_date"] == f"2036-10-26T{local}"
    assert stored(berlin, f"2036-10-26T{local}") == f"2036-10-26 {utc}"


def test_the_last_moment_there_is_can_be_read_and_sent_back(zoned: Shim) -> None:
    owner = zoned.add_user("organizer")
    event = {"title": "T", "venue": "V", "speaker": "S", "event_date": "9999-12-31T23:59:00Z", "total_seats": 1}
    created = zoned.post("/events", owner.token, json=event)
    if created.status_code == 422:
        return  # refusing it is as good
    path = f"/events/{created.json()['event_id']}"
    read = zoned.get(path).json()
    assert zoned.put(path, owner.token, json=read).status_code == 200
    assert zoned.get(path).json() == read


def test_the_zone_can_stand_in_the_env_file(database: Database) -> None:
    shim = Shim(database)
    (shim.directory / ".env").write_text("TZ=Asia/Kolkata\n")
    with shim:
        assert stored(shim, "2036-07-01T18:30") == "2036-07-01 13:00:00"
