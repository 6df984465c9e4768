"""Comparisons of what was measured: their ratios, how they are judged, the table, the file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from programs import Figures

AT_LEAST = "at least"
AT_MOST = "at most"
# A ratio so near to its goal may be on either side of it next time.
NARROW = 0.1


class Side:
    """One of the two that are compared: what it is, and its figures round by round."""

    def __init__(self, name: str, rounds: Sequence[Figures] = ()) -> None:
        self.name = name
        self._rounds = list(rounds)

    @property
    def rounds(self) -> list[Figures]:
        return self._rounds

    def add(self, figures: Figures) -> None:
        self._rounds.append(figures)

    def median(self, figure: str) -> float | None:
        values = [figures[figure] for figures in self.rounds if figure in figures]
        return statistics.median(values) if values else None

    def middle(self) -> Figures:
        """The round that is the median of what was answered with a 2xx status."""
        return sorted(self.rounds, key=lambda figures: figures["good_rate"])[len(self.rounds) // 2]


class Best(Side):
    """Of several sides the one that had most answers with a 2xx status."""

    def __init__(self, name: str, sides: Sequence[Side]) -> None:
        super().__init__(name)
        self.sides = sides

    def side(self) -> Side:
        return max(self.sides, key=lambda side: side.median("good_rate") or 0)

    @property
    def rounds(self) -> list[Figures]:
        return self.side().rounds


@dataclass(frozen=True)
class Comparison:
    """A case, perhaps against another one, perhaps with a goal for the ratio of some figure or, if there is nothing to
    compare it with, for the figure itself. Sides may be filled after it is made: it is as they are when it is asked."""

    case: str
    ours: Side
    theirs: Side | None = None
    figure: str = "rate"
    goal: float | None = None
    goal_kind: str = AT_LEAST
    every_round: bool = False  # has to meet the goal, and not only the median
    tells_statuses: bool = False

    def ratios(self) -> list[float]:
        """Round by round, because what the machine does besides meets both sides of a round alike."""
        if self.theirs is None:
            return [ours[self.figure] for ours in self.ours.rounds] if self.goal is not None else []
        return [
            ours[self.figure] / theirs[self.figure] if theirs[self.figure] else 0
            for ours, theirs in zip(self.ours.rounds, self.theirs.rounds)
        ]

    @property
    def ratio(self) -> float | None:
        ratios = self.ratios()
        if not ratios:
            return None
        if self.every_round:
            return min(ratios) if self.goal_kind == AT_LEAST else max(ratios)
        return statistics.median(ratios)

    def meets(self, ratio: float) -> bool:
        assert self.goal is not None
        return ratio >= self.goal if self.goal_kind == AT_LEAST else ratio <= self.goal

    @property
    def met(self) -> bool | None:
        if self.goal is None or self.ratio is None:
            return None
        return self.meets(self.ratio)

    @property
    def is_doubtful(self) -> bool:
        """Whether more rounds are needed to judge it: its rounds disagree, or it is near to its goal, on either side.

        If only what has missed its goal were measured longer, chance alone would help.
        """
        if self.met is None or self.every_round:
            return False
        assert self.goal is not None and self.ratio is not None
        return len({self.meets(ratio) for ratio in self.ratios()}) > 1 or abs(self.ratio / self.goal - 1) <= NARROW

    @property
    def note(self) -> str:
        notes = [statuses(self.ours.rounds)] if self.tells_statuses else []
        if isinstance(self.theirs, Best):
            notes.append(f"{self.theirs.name} is {self.theirs.side().name}")
        return "; ".join(notes)

    def row(self) -> dict[str, Any]:
        """What the file says of it."""
        return {
            "case": self.case, "side": self.ours.name, "against": self.theirs.name if self.theirs else None,
            "figure": self.figure, "ratio": self.ratio, "ratios": self.ratios(), "goal": self.goal,
            "goal_kind": self.goal_kind if self.goal is not None else None, "met": self.met, "note": self.note,
            "value": self.ours.median(self.figure),
            "against_value": self.theirs.median(self.figure) if self.theirs else None,
            "rounds": self.ours.rounds, "against_rounds": self.theirs.rounds if self.theirs else [],
        }

    def sentence(self) -> str:
        """A goal that is not met."""
        against = f", against {self.theirs.name}" if self.theirs else ""
        of = f"{FIGURES[self.figure]} " if FIGURES[self.figure] else ""
        return f"{self.case}, {self.ours.name}{against}: {of}{self.ratio:.2f}, goal {self.goal_kind} {self.goal:g}"

    def verdict(self) -> str:
        if self.met is None:
            return ""
        sign = ">=" if self.goal_kind == AT_LEAST else "<="
        return f"{sign} {self.goal:g} {'met' if self.met else 'NOT MET'}"


def compare(case: str, ours: Side, theirs: Side | None = None, **options: Any) -> Comparison:
    return Comparison(case, ours, theirs, **options)


def statuses(runs: Sequence[Figures]) -> str:
    total: dict[str, int] = {}
    for run in runs:
        for status, n in run["all_statuses"].items():
            total[status] = total.get(status, 0) + n
    return ", ".join(f"{n} of {status}" for status, n in sorted(total.items()))


def per_second(value: float | None) -> str:
    return f"{value:.0f}" if value is not None else ""


def milliseconds(value: float | None) -> str:
    return f"{value / 1000:.2f}" if value is not None else ""


def cells(side: Side) -> list[str]:
    memory = side.median("mib")
    if memory is not None:
        return [f"{memory:.1f} MiB", "", ""]
    return [per_second(side.median("rate")), milliseconds(side.median("p50_us")), milliseconds(side.median("p99_us"))]


# What the ratio is of, where it is not the rate.
FIGURES = {
    "rate": "", "good_rate": "2xx", "p50_us": "p50", "p99_us": "p99", "p99_ms": "p99 ms", "mib": "", "refused": "not 2xx",
    "per_commit": "per commit", "per_processor": "per processor",
}


def table(comparisons: Sequence[Comparison]) -> str:
    rows = [["case", "measured", "/s", "p50 ms", "p99 ms", "against", "/s", "p50 ms", "p99 ms", "of", "ratio", "goal"]]
    for comparison in comparisons:
        theirs = comparison.theirs
        ratio = f"{comparison.ratio:.2f}" if comparison.ratio is not None else ""
        against = [theirs.name, *cells(theirs)] if theirs else [""] * 4
        rows.append([comparison.case, comparison.ours.name, *cells(comparison.ours), *against,
                     FIGURES[comparison.figure], ratio, comparison.verdict()])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = {0, 1, 5, 9, 11}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )


def write(path: Path, descriptions: Sequence[str], comparisons: Sequence[Comparison]) -> None:
    """Cases that were not measured this time keep the rows that they have in the file."""
    measured = f"{datetime.now():%Y-%m-%d %H:%M}, {'; '.join(descriptions)}"
    cases = {comparison.case for comparison in comparisons}
    before = json.loads(path.read_text()) if path.is_file() else []
    rows = [row for row in before if row["case"] not in cases and "measured" in row]
    rows += [{**comparison.row(), "measured": measured} for comparison in comparisons]
    path.write_text(json.dumps(rows, indent=1) + "\n")
