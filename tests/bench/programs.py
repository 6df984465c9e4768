"""The programs that measure: the load client, the bare server, CALLs straight from C; and the shim, as they need it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.database import TREE, Database
from support.shim import Shim

TOOLS = Path(os.environ.get("EVENTHUB_BENCH_TOOLS", TREE / ".build/release/tests/bench")).resolve()
LOG_PART = 65536

Figures = dict[str, Any]


class Failed(Exception):
    """What was measured is not what was meant, so that its numbers say nothing."""


class MeasuredShim(Shim):
    """A shim whose log may be long: of each request it has a line."""

    def log(self) -> str:
        """Its beginning and its end."""
        with open(self.directory / "log", "rb") as log:
            text = log.read(LOG_PART)
            log.seek(max(LOG_PART, os.fstat(log.fileno()).st_size - LOG_PART))
            return (text + log.read()).decode("utf-8", "replace")

    def complaints(self) -> str:
        """The last lines that are not of requests."""
        return "\n".join([line for line in self.log().splitlines() if " request " not in line][-10:])

    def processor_seconds(self) -> float:
        """The processor time that it has used so far."""
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mib(self) -> float:
        assert self.process is not None
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        raise Failed("the kernel does not say how much memory the shim has")


class Bare:
    """A running bare server that answers these bytes to everything."""

    def __init__(self, directory: Path, content_type: str, body: bytes) -> None:
        (directory / "body").write_bytes(body)
        self.process = subprocess.Popen(
            [TOOLS / "bare", content_type, str(directory / "body")], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline().split()[-1])

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)


def start_load(
    port: int, script: Path, connections: int, seconds: float, warmup: float = 0, once: bool = False, hold: float = 0,
    retry: bool = False, header: str = "",
) -> subprocess.Popen[str]:
    """Begins to send the script's requests; terminate() ends it early, and finish_load() has its figures."""
    command = [str(TOOLS / "load"), "--port", str(port), "--connections", str(connections), "--seconds", str(seconds)]
    command += ["--warmup", str(warmup)] if warmup else []
    command += ["--once"] if once else []
    command += ["--hold", str(hold)] if hold else []
    command += ["--retry"] if retry else []
    command += ["--header", header] if header else []
    return subprocess.Popen([*command, str(script)], stdout=subprocess.PIPE, text=True)


def finish_load(load: subprocess.Popen[str], within: float) -> Figures:
    try:
        output, _ = load.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        load.kill()
        raise Failed(f"the load client was not done within {within:.0f} s") from None
    if not output:
        raise Failed(f"the load client ended with status {load.returncode}")
    figures: Figures = json.loads(output.splitlines()[-1])
    good = sum(n for status, n in figures["all_statuses"].items() if status.startswith("2"))
    figures["p99_ms"] = figures["p99_us"] / 1000
    figures["refused"] = sum(figures["all_statuses"].values()) + sum(figures["errors"].values()) - good
    return figures


def check_load(figures: Figures, expected: set[int], what: str) -> None:
    """That every answer, also before and after the time that is measured, is one of those, and none is missing."""
    unexpected = {status: n for status, n in figures["all_statuses"].items() if int(status) not in expected}
    errors = {kind: n for kind, n in figures["errors"].items() if n > 0}
    if unexpected or errors or figures["gave_up"]:
        raise Failed(f"{what}: of the answers {figures['all_statuses']} only {sorted(expected)} are right;"
                     f" errors of connections: {errors or 'none'}")
    if figures["requests"] == 0:
        raise Failed(f"{what}: the requests were used up before the warm-up was over, or none was answered")


def check_service(figures: Figures, what: str) -> None:
    """That the server is there, whatever it answers; how much it refuses is judged by a goal."""
    if figures["gave_up"]:
        raise Failed(f"{what}: of the answers {figures['all_statuses']}; errors of connections: {figures['errors']}")
    if not figures["requests"]:
        # Nobody was answered while it was measured: as long as that is how long everybody waits at least.
        least = figures["seconds"] * 1e6
        figures.update({name: max(figures[name], least) for name in ("p50_us", "p99_us")})


def run_calls(database: Database, mode: str, ids: range, seconds: float, warmup: float, **options: int) -> Figures:
    """CALLs in one of the modes of calls.c, by the account that the shim has."""
    server = database.server
    command = [
        str(TOOLS / "calls"), "--mode", mode, "--socket", server.socket, "--user", server.users["shim"],
        "--database", database.name, "--from", str(ids[0]), "--to", str(ids[-1]), "--seconds", str(seconds),
        "--warmup", str(warmup),
    ]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    environment = {**os.environ, "CALLS_PASSWORD": server.passwords["shim"]}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=sys.stderr, text=True, timeout=seconds + warmup + 60
    )
    if done.returncode != 0:
        raise Failed(f"CALLs straight from C, mode {mode}, ended with status {done.returncode}")
    figures: Figures = json.loads(done.stdout)
    if figures["all_refused"] or figures["requests"] == 0:
        raise Failed(f"CALLs straight from C, mode {mode}: {figures}")
    return figures
