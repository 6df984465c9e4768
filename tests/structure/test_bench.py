"""The benchmark's cases stand in the manual, and its goals are judged as the manual says."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from support.tree import TREE

sys.path.append(str(TREE / "tests/bench"))

from figures import AT_MOST, Best, Comparison, Side, compare, table  # noqa: E402


def judged(ratios: list[float], goal: float | None, **options: Any) -> Comparison:
    ours = Side("ours", [{"rate": ratio} for ratio in ratios])
    return compare("case", ours, Side("theirs", [{"rate": 1} for _ in ratios]), goal=goal, **options)


def test_every_case_is_in_the_manual() -> None:
    names = re.findall(r'^    "([a-z-]+)": \w+,$', (TREE / "tests/bench/cases.py").read_text(), re.MULTILINE)
    manual = (TREE / "shim/PERFORMANCE.md").read_text(encoding="utf-8")
    assert [name for name in names if f"`{name}`" not in manual] == []
    assert len(names) > 25


def test_the_median_counts() -> None:
    assert judged([3, 1, 1], 1.5).met is False
    assert judged([3, 3, 1], 1.5).met is True
    assert judged([3, 3, 1], 1.5, goal_kind=AT_MOST).met is False


def test_of_what_must_never_happen_every_round_counts() -> None:
    refused = Side("ours", [{"refused": n} for n in (0, 0, 1)])
    comparison = compare("case", refused, figure="refused", goal=0, goal_kind=AT_MOST, every_round=True)
    assert comparison.met is False and not comparison.is_doubtful


@pytest.mark.parametrize("ratios, doubtful", [
    ([2, 2, 2], False),
    ([0.5, 0.5, 0.5], False),
    # Rounds that disagree, whether or not the median meets the goal.
    ([0.5, 0.5, 2], True),
    ([0.5, 2, 2], True),
    # Near to the goal, on either side: otherwise only bad luck would be given another chance.
    ([0.95, 0.95, 0.95], True),
    ([1.05, 1.05, 1.05], True),
])
def test_doubt_asks_for_more_rounds_on_either_side_of_the_goal(ratios: list[float], doubtful: bool) -> None:
    assert judged(ratios, 1).is_doubtful is doubtful


def test_what_has_no_goal_is_neither_met_nor_in_doubt() -> None:
    assert judged([0.1, 5], None).met is None and not judged([0.1, 5], None).is_doubtful


def test_a_missed_goal_is_named() -> None:
    missed = judged([1, 1, 1], 2)
    assert "NOT MET" in table([missed])
    assert missed.sentence() == "case, ours, against theirs: 1.00, goal at least 2"


def test_the_best_is_chosen_when_all_is_measured() -> None:
    few, many = Side("few"), Side("many")
    comparison = compare("case", many, Best("its best", [few, many]), figure="good_rate", goal=0.9)
    few.add({"good_rate": 10, "rate": 10})
    many.add({"good_rate": 5, "rate": 5})
    assert comparison.ratio == 0.5 and comparison.met is False and comparison.note == "its best is few"
