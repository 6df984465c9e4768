"""Two databases that are the same but for the server they are on, and what their answers are allowed to differ in."""

from __future__ import annotations

from dataclasses import replace
from itertools import zip_longest

import pytest

from parity.sessions import NOT_NULL, Answer, Session
from support.database import Database

# Errors that the servers raise themselves, before a procedure has begun: MariaDB's and MySQL's for the same mistake.
# Their messages differ anyway. Nothing that a program here sends meets one of them.
KNOWN_ERRORS = {
    # A text that is no number, for a number, and for one that may have a fraction.
    ((1366, "22007"), (1366, "HY000")),
    ((1265, "01000"), (1366, "HY000")),
    ((1264, "22003"), (1366, "HY000")),
    # A JSON document, which for MariaDB is a text, for a number or a date.
    ((1366, "22007"), (3156, "22018")),
    ((1292, "22007"), (3156, "22018")),
    # A row for a value.
    ((4078, "HY000"), (1241, "21000")),
    # A text of more than 64 KiB, whose limit is in the middle of a character.
    ((1366, "22007"), (1406, "22001")),
}
# Computed columns of which MySQL knows that they are never NULL, and MariaDB does not.
KNOWN_NULLABLE = {"status"}


def parts(answer: Answer) -> list[object]:
    """What has to be the same, in parts; only a procedure's own refusal has to be so by the word."""
    found: list[object] = []
    for result in answer.results:
        for column in result.columns:
            nullable = column.name in KNOWN_NULLABLE
            found.append(replace(column, flags=column.flags & ~NOT_NULL) if nullable else column)
        found += result.rows
        found.append("end of a result")
    if answer.error:
        found.append(answer.error if answer.error.is_refusal else (answer.error.number, answer.error.sqlstate))
    return found


def difference(one: Answer, other: Answer) -> str:
    """How two answers to one statement differ otherwise than is known, or nothing."""
    for mine, yours in zip_longest(parts(one), parts(other)):
        if mine != yours and (mine, yours) not in KNOWN_ERRORS:
            return f"    {str(mine)[:400]}\n    {str(yours)[:400]}"
    return ""


class Pair:
    """One EventHub database on each server, with a session of root on each in which it is always the same moment."""

    def __init__(self, one: Database, other: Database) -> None:
        self.databases = one, other
        for database in self.databases:
            database.replace_clock("UTC_TIMESTAMP(6)")
        self.sessions = Session(one), Session(other)
        self.differences: list[str] = []

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        for session, database in zip(self.sessions, self.databases):
            session.close()
            database.drop()

    def ask(
        self, sql: str, sessions: tuple[Session, Session] | None = None, in_any_order: bool = False
    ) -> Answer:
        """Runs a statement on both servers, notes how the answers differ, and returns one of them."""
        one, other = (session.ask(sql) for session in sessions or self.sessions)
        if in_any_order:
            one, other = one.sorted(), other.sorted()
        if found := difference(one, other):
            self.differences.append(f"{sql[:200]}\n{found}")
        return one

    def run(self, *statements: str) -> None:
        """Runs statements of which none fails."""
        for sql in statements:
            answer = self.ask(sql)
            assert answer.error is None, f"{sql}: {answer}"

    def compare_tables(self) -> None:
        """Compares every row of every table but the two that hold the time of a deployment."""
        tables = self.ask(
            "SELECT table_name AS name FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
            " AND table_name NOT IN ('schema_migrations', 'deployed_objects') ORDER BY CAST(table_name AS BINARY)"
        )
        for (table,) in tables.results[0].rows:
            key = self.databases[0].rows(f"SHOW KEYS FROM {table.decode()} WHERE key_name = 'PRIMARY'")
            columns = ", ".join(str(row["Column_name"]) for row in key)
            self.ask(f"SELECT * FROM {table.decode()} ORDER BY {columns}")

    def expect_no_differences(self) -> None:
        if self.differences:
            count = f"{len(self.differences)} differences between the machine's own server and MYSQLD"
            pytest.fail("\n".join([count, *self.differences[:60]]), pytrace=False)
