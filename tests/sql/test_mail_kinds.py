"""A kind of mail is described in one place, delivery_kinds, and everything else that knows of it says the same."""

from __future__ import annotations

import re
from itertools import takewhile

import pytest

from support.database import TREE, Database
from support.mail_kinds import KINDS, RULES, Rules

TEXTS = (TREE / "notifier/mail_kinds.c").read_text(encoding="utf-8")


def text_of(path: str) -> str:
    return (TREE / path).read_text(encoding="utf-8")


def table_in(path: str, heading: str) -> dict[str, str]:
    """The rows of the table in a document below a line that begins so, by their first column."""
    lines = text_of(path).split(f"\n{heading}", 1)[1].split("\n")[2:]
    return {line.split("|")[1].strip(): line for line in takewhile(lambda line: line.startswith("|"), lines)}


def test_the_view_is_what_the_tests_go_by(database: Database) -> None:
    rows = database.rows("SELECT kind, occasion, event_state, after_unknown, is_optional FROM delivery_kinds")
    assert len(rows) == len(RULES) >= 3
    assert {
        row["kind"]: Rules(row["occasion"], row["event_state"], row["after_unknown"], row["is_optional"] == 1)
        for row in rows
    } == RULES


@pytest.mark.parametrize("kind", KINDS)
def test_its_rules_are_such_that_the_procedures_know(kind: str) -> None:
    rules = RULES[kind]
    assert rules.occasion in ("date", "news")
    # A mail for a date is about an event that is to come.
    assert rules.event_state in (("upcoming",) if rules.occasion == "date" else ("upcoming", "cancelled"))
    assert rules.after_unknown in ("due", "unconfirmed")


@pytest.mark.parametrize("table", ["notices", "deliveries"])
def test_the_tables_take_these_kinds_and_no_other(database: Database, table: str) -> None:
    [row] = database.rows(
        "SELECT check_clause AS rule FROM information_schema.check_constraints"
        " WHERE constraint_schema = DATABASE() AND constraint_name = %s", [f"{table}_kind"],
    )
    assert set(re.findall(r"'(\w+)", row["rule"].replace("\\", ""))) == set(KINDS)


def test_dates_are_the_occasions_of_those_kinds_whose_occasion_is_a_date() -> None:
    named = re.findall(r"SELECT _ascii'(\w+)'", text_of("db/views/internal/timed_notices.sql"))
    assert sorted(named) == sorted(kind for kind in KINDS if RULES[kind].occasion == "date")


def test_the_notifier_has_words_for_each() -> None:
    rows = {row.split('"')[0]: row for row in TEXTS.split('.name = "')[1:]}
    assert sorted(rows) == sorted(KINDS)
    for kind, row in rows.items():
        assert (".is_off = true" in row) == (RULES[kind].event_state == "cancelled"), kind
        assert (".is_optional = true" in row) == RULES[kind].is_optional, kind


def test_the_manuals_describe_each() -> None:
    assert sorted(table_in("db/README.md", "| mail | for | says |")) == sorted(KINDS)
    described = table_in("notifier/README.md", "| kind | ")
    assert sorted(described) == sorted(KINDS)
    for kind, row in described.items():
        assert ("not sent again" in row) != RULES[kind].is_sent_again, kind
        assert ("can be turned off" in row) == RULES[kind].is_optional, kind
