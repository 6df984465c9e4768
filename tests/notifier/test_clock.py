"""When a reminder is due, and what its mail says, on days that have 23 or 25 hours.

An own server, whose sessions are told what time it is when they begin; only root's have the real time.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from sendgrid.server import StandIn
from support.database import Database, Server
from support.notifier import Event, Notifier, add_event, deliveries

BERLIN = {"TZ": "Europe/Berlin"}
SECOND = timedelta(seconds=1)
DAY = timedelta(hours=24)


@pytest.fixture(scope="module")
def server(own_server: Server) -> Server:
    return own_server


@pytest.fixture(autouse=True)
def real_time_again(database: Database) -> Iterator[None]:
    yield
    database.rows("SET GLOBAL init_connect = ''")
    forget_session(database)


def forget_session(database: Database) -> None:
    """The shim's session has the clock of when it began."""
    if shim := database.connections.pop("shim", None):
        shim.close()


def utc(year: int, month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute)


def set_clock(database: Database, moment: datetime) -> None:
    """Whoever connects from now on lives at that moment, which does not pass."""
    seconds = int(moment.replace(tzinfo=timezone.utc).timestamp())
    database.rows("SET GLOBAL init_connect = %s", [f"SET timestamp = {seconds}"])
    forget_session(database)


def add_event_at(database: Database, moment: datetime, title: str = "Analytical Engines") -> Event:
    """As of the clock of now, with one participant."""
    event = add_event(database, 1, timedelta(days=400), title=title)
    database.rows("UPDATE events SET event_date = %s WHERE id = %s", [moment, event.id])
    # It has always been then.
    forget_changes(database, event)
    return event


def forget_changes(database: Database, event: Event) -> None:
    """Nobody knows the event otherwise than it is."""
    for table in ("notices", "event_editions"):
        database.rows(f"DELETE FROM {table} WHERE event_id = %s", [event.id])


def when(sendgrid: StandIn, event: Event) -> list[str]:
    """The dates that the event's mails give, in order of their arrival; those of before included."""
    lines = [line.strip() for mail in sendgrid.mails(event.emails[0]) for line in (mail["text"] or "").splitlines()]
    return [line for line in lines if line.startswith(("Date: ", "is now "))]


@pytest.mark.parametrize("start, text", [
    # The night to Sunday, 28 March 2027: 02:00 is 03:00.
    (utc(2027, 3, 27, 23), "Sunday, 28 March 2027, 00:00 CET (Europe/Berlin)"),
    (utc(2027, 3, 28, 0, 59), "Sunday, 28 March 2027, 01:59 CET (Europe/Berlin)"),
    (utc(2027, 3, 28, 1), "Sunday, 28 March 2027, 03:00 CEST (Europe/Berlin)"),
    (utc(2027, 3, 28, 22), "Monday, 29 March 2027, 00:00 CEST (Europe/Berlin)"),
    # The night to Sunday, 31 October 2027: 03:00 is 02:00.
    (utc(2027, 10, 30, 22), "Sunday, 31 October 2027, 00:00 CEST (Europe/Berlin)"),
    (utc(2027, 10, 31, 0, 30), "Sunday, 31 October 2027, 02:30 CEST (Europe/Berlin)"),
    (utc(2027, 10, 31, 1, 30), "Sunday, 31 October 2027, 02:30 CET (Europe/Berlin)"),
    (utc(2027, 10, 31, 23), "Monday, 1 November 2027, 00:00 CET (Europe/Berlin)"),
], ids=str)
def test_a_reminder_is_due_for_24_hours_whatever_the_clocks_on_the_wall_do(
    database: Database, notifier: Notifier, sendgrid: StandIn, start: datetime, text: str
) -> None:
    early, late, missed = (add_event_at(database, start) for _ in range(3))

    set_clock(database, start - DAY - SECOND)
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.mail_count == 0

    # The first moment. Who is not registered yet is reminded when they are.
    hold_back(database, late, missed)
    set_clock(database, start - DAY)
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.recipients() == {early.emails[0]: 1}

    let_in(database, late)
    set_clock(database, start - SECOND)
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.recipients() == {early.emails[0]: 1, late.emails[0]: 1}

    let_in(database, missed)
    set_clock(database, start)
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.recipients() == {early.emails[0]: 1, late.emails[0]: 1}
    for event in (early, late):
        assert when(sendgrid, event) == [f"Date: {text}"]


def hold_back(database: Database, *events: Event) -> None:
    """Calls the events off for a while, without a word to anyone."""
    for event in events:
        database.rows("UPDATE events SET cancelled_at = '2026-01-01' WHERE id = %s", [event.id])
        database.rows("DELETE FROM cancellations WHERE event_id = %s", [event.id])


def let_in(database: Database, event: Event) -> None:
    database.rows("UPDATE events SET cancelled_at = NULL WHERE id = %s", [event.id])
    forget_changes(database, event)


def test_what_could_not_be_sent_before_the_event_begins_is_not_sent_any_more(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    start = utc(2027, 3, 28, 1)
    add_event_at(database, start)
    sendgrid.script([{"status": 503, "times": 2}])
    for moment in (start - DAY, start - SECOND):
        set_clock(database, moment)
        database.rows("UPDATE deliveries SET claimable_at = %s", [moment])
        assert notifier.run(**BERLIN).returncode == 1
    set_clock(database, start)
    database.rows("UPDATE deliveries SET claimable_at = %s", [start])
    assert notifier.run(**BERLIN).returncode == 0
    assert len(sendgrid.requests) == 2
    assert deliveries(database) == []


def test_a_change_from_the_first_to_the_second_half_past_two(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event = add_event_at(database, utc(2027, 10, 31, 0, 30))
    set_clock(database, utc(2027, 10, 20, 12))
    database.call("update_event", event.organizer, event.id, None, None, None, None, utc(2027, 10, 31, 1, 30), None)
    assert notifier.run(**BERLIN).returncode == 0
    first, second = (
        f"Sunday, 31 October 2027, 02:30 {zone}"
        for zone in ("CEST (Europe/Berlin)", "CET (Europe/Berlin)")
    )
    assert when(sendgrid, event) == [f"Date: was {first}", f"is now {second}", f"Date: {second}"]
    # It is the later one that they are reminded of, and that by which the reminder is due.
    set_clock(database, utc(2027, 10, 30, 1, 29))
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.mail_count == 1
    set_clock(database, utc(2027, 10, 30, 1, 30))
    assert notifier.run(**BERLIN).returncode == 0
    assert when(sendgrid, event)[3:] == [f"Date: {second}"]
    assert [(row["kind"], row["state"]) for row in deliveries(database)] == [("update", "sent"), ("reminder", "sent")]


def test_events_of_one_night_are_told_apart(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """Due one hour after the other, although both begin at half past two."""
    first = add_event_at(database, utc(2027, 10, 31, 0, 30), "The first")
    second = add_event_at(database, utc(2027, 10, 31, 1, 30), "The second")
    set_clock(database, utc(2027, 10, 30, 0, 30))
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.recipients() == {first.emails[0]: 1}
    set_clock(database, utc(2027, 10, 30, 1, 30))
    assert notifier.run(**BERLIN).returncode == 0
    assert sendgrid.recipients() == {first.emails[0]: 1, second.emails[0]: 1}


def test_zones_without_letters_of_their_own_and_none(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event = add_event_at(database, utc(2027, 3, 28, 1))
    for zone in ("America/Sao_Paulo", "Asia/Kathmandu", "UTC"):
        set_clock(database, utc(2027, 3, 27, 12))
        database.rows("DELETE FROM deliveries")
        database.rows("DELETE FROM notices")
        assert notifier.run(TZ=zone).returncode == 0
    assert when(sendgrid, event) == [
        "Date: Saturday, 27 March 2027, 22:00 UTC-03:00 (America/Sao_Paulo)",
        "Date: Sunday, 28 March 2027, 06:45 UTC+05:45 (Asia/Kathmandu)",
        "Date: Sunday, 28 March 2027, 01:00 UTC",
    ]
