"""Many calls at the same moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import monotonic, sleep
from typing import TypeVar

from support.connection import Connection, Row
from support.database import Database

T = TypeVar("T")


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T | Exception]:
    """Runs every job in a thread of its own, all beginning together, and returns what each gave or raised."""
    barrier = Barrier(len(jobs), timeout=60)

    def outcome(job: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return job()
        except Exception as error:
            return error

    with ThreadPoolExecutor(max_workers=len(jobs)) as pool:
        return list(pool.map(outcome, jobs))


def call_at_once(
    database: Database, calls: Sequence[tuple], behind: int | None = None
) -> list[list[list[Row]] | Exception]:
    """Makes calls (procedure, argument...) together, each in a session of its own.

    Where an event is given, its row is held until all of the calls have come as far as waiting for it.
    """
    sessions = [database.connect() for _ in calls]
    jobs: list[Callable] = [lambda s=session, c=call: s.call(*c) for session, call in zip(sessions, calls)]
    gate = database.connect("root")
    if behind is not None:
        gate.rows("START TRANSACTION")
        gate.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [behind])
        jobs.append(lambda: open_gate(gate, database.name, len(calls)))
    try:
        return at_once(jobs)[: len(calls)]
    finally:
        for session in [gate, *sessions]:
            session.close()


def open_gate(gate: Connection, database_name: str, expected: int) -> None:
    """Lets go of what a session holds once so many others are at work, and after three seconds in any case."""
    end = monotonic() + 3
    waiting = 0
    while waiting < expected and monotonic() < end:
        sleep(0.01)
        waiting = gate.rows(
            "SELECT COUNT(*) AS waiting FROM information_schema.processlist"
            " WHERE db = %s AND command = 'Query' AND id <> CONNECTION_ID()", [database_name],
        )[0]["waiting"]
    gate.rollback()
