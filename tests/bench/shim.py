"""How fast the shim is, as ratios of things measured side by side: make bench, or shim.py [CASE...].

Prints a table, and writes tests/bench/results-<server>.json and, of the sweep, tests/bench/chart-<server>.svg. The two
sides of a comparison take turns on the same server, so that what the machine does besides meets both alike. Goals that are
not met are named in the end. The exit status is 0 if everything could be measured, whether or not they are met.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import chart  # noqa: E402
import figures  # noqa: E402
import large  # noqa: E402
from bench import Bench, Pace  # noqa: E402
from cases import CASES, PEER_CASES, Case  # noqa: E402
from programs import Failed  # noqa: E402
from support.database import Server  # noqa: E402

HERE = Path(__file__).resolve().parent


def chosen(wanted: list[str], names: list[str]) -> list[str]:
    """The cases whose names are, or begin with, one of those words."""
    if not wanted or "all" in wanted:
        return names
    for word in wanted:
        if not any(name.startswith(word) for name in names):
            hint = "" if any(name.startswith("peer") for name in names) else " (and, with PEERS=1, those of the peer)"
            raise SystemExit(f"no case is called {word}; there are: notifier {' '.join(names)}{hint}")
    return [name for name in names if any(name.startswith(word) for word in wanted)]


class Run:
    """What was measured so far, and what could not be measured."""

    def __init__(self) -> None:
        self.server_name = ""
        self.descriptions: list[str] = []
        self.comparisons: list[figures.Comparison] = []
        self.failed: list[Failed] = []

    def case(self, name: str, measure: Callable[[], list[figures.Comparison]]) -> None:
        begun = time.monotonic()
        print(f"{name}:", flush=True)
        try:
            self.comparisons += measure()
        except Failed as failed:
            print(f"  {failed}", flush=True)
            self.failed.append(failed)
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)

    def on_one_server(self, pace: Pace, cases: dict[str, Case]) -> None:
        with Server(own=True, on_disk=True) as server:
            bench = Bench(server, pace)
            self.server_name = bench.server_name
            self.descriptions.append(f"{bench.description}; {os.cpu_count()} processors,"
                                     f" {pace.rounds} rounds of {pace.seconds:g} s")
            print(self.descriptions[-1], flush=True)
            try:
                for name, case in cases.items():
                    self.case(name, partial(case, bench))
                    bench.tidy()
            finally:
                bench.close()
            if "sweep" in cases and bench.sweeps:
                chart.draw(HERE / f"chart-{self.server_name}.svg", bench.description.split(",")[0], bench.sweeps)

    def on_large_ones(self, pace: Pace) -> None:
        def measure() -> list[figures.Comparison]:
            self.server_name, description, compared = large.measure(pace)
            self.descriptions.append(description)
            return compared

        self.case("large", measure)

    def report(self) -> None:
        print("\n" + "\n".join(self.descriptions) + "\n\n" + figures.table(self.comparisons))
        for comparison in self.comparisons:
            if comparison.note:
                print(f"{comparison.case}, {comparison.ours.name}: {comparison.note}")
        unmet = [comparison for comparison in self.comparisons if comparison.met is False]
        print(f"\n{len(unmet)} of {sum(comparison.goal is not None for comparison in self.comparisons)} goals are not met"
              + (":" if unmet else ""))
        for comparison in unmet:
            print(f"  {comparison.sentence()}")
        for failed in self.failed:
            print(f"\nNot measured: {failed}", file=sys.stderr)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measures the shim.")
    parser.add_argument("cases", nargs="*", help=f"{', '.join(CASES)}, large; all of them by default")
    parser.add_argument("--peers", action="store_true", help=f"measure a peer as well: {', '.join(PEER_CASES)}")
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each run is measured")
    parser.add_argument("--warmup", type=float, default=0.5, help="how long each goes before that")
    parser.add_argument("--rounds", type=int, default=3, help="how often each is run, before it is seen to be in doubt")
    options = parser.parse_args()
    pace = Pace(options.seconds, options.warmup, options.rounds)
    cases = {**CASES, **(PEER_CASES if options.peers else {})}
    names = chosen(options.cases, [*cases, "large"])
    run = Run()
    small = {name: case for name, case in cases.items() if name in names}
    if small:
        run.on_one_server(pace, small)
    if "large" in names:
        run.on_large_ones(pace)
    run.report()
    if run.comparisons:
        figures.write(HERE / f"results-{run.server_name}.json", run.descriptions, run.comparisons)
    return 1 if run.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
