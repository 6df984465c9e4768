"""Several notifiers, an ill SendGrid and a power failure now and then, while an organizer cannot make up their mind.

What sql/test_true_mails.py holds against a model, step by step, is seen here as participants see it: in their mails.
"""

from __future__ import annotations

import random
import re
import time
from datetime import timedelta

import pytest

from sendgrid.record import Mail
from sendgrid.server import StandIn
from support.connection import Refused
from support.database import Database
from support.notifier import Event, Notifier, Running, add_event, cancel_event, change_event, deliveries, end_leases, end_pauses

VENUES = ["Town Hall", "Hall of Mirrors", "Hall of Fame"]
TROUBLES = [
    {"status": 503, "times": 3}, {"status": 500}, {"drop": "before"}, {"drop": "after"}, {"drop": "answer"},
    {"status": 429, "reset": 1}, {"delay": 0.3, "times": 2},
]


def says(mail: Mail) -> str:
    """What a mail leaves its reader with: where the event is, or that it is off."""
    if mail["subject"].startswith("Cancelled: "):
        return "cancelled"
    # Of a change the last line that names a place is what holds.
    return re.findall(rf"{'|'.join(VENUES)}", str(mail["text"]))[-1]


def is_so(database: Database, event: Event) -> str:
    (row,) = database.rows("SELECT venue, cancelled_at FROM events WHERE id = %s", [event.id])
    return "cancelled" if row["cancelled_at"] else row["venue"]


def let_leases_end(database: Database, sendgrid: StandIn) -> None:
    """A lease outlasts what its notifier had sent."""
    assert sendgrid.wait_until(lambda: all(attempt.outcome != "pending" for attempt in sendgrid.requests))
    end_leases(database)


def disturb(chance: random.Random, database: Database, sendgrid: StandIn, events: list[Event],
            notifiers: list[Running]) -> None:
    deed, event = chance.randrange(10), chance.choice(events)
    if deed < 5:
        change_event(database, event, chance.choice(VENUES))
    elif deed < 8:
        sendgrid.script([chance.choice(TROUBLES)])
    elif deed == 8:
        chance.choice(notifiers).kill()
        let_leases_end(database, sendgrid)
    else:
        end_pauses(database)


@pytest.mark.parametrize("seed", range(3))
def test_the_last_mail_says_what_is_and_each_says_something_new(
    database: Database, notifier: Notifier, sendgrid: StandIn, seed: int
) -> None:
    chance = random.Random(seed)
    events = [add_event(database, 4, timedelta(days=days), venue=VENUES[0]) for days in (20, 30)]
    watch = {"LEASE_SECONDS": "8", "SENDGRID_TIMEOUT": "2", "DB_TIMEOUT": "5", "MAILS_PER_REQUEST": "2"}
    notifiers = [notifier.start("--watch", "1", **watch) for _ in range(2)]
    for _ in range(40):
        try:
            disturb(chance, database, sendgrid, events, notifiers)
        except Refused as refused:
            assert refused.code == "event_not_found"
        notifiers = [one if one.process.poll() is None else notifier.start("--watch", "1", **watch) for one in notifiers]
        time.sleep(0.1)
    cancel_event(database, events[1])
    for one in notifiers:
        one.kill()
    sendgrid.configure(clear=True)
    for _ in range(4):
        let_leases_end(database, sendgrid)
        end_pauses(database)
        notifier.run(**watch)
    assert notifier.run().returncode == 0
    assert database.rows("SELECT * FROM claims") == []

    doubtful = {row["email"] for row in deliveries(database) if row["uncertain_sends"] > 0}
    for event in events:
        for email in event.emails:
            told = [VENUES[0], *map(says, sendgrid.mails(to=email))]
            assert told[-1] == is_so(database, event), (email, told)
            if email not in doubtful:
                assert all(before != after for before, after in zip(told, told[1:])), (email, told)
            assert "cancelled" not in told[:-1] or email in doubtful and set(told[told.index("cancelled"):]) == {"cancelled"}
