"""Servers and clients as hosts configure them: migrate works, or says by name what cannot work, before it changes anything."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.connection import Connection, Refused
from support.database import TREE, Server

README = (TREE / "migrations/README.md").read_text(encoding="utf-8")
# What a server may make the default of all sessions, and what else a host may choose.
BOTH = (
    "--log-bin", "--server-id=1", "--binlog-format=ROW", "--autocommit=0", "--completion-type=CHAIN",
    "--sql-mode=NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,HIGH_NOT_PRECEDENCE", "--default-storage-engine=MyISAM",
    "--character-set-server=latin1", "--collation-server=latin1_german1_ci", "--transaction-isolation=SERIALIZABLE",
    "--default-time-zone=+05:45", "--group-concat-max-len=10", "--wait-timeout=2",
)
ON_MYSQL = ("--partial-revokes=ON", "--sql-require-primary-key=ON")
ON_MARIADB = ("--lower-case-table-names=1", "--innodb-force-primary-key=ON", "--max-statement-time=1000")


def is_mysql() -> bool:
    server = os.environ.get("MYSQLD") or shutil.which("mariadbd") or shutil.which("mysqld", path=f"{os.environ['PATH']}:/usr/sbin")
    version = subprocess.run([server, "--no-defaults", "--version"], capture_output=True, text=True, check=True)
    return "MariaDB" not in version.stdout


@pytest.fixture(scope="module")
def odd() -> Iterator[Server]:
    """A server with everything set in an unusual way that EventHub can do with."""
    with Server(own=True, disposable=True, options=[*BOTH, *(ON_MYSQL if is_mysql() else ON_MARIADB)]) as server:
        yield server


class Migrated:
    """A name of a database on a server, with an underscore in it, and how migrate does on it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.name = f"event_hub_{secrets.token_hex(3)}"

    def migrate(self, *options: str, tree: Path = TREE, first: str = "--no-defaults", user: str = "root") -> subprocess.CompletedProcess:
        command = [
            str(tree / "migrations/migrate"), first, f"--socket={self.server.socket}", f"--user={user}", *options, self.name,
        ]
        environment = os.environ | {"MYSQL_PWD": "" if user == "root" else "right"}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)

    def exists(self) -> bool:
        with self.server.connect() as root:
            return bool(root.rows("SHOW DATABASES LIKE %s", [self.name.replace("_", "\\_")]))

    def account(self, role: str) -> Connection:
        user = f"{role}_{secrets.token_hex(3)}"
        self.server.create_account(f"{user}@localhost", role, "right")
        return Connection(unix_socket=self.server.socket, user=user, password="right", database=self.name)


@pytest.fixture
def migrated(odd: Server) -> Iterator[Migrated]:
    migrated = Migrated(odd)
    yield migrated
    with odd.connect() as root:
        root.rows(f"DROP DATABASE IF EXISTS {migrated.name}")


def expect_as_wanted(migrated: Migrated) -> None:
    for options, said in (((), "is up to date"), (("--check",), "is as this version wants it")):
        result = migrated.migrate(*options)
        assert (result.returncode, len(result.stderr.splitlines())) == (0, 1), result.stderr
        assert said in result.stderr


def test_unusual_defaults_of_a_server(migrated: Migrated, setting: Callable[..., None]) -> None:
    # Under which the sessions of these tests can do little.
    setting("max_join_size", 10)
    result = migrated.migrate()
    assert result.returncode == 0, result.stderr
    expect_as_wanted(migrated)
    setting("max_join_size", 1000000)
    with migrated.account("eventhub_api") as shim, migrated.account("eventhub_dba") as dba:
        assert shim.call("check_database", 1) == [[{"status": "ok"}]]
        assert dba.rows("SELECT COUNT(*) AS unfinished FROM schema_migrations WHERE finished_at IS NULL") == [{"unfinished": 0}]
        assert dba.rows("SELECT * FROM seat_audit") == []


@pytest.fixture
def setting(odd: Server) -> Iterator[Callable[..., None]]:
    """Sets a global variable for the length of a test."""
    before = []

    def set_to(name: str, value: str | int) -> None:
        with odd.connect() as root:
            before.append((name, root.rows(f"SELECT @@GLOBAL.{name} AS value")[0]["value"]))
            root.rows(f"SET GLOBAL {name} = %s", [value])

    yield set_to
    with odd.connect() as root:
        for name, value in reversed(before):
            root.rows(f"SET GLOBAL {name} = %s", [value])


REFUSED = [("binlog_format", "STATEMENT"), ("innodb_default_row_format", "compact"), ("innodb_default_row_format", "redundant")]


@pytest.mark.parametrize("name, value", REFUSED)
def test_a_setting_that_cannot_work_is_named_before_anything_is_changed(
    migrated: Migrated, setting: Callable[..., None], name: str, value: str
) -> None:
    setting(name, value)
    for options in ((), ("--check",)):
        result = migrated.migrate(*options)
        assert result.returncode == 1
        assert f"{name} is {value}" in result.stderr and "set it to" in result.stderr
    assert not migrated.exists()


def test_ansi_quotes(migrated: Migrated, setting: Callable[..., None]) -> None:
    """MySQL then drops the role's right to execute the procedure."""
    setting("sql_mode", "ANSI")
    result = migrated.migrate()
    if migrated.server.is_mysql():
        assert result.returncode == 1
        assert "sql_mode is" in result.stderr and "without ANSI_QUOTES" in result.stderr
        assert not migrated.exists()
    else:
        assert result.returncode == 0, result.stderr
        with migrated.account("eventhub_api") as shim:
            assert shim.call("check_database", 1) == [[{"status": "ok"}]]


def test_a_server_that_comes_to_log_statements_is_noticed(migrated: Migrated, setting: Callable[..., None]) -> None:
    assert migrated.migrate().returncode == 0
    setting("binlog_format", "STATEMENT")
    assert "binlog_format is STATEMENT" in migrated.migrate("--check").stderr
    with migrated.account("eventhub_api") as shim, pytest.raises(Refused) as refused:
        shim.call("check_database", 1)
    assert refused.value.code == "binlog_statement"


def test_a_row_format_matters_only_to_tables_that_are_to_be_made(migrated: Migrated, setting: Callable[..., None]) -> None:
    assert migrated.migrate().returncode == 0
    setting("innodb_default_row_format", "compact")
    expect_as_wanted(migrated)


def grants(server: Server, name: str) -> list[str]:
    """The statements of the manual that make an account which can migrate a database of that name."""
    blocks = re.findall(r"(?:^    [A-Z].+;\n)+", README.partition("## The account")[2], re.MULTILINE)
    block = blocks[0 if server.is_mysql() else 1].replace("'...'", "'right'").replace("eventhub.*", f"`{name}`.*")
    return [line.strip() for line in block.splitlines()]


@pytest.fixture
def migrator(migrated: Migrated, setting: Callable[..., None]) -> Migrated:
    """With an account that has the rights that the manual lists, and no others."""
    setting("log_bin_trust_function_creators", 1)
    with migrated.server.connect() as root:
        root.rows("SET SESSION sql_mode = ''")
        root.rows("DROP USER IF EXISTS migrator@localhost")
        for statement in grants(migrated.server, migrated.name):
            root.rows(statement)
    return migrated


def test_the_rights_that_the_manual_names_suffice(migrator: Migrated) -> None:
    for _ in range(2):
        result = migrator.migrate(user="migrator")
        assert result.returncode == 0, result.stderr
    with migrator.server.connect("root", migrator.name) as root:
        # A grant is given again, though the definer is there and things belong to it; that takes no more rights.
        if migrator.server.is_mysql():
            root.rows("REVOKE ALLOW_NONEXISTENT_DEFINER ON *.* FROM migrator@localhost")
        root.rows(f"REVOKE SHOW VIEW ON `{root.rows(NAME_IN_GRANT)[0]['name']}`.* FROM eventhub_definer@localhost")
    result = migrator.migrate(user="migrator")
    assert result.returncode == 0, result.stderr
    # Or all of it, with the account, as on a server on which a dump was restored.
    with migrator.server.connect() as root:
        root.rows("SET SESSION wait_timeout = 600")
        root.rows("DROP USER eventhub_definer@localhost")
        if migrator.server.is_mysql():
            result = migrator.migrate(user="migrator")
            assert result.returncode == 1
            assert "grant it\n  ALLOW_NONEXISTENT_DEFINER" in result.stderr
            root.rows("GRANT ALLOW_NONEXISTENT_DEFINER ON *.* TO migrator@localhost")
    result = migrator.migrate(user="migrator")
    assert result.returncode == 0, result.stderr
    expect_as_wanted(migrator)


# What MySQL and MariaDB call rights without which an account cannot migrate.
NEEDED = [("SET_ANY_DEFINER", "SET USER"), ("CREATE USER", "CREATE USER"), ("SHOW_ROUTINE", None), ("SELECT ON mysql.*",) * 2]


@pytest.mark.parametrize("on_mysql, on_mariadb", NEEDED)
def test_an_account_that_lacks_one_of_them_is_told_so_before_anything_is_dropped(
    migrator: Migrated, on_mysql: str, on_mariadb: str | None
) -> None:
    assert migrator.migrate().returncode == 0
    right = on_mysql if migrator.server.is_mysql() else on_mariadb
    if right is None:
        return
    with migrator.server.connect("root", migrator.name) as root:
        root.rows("SET SESSION wait_timeout = 600")
        root.rows(f"REVOKE {right if ' ON ' in right else f'{right} ON *.*'} FROM migrator@localhost")
        # Work for it: a role to be made, and a procedure.
        root.rows("DROP ROLE eventhub_mailer")
        root.rows("DROP PROCEDURE create_event")
        result = migrator.migrate(user="migrator")
        assert result.returncode == 1
        assert "migrations/README.md lists" in result.stderr, result.stderr
        assert root.rows("SELECT path FROM deployed_objects WHERE path = 'unfinished'") == []
    assert migrator.migrate().returncode == 0


def test_passwords_that_have_to_be_strong(migrated: Migrated) -> None:
    """The definer's account has one."""
    is_mysql = migrated.server.is_mysql()
    with migrated.server.connect() as root:
        root.rows("SET SESSION wait_timeout = 600")
        root.rows("DROP USER IF EXISTS eventhub_definer@localhost")
        if is_mysql:
            root.rows("INSTALL COMPONENT 'file://component_validate_password'")
        try:
            result = migrated.migrate()
            assert result.returncode == 0, result.stderr
        finally:
            if is_mysql:
                root.rows("UNINSTALL COMPONENT 'file://component_validate_password'")
        password = root.rows("SELECT authentication_string AS hash FROM mysql.user WHERE user = 'eventhub_definer'")
        assert len(password[0]["hash"]) > 20


# As it stands in the grant of the definer on this database.
NAME_IN_GRANT = (
    "SELECT db AS name FROM mysql.db WHERE user = 'eventhub_definer' AND REPLACE(db, CHAR(92), '') = DATABASE()"
)


@pytest.fixture
def with_a_trigger(tmp_path: Path) -> Path:
    """A checkout that has a trigger, whether or not the product has."""
    for folder in ("db", "migrations"):
        shutil.copytree(TREE / folder, tmp_path / folder)
    (tmp_path / "db/triggers").mkdir(exist_ok=True)
    (tmp_path / "db/triggers/settings_stay_small.sql").write_text(
        "DROP TRIGGER IF EXISTS settings_stay_small;\n"
        "CREATE DEFINER = 'eventhub_definer'@'localhost' TRIGGER settings_stay_small\n"
        "BEFORE UPDATE ON settings FOR EACH ROW SET NEW.value = LEAST(NEW.value, 1000);\n", encoding="utf-8"
    )
    return tmp_path


def test_triggers_beside_a_binary_log(migrator: Migrated, with_a_trigger: Path, setting: Callable[..., None]) -> None:
    setting("log_bin_trust_function_creators", 0)
    result = migrator.migrate(tree=with_a_trigger, user="migrator")
    assert result.returncode == 1
    assert "log_bin_trust_function_creators" in result.stderr
    with migrator.server.connect("root", migrator.name) as root:
        assert root.rows("SHOW TABLES") == []

    setting("log_bin_trust_function_creators", 1)
    result = migrator.migrate(tree=with_a_trigger, user="migrator")
    assert result.returncode == 0, result.stderr
    assert migrator.migrate("--check", tree=with_a_trigger, user="migrator").returncode == 0
    with migrator.server.connect("root", migrator.name) as root:
        root.rows("UPDATE settings SET value = 5000 WHERE name = 'max_seats_per_booking'")
        assert root.rows("SELECT MAX(value) AS value FROM settings") == [{"value": 1000}]
        assert root.call("check_database", 1) == [[{"status": "ok"}]]
        root.rows("DROP TRIGGER settings_stay_small")
        with pytest.raises(Refused, match="triggers/settings_stay_small.sql"):
            root.call("check_database", 1)
    assert "settings_stay_small is missing" in migrator.migrate("--check", tree=with_a_trigger).stderr
    assert migrator.migrate(tree=with_a_trigger).returncode == 0
    (with_a_trigger / "db/triggers/settings_stay_small.sql").unlink()
    assert migrator.migrate(tree=with_a_trigger).returncode == 0
    with migrator.server.connect("root", migrator.name) as root:
        assert "settings_stay_small" not in [row["Trigger"] for row in root.rows("SHOW TRIGGERS")]


OPTIONS = """
[client]
socket = {socket}
user = root
[mysql]
force
table
verbose
verbose
html
xml
vertical
raw
safe-updates
pager = cat
delimiter = //
database = nowhere
tee = {directory}/tee
show-warnings
binary-mode
skip-comments
column-type-info
column-names
binary-as-hex
ignore-spaces
one-database
init-command = "SET autocommit = 0"
"""


def test_options_of_a_client_change_nothing(migrated: Migrated, tmp_path: Path) -> None:
    file = tmp_path / "my.cnf"
    file.write_text(OPTIONS.format(socket=migrated.server.socket, directory=tmp_path), encoding="utf-8")
    result = migrated.migrate(first=f"--defaults-file={file}")
    assert result.returncode == 0, result.stderr
    expect_as_wanted(migrated)
    with migrated.server.connect("root", migrated.name) as root:
        body = "SELECT routine_definition AS body FROM information_schema.routines WHERE routine_schema = DATABASE()"
        assert any("-- " in row["body"] for row in root.rows(body)), "comments of procedures are kept"


def test_an_error_is_noticed_by_a_client_that_is_to_ignore_them(migrated: Migrated, tmp_path: Path) -> None:
    file = tmp_path / "my.cnf"
    file.write_text(OPTIONS.format(socket=migrated.server.socket, directory=tmp_path), encoding="utf-8")
    for folder in ("db", "migrations"):
        shutil.copytree(TREE / folder, tmp_path / folder)
    (tmp_path / "migrations/9000_broken.sql").write_text("SELECT nothing FROM nowhere;\n", encoding="utf-8")
    result = migrated.migrate(first=f"--defaults-file={file}", tree=tmp_path)
    assert result.returncode == 1
    assert "9000_broken.sql failed" in result.stderr


def test_a_clock_that_every_session_can_set_is_named() -> None:
    with Server(own=True, disposable=True, options=["--sysdate-is-now"]) as server:
        result = subprocess.run(
            server.migrate_command("eventhub"), env=server.environment, capture_output=True, text=True, timeout=60
        )
        assert result.returncode == 1
        assert "the server was started with --sysdate-is-now" in result.stderr
        with server.connect() as root:
            assert root.rows("SELECT table_name FROM information_schema.tables WHERE table_schema = 'eventhub'") == []
