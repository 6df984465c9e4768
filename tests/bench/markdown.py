"""Prints the results of the last runs of make bench on both servers as the tables of shim/PERFORMANCE.md (make bench-table)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
SERVERS = {"mariadb": "MariaDB", "mysql": "MySQL, binary log on"}
Row = dict[str, Any]
Key = tuple[str, str, str | None, str]


def rate(value: float) -> str:
    return f"{value:,.0f}/s"


def milliseconds(value: float) -> str:
    return f"{value / 1000:.2f} ms" if value < 10_000 else f"{value / 1000:,.0f} ms"


# How a value of each figure is written, and what a ratio of it is a ratio of.
VALUES = {
    "rate": (rate, "rate"), "good_rate": (rate, "rate of 2xx"), "p50_us": (milliseconds, "median latency"),
    "p99_us": (milliseconds, "p99"), "p99_ms": (lambda value: f"{value:.1f} ms", "p99"),
    "mib": (lambda value: f"{value:.1f} MiB", "memory"), "refused": (lambda value: f"{value:.0f}", "answers that are not 2xx"),
    "per_commit": (lambda value: f"{value:.1f}", "requests per commit"),
    "per_processor": (rate, "rate per processor of the shim"),
}


def read(server: str) -> dict[Key, Row]:
    path = HERE / f"results-{server}.json"
    rows = json.loads(path.read_text()) if path.is_file() else []
    # A file of an earlier version does not say when its rows were measured.
    return {(row["case"], row["side"], row["against"], row["figure"]): row for row in rows if "measured" in row}


def cell(row: Row | None) -> str:
    if row is None:
        return ""
    write, _ = VALUES[row["figure"]]
    missed = " **missed**" if row["met"] is False else ""
    if row["against"] is not None:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] < 10 else f"{row['ratio']:.1f}"
        return f"{ratio} ({write(row['value'])} : {write(row['against_value'])}){missed}"
    if row["goal"] is not None:
        return write(row["ratio"]) + missed
    p99 = [figures["p99_us"] for figures in row["rounds"] if "p99_us" in figures]
    return write(row["value"]) + (f", p99 {milliseconds(sorted(p99)[len(p99) // 2])}" if p99 else "")


def goal(rows: list[Row]) -> str:
    goals = [f"{row['goal']:g}" for row in rows if row["goal"] is not None]
    if not goals:
        return ""
    most = "at most " if rows[0]["goal_kind"] == "at most" else ""
    return most + (goals[0] if len(set(goals)) == 1 else "; ".join(goals))


def table(results: dict[str, dict[Key, Row]]) -> list[str]:
    keys = list(dict.fromkeys(key for rows in results.values() for key in rows))
    lines = ["| case | measured | against | of | goal |" + "".join(f" {SERVERS[server]} |" for server in results)]
    lines.append("|---|---|---|---|---|" + "---|" * len(results))
    for key in keys:
        case, side, against, figure = key
        found = [rows[key] for rows in results.values() if key in rows]
        cells = [cell(rows.get(key)) for rows in results.values()]
        lines.append("| " + " | ".join([case, side, against or "", VALUES[figure][1], goal(found), *cells]) + " |")
    return lines


def main() -> int:
    results = {server: rows for server in SERVERS if (rows := read(server))}
    if not results:
        print("There are no results yet: run make bench, and make bench DB=mysql.", file=sys.stderr)
        return 1
    for measured in dict.fromkeys(row["measured"] for rows in results.values() for row in rows.values()):
        print(f"- {measured}")
    print("\n" + "\n".join(table(results)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
