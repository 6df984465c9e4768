"""Who may do what: the accounts, their roles and the definer behind the procedures."""

from __future__ import annotations

import re

import pymysql
import pytest

from support.database import Database
from support.sources import FUNCTIONS, INTERNAL, PUBLIC, RECORDS, TABLES, TRIGGERS, VIEWS, code_of, manual_of, procedures_of

DEFINER = "eventhub_definer@localhost"
RELATIONS = [*TABLES, *RECORDS, *(file.stem for file in VIEWS)]
# The accounts of programs, each of which may execute the procedures of its role and nothing else.
PROGRAMS = {"shim": "eventhub_api", "notifier": "eventhub_mailer"}
each_program = pytest.mark.parametrize("account", PROGRAMS)
ACCESS_DENIED_TO_DATABASE = 1044
ACCESS_DENIED_TO_TABLE = 1142
ACCESS_DENIED_TO_PROCEDURE = 1370
WRONG_NUMBER_OF_ARGUMENTS = 1318


def denial(database: Database, sql: str, account: str) -> int:
    """The number of the error with which an account is denied a statement."""
    with pytest.raises(pymysql.err.OperationalError) as denied:
        database.connection(account).rows(sql)
    return denied.value.args[0]


def test_every_public_procedure_is_granted_to_one_of_the_roles() -> None:
    granted = [name for role in ("eventhub_api", "eventhub_mailer", "eventhub_dba") for name in procedures_of(role)]
    assert sorted(granted) == sorted([file.stem for file in PUBLIC] + ["read_manual"] * 2)
    assert procedures_of("eventhub_mailer") == [
        "claim_deliveries", "complete_deliveries", "fail_deliveries", "plan_deliveries", "preview_deliveries",
        "read_manual", "release_deliveries", "start_sending",
    ]
    assert procedures_of("eventhub_dba") == ["read_manual", "requeue_deliveries"]


@pytest.mark.parametrize("role", PROGRAMS.values())
def test_a_role_may_execute_its_procedures_and_nothing_else(database: Database, role: str) -> None:
    grants = [next(iter(row.values())) for row in database.rows(f"SHOW GRANTS FOR {role}")]
    executable, other = [], []
    for grant in grants:
        procedure = re.match(r"GRANT EXECUTE ON PROCEDURE `(\w+)`\.`(\w+)` TO ", grant)
        if not procedure:
            other.append(grant)
        elif procedure[1] == database.name:
            executable.append(procedure[2])
    assert sorted(executable) == procedures_of(role)
    assert len(other) == 1 and other[0].startswith("GRANT USAGE ON *.* TO ")


@pytest.mark.parametrize("account, role", PROGRAMS.items())
def test_a_program_can_call_its_procedures(database: Database, account: str, role: str) -> None:
    for procedure in procedures_of(role):
        # None takes so many: what is wrong with the call then is that, and not the right to make it.
        assert denial(database, f"CALL {procedure}({', '.join(['NULL'] * 9)})", account) == WRONG_NUMBER_OF_ARGUMENTS


def test_there_are_no_tables_but_those_of_the_schema(database: Database) -> None:
    tables = database.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", [database.name]
    )
    assert sorted(row["name"] for row in tables) == sorted(RELATIONS)


@each_program
@pytest.mark.parametrize("table", RELATIONS)
def test_a_program_can_neither_read_nor_write(database: Database, account: str, table: str) -> None:
    column = database.rows(f"SHOW COLUMNS FROM {table}")[0]["Field"]
    for sql in (
        f"SELECT * FROM {table}",
        f"SELECT COUNT(*) FROM {table}",
        f"INSERT INTO {table} ({column}) VALUES (1)",
        f"UPDATE {table} SET {column} = 1",
        f"DELETE FROM {table}",
        f"DROP TABLE {table}",
    ):
        assert denial(database, sql, account) == ACCESS_DENIED_TO_TABLE, sql


@pytest.mark.parametrize("account, role", PROGRAMS.items())
def test_a_program_can_call_no_other_procedure(database: Database, account: str, role: str) -> None:
    for procedure in (file.stem for file in PUBLIC + INTERNAL if file.stem not in procedures_of(role)):
        assert denial(database, f"CALL {procedure}()", account) == ACCESS_DENIED_TO_PROCEDURE, procedure


@each_program
def test_a_program_cannot_change_the_database(database: Database, account: str) -> None:
    assert denial(database, "CREATE TABLE own (id INT)", account) == ACCESS_DENIED_TO_TABLE
    assert denial(database, "CREATE PROCEDURE own() SELECT 1", account) == ACCESS_DENIED_TO_DATABASE
    for procedure in ("get_event", "claim_deliveries"):
        assert denial(database, f"DROP PROCEDURE {procedure}", account) == ACCESS_DENIED_TO_PROCEDURE


@each_program
def test_a_program_cannot_read_the_accounts(database: Database, account: str) -> None:
    assert denial(database, "SELECT * FROM mysql.user", account) == ACCESS_DENIED_TO_TABLE
    assert denial(database, "USE mysql", account) == ACCESS_DENIED_TO_DATABASE


def test_a_dba_can_read_change_and_call_everything(database: Database, organizer: int) -> None:
    dba = database.connection("dba")
    for table in RELATIONS:
        dba.rows(f"SELECT * FROM {table}")
    dba.rows("UPDATE settings SET value = value")
    dba.call("require_role", organizer, "organizer")
    assert dba.call("check_health") == [[{"status": "ok"}]]
    assert dba.call("requeue_deliveries", "dead", None, None) == [[{"requeued": 0}]]


@pytest.mark.parametrize("account", ["shim", "notifier", "dba"])
def test_everybody_can_read_the_manuals(database: Database, account: str) -> None:
    for file in PUBLIC + INTERNAL:
        parameters = ", ".join(re.findall(r"^    IN (p_\w+)", code_of(file), re.MULTILINE))
        [[row]] = database.call("read_manual", file.stem, account=account)
        assert (row["name"], row["manual"]) == (file.stem, manual_of(file))
        assert not parameters or row["parameters"] == parameters
    everything = database.call("read_manual", None, account=account)[0]
    assert {file.stem for file in PUBLIC + INTERNAL} <= {row["name"] for row in everything}


def test_nobody_can_log_in_as_the_definer(database: Database) -> None:
    for password in ("", "eventhub_definer"):
        with pytest.raises(pymysql.err.OperationalError):
            pymysql.connect(unix_socket=database.server.socket, user="eventhub_definer", password=password)
    locked = database.rows("SHOW CREATE USER 'eventhub_definer'@'localhost'")[0]
    assert "ACCOUNT LOCK" in next(iter(locked.values()))


def test_the_definer_has_no_right_beyond_the_data(database: Database) -> None:
    grants = [next(iter(row.values())) for row in database.rows(f"SHOW GRANTS FOR {DEFINER}")]
    here = [grant for grant in grants if "`%s`" % database.name.replace("_", "\\_") in grant]
    assert len(here) == 1
    assert here[0].startswith("GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE, SHOW VIEW, TRIGGER ON ")
    assert [grant for grant in grants if "*.*" in grant and not grant.startswith("GRANT USAGE ")] == []


def test_a_database_whose_name_is_alike_is_out_of_reach(database: Database) -> None:
    """In a grant on a database an underscore stands for any character, unless it is escaped."""
    decoy = database.name.replace("_", "x")
    database.rows(f"CREATE DATABASE {decoy}")
    try:
        database.rows(f"CREATE TABLE {decoy}.secret (n INT)")
        with pytest.raises(pymysql.err.MySQLError), database.connect("dba") as dba:
            dba.rows(f"SELECT * FROM {decoy}.secret")
    finally:
        database.rows(f"DROP DATABASE {decoy}")


def test_every_procedure_and_view_runs_with_the_rights_of_the_definer(database: Database) -> None:
    routines = database.rows(
        "SELECT routine_name AS name, routine_type AS type, definer AS definer, security_type AS security"
        " FROM information_schema.routines WHERE routine_schema = %s ORDER BY 1", [database.name],
    )
    files = [*((file, "PROCEDURE") for file in PUBLIC + INTERNAL), *((file, "FUNCTION") for file in FUNCTIONS)]
    assert routines == [
        {"name": name, "type": kind, "definer": DEFINER, "security": "DEFINER"}
        for name, kind in sorted((file.stem, kind) for file, kind in files)
    ]
    views = database.rows(
        "SELECT table_name AS name, definer AS definer, security_type AS security"
        " FROM information_schema.views WHERE table_schema = %s ORDER BY 1", [database.name],
    )
    assert views == [{"name": file.stem, "definer": DEFINER, "security": "DEFINER"} for file in VIEWS]


def test_there_are_no_scheduled_events_and_no_triggers_but_those_of_the_files(database: Database) -> None:
    triggers = database.rows(
        "SELECT trigger_name AS name, definer AS definer FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY 1"
    )
    assert triggers == [{"name": file.stem, "definer": DEFINER} for file in TRIGGERS]
    assert database.rows("SHOW EVENTS") == []
