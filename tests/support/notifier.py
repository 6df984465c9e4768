"""The notifier as a running program, and short ways to make mails due that it is to send."""

from __future__ import annotations

import itertools
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sendgrid.server import StandIn
from support.connection import Connection, Row
from support.database import PASSWORD_HASH, Database, utc_now
from support.programs import program
from support.shim import SANITIZER, environment

PROGRAM = program("EVENTHUB_NOTIFIER", "eventhub-notifier")
KEY = "SG.test-key"
FROM_EMAIL = "events@example.org"
ENDS_WITHIN = 60

numbers = itertools.count(1)


def wait_until(condition: Callable[[], bool], what: str = "the condition", seconds: float = 20) -> None:
    """Waits for something that is to come about, and fails the test if it does not."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"{what} did not come about within {seconds} s"
        time.sleep(0.01)


class Running:
    """A notifier under way. log() is its standard error, output() its standard output."""

    def __init__(self, directory: Path, options: tuple[str, ...], settings: dict[str, str]) -> None:
        number = next(numbers)
        self.error_path, self.output_path = directory / f"{number}.err", directory / f"{number}.out"
        with open(self.error_path, "wb") as error, open(self.output_path, "wb") as output:
            self.process = subprocess.Popen(
                [PROGRAM, *options], cwd=directory, env=environment(settings), stdin=subprocess.DEVNULL,
                stdout=output, stderr=error,
            )

    def log(self) -> str:
        return self.error_path.read_text(encoding="utf-8", errors="replace")

    def output(self) -> str:
        return self.output_path.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float = ENDS_WITHIN) -> int:
        """Its exit status once it has ended by itself."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the notifier did not end within {seconds} s:\n{self.log()}") from None
        self.check()
        return status

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def stop(self) -> int:
        """Ends it as an operator would; its exit status."""
        self.send(signal.SIGTERM)
        return self.wait()

    def kill(self) -> None:
        """Ends it as a power failure would, if it has not ended."""
        self.process.kill()
        self.process.wait()
        self.check()

    def check(self) -> None:
        assert not SANITIZER.search(self.log()), self.log()


class Notifier:
    """Runs the program in an empty directory, its `directory`, with the settings of the tests.

    Settings of one run go over them; None leaves one out.
    """

    def __init__(self, database: Database, sendgrid_url: str, **settings: str | None) -> None:
        self.settings: dict[str, str | None] = {
            "DATABASE_URL": database.url("notifier"), "SENDGRID_API_KEY": KEY, "FROM_EMAIL": FROM_EMAIL,
            "SENDGRID_URL": sendgrid_url, "SENDGRID_CONNECT_TIMEOUT": "2", "SENDGRID_TIMEOUT": "20",
            "LEASE_SECONDS": "30", "DB_CONNECT_TIMEOUT": "2", "DB_TIMEOUT": "5", **settings,
        }
        self.directory = Path(tempfile.mkdtemp(prefix="eventhub-notifier-", dir="/tmp"))
        self.started: list[Running] = []

    def __enter__(self) -> Notifier:
        return self

    def __exit__(self, *_: object) -> None:
        """Kills what is still under way."""
        for running in self.started:
            running.process.kill()
            running.process.wait()
        try:
            for running in self.started:
                running.check()
        finally:
            shutil.rmtree(self.directory)

    def start(self, *options: str, **settings: str | None) -> Running:
        merged = {name: value for name, value in {**self.settings, **settings}.items() if value is not None}
        running = Running(self.directory, options, merged)
        self.started.append(running)
        return running

    def run(self, *options: str, **settings: str | None) -> subprocess.CompletedProcess[str]:
        """Runs it to its end."""
        running = self.start(*options, **settings)
        status = running.wait()
        return subprocess.CompletedProcess([str(PROGRAM), *options], status, running.output(), running.log())


@dataclass(frozen=True)
class Event:
    """An event and its participants' addresses, in the order in which they registered."""

    id: int
    organizer: int
    emails: list[str]


def add_event(
    database: Database, participants: int = 3, starts_in: timedelta = timedelta(hours=12), seats: int = 1,
    **fields: str,
) -> Event:
    """An event with new participants; as many as one likes, because they come by one statement and not by CALLs.

    The fields may be what no procedure takes: an earlier version, or a DBA, did.
    """
    organizer = database.add_user("organizer", email=f"organizer{next(numbers)}@example.org")
    total = max(10, participants * seats)
    event_id = database.add_event(organizer, event_date=utc_now() + starts_in, total_seats=total)
    for name, text in fields.items():
        database.rows(f"UPDATE events SET {name} = %s WHERE id = %s", [text, event_id])
    prefix = f"guest{next(numbers)}-"
    emails = [f"{prefix}{i}@example.org" for i in range(participants)]
    with database.connect("root") as root, root.cursor() as cursor:
        root.begin()
        cursor.executemany(
            "INSERT INTO users (name, email, role, password_hash) VALUES (%s, %s, 'participant', %s)",
            [(f"Guest {i}", email, PASSWORD_HASH) for i, email in enumerate(emails)],
        )
        cursor.execute(
            "INSERT INTO registrations (event_id, user_id, seats)"
            " SELECT %s, id, %s FROM users WHERE email LIKE %s ORDER BY id", [event_id, seats, f"{prefix}%"],
        )
        root.commit()
    return Event(event_id, organizer, emails)


def change_event(database: Database, event: Event, venue: str = "Another hall") -> None:
    database.call("update_event", event.organizer, event.id, None, None, venue, None, None, None)


def cancel_event(database: Database, event: Event) -> None:
    database.call("cancel_event", event.organizer, event.id)


# How mails of a kind come about: how long before its start the event is made, and what is done to it then.
OCCASIONS: dict[str, tuple[timedelta, Callable[[Database, Event], None] | None]] = {
    "reminder": (timedelta(hours=12), None),
    "update": (timedelta(days=30), change_event),
    "cancellation": (timedelta(days=30), cancel_event),
}


def make_due(database: Database, kind: str, participants: int = 3) -> Event:
    """An event whose participants are due exactly one mail each, of this kind."""
    starts_in, happens = OCCASIONS[kind]
    event = add_event(database, participants, starts_in)
    if happens is not None:
        happens(database, event)
    return event


def deliveries(database: Database) -> list[Row]:
    """The ledger, with the address that each mail goes to."""
    return database.rows(
        "SELECT d.*, u.email FROM deliveries AS d LEFT JOIN users AS u ON u.id = d.user_id ORDER BY d.id"
    )


def check_ledger(database: Database, sendgrid: StandIn) -> None:
    """Nobody got a mail more often than the ledger says that they may have, or none although it says that they did."""
    arrived = sendgrid.recipients()
    for row in deliveries(database):
        count, least = arrived.pop(row["email"], 0), row["state"] == "sent"
        assert least <= count <= least + row["uncertain_sends"], (count, row)
    assert not arrived


def by_tcp(database: Database, port: int, account: str = "notifier") -> str:
    """DATABASE_URL for a forwarder's port."""
    user, password = database.server.users[account], database.server.passwords[account]
    return f"mysql://{user}:{password}@127.0.0.1:{port}/{database.name}"


def calls(database: Database) -> int:
    """How many are under way; whose cannot be told, because within a procedure a session's user is its definer."""
    return database.rows(
        "SELECT COUNT(*) AS n FROM information_schema.processlist"
        " WHERE db = %s AND command = 'Query' AND id <> CONNECTION_ID()", [database.name],
    )[0]["n"]


def take_the_turn_to_plan(root: Connection) -> None:
    """Begins a transaction of root's behind which everybody waits who plans."""
    root.begin()
    root.rows(
        "INSERT INTO turns (name, taken_at) VALUES ('plan', UTC_TIMESTAMP())"
        " ON DUPLICATE KEY UPDATE taken_at = UTC_TIMESTAMP()"
    )


def max_attempts(database: Database) -> int:
    """How often a mail is tried."""
    return database.rows("SELECT value FROM settings WHERE name = 'max_delivery_attempts'")[0]["value"]


def end_leases(database: Database) -> None:
    """As if the time of all claims were up."""
    database.rows("UPDATE claims SET lease_until = UTC_TIMESTAMP() - INTERVAL 1 SECOND")


def end_pauses(database: Database) -> None:
    """As if the time had come for all mails that wait to be sent again."""
    database.rows("UPDATE deliveries SET claimable_at = UTC_TIMESTAMP() - INTERVAL 1 SECOND WHERE state = 'due'")
