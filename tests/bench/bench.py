"""What every case has in hand: the server, the data on it, shims, and how they are put under load."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from data import PEOPLE, Bookings, Pages, Tokens, write_lines
from programs import Bare, Failed, Figures, MeasuredShim, check_load, finish_load, run_calls, start_load
from support.connection import Connection
from support.database import Database, Server

# What the server says of how safe a commit is, and of the memory it has.
TOLD = ("innodb_flush_log_at_trx_commit", "sync_binlog", "log_bin", "innodb_buffer_pool_size")
CLIENTS = 64


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


class Bench:
    """One server, on which cases are measured one after the other."""

    def __init__(self, server: Server, pace: Pace) -> None:
        self.server = server
        self.pace = pace
        self.is_mysql = server.is_mysql()
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

    def shim(self, database: Database, **settings: str) -> MeasuredShim:
        return MeasuredShim(database, SECRET_KEY=self.secret, **settings)

    def script(self, name: str, lines: Any) -> Path:
        return write_lines(self.directory / name, lines)

    def load(
        self, label: str, target: MeasuredShim | Bare, script: Path, connections: int = CLIENTS,
        expected: frozenset[int] = frozenset({200}), once: bool = False, seconds: float | None = None,
    ) -> Figures:
        seconds = self.pace.seconds if seconds is None else seconds
        load = start_load(target.port, script, connections, seconds, self.pace.warmup, once)
        figures = finish_load(load, self.pace.warmup + seconds + 60)
        try:
            check_load(figures, set(expected), label)
        except Failed as failed:
            raise self.explained(failed, target) from None
        self.say(label, figures)
        return figures

    def explained(self, failed: Failed, target: MeasuredShim | Bare) -> Failed:
        complaints = target.complaints() if isinstance(target, MeasuredShim) else ""
        return Failed(f"{failed}\n{complaints}".rstrip())

    def say(self, label: str, figures: Figures) -> None:
        latencies = [
            f", {name} {figures[f'{name}_us'] / 1000:.2f} ms" for name in ("p50", "p99") if f"{name}_us" in figures
        ]
        print(f"  {label}: {figures['rate']:.0f}/s{''.join(latencies)}", flush=True)

    def book(self, label: str, shim: MeasuredShim, script: Path, **options: Any) -> Figures:
        """Load of registrations, each sent once; afterwards the seats are counted, and everything is forgotten."""
        figures = self.load(label, shim, script, once=True, **options)
        self.audit(self.bookings.root, label)
        self.bookings.forget()
        return figures

    def book_lists(self, label: str, event: int, size: int) -> Figures:
        """The same by lists of registrations in one CALL each, straight from C."""
        figures = run_calls(
            self.bookings.database, "lists", PEOPLE, self.pace.seconds, self.pace.warmup, event=event, list=size
        )
        self.say(label, figures)
        self.audit(self.bookings.root, label)
        self.bookings.forget()
        return figures

    def audit(self, root: Connection, label: str) -> None:
        wrong = root.rows("SELECT * FROM seat_audit LIMIT 5")
        if wrong:
            raise Failed(f"{label}: seats are not what they should be: {wrong}")

    def tidy(self) -> None:
        """Frees what a case left on the disk."""
        for path in self.directory.iterdir():
            path.unlink()
        with self.server.connect() as root:
            if root.rows("SELECT @@log_bin AS on_disk")[0]["on_disk"]:
                root.rows("FLUSH BINARY LOGS")
                newest = root.rows("SHOW BINARY LOGS")[-1]["Log_name"]
                root.rows("PURGE BINARY LOGS TO %s", [newest])
