"""How fast the notifier sends: mails that share a request against one mail per request, with the same answer times.

Prints a table and writes tests/bench/results-notifier-<server>.json. Both sides run in turns on the same database and the
same stand-in for SendGrid, so that what the machine does besides meets both alike.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from support.database import TREE, Database, Server  # noqa: E402

EVENTS = 50
PARTICIPANTS = 2000
MAILS = EVENTS * PARTICIPANTS
SINGLES = 1000
ROUNDS = 3
ANSWER_SECONDS = 0.05
GOAL_RATIO = 20
GOAL_MIB = 64
RUN_SECONDS = 300
PROGRAM = Path(os.environ.get("EVENTHUB_NOTIFIER", TREE / ".build/release/eventhub-notifier")).resolve()


@dataclass(frozen=True)
class Run:
    """One run of the notifier."""

    mails: int
    requests: int
    seconds: float
    peak_mib: float

    @property
    def rate(self) -> float:
        return self.mails / self.seconds


class Bench:
    """A database with a backlog of reminders, and the stand-in."""

    def __init__(self, database: Database, port: int) -> None:
        self.database = database
        self.settings = {
            "PATH": os.environ.get("PATH", ""), "DATABASE_URL": database.url("notifier"),
            "SENDGRID_API_KEY": "SG.bench", "SENDGRID_URL": f"http://127.0.0.1:{port}", "FROM_EMAIL": "events@example.org",
        }

    def fill(self) -> None:
        """EVENTS events that start within a day, with PARTICIPANTS registrations each."""
        organizer = self.database.add_user("organizer")
        people = ",".join(f"('P {n}', 'p{n}@example.org', 'participant', 'x')" for n in range(PARTICIPANTS))
        self.database.rows(f"INSERT INTO users (name, email, role, password_hash) VALUES {people}")
        events = ",".join(
            f"({organizer}, 'Event {n}', 'Hall', 'Speaker', UTC_TIMESTAMP() + INTERVAL 20 HOUR, {PARTICIPANTS}, {PARTICIPANTS})"
            for n in range(EVENTS)
        )
        self.database.rows(
            "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
            f" VALUES {events}"
        )
        for row in self.database.rows("SELECT id FROM events ORDER BY id"):
            self.database.rows(
                "INSERT INTO registrations (event_id, user_id, seats)"
                " SELECT %s, id, 1 FROM users WHERE role = 'participant' ORDER BY id", [row["id"]],
            )

    def forget(self) -> None:
        """Makes everything due anew."""
        self.database.rows("TRUNCATE TABLE deliveries")
        self.database.rows("TRUNCATE TABLE notices")
        self.database.rows("ANALYZE TABLE registrations, users, events")

    def run(self, limit: int, **settings: str) -> Run:
        self.forget()
        with tempfile.TemporaryFile() as output:
            begun = time.monotonic()
            process = subprocess.Popen(
                [PROGRAM, "--limit", str(limit)], env={**self.settings, **settings}, cwd="/", stdout=output
            )
            peak = 0.0
            while process.poll() is None:
                peak = max(peak, peak_mib(process.pid))
                if time.monotonic() - begun > RUN_SECONDS:
                    process.kill()
                    raise SystemExit(f"the notifier was not done within {RUN_SECONDS} s")
                time.sleep(0.005)
            seconds = time.monotonic() - begun
            output.seek(0)
            summary = output.read().decode()
        sent = self.database.rows("SELECT COUNT(*) AS n, COUNT(DISTINCT message_id) AS requests FROM deliveries"
                                  " WHERE state = 'sent'")[0]
        if process.returncode != 0 or sent["n"] != limit:
            raise SystemExit(f"{sent['n']} of {limit} mails were sent, exit {process.returncode}: {summary}")
        return Run(limit, sent["requests"], seconds, peak)


def peak_mib(pid: int) -> float:
    """The most memory that the process has had so far."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def median(runs: list[Run]) -> Run:
    return sorted(runs, key=lambda run: run.rate)[len(runs) // 2]


def measure(bench: Bench) -> list[dict[str, object]]:
    shared, single = [], []
    bench.run(SINGLES)
    for number in range(ROUNDS):
        shared.append(bench.run(MAILS))
        single.append(bench.run(SINGLES, MAILS_PER_REQUEST="1"))
        print(
            f"round {number + 1}: {shared[-1].rate:.0f} mails/s shared, {single[-1].rate:.0f} mails/s singly", flush=True
        )
    small = bench.run(MAILS // 10)
    best, worst = median(shared), median(single)
    ratio = statistics.median(a.rate / b.rate for a, b in zip(shared, single))

    print(f"\n{'case':<44}{'mails':>8}{'requests':>10}{'seconds':>9}{'mails/s':>9}{'peak MiB':>10}")
    for name, run in (
        ("up to 1000 mails a request", best), ("the same, a tenth of the backlog", small), ("one mail a request", worst),
    ):
        print(f"{name:<44}{run.mails:>8}{run.requests:>10}{run.seconds:>9.1f}{run.rate:>9.0f}{run.peak_mib:>10.1f}")
    print(f"\nratio of the rates, median of {ROUNDS}: {ratio:.0f} (goal: at least {GOAL_RATIO})")
    print(f"requests for {MAILS} mails: {best.requests} (at best {MAILS // 1000})")
    print(f"peak memory: {best.peak_mib:.1f} MiB (goal: under {GOAL_MIB}), {small.peak_mib:.1f} with a tenth of the backlog")
    return [
        {
            "case": "notifier, up to 1000 mails a request", "against": "notifier, one mail a request", "ratio": ratio,
            "goal": GOAL_RATIO, "runs": [vars(run) for run in shared], "against_runs": [vars(run) for run in single],
        },
        {
            "case": "notifier, peak MiB", "against": "limit of memory, MiB", "ratio": best.peak_mib / GOAL_MIB, "goal": 1,
            "mib": best.peak_mib, "mib_with_a_tenth": small.peak_mib,
        },
    ]


def main() -> int:
    with Server(own=True, on_disk=True) as server:
        version = str(server.connect().rows("SELECT VERSION() AS v")[0]["v"])
        durable = server.connect().rows("SELECT @@innodb_flush_log_at_trx_commit AS flush, @@log_bin AS log_bin")[0]
        print(f"{version}, innodb_flush_log_at_trx_commit={durable['flush']}, log_bin={durable['log_bin']};"
              f" SendGrid's stand-in answers in {ANSWER_SECONDS * 1000:.0f} ms", flush=True)
        database = Database(server)
        standin = subprocess.Popen(
            [TREE / "tests/sendgrid/serve", "--port", "0", "--delay", str(ANSWER_SECONDS)],
            stdout=subprocess.PIPE, text=True,
        )
        try:
            assert standin.stdout is not None
            bench = Bench(database, int(standin.stdout.readline().split()[-1]))
            bench.fill()
            results = measure(bench)
        finally:
            standin.terminate()
            standin.wait(10)
    name = "mariadb" if "MariaDB" in version else "mysql"
    (Path(__file__).parent / f"results-notifier-{name}.json").write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
