"""Backups: a database is the same as before after a dump and a restore, as the manual describes them and in other usual ways."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pymysql
import pytest

from support.connection import Connection, Refused, Row
from support.database import PASSWORD_HASH, TREE, Database, Server, utc_now

README = (TREE / "db/README.md").read_text(encoding="utf-8")
MANUAL = README.partition("## Backup and restore")[2].partition("\n## ")[0]
DUMPS, RESTORE = re.findall(r"(?:^    .+\n)+", MANUAL, re.MULTILINE)
NAME = "eventhub"
NO_SUCH_USER = "1449"
# What migrate notes about itself.
OWN = ("deployed_objects", "schema_migrations")


@pytest.fixture(scope="module")
def target() -> Iterator[Server]:
    """Another server, to restore on."""
    with Server(own=True, disposable=True) as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_left(target: Server, server: Server) -> Iterator[None]:
    yield
    for each in (target, server):
        with each.connect() as root:
            for name in (NAME, "elsewhere"):
                root.rows(f"DROP DATABASE IF EXISTS {name}")
    with target.connect() as root:
        for user in ("eventhub_definer@localhost", "early@localhost", "late@localhost"):
            root.rows(f"DROP USER IF EXISTS {user}")
        for role in ("eventhub_api", "eventhub_mailer", "eventhub_dba"):
            root.rows(f"DROP ROLE IF EXISTS {role}")


class Shell:
    """A directory in which the manual's commands can be typed as they stand: they reach one server, mostly as root."""

    def __init__(self, server: Server, directory: Path, user: str = "root") -> None:
        self.server = server
        self.directory = directory
        self.programs = directory / f"programs{server.socket.replace('/', '-')}-{user}"
        self.programs.mkdir(exist_ok=True)
        client = [option.replace("--user=root", f"--user={user}") for option in server.client_command()]
        dump = server.dump_program()
        self.dump = DUMPS.splitlines()[0 if server.is_mysql() else 1]
        for name, program in (("mysql", client[0]), ("mysqldump", dump), ("mariadb-dump", dump)):
            script = self.programs / name
            script.write_text(f'#!/bin/sh\nexec {program} {" ".join(client[1:])} "$@"\n', encoding="utf-8")
            script.chmod(0o755)
        if not (directory / "migrations").exists():
            (directory / "migrations").symlink_to(TREE / "migrations")

    def type(self, commands: str) -> subprocess.CompletedProcess:
        environment = os.environ | {
            "PATH": f"{self.programs}:{os.environ['PATH']}", "MYSQL_CLIENT": str(self.programs / "mysql"),
            "MYSQL_PWD": "early" if self.programs.name.endswith("-keeper") else "",
        }
        return subprocess.run(
            ["bash", "-e", "-c", commands], cwd=self.directory, env=environment, capture_output=True, text=True, timeout=120
        )

    def succeed(self, commands: str) -> str:
        done = self.type(commands)
        assert done.returncode == 0, done.stderr
        return done.stderr


def contents(server: Server, name: str) -> dict[str, list]:
    """All rows of all tables."""
    with server.connect("root", name) as root:
        tables = root.rows(
            "SELECT table_name AS name FROM information_schema.tables"
            " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
        )
        names = sorted(row["name"] for row in tables if row["name"] not in OWN)
        return {table: root.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in names}


def listed(session: Connection, text: str | None = None) -> list[Row]:
    """The list of events, or of those with a text; without the second in which it was asked, with which each cursor begins."""
    (rows,) = session.call("browse_events", None, None, None, None, text, None, None, None)
    return [{**row, "next_cursor": row["next_cursor"].partition("_")[2]} for row in rows]


def answers(session: Connection) -> list:
    """What procedures of all three roles and the views answer; the session may call all of them."""
    return [
        listed(session), listed(session, "engin"),
        *(session.call("get_event", event) for event in (1, 2)),
        session.call("find_credentials", "JOERG@EXÄMPLE.org"), session.call("list_participants", 1, 1),
        session.call("list_my_registrations", 2), session.call("preview_deliveries", None),
        # A view promises no order, and a restored table's statistics may lead the server another way.
        *(
            sorted(session.rows(f"SELECT * FROM {view}"), key=repr)
            for view in ("seat_audit", "events_due_soon", "deliveries_log")
        ),
    ]


def description(server: Server, name: str) -> list:
    """What the database's objects are, as far as the server's catalogue says."""
    with server.connect("root", name) as root:
        return [
            root.rows("SELECT @@character_set_database AS charset, @@collation_database AS collation"),
            root.rows(
                "SELECT routine_type, routine_name, routine_definition, sql_mode, definer, security_type, routine_comment,"
                " character_set_client, collation_connection, database_collation FROM information_schema.routines"
                " WHERE routine_schema = DATABASE() ORDER BY routine_type, routine_name"
            ),
            root.rows(
                "SELECT specific_name, ordinal_position, parameter_name, dtd_identifier, collation_name"
                " FROM information_schema.parameters WHERE specific_schema = DATABASE() ORDER BY 1, 2"
            ),
            root.rows(
                f"SELECT table_name, REPLACE(view_definition, '`{name}`.', '') AS definition, definer, security_type"
                " FROM information_schema.views WHERE table_schema = DATABASE() ORDER BY 1"
            ),
            root.rows(
                "SELECT trigger_name, action_statement, definer, database_collation FROM information_schema.triggers"
                " WHERE trigger_schema = DATABASE() ORDER BY 1"
            ),
            root.rows(
                f"SELECT user, routine_name FROM mysql.procs_priv WHERE db = '{name}' ORDER BY 1, 2"
            ),
        ]


@pytest.fixture
def source(server: Server, database: Database) -> Server:
    """A server with a database named as in the manual, in which something of everything has happened."""
    server.make_database(NAME)
    with server.connect("root", NAME) as root:
        users = [
            root.call("register_user", name, email, PASSWORD_HASH, role)[0][0]["user_id"]
            for name, email, role in (
                ("Olivia", "olivia@example.org", "organizer"), ("Jörg", "joerg@exämple.org", "participant"),
                ("Zoë 😀", "zoe@example.org", "participant"),
            )
        ]
        assert users == [1, 2, 3]
        for title, hours in (("Analytical Engines ÄÖÜ", 5), ("Café engines", 500), ("Called off", 400), ("Over", 300)):
            root.call("create_event", 1, title, "…", "Hall", "Ada", utc_now() + timedelta(hours=hours), 10)
        for event in (1, 2, 3, 4):
            root.call("register_for_event", 2, event, event)
        root.call("register_for_event", 3, 1, 2)
        root.call("cancel_event", 1, 3)
        root.call("update_event", 1, 2, None, None, "Elsewhere", None, None, None)
        root.rows("UPDATE events SET event_date = UTC_TIMESTAMP() - INTERVAL 1 DAY WHERE id = 4")
        root.rows("UPDATE settings SET value = 7 WHERE name = 'max_seats_per_booking'")
        root.call("plan_deliveries", None)
        root.call("claim_deliveries", "test", 1, 600)
        assert root.rows("SELECT * FROM seat_audit") == []
    return server


@pytest.fixture
def shell(target: Server, tmp_path: Path) -> Shell:
    return Shell(target, tmp_path)


@pytest.fixture
def dumped(source: Server, shell: Shell) -> Server:
    """The source, once the manual's dump has been made of it."""
    there = Shell(source, shell.directory)
    there.succeed(there.dump)
    return source


def health(server: Server, name: str, user: str) -> str:
    """What the account of a shim is told of the database."""
    try:
        with Connection(unix_socket=server.socket, user=user, password="early", database=name) as session:
            return session.call("check_database", 1)[0][0]["status"]
    except (Refused, pymysql.err.MySQLError) as refused:
        return str(refused)


def expect_equal(server: Server, name: str, original: Server) -> None:
    """The server holds the same as the original."""
    assert contents(server, name) == contents(original, NAME)
    assert description(server, name) == description(original, NAME)
    with server.connect("root", name) as restored, original.connect("root", NAME) as before:
        assert answers(restored) == answers(before)


def make_api_account(server: Server, user: str) -> None:
    server.create_account(f"{user}@localhost", "eventhub_api", "early")


def expect_working(server: Server, name: str, user: str) -> None:
    """The account of a shim can do what shims do, and nothing is counted wrong by it."""
    with Connection(unix_socket=server.socket, user=user, password="early", database=name) as session:
        assert session.call("check_database", 1) == session.call("check_health") == [[{"status": "ok"}]]
        before = session.call("get_event", 2)[0][0]["seats_available"]
        assert session.call("register_for_event", 3, 2, 3)[0][0]["seats_available"] == before - 3
        assert session.call("unregister_from_event", 3, 2)[0][0]["seats_available"] == before
        session.call("cancel_event", 1, session.call("create_event", 1, "T", "", "V", "S", "2036-01-01", 1)[0][0]["event_id"])
    with server.connect("root", name) as root:
        assert root.rows("SELECT * FROM seat_audit") == []
        root.call("plan_deliveries", None)


def expect_restored(shell: Shell, name: str, original: Server) -> None:
    """After migrate the database is the same as before, both in its definitions and in its answers."""
    assert shell.type(f"migrations/migrate --check {name}").returncode == 1
    shell.succeed(f"migrations/migrate {name}")
    expect_equal(shell.server, name, original)
    assert "is as this version wants it" in shell.succeed(f"migrations/migrate --check {name}")
    make_api_account(shell.server, "late")
    expect_working(shell.server, name, "late")


def test_as_the_manual_says(dumped: Server, target: Server, shell: Shell) -> None:
    accounts, restore, migrate = RESTORE.strip().splitlines()
    shell.succeed(accounts)
    make_api_account(target, "early")
    shell.succeed(restore)
    assert health(target, NAME, "early") != "ok"
    assert shell.type(f"migrations/migrate --check {NAME}").returncode == 1
    shell.succeed(migrate)
    expect_equal(target, NAME, dumped)
    assert "is as this version wants it" in shell.succeed(f"migrations/migrate --check {NAME}")
    make_api_account(target, "late")
    for user in ("early", "late"):
        expect_working(target, NAME, user)


@pytest.mark.parametrize("charset", ["utf8mb4", "latin1"])
def test_a_restore_that_stops_for_want_of_the_definer(dumped: Server, target: Server, shell: Shell, charset: str) -> None:
    """The placeholder views are there, grants are missing, and so are the routines that the server refused."""
    with target.connect() as root:
        root.rows(f"CREATE DATABASE {NAME} CHARACTER SET {charset}")
    stopped = shell.type(f"mysql {NAME} <eventhub.sql")
    assert stopped.returncode == 1 and NO_SUCH_USER in stopped.stderr
    expect_restored(shell, NAME, dumped)


def test_a_restore_into_another_name(dumped: Server, target: Server, shell: Shell) -> None:
    target.make_database(NAME)
    shell.succeed("mysql -e 'CREATE DATABASE elsewhere'")
    # The definer is there and has no rights in that database.
    shell.type("mysql elsewhere <eventhub.sql")
    expect_restored(shell, "elsewhere", dumped)


def test_a_restore_on_the_same_server_after_drop_and_create(source: Server, shell: Shell, database: Database) -> None:
    here = Shell(source, shell.directory)
    here.succeed(here.dump)
    # What is compared with afterwards.
    here.succeed("mysql -e 'CREATE DATABASE elsewhere CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci'")
    kept = contents(source, NAME), description(source, NAME)
    here.succeed(f"mysql -e 'DROP DATABASE {NAME}; CREATE DATABASE {NAME} CHARACTER SET latin1' && mysql {NAME} <eventhub.sql")
    assert here.type(f"migrations/migrate --check {NAME}").returncode == 1
    here.succeed(f"migrations/migrate {NAME}")
    assert (contents(source, NAME), description(source, NAME)) == kept
    make_api_account(source, "late")
    expect_working(source, NAME, "late")


@pytest.mark.parametrize("options", ["--no-data --routines", "--no-data"])
def test_a_dump_without_data_becomes_an_empty_eventhub(
    source: Server, target: Server, shell: Shell, options: str
) -> None:
    Shell(source, shell.directory).succeed(f"mysqldump {options} --no-tablespaces {NAME} >eventhub.sql")
    shell.succeed(f"migrations/migrate --accounts {NAME} && mysql {NAME} <eventhub.sql")
    result = shell.succeed(f"migrations/migrate {NAME}")
    assert "the tables are as this version makes them" in result
    target.make_database("elsewhere")
    assert description(target, NAME) == description(target, "elsewhere")
    empty, made = contents(target, NAME), contents(target, "elsewhere")
    for turn in empty["turns"] + made["turns"]:
        del turn["taken_at"]
    # Not that of any other database.
    assert len({row.pop("value") for row in empty["secrets"] + made["secrets"]}) == 2
    assert empty == made
    assert shell.type(f"migrations/migrate --check {NAME}").returncode == 0


def test_a_dump_without_routines(source: Server, target: Server, shell: Shell) -> None:
    Shell(source, shell.directory).succeed(f"mysqldump --skip-triggers --no-tablespaces {NAME} >eventhub.sql")
    shell.succeed(f"migrations/migrate --accounts {NAME} && mysql {NAME} <eventhub.sql")
    expect_restored(shell, NAME, source)


def test_a_dba_makes_the_dump(source: Server, target: Server, shell: Shell) -> None:
    """With the role and the one right besides that the manual names."""
    for_mysql, for_mariadb = re.findall(r"^    (GRANT .* ON \S+ TO eventhub_dba);", README, re.MULTILINE)
    grant = for_mysql if source.is_mysql() else for_mariadb
    with source.connect() as root:
        root.rows("DROP USER IF EXISTS keeper@localhost")
        source.create_account("keeper@localhost", "eventhub_dba", "early")
        root.rows(grant)
        try:
            there = Shell(source, shell.directory, "keeper")
            there.succeed(there.dump)
            with Connection(unix_socket=source.socket, user="keeper", password="early", database=NAME) as keeper:
                shown = keeper.rows("SHOW CREATE PROCEDURE create_event")[0]["Create Procedure"]
                assert shown is not None and "SIGNAL" in shown or "CALL" in shown
        finally:
            root.rows(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "))
            root.rows("DROP USER keeper@localhost")
    for command in RESTORE.strip().splitlines():
        shell.succeed(command)
    expect_equal(target, NAME, source)
