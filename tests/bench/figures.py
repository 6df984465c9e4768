"""Comparisons of what was measured: their ratios, the table, the file."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from programs import Figures

AT_LEAST = "at least"
AT_MOST = "at most"


@dataclass(frozen=True)
class Side:
    """One of the two that are compared: what it is, and its figures round by round."""

    name: str
    rounds: list[Figures]

    def median(self, figure: str) -> float | None:
        values = [figures[figure] for figures in self.rounds if figure in figures]
        return statistics.median(values) if values else None


@dataclass(frozen=True)
class Comparison:
    """A case, perhaps against another one, perhaps with a goal for the ratio of some figure."""

    case: str
    ours: Side
    theirs: Side | None = None
    figure: str = "rate"
    goal: float | None = None
    goal_kind: str = AT_LEAST
    ratios: list[float] = field(default_factory=list)
    note: str = ""

    def all_ratios(self) -> list[float]:
        """Round by round, because what the machine does besides meets both sides of a round alike."""
        if self.ratios or self.theirs is None:
            return self.ratios
        return [
            ours[self.figure] / theirs[self.figure] for ours, theirs in zip(self.ours.rounds, self.theirs.rounds)
        ]

    @property
    def ratio(self) -> float | None:
        ratios = self.all_ratios()
        return statistics.median(ratios) if ratios else None

    @property
    def met(self) -> bool | None:
        if self.goal is None or self.ratio is None:
            return None
        return self.ratio >= self.goal if self.goal_kind == AT_LEAST else self.ratio <= self.goal

    def row(self) -> dict[str, Any]:
        """What the file says of it."""
        return {
            "case": self.case, "side": self.ours.name, "against": self.theirs.name if self.theirs else None,
            "figure": self.figure, "ratio": self.ratio, "ratios": self.all_ratios(), "goal": self.goal,
            "goal_kind": self.goal_kind if self.goal is not None else None, "met": self.met, "note": self.note,
            "rounds": self.ours.rounds, "against_rounds": self.theirs.rounds if self.theirs else [],
        }

    def verdict(self) -> str:
        if self.met is None:
            return ""
        sign = ">=" if self.goal_kind == AT_LEAST else "<="
        return f"{sign} {self.goal:g} {'met' if self.met else 'NOT MET'}"


def compare(case: str, ours: Side, theirs: Side | None = None, **options: Any) -> Comparison:
    return Comparison(case, ours, theirs, **options)


def per_second(value: float | None) -> str:
    return f"{value:.0f}" if value is not None else ""


def milliseconds(value: float | None) -> str:
    return f"{value / 1000:.2f}" if value is not None else ""


def cells(side: Side) -> list[str]:
    memory = side.median("mib")
    if memory is not None:
        return [f"{memory:.1f} MiB", "", ""]
    return [per_second(side.median("rate")), milliseconds(side.median("p50_us")), milliseconds(side.median("p99_us"))]


def table(comparisons: Sequence[Comparison]) -> str:
    rows = [["case", "measured", "/s", "p50 ms", "p99 ms", "against", "/s", "p50 ms", "p99 ms", "ratio", "goal"]]
    for comparison in comparisons:
        theirs = comparison.theirs
        ratio = f"{comparison.ratio:.2f}" if comparison.ratio is not None else ""
        against = [theirs.name, *cells(theirs)] if theirs else [""] * 4
        rows.append([comparison.case, comparison.ours.name, *cells(comparison.ours), *against, ratio, comparison.verdict()])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    texts = {0, 1, 5, 10}
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in texts else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    )


def write(path: Path, comparisons: Sequence[Comparison]) -> None:
    path.write_text(json.dumps([comparison.row() for comparison in comparisons], indent=1) + "\n")
