"""The ledger of mails: what a notifier does with it, step by step, and short ways to look into it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from support.connection import Connection, Row
from support.database import Database, utc_now
from support.sources import EMPTIED

# Digits, of which INSERT ... SELECT makes as many rows as a test wants, on either server.
DIGITS = "(SELECT 0 AS n" + "".join(f" UNION ALL SELECT {digit}" for digit in range(1, 10)) + ")"
NUMBERS = (
    f"(SELECT a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n AS n FROM {DIGITS} AS a"
    f" JOIN {DIGITS} AS b JOIN {DIGITS} AS c JOIN {DIGITS} AS d JOIN {DIGITS} AS e) AS numbers"
)


@dataclass
class Claim:
    """What claim_deliveries handed out."""

    row: Row
    mails: list[Row]

    @property
    def id(self) -> int:
        return self.row["claim_id"]

    @property
    def ids(self) -> list[int]:
        return [mail["delivery_id"] for mail in self.mails]

    @property
    def emails(self) -> list[str]:
        return [mail["email"] for mail in self.mails]


@dataclass
class Event:
    """An event, and who is registered for it."""

    id: int
    organizer: int
    people: list[int]


def token_of(database: Database, user_id: int) -> str:
    """What stands in the link by which somebody turns reminders off."""
    return database.rows(
        "SELECT unsubscribe_token(value, %s) AS token FROM secrets WHERE name = 'unsubscribe'", [user_id]
    )[0]["token"]


class Ledger:
    """The notifier's calls in the session of its account; with a moment, in one for which it is that moment."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.organizer = database.add_user("organizer")

    def empty(self) -> None:
        """Forgets every event and every mail, so that what is due is what the test makes due."""
        for table in EMPTIED:
            if table != "users":
                self.database.rows(f"DELETE FROM {table}")
        # Whoever registers may be reminded at once, unless a test is about that.
        self.set(max_delivery_attempts=10, delivery_retry_seconds=60, reminder_quiet_minutes=0)

    def set(self, **settings: int) -> None:
        for name, value in settings.items():
            self.database.rows("UPDATE settings SET value = %s WHERE name = %s", [value, name])

    def add_event(self, people: int = 2, date: datetime | None = None, seats: int = 100, **texts: str) -> Event:
        """An event that starts in twelve hours or at a date, for which so many are registered."""
        date = date or utc_now() + timedelta(hours=12)
        event = Event(
            self.database.add_event(self.organizer, event_date=date, total_seats=seats, **texts), self.organizer, []
        )
        for _ in range(people):
            self.register(event)
        return event

    def register(self, event: Event, user: int | None = None, seats: int = 1) -> int:
        user = user or self.database.add_user()
        self.database.call("register_for_event", user, event.id, seats)
        event.people.append(user)
        return user

    def unregister(self, event: Event, user: int) -> None:
        self.database.call("unregister_from_event", user, event.id)
        event.people.remove(user)

    def update(
        self, event: Event, venue: str | None = None, speaker: str | None = None, date: datetime | None = None,
        title: str | None = None, description: str | None = None, seats: int | None = None,
    ) -> None:
        self.database.call("update_event", event.organizer, event.id, title, description, venue, speaker, date, seats)

    def cancel(self, event: Event) -> bool:
        return bool(self.database.call("cancel_event", event.organizer, event.id)[0][0]["notified"])

    def add_crowd(self, event: Event, count: int) -> None:
        """Registers many new participants at once, past the procedures; 100,000 at most."""
        self.database.rows(
            "INSERT INTO users (name, email, role, password_hash)"
            f" SELECT 'One of many', CONCAT('e{event.id}n', n, '@example.net'), 'participant', 'none'"
            f" FROM {NUMBERS} WHERE n < %s ORDER BY n", [count],
        )
        self.database.rows("UPDATE events SET total_seats = total_seats + %s WHERE id = %s", [count, event.id])
        self.database.rows(
            "INSERT INTO registrations (event_id, user_id, seats)"
            " SELECT %s, id, 1 FROM users WHERE email LIKE %s ORDER BY id", [event.id, f"e{event.id}n%@example.net"],
        )

    def call(self, procedure: str, *arguments: object, at: datetime | None = None) -> list[list[Row]]:
        if at is None:
            return self.database.call(procedure, *arguments, account="notifier")
        with self.database.connect_at(at) as session:
            return session.call(procedure, *arguments)

    def plan(self, limit: int | None = None, at: datetime | None = None) -> Row:
        return self.call("plan_deliveries", limit, at=at)[0][0]

    def claim(
        self, limit: int = 1000, lease: int = 60, worker: str = "test", at: datetime | None = None
    ) -> Claim | None:
        """What can be claimed, or nothing."""
        results = self.call("claim_deliveries", worker, limit, lease, at=at)
        if results == [[]]:
            return None
        (row,), mails = results
        return Claim(row, mails)

    def start(self, claim: Claim, lease: int = 60, at: datetime | None = None) -> Row:
        return self.call("start_sending", claim.id, lease, at=at)[0][0]

    def complete(
        self, claim: Claim, ids: Sequence[int] | None = None, message_id: str | None = "m", at: datetime | None = None
    ) -> int:
        arguments = (claim.id, listed(claim, ids), message_id)
        return self.call("complete_deliveries", *arguments, at=at)[0][0]["completed"]

    def fail(
        self, claim: Claim, outcome: str = "not_sent", ids: Sequence[int] | None = None, error: str | None = "no luck",
        at: datetime | None = None,
    ) -> Row:
        return self.call("fail_deliveries", claim.id, listed(claim, ids), outcome, error, at=at)[0][0]

    def release(
        self, claim: Claim, ids: Sequence[int] | None = None, seconds: int | None = None, at: datetime | None = None
    ) -> int:
        return self.call("release_deliveries", claim.id, listed(claim, ids), seconds, at=at)[0][0]["released"]

    def requeue(self, state: str, event_id: int | None = None, delivery_id: int | None = None) -> int:
        arguments = (state, event_id, delivery_id)
        return self.database.call("requeue_deliveries", *arguments, account="dba")[0][0]["requeued"]

    def send(self, at: datetime | None = None) -> list[Claim]:
        """Plans once and sends whatever can be claimed then."""
        self.plan(at=at)
        sent = []
        while claim := self.claim(at=at):
            self.complete(claim, at=at)
            sent.append(claim)
        return sent

    def end_lease(self, claim: Claim) -> None:
        """The lease is over, but nobody has noticed."""
        self.database.rows(
            "UPDATE claims SET lease_until = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE id = %s", [claim.id]
        )

    def end_pauses(self) -> None:
        """What waits to be tried again has waited long enough."""
        self.database.rows("UPDATE deliveries SET claimable_at = UTC_TIMESTAMP() WHERE claimable_at > UTC_TIMESTAMP()")

    def deliveries(self, event: Event | None = None) -> list[Row]:
        """The ledger's rows, of one event or of all."""
        return self.database.rows(
            "SELECT * FROM deliveries WHERE %s IS NULL OR event_id = %s ORDER BY id",
            [event and event.id, event and event.id],
        )

    def users(self, event: Event, kind: str) -> list[int]:
        """For whom the ledger has a mail of a kind, once for each of their mails."""
        return sorted(row["user_id"] for row in self.deliveries(event) if row["kind"] == kind)

    def states(self, event: Event | None = None) -> Counter[tuple[str, str]]:
        """How many mails of each kind are in which state."""
        return Counter((row["kind"], row["state"]) for row in self.deliveries(event))

    def notices(self, event: Event, kind: str = "update") -> list[Row]:
        return self.database.rows(
            "SELECT * FROM notices WHERE event_id = %s AND kind = %s ORDER BY occasion", [event.id, kind]
        )

    def editions(self, event: Event) -> list[Row]:
        """What an event was before, from the first edition on."""
        return self.database.rows("SELECT * FROM event_editions WHERE event_id = %s ORDER BY edition", [event.id])

    def claims(self) -> list[Row]:
        return self.database.rows("SELECT * FROM claims ORDER BY id")


def listed(claim: Claim, ids: Sequence[int] | None) -> str:
    """Mails of a claim as the JSON that the procedures take; all of them if none are named."""
    return json.dumps(claim.ids if ids is None else list(ids))


def rows_touched(database: Database, procedure: str, *arguments: object) -> tuple[list[list[Row]], int]:
    """Calls a procedure; its results, and how many rows the server read or wrote for it, always the same number."""
    with database.connect("root") as session:
        # With it the engine does not tell of rows that it reads and finds to be others than those that are looked for.
        session.rows("SET optimizer_switch = 'index_condition_pushdown=off'")
        # Asking has its price, too.
        before, between = handlers(session), handlers(session)
        results = session.call(procedure, *arguments)
        return results, handlers(session) - between - (between - before)


def handlers(session: Connection) -> int:
    """How many rows a session has touched so far."""
    rows = session.rows("SHOW SESSION STATUS LIKE 'Handler\\_%%'")
    row_by_row = ("_read_", "_write", "_update", "_delete")
    return sum(int(row["Value"]) for row in rows if any(part in row["Variable_name"] for part in row_by_row))


def wait_for_lock(database: Database, call: Future[Any]) -> None:
    """Waits until a session of the database waits for a lock on a row, which the call is expected to do."""
    end = time.monotonic() + 20
    # The table is a copy, which is made anew only for a reader who comes 0.1 s after the one before. Without this pause the
    # copy may show a wait of an earlier test.
    time.sleep(0.11)
    while not database.rows(
        "SELECT t.trx_id FROM information_schema.innodb_trx AS t"
        " JOIN information_schema.processlist AS p ON p.id = t.trx_mysql_thread_id"
        " WHERE p.db = %s AND t.trx_state = 'LOCK WAIT'", [database.name],
    ):
        assert not call.done(), f"the call waited for no lock: {call.exception() or call.result()!r}"
        assert time.monotonic() < end, "nobody waits for a lock"
        time.sleep(0.11)
