"""What every case has in hand: the server, the data on it, shims, and how they are put under load."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data import BOOKED, CROWD, PEOPLE, Bookings, Crowd, Pages, Tokens, write_lines
from figures import Comparison, statuses
from peer import Peer
from programs import (
    Bare, Failed, Figures, MeasuredShim, check_load, check_service, finish_load, run_calls, start_load,
)
from support.connection import Connection
from support.database import Database, Server

# What the server says of how safe a commit is, and of the memory it has.
TOLD = ("innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin", "innodb_buffer_pool_size")
CLIENTS = 64
# Of a case that is in doubt.
MORE_ROUNDS = 2

Target = MeasuredShim | Bare | Peer


@dataclass(frozen=True)
class Pace:
    """How long and how often everything is measured."""

    seconds: float
    warmup: float
    rounds: int


def scratch_directory() -> Path:
    """In memory if there is room: what is written there must not get in the way of commits."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30
    return Path(tempfile.mkdtemp(prefix="eventhub-bench-", dir=memory if roomy else "/tmp"))


def describe(server: Server) -> str:
    with server.connect() as root:
        version = str(root.rows("SELECT VERSION() AS v")[0]["v"])
        told = root.rows(f"SELECT {', '.join(f'@@{name} AS {name}' for name in TOLD)}")[0]
    told["innodb_buffer_pool_size"] = f"{told['innodb_buffer_pool_size'] / (1 << 20):.0f}M"
    kind = "MariaDB" if "MariaDB" in version else "MySQL"
    return f"{kind} {version.split('-MariaDB')[0]}, {', '.join(f'{name}={value}' for name, value in told.items())}"


def processor_seconds(target: Target) -> float:
    return target.processor_seconds() if isinstance(target, MeasuredShim) else 0


class Bench:
    """One server, on which cases are measured one after the other."""

    def __init__(self, server: Server, pace: Pace) -> None:
        self.server = server
        self.pace = pace
        self.is_mysql = server.is_mysql()
        self.server_name = "mysql" if self.is_mysql else "mariadb"
        self.description = describe(server)
        self.secret = secrets.token_hex(32)
        self.tokens = Tokens(self.secret)
        self.directory = scratch_directory()
        # Of the chart: by name of the line and number of clients.
        self.sweeps: dict[str, dict[int, Figures]] = {}

    def close(self) -> None:
        shutil.rmtree(self.directory)

    def goal(self, mariadb: float, mysql: float) -> float:
        return mysql if self.is_mysql else mariadb

    @cached_property
    def bookings(self) -> Bookings:
        print(f"  making {len(PEOPLE)} participants", flush=True)
        return Bookings(self.server, self.tokens)

    @cached_property
    def pages(self) -> Pages:
        return Pages(self.server)

    @cached_property
    def crowd(self) -> Crowd:
        print(f"  making {CROWD} events and participants", flush=True)
        return Crowd(self.server, self.tokens)

    def peer(self, database: Database) -> Peer:
        return Peer(database, self.secret)

    def shim(self, database: Database, **settings: str) -> MeasuredShim:
        return MeasuredShim(database, SECRET_KEY=self.secret, **settings)

    def script(self, name: str, lines: Any) -> Path:
        return write_lines(self.directory / name, lines)

    def load(
        self, label: str, target: Target, script: Path, connections: int = CLIENTS,
        expected: frozenset[int] | None = frozenset({200}), seconds: float | None = None, **options: Any,
    ) -> Figures:
        """What the load client says. Every answer has to be one of those expected; None leaves it to a goal."""
        seconds = self.pace.seconds if seconds is None else seconds
        used = processor_seconds(target)
        load = start_load(target.port, script, connections, seconds, self.pace.warmup, **options)
        figures = finish_load(load, self.pace.warmup + seconds + 60)
        try:
            if expected is None:
                check_service(figures, label)
            else:
                check_load(figures, set(expected), label)
        except Failed as failed:
            raise self.explained(failed, target) from None
        used = processor_seconds(target) - used
        figures["per_processor"] = sum(figures["all_statuses"].values()) / used if used > 0 else 0
        self.say(label, figures)
        return figures

    def rounds(self, comparisons: Sequence[Comparison]) -> Iterator[str]:
        """The labels of a case's rounds; it makes its comparisons before them and then fills their sides.

        A case of which any comparison is in doubt after its rounds gets some more, once, and is judged by all of them. That
        meets what is narrowly met as well as what is narrowly missed, so nothing can be measured again until luck comes.
        """
        case = comparisons[0].case
        # What has no goal is information, for which one round will do.
        count = self.pace.rounds if any(comparison.goal is not None for comparison in comparisons) else 1
        for number in range(1, count + 1):
            yield f"{case} {number}/{count}"
        doubtful = [comparison for comparison in comparisons if comparison.is_doubtful]
        if not doubtful:
            return
        for comparison in doubtful:
            ratios = ", ".join(f"{ratio:.2f}" for ratio in comparison.ratios())
            print(f"  in doubt: {comparison.ours.name}: {ratios}, goal {comparison.goal:g}", flush=True)
        for number in range(count + 1, count + MORE_ROUNDS + 1):
            yield f"{case} {number}/{count + MORE_ROUNDS}"

    def explained(self, failed: Failed, target: Target) -> Failed:
        complaints = target.complaints() if isinstance(target, MeasuredShim) else ""
        return Failed(f"{failed}\n{complaints}".rstrip())

    def say(self, label: str, figures: Figures) -> None:
        latencies = [
            f", {name} {figures[f'{name}_us'] / 1000:.2f} ms" for name in ("p50", "p99") if f"{name}_us" in figures
        ]
        print(f"  {label}: {figures['rate']:.0f}/s{''.join(latencies)}", flush=True)

    def commits(self) -> int:
        with self.server.connect() as root:
            return int(root.rows("SHOW GLOBAL STATUS LIKE 'Com_commit'")[0]["Value"])

    def change(self, label: str, target: Target, script: Path, **options: Any) -> Figures:
        """Load of requests that change something, each sent once; afterwards the seats are counted."""
        before = self.commits()
        figures = self.load(label, target, script, once=True, **options)
        commits = self.commits() - before
        # How many share a commit is no matter of the disk, as the time that a commit takes is.
        figures["per_commit"] = figures["all_statuses"].get("200", 0) / commits if commits > 0 else 0
        self.audit(self.bookings.root, label)
        return figures

    def book(self, label: str, target: Target, script: Path, **options: Any) -> Figures:
        """Load of registrations; in the end everything is forgotten."""
        figures = self.change(label, target, script, **options)
        self.bookings.forget()
        return figures

    def cancel(self, label: str, target: Target, script: Path, events: range, **options: Any) -> Figures:
        """Load of cancellations; in the end everybody has booked again."""
        figures = self.change(label, target, script, **options)
        self.bookings.fill(events)
        return figures

    def lists(self, label: str, mode: str, people: range, events: range, size: int) -> Figures:
        """The same by lists of requests in one CALL each, straight from C."""
        figures = run_calls(
            self.bookings.database, mode, people, self.pace.seconds, self.pace.warmup, event=events[0],
            events=len(events), list=size,
        )
        self.say(label, figures)
        self.audit(self.bookings.root, label)
        return figures

    def book_lists(self, label: str, events: range, size: int) -> Figures:
        figures = self.lists(label, "lists", PEOPLE, events, size)
        self.bookings.forget()
        return figures

    def cancel_lists(self, label: str, events: range, size: int) -> Figures:
        figures = self.lists(label, "cancel-lists", PEOPLE[:BOOKED], events, size)
        self.bookings.fill(events)
        return figures

    @contextmanager
    def beside(
        self, label: str, shim: MeasuredShim, script: Path, connections: int, expected: frozenset[int] | None = None
    ) -> Iterator[None]:
        """Clients who do what the script says, over and over, while something else is measured."""
        load = start_load(shim.port, script, connections, self.pace.warmup + self.pace.seconds + 60)
        try:
            time.sleep(0.5)
            yield
            load.terminate()
            figures = finish_load(load, 60)
            if expected is not None:
                check_load(figures, set(expected), label)
            print(f"  {label}, meanwhile: {statuses([figures]) or 'no answer'}", flush=True)
        finally:
            load.kill()
            load.wait(10)

    def audit(self, root: Connection, label: str) -> None:
        wrong = root.rows("SELECT * FROM seat_audit LIMIT 5")
        if wrong:
            raise Failed(f"{label}: seats are not what they should be: {wrong}")

    def tidy(self) -> None:
        """Forgets what a case has booked, and frees what it left on the disk."""
        if "bookings" in vars(self):
            self.bookings.forget()
        for path in self.directory.iterdir():
            path.unlink()
        with self.server.connect() as root:
            if root.rows("SELECT @@log_bin AS on_disk")[0]["on_disk"]:
                root.rows("FLUSH BINARY LOGS")
                newest = root.rows("SHOW BINARY LOGS")[-1]["Log_name"]
                root.rows("PURGE BINARY LOGS TO %s", [newest])
