"""The command that brings a database up to the checkout, run as an operator runs it."""

from __future__ import annotations

import os
import secrets
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from operation.checkout import Checkout, said
from support.database import TREE, Server
from support.sources import FUNCTIONS, INTERNAL, MIGRATIONS, PUBLIC, TRIGGERS, VIEWS


def digest(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def test_an_empty_server_gets_everything(checkout: Checkout) -> None:
    result = checkout.migrate()
    assert result.returncode == 0
    newest = int(MIGRATIONS[-1].name[:4])
    assert said(result)[-1] == f"migrate: {checkout.name} is up to date (migration {newest})"

    assert checkout.procedures() == {file.stem for file in PUBLIC + INTERNAL}
    assert {file.stem for file in VIEWS} < checkout.tables()
    migrations = checkout.rows("SELECT version, name, sha256, finished_at FROM schema_migrations ORDER BY version")
    assert all(row.pop("finished_at") for row in migrations)
    assert migrations == [
        {"version": int(file.name[:4]), "name": file.name, "sha256": digest(file)} for file in MIGRATIONS
    ]
    deployed = checkout.rows("SELECT path, sha256 FROM deployed_objects")
    assert {row["path"]: row["sha256"] for row in deployed} == {
        str(file.relative_to(TREE / "db")): digest(file)
        for file in [*VIEWS, *FUNCTIONS, *INTERNAL, *PUBLIC, *TRIGGERS]
    }
    assert checkout.health() == [[{"status": "ok"}]]


def test_a_database_made_beforehand_gets_our_collation(checkout: Checkout) -> None:
    with checkout.server.connect() as root:
        root.rows(f"CREATE DATABASE {checkout.name} CHARACTER SET latin1")
    assert checkout.migrate().returncode == 0
    assert checkout.rows("SELECT @@collation_database AS collation") == [{"collation": "utf8mb4_unicode_520_ci"}]
    parameters = checkout.rows(
        "SELECT DISTINCT collation_name AS name FROM information_schema.parameters"
        # Some are declared to be of another one.
        " WHERE specific_schema = DATABASE() AND collation_name IS NOT NULL AND collation_name NOT IN ('ascii_bin', 'utf8mb4_bin')"
    )
    assert parameters == [{"name": "utf8mb4_unicode_520_ci"}]


@pytest.mark.parametrize("option", ["--check", None])
def test_a_run_on_what_is_up_to_date_changes_nothing(migrated: Checkout, option: str | None) -> None:
    before = migrated.changes()
    result = migrated.migrate(options=[option] if option else [])
    assert (result.returncode, len(said(result))) == (0, 1), result.stderr
    assert migrated.changes() == before


def test_runs_at_the_same_time_do_not_collide(checkout: Checkout) -> None:
    command = checkout.server.migrate_command(checkout.name)
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    output = "".join(run.communicate(timeout=60)[1] for run in runs)
    assert [run.returncode for run in runs] == [0, 0, 0, 0], output
    for file in [*MIGRATIONS, *VIEWS, *FUNCTIONS, *PUBLIC, *TRIGGERS]:
        assert output.count(file.name) == 1
    assert checkout.procedures() == {file.stem for file in PUBLIC + INTERNAL}


def test_a_run_waits_for_another_only_so_long(migrated: Checkout) -> None:
    with migrated.server.connect("root", migrated.name) as other:
        assert other.rows("SELECT GET_LOCK(CONCAT('eventhub_migrate_', LEFT(SHA2(DATABASE(), 256), 32)), 0) AS held") == [{"held": 1}]
        result = migrated.migrate(MIGRATE_LOCK_SECONDS="1")
    assert result.returncode == 1
    assert f"another migrate works on {migrated.name}" in result.stderr
    assert migrated.migrate().returncode == 0


def test_a_migration_that_failed_is_reported_until_somebody_repairs_it(migrated: Checkout) -> None:
    broken = migrated.tree / "migrations/9000_broken.sql"
    broken.write_text("CREATE TABLE half (id INT);\nCREATE TABLE users (id INT);\n", encoding="utf-8")
    result = migrated.migrate()
    assert result.returncode == 1
    assert "9000_broken.sql failed" in result.stderr
    for _ in range(2):
        result = migrated.migrate()
        assert result.returncode == 1
        assert "9000_broken.sql was begun and did not finish" in result.stderr
    assert "half" in migrated.tables()

    # The first of the two remedies that the message names: undo, correct, forget.
    migrated.rows("DROP TABLE half")
    migrated.rows("DELETE FROM schema_migrations WHERE version = 9000")
    broken.write_text("CREATE TABLE half (id INT);\n", encoding="utf-8")
    assert migrated.migrate().returncode == 0


def test_a_migration_that_was_completed_by_hand_is_accepted(migrated: Checkout) -> None:
    broken = migrated.tree / "migrations/9000_broken.sql"
    broken.write_text("CREATE TABLE half (id INT);\nCREATE TABLE users (id INT);\n", encoding="utf-8")
    assert migrated.migrate().returncode == 1
    migrated.rows("UPDATE schema_migrations SET finished_at = UTC_TIMESTAMP() WHERE version = 9000")
    assert migrated.migrate().returncode == 0


def test_a_failed_migration_stops_what_comes_after_it(checkout: Checkout) -> None:
    (checkout.tree / "migrations/0000_broken.sql").write_text("CREATE TABLE;\n", encoding="utf-8")
    assert checkout.migrate().returncode == 1
    assert checkout.tables() == {"schema_migrations", "deployed_objects"}
    assert checkout.procedures() == set()


def test_migrations_run_in_order_once_each_and_before_the_procedures(migrated: Checkout) -> None:
    for name, sql in (
        ("9002_second.sql", "INSERT INTO steps VALUES (2);"), ("9001_first.sql", "CREATE TABLE steps (n INT);"),
    ):
        (migrated.tree / "migrations" / name).write_text(sql, encoding="utf-8")
    (migrated.tree / "db/views/steps_seen.sql").write_text(
        "CREATE OR REPLACE VIEW steps_seen (n) AS SELECT n FROM steps;", encoding="utf-8"
    )
    for _ in range(2):
        assert migrated.migrate().returncode == 0
    assert migrated.rows("SELECT n FROM steps_seen") == [{"n": 2}]


def test_a_database_that_is_newer_than_the_checkout_is_left_alone(migrated: Checkout) -> None:
    (migrated.tree / "migrations/9000_later.sql").write_text("CREATE TABLE later (id INT);", encoding="utf-8")
    migrated.edit("db/procedures/check_health.sql", "Returns one row", "Returns later")
    assert migrated.migrate().returncode == 0
    result = migrated.migrate(TREE)
    assert result.returncode == 1
    assert "9000_later.sql" in result.stderr and "newer" in result.stderr
    assert "Returns later" in migrated.manual("check_health")


def test_a_migration_that_was_changed_after_it_ran_is_reported(migrated: Checkout) -> None:
    name = MIGRATIONS[0].name
    migrated.edit(f"migrations/{name}", "CREATE TABLE", "CREATE  TABLE")
    result = migrated.migrate()
    assert result.returncode == 1
    assert f"{name} is not what was applied" in result.stderr


def test_a_migration_that_was_renamed_after_it_ran_is_reported(migrated: Checkout) -> None:
    file = migrated.tree / "migrations" / MIGRATIONS[0].name
    file.rename(file.with_name("0001_people.sql"))
    result = migrated.migrate()
    assert result.returncode == 1
    assert "0001_people.sql is not what was applied" in result.stderr


def test_a_procedure_dropped_by_hand_comes_back_with_its_grant(migrated: Checkout) -> None:
    migrated.rows("DROP PROCEDURE check_health")
    result = migrated.migrate()
    assert result.returncode == 0
    assert said(result)[:-1] == ["migrate: db/procedures/check_health.sql"]
    assert migrated.health() == [[{"status": "ok"}]]


def test_a_view_dropped_by_hand_comes_back(migrated: Checkout) -> None:
    migrated.rows("DROP VIEW seat_audit")
    assert migrated.migrate().returncode == 0
    assert migrated.rows("SELECT * FROM seat_audit") == []


def test_a_last_line_may_lack_its_end(migrated: Checkout) -> None:
    (migrated.tree / "migrations/9001_last.sql").write_text("CREATE TABLE steps (n INT); -- the end", encoding="utf-8")
    with open(migrated.tree / "db/procedures/check_health.sql", "a", encoding="utf-8") as file:
        file.write("-- the end")
    assert migrated.migrate().returncode == 0
    result = migrated.migrate()
    assert (result.returncode, len(said(result))) == (0, 1)


def test_a_procedure_that_changed_is_deployed_with_its_grant(migrated: Checkout) -> None:
    migrated.edit("db/procedures/check_health.sql", "CALL check_database(0)", "SELECT 'fine' AS status")
    result = migrated.migrate()
    assert result.returncode == 0
    assert said(result)[:-1] == ["migrate: db/procedures/check_health.sql"]
    assert migrated.health() == [[{"status": "fine"}]]


@pytest.mark.parametrize("path", ["procedures/check_health.sql", "procedures/internal/check_text.sql"])
def test_a_procedure_whose_file_is_gone_is_dropped(migrated: Checkout, path: str) -> None:
    name = Path(path).stem
    (migrated.tree / "db" / path).unlink()
    assert migrated.migrate().returncode == 0
    assert migrated.procedures() == {file.stem for file in PUBLIC + INTERNAL} - {name}
    assert migrated.rows(f"SELECT path FROM deployed_objects WHERE path = '{path}'") == []


def test_a_view_whose_file_is_gone_is_dropped(migrated: Checkout) -> None:
    (migrated.tree / "db/views/events_due_soon.sql").unlink()
    assert migrated.migrate().returncode == 0
    assert "events_due_soon" not in migrated.tables()


def test_a_procedure_whose_file_has_moved_is_still_there(migrated: Checkout) -> None:
    procedures = migrated.tree / "db/procedures"
    (procedures / "internal/check_text.sql").rename(procedures / "check_text.sql")
    assert migrated.migrate().returncode == 0
    assert migrated.procedures() == {file.stem for file in PUBLIC + INTERNAL}


def test_a_deployment_that_failed_is_not_taken_for_the_version_before_it(migrated: Checkout) -> None:
    path = "db/procedures/check_health.sql"
    original = (migrated.tree / path).read_text(encoding="utf-8")
    migrated.edit(path, "CALL check_database(0)", "SELECT 'broken' AS status")
    migrated.edit(path, "TO eventhub_api", "TO nobody_there")
    result = migrated.migrate()
    assert result.returncode == 1
    assert f"{path} failed" in result.stderr

    (migrated.tree / path).write_text(original, encoding="utf-8")
    assert migrated.migrate().returncode == 0
    assert migrated.health() == [[{"status": "ok"}]]


def test_a_run_that_was_killed_is_completed_by_the_next(checkout: Checkout) -> None:
    run = subprocess.Popen(
        checkout.server.migrate_command(checkout.name, checkout.tree), stderr=subprocess.PIPE, text=True
    )
    for line in run.stderr:
        if "db/procedures/create_event.sql" in line:
            run.kill()
            break
    run.wait()
    run.stderr.close()
    assert checkout.migrate().returncode == 0
    assert checkout.procedures() == {file.stem for file in PUBLIC + INTERNAL}
    assert checkout.health() == [[{"status": "ok"}]]


@pytest.mark.parametrize("name", ["", "has blanks", "has-dashes", "back`tick", "a;b", "a" * 65, "--user=root"])
def test_a_name_that_no_database_can_have_is_refused(server: Server, name: str) -> None:
    result = subprocess.run(server.migrate_command(name), capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "cannot be the database's name" in result.stderr


def test_a_server_that_does_not_answer_is_reported(tmp_path: Path) -> None:
    command = [TREE / "migrations/migrate", "--no-defaults", f"--socket={tmp_path}/none.sock", "eventhub"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert "cannot reach the server" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_a_database_it_says_how_it_is_used(arguments: list[str]) -> None:
    result = subprocess.run([TREE / "migrations/migrate", *arguments], capture_output=True, text=True, timeout=60)
    assert result.returncode == 2
    assert result.stderr.startswith("usage: ")


def test_a_restored_dump_gets_its_accounts_and_grants_back(migrated: Checkout) -> None:
    """A dump has the tables that say what is deployed, but neither accounts nor grants."""
    with migrated.server.connect("root", migrated.name) as root:
        root.rows("REVOKE EXECUTE ON PROCEDURE check_health FROM eventhub_api")
        root.rows("DROP USER eventhub_definer@localhost")
    assert migrated.migrate().returncode == 0
    assert migrated.health() == [[{"status": "ok"}]]


def test_too_few_rights_take_nothing_away(migrated: Checkout) -> None:
    user = f"half_{secrets.token_hex(4)}"
    with migrated.server.connect("root", migrated.name) as root:
        root.rows(f"CREATE USER {user}@localhost IDENTIFIED BY 'half'")
        root.rows(f"GRANT ALL ON {migrated.name}.* TO {user}@localhost WITH GRANT OPTION")
        root.rows(f"GRANT CREATE USER ON *.* TO {user}@localhost WITH GRANT OPTION")
        root.rows(f"GRANT eventhub_dba TO {user}@localhost WITH ADMIN OPTION")
        migrated.edit("db/procedures/check_health.sql", "Returns one row", "Returns a single row")
        command = [word.replace("--user=root", f"--user={user}") for word in migrated.server.migrate_command(migrated.name, migrated.tree)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ | {"MYSQL_PWD": "half"})
        root.rows(f"DROP USER {user}@localhost")
    assert result.returncode != 0
    assert migrated.health() == [[{"status": "ok"}]]


def test_a_socket_may_be_named_relative_to_where_one_stands(migrated: Checkout) -> None:
    socket = Path(migrated.server.socket)
    migrated.edit("db/procedures/check_health.sql", "Returns one row", "Returns a single row")
    command = [word.replace(str(socket), f"./{socket.name}") for word in migrated.server.migrate_command(migrated.name, migrated.tree)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=socket.parent)
    assert result.returncode == 0, result.stderr
    assert migrated.manual("check_health").startswith("Returns a single row")
