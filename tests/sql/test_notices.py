"""What a change or a cancellation asks the notifier for: one row, however many are to be told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sql.ledger import Event, Ledger, rows_touched
from support.connection import Refused
from support.database import utc_now

# Amid a minute: mails give no seconds.
DATE = utc_now().replace(second=30) + timedelta(days=30)
OTHER_DATE = DATE + timedelta(hours=1)


@pytest.fixture
def event(ledger: Ledger) -> Event:
    return ledger.add_event(date=DATE, venue="Café", speaker="Ada Lovelace")


@pytest.mark.parametrize(
    "change",
    [
        {"date": OTHER_DATE}, {"date": DATE - timedelta(seconds=31)}, {"venue": "Elsewhere"}, {"speaker": "Grace"},
        {"date": OTHER_DATE, "venue": "Elsewhere", "speaker": "Grace Hopper", "title": "New", "seats": 9},
        # To the collation these are what was there before.
        {"venue": "Cafe"}, {"venue": "CAFÉ"}, {"venue": "Cafe\u0301"}, {"venue": " café "}, {"speaker": "Ada LOVELACE"},
    ],
    ids=str,
)
def test_a_change_of_date_venue_or_speaker_is_noticed_with_what_was_before(
    ledger: Ledger, event: Event, change: dict
) -> None:
    last = ledger.database.rows("SELECT MAX(id) AS id FROM registrations")[0]["id"]
    before = utc_now()
    ledger.update(event, **change)
    (notice,) = ledger.notices(event)
    assert before <= notice.pop("occasion").replace(microsecond=0) <= utc_now()
    assert notice == {
        "kind": "update", "event_id": event.id, "planned_through": 0, "last_registration_id": last, "planned_at": None,
        "old_event_date": None, "old_venue": None, "old_speaker": None,
    }
    assert ledger.editions(event) == [{
        "event_id": event.id, "edition": 1, "title": "Analytical Engines", "venue": "Café", "speaker": "Ada Lovelace",
        "event_date": DATE, "cancelled": 0, "last_registration_id": last,
    }]


@pytest.mark.parametrize(
    "change",
    [
        {}, {"title": "New"}, {"description": "New"}, {"seats": 50},
        {"date": DATE, "venue": "Café", "speaker": "Ada Lovelace", "title": "New"},
        # Nor what no reader would see.
        {"date": DATE + timedelta(seconds=29)}, {"date": DATE - timedelta(seconds=30)},
        {"venue": " Café", "speaker": "Ada Lovelace  "},
    ],
    ids=str,
)
def test_no_other_change_is_noticed(ledger: Ledger, event: Event, change: dict) -> None:
    ledger.update(event, **change)
    assert ledger.notices(event) == []
    # A title is kept, since it is what people know the event by.
    assert [row["title"] for row in ledger.editions(event)] == ["Analytical Engines"] * ("title" in change)


def test_a_change_that_nobody_has_booked_for_is_not_noticed(ledger: Ledger) -> None:
    event = ledger.add_event(people=1)
    ledger.unregister(event, event.people[0])
    ledger.update(event, venue="Elsewhere")
    assert ledger.notices(event) == []
    assert [row["last_registration_id"] for row in ledger.editions(event)] == [0]


@pytest.mark.parametrize("change", [{"venue": " "}, {"venue": "Elsewhere", "seats": 1}], ids=["invalid", "conflict"])
def test_a_change_that_is_refused_is_not_noticed(ledger: Ledger, event: Event, change: dict) -> None:
    with pytest.raises(Refused):
        ledger.update(event, **change)
    assert ledger.notices(event) == []


def test_each_change_is_noticed_and_later_than_the_one_before_it(ledger: Ledger, event: Event) -> None:
    ledger.update(event, venue="First")
    # The clock is set back, and stands still.
    with ledger.database.connect_at(utc_now() - timedelta(hours=1)) as session:
        for venue in ("Second", "Third"):
            session.call("update_event", event.organizer, event.id, None, None, venue, None, None, None)
    notices = ledger.notices(event)
    assert [(row["edition"], row["venue"]) for row in ledger.editions(event)] == [(1, "Café"), (2, "First"), (3, "Second")]
    occasions = [notice["occasion"] for notice in notices]
    assert occasions == sorted(set(occasions))


@pytest.mark.parametrize("procedure", ["update_event", "cancel_event"])
def test_the_cost_does_not_depend_on_how_many_are_to_be_told(ledger: Ledger, procedure: str) -> None:
    costs = []
    for people in (10, 2000):
        event = ledger.add_event(people=0)
        ledger.add_crowd(event, people)
        arguments = (event.organizer, event.id)
        if procedure == "update_event":
            arguments += (None, None, "Elsewhere", "Grace Hopper", OTHER_DATE, None)
        costs.append(rows_touched(ledger.database, procedure, *arguments)[1])
        told = len(ledger.notices(event)) + len(ledger.database.rows("SELECT 1 FROM cancellations"))
        assert told == 1
        ledger.database.rows("DELETE FROM cancellations")
    # The words of the event are written anew, which are as many whoever is told.
    assert 0 < costs[1] < 150
    assert abs(costs[1] - costs[0]) <= 5
