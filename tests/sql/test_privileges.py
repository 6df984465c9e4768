"""Who may do what: the accounts, their roles and the definer behind the procedures."""

from __future__ import annotations

import re

import pymysql
import pytest

from support.database import Database
from support.sources import INTERNAL, PUBLIC, VIEWS

DEFINER = "eventhub_definer@localhost"
TABLES = ["users", "events", "registrations", "cancellations", "settings", "schema_migrations", "deployed_objects"]
ACCESS_DENIED_TO_DATABASE = 1044
ACCESS_DENIED_TO_TABLE = 1142
ACCESS_DENIED_TO_PROCEDURE = 1370


def denial(database: Database, sql: str, account: str = "shim") -> int:
    """The number of the error with which an account is denied a statement."""
    with pytest.raises(pymysql.err.OperationalError) as denied:
        database.connection(account).rows(sql)
    return denied.value.args[0]


def test_the_api_role_may_execute_the_public_procedures_and_nothing_else(database: Database) -> None:
    grants = [next(iter(row.values())) for row in database.rows("SHOW GRANTS FOR eventhub_api")]
    executable, other = [], []
    for grant in grants:
        procedure = re.match(r"GRANT EXECUTE ON PROCEDURE `(\w+)`\.`(\w+)` TO ", grant)
        if not procedure:
            other.append(grant)
        elif procedure[1] == database.name:
            executable.append(procedure[2])
    assert sorted(executable) == [file.stem for file in PUBLIC]
    assert len(other) == 1 and other[0].startswith("GRANT USAGE ON *.* TO ")


def test_the_shim_can_execute_the_public_procedures(database: Database) -> None:
    visible = database.connection("shim").rows(
        "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s ORDER BY 1",
        [database.name],
    )
    assert [row["name"] for row in visible] == [file.stem for file in PUBLIC]


def test_the_list_of_tables_here_is_complete(database: Database) -> None:
    tables = database.rows(
        "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = %s ORDER BY 1", [database.name]
    )
    assert [row["name"] for row in tables] == sorted(TABLES + [file.stem for file in VIEWS])


@pytest.mark.parametrize("table", TABLES + [file.stem for file in VIEWS])
def test_the_shim_can_neither_read_nor_write(database: Database, table: str) -> None:
    column = database.rows(f"SHOW COLUMNS FROM {table}")[0]["Field"]
    for sql in (
        f"SELECT * FROM {table}",
        f"SELECT COUNT(*) FROM {table}",
        f"INSERT INTO {table} ({column}) VALUES (1)",
        f"UPDATE {table} SET {column} = 1",
        f"DELETE FROM {table}",
        f"DROP TABLE {table}",
    ):
        assert denial(database, sql) == ACCESS_DENIED_TO_TABLE, sql


@pytest.mark.parametrize("procedure", [file.stem for file in INTERNAL])
def test_the_shim_cannot_call_an_internal_procedure(database: Database, procedure: str) -> None:
    assert denial(database, f"CALL {procedure}()") == ACCESS_DENIED_TO_PROCEDURE


def test_the_shim_cannot_change_the_database(database: Database) -> None:
    assert denial(database, "CREATE TABLE own (id INT)") == ACCESS_DENIED_TO_TABLE
    assert denial(database, "DROP PROCEDURE get_event") == ACCESS_DENIED_TO_PROCEDURE
    assert denial(database, "CREATE PROCEDURE own() SELECT 1") == ACCESS_DENIED_TO_DATABASE


def test_the_shim_cannot_read_the_accounts(database: Database) -> None:
    assert denial(database, "SELECT * FROM mysql.user") == ACCESS_DENIED_TO_TABLE
    assert denial(database, "USE mysql") == ACCESS_DENIED_TO_DATABASE


def test_the_notifier_has_no_way_into_the_database(database: Database) -> None:
    with pytest.raises(pymysql.err.OperationalError) as denied:
        database.connect("notifier")
    assert denied.value.args[0] == ACCESS_DENIED_TO_DATABASE

    with database.server.connect("notifier") as notifier:
        for file in PUBLIC + INTERNAL:
            with pytest.raises(pymysql.err.OperationalError) as denied:
                notifier.rows(f"CALL {database.name}.{file.stem}()")
            assert denied.value.args[0] == ACCESS_DENIED_TO_PROCEDURE
        for table in TABLES + [file.stem for file in VIEWS]:
            with pytest.raises(pymysql.err.OperationalError) as denied:
                notifier.rows(f"SELECT * FROM {database.name}.{table}")
            assert denied.value.args[0] == ACCESS_DENIED_TO_TABLE


def test_a_dba_can_read_change_and_call_everything(database: Database, organizer: int) -> None:
    dba = database.connection("dba")
    for table in TABLES + [file.stem for file in VIEWS]:
        dba.rows(f"SELECT * FROM {table}")
    dba.rows("UPDATE settings SET value = value")
    dba.call("require_role", organizer, "organizer")
    assert dba.call("check_health") == [[{"status": "ok"}]]


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
    assert here[0].startswith("GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON ")
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
    assert routines == [
        {"name": name, "type": "PROCEDURE", "definer": DEFINER, "security": "DEFINER"}
        for name in sorted(file.stem for file in PUBLIC + INTERNAL)
    ]
    views = database.rows(
        "SELECT table_name AS name, definer AS definer, security_type AS security"
        " FROM information_schema.views WHERE table_schema = %s ORDER BY 1", [database.name],
    )
    assert views == [{"name": file.stem, "definer": DEFINER, "security": "DEFINER"} for file in VIEWS]


def test_there_are_no_triggers_and_no_scheduled_events(database: Database) -> None:
    assert database.rows("SHOW TRIGGERS") == []
    assert database.rows("SHOW EVENTS") == []
