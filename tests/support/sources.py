"""What the files under db/ say of themselves, for tests that compare it with what is deployed."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from support.tree import TREE

PUBLIC = sorted((TREE / "db/procedures").glob("*.sql"))
INTERNAL = sorted((TREE / "db/procedures/internal").glob("*.sql"))
FUNCTIONS = sorted((TREE / "db/functions").glob("*.sql"))
TRIGGERS = sorted((TREE / "db/triggers").glob("*.sql"))
VIEWS = sorted((TREE / "db/views").rglob("*.sql"), key=lambda file: file.stem)
MIGRATIONS = sorted((TREE / "migrations").glob("[0-9]*_*.sql"))

# What the migrations make, as migrate itself compares it: a test compares it with what is there.
SCHEMA = (TREE / "migrations/schema.txt").read_text(encoding="utf-8")
TABLES = sorted(re.findall(r"^table (\w+) ", SCHEMA, re.MULTILINE))
# What migrate keeps its own records in.
RECORDS = ["deployed_objects", "schema_migrations"]
# The tables with rows that the rules need, so that they are never empty.
_FURNISHED = set(re.findall(r"^row (\w+) ", SCHEMA, re.MULTILINE))


def _referring_first(tables: list[str]) -> list[str]:
    """The tables in an order in which all their rows can be deleted: what refers to another table goes before it."""
    references = re.findall(r"^foreign key (\w+)\.\w+ \(\w+\) to (\w+) ", SCHEMA, re.MULTILINE)
    ordered: list[str] = []
    while left := [table for table in tables if table not in ordered]:
        free = [table for table in left if not any(to == table and by in left for by, to in references)]
        assert free, f"{left} refer to each other"
        ordered += free
    return ordered


# What people and programs have put in, in an order that suits the foreign keys.
EMPTIED = _referring_first([table for table in TABLES if table not in _FURNISHED])

Error = tuple[str, str]


def code_of(file: Path) -> str:
    """The file's statements without its comments."""
    return re.sub(r"^\s*--.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)


def manual_of(file: Path) -> str:
    """The text of a procedure's COMMENT clause, as SQL quotes it undone."""
    found = re.search(r"^    COMMENT '((?:[^']|'')*)'$", code_of(file), flags=re.MULTILINE)
    return found[1].replace("''", "'") if found else ""


def example_of(file: Path) -> list[str]:
    """The arguments of the call that the manual of a procedure shows, as SQL; none if it shows no call."""
    shown = re.search(rf"\bCALL {file.stem}\((.*)\);", manual_of(file))
    # A comma within a text separates nothing.
    return re.findall(r"(?:'(?:[^'\\]|\\.|'')*'|[^,'])+", shown[1]) if shown else []


def has_example(file: Path) -> bool:
    return f"CALL {file.stem}(" in manual_of(file)


def parameters_of(file: Path) -> list[str]:
    """The names of the parameters of a procedure's file, in order."""
    return re.findall(r"^    IN (p_\w+)", code_of(file), re.MULTILINE)


def roles_of(file: Path) -> list[str]:
    """The roles that may execute the procedure of a file below db/procedures."""
    granted = re.search(rf"^GRANT EXECUTE ON PROCEDURE {file.stem} TO ([\w, ]+);$", code_of(file), flags=re.MULTILINE)
    assert granted, f"{file} has no line GRANT EXECUTE ON PROCEDURE {file.stem} TO ...: who may call it?"
    return granted[1].split(", ")


def procedures_of(role: str) -> list[str]:
    """The procedures that a role may execute."""
    return [file.stem for file in PUBLIC if role in roles_of(file)]


def reading_procedures() -> list[str]:
    """The API's procedures that read rows and change none, without those that read settings and definitions only."""
    of_no_rows = {"check_database", "check_health", "check_seats", "read_manual"}
    reading = [file.stem for file in PUBLIC if "eventhub_api" in roles_of(file) and "\n    READS SQL DATA\n" in code_of(file)]
    return [name for name in reading if name not in of_no_rows]


def documented_errors(file: Path) -> set[Error]:
    """The SQLSTATEs and codes that the manual names after "Errors:"."""
    return set(re.findall(r"\b(45\d{3}) (\w+)", manual_of(file).partition("Errors:")[2]))


@cache
def raised_errors(file: Path) -> frozenset[Error]:
    """The SQLSTATEs and codes that a procedure, or one that it calls, can raise."""
    code = code_of(file).partition("BEGIN")[2]
    raised: set[Error] = set()
    for sqlstate, text, variable in re.findall(
        r"SIGNAL SQLSTATE '(45\d{3})' SET MESSAGE_TEXT = (?:'(\w+)[:(]|(\w+);)", code_of(file)
    ):
        made = re.search(rf"\b{variable}\b[^;]*?CONCAT\('(\w+)", code_of(file))
        # What is neither here has been made by a procedure that is called.
        if text or made:
            raised.add((sqlstate, text or made[1]))
    # Refusals that are handed on as texts.
    raised |= set(re.findall(r"'(45\d{3}) (\w+)[:(]", code))
    called = [
        (next((TREE / "db/procedures").rglob(f"{callee}.sql")), arguments)
        for callee, arguments in re.findall(r"\bCALL (\w+)\(([^;]*)\);", code)
    ]
    called += [(function, "") for function in FUNCTIONS if re.search(rf"= {function.stem}\(", code)]
    for file_called, arguments in called:
        callee, errors = file_called.stem, raised_errors(file_called)
        if callee == "require_role":
            # It refuses for the one role that is asked for.
            role = re.search(r"'(\w+)'", arguments)[1]
            errors = {error for error in errors if error[1] in ("invalid_token", f"{role}_required")}
        elif callee == "check_database" and arguments == "0":
            # That is any program.
            errors = {error for error in errors if error[1] != "outdated"}
        elif callee in ("explain_refusals", "judge_cancellations") and ", NULL, NULL, " in arguments:
            # Nothing has to be locked, so nothing is busy.
            errors = {error for error in errors if not error[1].endswith("_busy")}
        raised |= errors
    return frozenset(raised)
