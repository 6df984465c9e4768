"""The manuals tell the truth: of a procedure, which is its COMMENT, about errors and examples; of the tables, about what they are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.connection import Refused
from support.database import PASSWORD_HASH, TREE, Database
from support.sources import FUNCTIONS, INTERNAL, PUBLIC, TRIGGERS, VIEWS, code_of, documented_errors, manual_of, raised_errors, roles_of

each_procedure = pytest.mark.parametrize("file", PUBLIC + INTERNAL + FUNCTIONS, ids=lambda file: file.stem)
each_file = pytest.mark.parametrize("file", PUBLIC + INTERNAL + FUNCTIONS + TRIGGERS + VIEWS, ids=lambda file: file.stem)


@each_file
def test_a_file_defines_the_object_that_it_is_named_after(file: Path) -> None:
    made = re.findall(r"\b(?:PROCEDURE|VIEW|TABLE|FUNCTION|TRIGGER|EVENT) (?!IF\b)`?(\w+)`?(?: *\(|\n)", code_of(file))
    assert made == [file.stem]
    assert code_of(file).count("CREATE") == 1


@each_file
def test_a_file_opens_with_what_it_is_for(file: Path) -> None:
    assert re.match(r"-- \S.*\.$", file.read_text(encoding="utf-8").splitlines()[0])


@each_procedure
def test_the_server_shows_the_manual(database: Database, file: Path) -> None:
    manual = manual_of(file)
    assert manual
    assert database.rows(
        "SELECT routine_comment AS comment FROM information_schema.routines"
        " WHERE routine_schema = %s AND routine_name = %s",
        [database.name, file.stem],
    ) == [{"comment": manual}]


@each_procedure
def test_the_manual_names_every_error_that_is_raised_and_no_other(file: Path) -> None:
    assert documented_errors(file) == raised_errors(file)


@each_procedure
def test_nothing_but_a_sqlstate_of_ours_is_raised(file: Path) -> None:
    code = code_of(file)
    assert re.findall(r"\bSIGNAL (?!SQLSTATE '45\d{3}' SET MESSAGE_TEXT = )", code) == []
    assert "MYSQL_ERRNO" not in code


@pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.stem)
def test_a_sqlstate_is_an_http_status_that_the_shim_may_answer(file: Path) -> None:
    assert {sqlstate for sqlstate, _ in raised_errors(file)} <= {"45400", "45401", "45403", "45404", "45409", "45422", "45503"}


EXAMPLE = re.compile(r"^Example: (CALL (\w+)\(.*\);)$", re.MULTILINE)
ACCOUNTS = {"eventhub_api": "shim", "eventhub_mailer": "notifier", "eventhub_dba": "dba"}
# No example can know a claim that is there, or the secret of the links.
REFUSED = {
    "start_sending": "45409 claim_lost: The lease of this claim is over",
    "set_reminders": "45404 unknown_link: This link is not known, please use the one in your latest mail",
    "show_reminders": "45404 unknown_link: This link is not known, please use the one in your latest mail",
}


@pytest.fixture(scope="module")
def demo(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Database:
    """The module's database with the demo data of `make run`."""
    script = tmp_path_factory.mktemp("demo") / "events.sql"
    events = (TREE / "db/try/demo/events.sql").read_text(encoding="utf-8")
    script.write_text(f"SET @password_hash = '{PASSWORD_HASH}';\n{events}", encoding="utf-8")
    database.run_file(script)
    return database


@pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.stem)
def test_the_manual_ends_with_an_example_that_works_on_the_demo_data(demo: Database, file: Path) -> None:
    manual = manual_of(file)
    examples = EXAMPLE.findall(manual)
    assert len(examples) == 1, f"the COMMENT of {file.stem} has to end with one line such as: Example: CALL {file.stem}(1);"
    ((call, name),) = examples
    assert name == file.stem and manual.endswith(f"Example: {call}")
    refusal = None
    with demo.connect(ACCOUNTS[roles_of(file)[0]]) as session, session.cursor() as cursor:
        try:
            cursor.execute(call)
            while cursor.nextset():
                pass
        except Refused as refused:
            refusal = str(refused)
    assert refusal == REFUSED.get(name)


TABLES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE'"
COLUMNS = "SELECT table_name AS child, column_name AS name FROM information_schema.columns WHERE table_schema = %s"
FOREIGN_KEYS = (
    "SELECT referenced_table_name AS parent, table_name AS child, column_name AS name"
    " FROM information_schema.key_column_usage WHERE table_schema = %s AND referenced_table_name IS NOT NULL"
)
UNIQUE_KEYS = (
    "SELECT table_name AS child, MIN(column_name) AS name FROM information_schema.statistics"
    " WHERE table_schema = %s AND non_unique = 0 GROUP BY table_name, index_name HAVING COUNT(*) = 1"
)
Relation = tuple[str, str, str]


def section(heading: str) -> str:
    manual = (TREE / "db/README.md").read_text(encoding="utf-8")
    return manual.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]


def test_the_manual_begins_with_a_map_of_the_directory() -> None:
    (drawn,) = re.findall(r"^db/$(.*?)^```$", (TREE / "db/README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    named = re.findall(r"^ {4}([\w.]+)/? {2,}\S", drawn, re.MULTILINE)
    assert sorted(named) == sorted(path.name for path in (TREE / "db").iterdir() if path.suffix != ".md")


def relations_drawn() -> tuple[set[Relation], set[Relation], set[Relation]]:
    """The relations of the picture: by foreign keys, by other columns, and of both those with at most one row."""
    solid: set[Relation] = set()
    dotted: set[Relation] = set()
    single: set[Relation] = set()
    parent = ""
    for line in filter(None, section("Tables").split("```")[1].splitlines()):
        begins, style, end, child, column = re.fullmatch(r"(?:(\w+) )?[ ─┄┬├└]*([─┄])([─┄<]) (\w+) +(\w+)", line).groups()
        parent = begins or parent
        (solid if style == "─" else dotted).add((parent, child, column))
        if end != "<":
            single.add((parent, child, column))
    return solid, dotted, single


def test_the_tables_of_the_manual_are_those_of_the_database(database: Database) -> None:
    documented = re.findall(r"^\| `(\w+)` \|", section("Tables"), re.MULTILINE)
    assert sorted(documented) == sorted(row["name"] for row in database.rows(TABLES, [database.name]))


def test_the_picture_of_the_tables_is_that_of_the_database(database: Database) -> None:
    solid, dotted, single = relations_drawn()
    keys = {(row["parent"], row["child"], row["name"]) for row in database.rows(FOREIGN_KEYS, [database.name])}
    assert solid == keys
    tables = {row["name"] for row in database.rows(TABLES, [database.name])}
    # A column that refers to a table is named after what a row of it is.
    named = {f"{table.removesuffix('s')}_id": table for table in tables}
    referring = {
        (named[row["name"]], row["child"], row["name"])
        for row in database.rows(COLUMNS, [database.name]) if row["name"] in named and row["child"] in tables
    }
    assert dotted == referring - keys
    unique = {(row["child"], row["name"]) for row in database.rows(UNIQUE_KEYS, [database.name])}
    assert single == {relation for relation in solid | dotted if relation[1:] in unique}
