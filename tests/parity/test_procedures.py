"""Every procedure, called alike on both servers: in success, in each refusal, and with arguments that make no sense."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.pair import Pair
from parity.odd import LAX, odd_calls
from parity.scripts import NOT_MET, SAME_JITTER, SCRIPTS, statements
from parity.sessions import Answer, Session
from parity.world import WORLD
from support.sources import INTERNAL, PUBLIC, TABLES, VIEWS, documented_errors, roles_of

Refusal = tuple[str, str]
each_procedure = pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.stem)


@pytest.fixture
def world(pair: Pair) -> Pair:
    pair.run(*WORLD)
    return pair


def test_the_world_is_made_alike(world: Pair) -> None:
    world.compare_tables()
    world.expect_no_differences()


def refusal(sqlstate: str, message: str) -> Refusal:
    return sqlstate, message.split(":")[0].split("(")[0]


def refusals_in_rows(answer: Answer) -> set[Refusal]:
    """What a list was told, a row a request."""
    lists = [result for result in answer.results if result.columns and result.columns[0].name == "sqlstate"]
    return {refusal(row[0].decode(), row[1].decode()) for result in lists for row in result.rows if row[0] is not None}


@each_procedure
def test_successes_and_refusals(world: Pair, file: Path) -> None:
    met = set()
    for sql in statements(file):
        answer = world.ask(sql)
        if sql.startswith(f"CALL {file.stem}("):
            met.add(refusal(answer.error.sqlstate, answer.error.message) if answer.error else None)
            met |= refusals_in_rows(answer)
        else:
            assert answer.error is None, f"{sql}: {answer}"
    world.compare_tables()
    world.expect_no_differences()
    # The one call that a manual shows cannot meet all of them.
    if file.stem in SCRIPTS:
        assert met == documented_errors(file) - NOT_MET | {None}


@each_procedure
def test_odd_arguments(world: Pair, file: Path) -> None:
    if "eventhub_api" not in roles_of(file):
        world.run("CALL plan_deliveries(NULL)", "CALL claim_deliveries('test', 1000, 60)", SAME_JITTER)
    for sql in odd_calls(file):
        world.ask(sql)
    # In a session that takes what does not fit and makes it fit.
    world.run("SET sql_mode = ''")
    for sql in odd_calls(file, LAX):
        world.ask(sql)
    world.compare_tables()
    world.expect_no_differences()


# What the servers themselves make of an argument, before a procedure sees it: MariaDB first, then MySQL.
KNOWN = {
    # Bytes in hexadecimal are a text for MariaDB wherever they stand, for MySQL a number where one is wanted.
    "CALL get_event(x'31')": (None, "45404"),
    # Half of a surrogate pair is a character for MariaDB, and none for MySQL.
    "CALL find_credentials(_utf8mb4 x'eda080')": (None, "HY000"),
}


@pytest.mark.parametrize("sql", KNOWN)
def test_a_known_difference_is_still_there(world: Pair, sql: str) -> None:
    answers = [session.ask(sql) for session in world.sessions]
    sqlstates = tuple(answer.error.sqlstate if answer.error else None for answer in answers)
    kinds = [database.server.is_mysql() for database in world.databases]
    assert sqlstates == tuple(KNOWN[sql][is_mysql] for is_mysql in kinds)


@pytest.mark.parametrize("account", ["shim", "notifier", "dba"])
def test_what_an_account_may_not_do(world: Pair, account: str) -> None:
    one, other = (Session(database, account) for database in world.databases)
    with one, other:
        for name in (file.stem for file in PUBLIC + INTERNAL):
            world.ask(f"CALL {name}()", (one, other))
        # A DBA may do all of the rest, in this database.
        if account != "dba":
            for name in (*TABLES, *(file.stem for file in VIEWS)):
                for sql in ("SELECT * FROM {}", "DELETE FROM {}", "UPDATE {} SET id = 1", "INSERT INTO {} () VALUES ()"):
                    world.ask(sql.format(name), (one, other))
            for sql in ("DROP PROCEDURE get_event", "DROP TABLE users", "CREATE TABLE own (id INT)"):
                world.ask(sql, (one, other))
        world.ask("SELECT * FROM mysql.user", (one, other))
    world.expect_no_differences()
