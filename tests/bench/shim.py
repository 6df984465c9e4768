"""How fast the shim is, as ratios of things measured side by side: make bench, or shim.py [CASE...].

Prints a table, and writes tests/bench/results-<server>.json and, of the sweep, tests/bench/chart-<server>.svg. The two
sides of a comparison take turns on the same server, so that what the machine does besides meets both alike. The exit
status is 0 if everything could be measured, whether or not the goals are met.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import chart  # noqa: E402
import figures  # noqa: E402
import large  # noqa: E402
from bench import Bench, Pace  # noqa: E402
from cases import CASES  # noqa: E402
from programs import Failed  # noqa: E402
from support.database import Server  # noqa: E402

HERE = Path(__file__).resolve().parent
NAMES = [*CASES, "large"]


def chosen(wanted: list[str]) -> list[str]:
    """The cases whose names are, or begin with, one of those words."""
    if not wanted or "all" in wanted:
        return NAMES
    for word in wanted:
        if not any(name.startswith(word) for name in NAMES):
            raise SystemExit(f"no case is called {word}; there are: notifier {' '.join(NAMES)}")
    return [name for name in NAMES if any(name.startswith(word) for word in wanted)]


def measure(bench: Bench, names: list[str], comparisons: list[figures.Comparison]) -> None:
    for name in names:
        begun = time.monotonic()
        print(f"{name}:", flush=True)
        comparisons += CASES[name](bench)
        bench.tidy()
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the shim.")
    parser.add_argument("cases", nargs="*", help=f"{', '.join(NAMES)}; all of them by default")
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each run is measured")
    parser.add_argument("--warmup", type=float, default=0.5, help="how long each goes before that")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run")
    options = parser.parse_args()
    pace = Pace(options.seconds, options.warmup, options.rounds)
    names = chosen(options.cases)
    comparisons: list[figures.Comparison] = []
    descriptions = []
    server_name = ""
    try:
        small = [name for name in names if name != "large"]
        if small:
            with Server(own=True, on_disk=True) as server:
                bench = Bench(server, pace)
                server_name = "mysql" if bench.is_mysql else "mariadb"
                descriptions.append(f"{bench.description}; {os.cpu_count()} processors,"
                                    f" {pace.rounds} rounds of {pace.seconds:g} s")
                print(descriptions[-1], flush=True)
                try:
                    measure(bench, small, comparisons)
                finally:
                    bench.close()
                if "sweep" in small:
                    chart.draw(HERE / f"chart-{server_name}.svg", bench.description.split(",")[0], bench.sweeps)
        if "large" in names:
            begun = time.monotonic()
            print("large:", flush=True)
            server_name, description, compared = large.measure(pace)
            descriptions.append(description)
            comparisons += compared
            print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
    except Failed as failed:
        report(descriptions, comparisons)
        print(f"\nThe benchmark stopped here. {failed}", file=sys.stderr)
        return 1
    report(descriptions, comparisons)
    figures.write(HERE / f"results-{server_name}.json", comparisons)
    return 0


def report(descriptions: list[str], comparisons: list[figures.Comparison]) -> None:
    print("\n" + "\n".join(descriptions) + "\n\n" + figures.table(comparisons))
    for comparison in comparisons:
        if comparison.note:
            print(f"{comparison.case}, {comparison.ours.name}: {comparison.note}")
    unmet = [comparison for comparison in comparisons if comparison.met is False]
    print(f"\n{len(unmet)} of {sum(comparison.goal is not None for comparison in comparisons)} goals are not met"
          + (":" if unmet else ""))
    for comparison in unmet:
        assert comparison.theirs is not None
        print(f"  {comparison.case}, {comparison.ours.name}, against {comparison.theirs.name}: {comparison.ratio:.2f},"
              f" goal {comparison.goal_kind} {comparison.goal:g}")


if __name__ == "__main__":
    raise SystemExit(main())
