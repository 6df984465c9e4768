"""What migrate finds wrong with a database, what it repairs, and what it leaves to an operator."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from operation.checkout import Checkout, said
from support.connection import Refused
from support.database import TREE, Server

# How things go wrong, as root does it: statements, and what --check says of each. Together where they do not hide each
# other, because each run takes its second.
DAMAGES = {
    "many at once": {
        # As a dump's placeholder is, and as somebody's own who is not the definer.
        "CREATE OR REPLACE VIEW listed_events AS SELECT 1 AS id, 1 AS title": "views: listed_events is not as",
        "CREATE OR REPLACE DEFINER = CURRENT_USER VIEW seat_audit AS SELECT id FROM events WHERE 1 = 0":
            "views: seat_audit is not as",
        "DROP VIEW deliveries_log": "views: deliveries_log is missing",
        "ALTER PROCEDURE create_event SQL SECURITY INVOKER": "procedures: create_event is not as",
        "ALTER PROCEDURE get_event COMMENT 'mine'": "procedures: get_event is not as",
        "DROP PROCEDURE require_role": "procedures: require_role is missing",
        "ALTER USER eventhub_definer@localhost ACCOUNT UNLOCK": "accounts: eventhub_definer can log in",
        "REVOKE EXECUTE ON PROCEDURE browse_events FROM eventhub_api": "grants: eventhub_api may not execute browse_events",
        "REVOKE DELETE ON `{escaped}`.* FROM eventhub_definer@localhost": "grants: eventhub_definer has no DELETE on {name}",
        "REVOKE TRIGGER ON `{escaped}`.* FROM eventhub_dba": "grants: eventhub_dba has no TRIGGER on {name}",
        "DELETE FROM settings WHERE name = 'max_seats_per_booking'": "row settings max_seats_per_booking",
        "DELETE FROM secrets": "rows that the rules need are missing: row secrets unsubscribe",
        "DELETE FROM turns": "row turns claim row turns plan",
        "ALTER DATABASE {name} CHARACTER SET latin1": "the database's collation is latin1",
    },
    "the definer": {"DROP USER eventhub_definer@localhost": "accounts: eventhub_definer is missing"},
    "a role": {"DROP ROLE eventhub_mailer": "accounts: eventhub_mailer is missing"},
    "the record": {"DELETE FROM deployed_objects": "procedures: get_event is not as"},
}


def describe(checkout: Checkout) -> list:
    return [
        checkout.rows("SELECT * FROM settings ORDER BY name"),
        checkout.rows("SELECT @@collation_database AS collation"),
        checkout.rows("SELECT path, sha256, fingerprint FROM deployed_objects ORDER BY path"),
        checkout.rows(
            "SELECT user, routine_name, proc_priv FROM mysql.procs_priv WHERE db = DATABASE() ORDER BY 1, 2"
        ),
    ]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_found_and_repaired(migrated: Checkout, damage: str) -> None:
    # The rights of a role belong to the server, and a database that tests have made may have brought none.
    assert migrated.migrate().returncode == 0
    wanted = describe(migrated)
    names = {"name": migrated.name, "escaped": migrated.name.replace("_", "\\_")}
    for statement in DAMAGES[damage]:
        migrated.rows(statement.format(**names))
    before = migrated.changes()
    check = migrated.migrate(options=["--check"])
    assert check.returncode == 1
    for found in DAMAGES[damage].values():
        assert found.format(**names) in check.stderr
    assert migrated.changes() == before

    result = migrated.migrate()
    assert result.returncode == 0, result.stderr
    assert migrated.migrate(options=["--check"]).returncode == 0
    assert describe(migrated) == wanted
    assert migrated.health() == [[{"status": "ok"}]]
    if damage == "a role":
        with migrated.server.connect() as root:
            user = f"{migrated.server.users['notifier']}@localhost"
            root.rows(f"GRANT eventhub_mailer TO {user}")
            root.rows(f"/*!80001 SET DEFAULT ROLE eventhub_mailer TO {user} */"
                      f" /*M!100000 SET DEFAULT ROLE eventhub_mailer FOR {user} */")


def test_events_that_searches_do_not_find_are_found_and_written_down(migrated: Checkout) -> None:
    """More than one part of them, some with words that are missing, some called off; and one run that was killed."""
    migrated.rows(
        "INSERT INTO users (name, email, role, password_hash) VALUES ('O', 'words@example.org', 'organizer', 'none')"
    )
    # As a dump without these two tables is loaded: its session runs no triggers.
    with migrated.server.connect("root", migrated.name) as root:
        root.rows("SET foreign_key_checks = 0")
        root.rows(
            "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available, cancelled_at)"
            " SELECT u.id, CONCAT('Wordless ', n), 'V', 'S', UTC_TIMESTAMP() + INTERVAL n HOUR, 1, 1, IF(n = 7, NOW(), NULL)"
            " FROM users AS u JOIN (WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 450)"
            " SELECT n FROM c) AS numbers WHERE u.email = 'words@example.org'"
        )
    first = migrated.rows("SELECT MIN(id) AS id FROM events WHERE title LIKE 'Wordless%'")[0]["id"]
    # What a run that was killed had done.
    migrated.rows(f"CALL index_events({first}, {first + 99})")
    check = migrated.migrate(options=["--check"])
    assert check.returncode == 1 and "search: events that it does not find, because their words are not written down: 350\n" in check.stderr
    result = migrated.migrate()
    assert result.returncode == 0 and "writing down the words of 350 events" in result.stderr
    assert migrated.migrate(options=["--check"]).returncode == 0
    with migrated.server.connect("root", migrated.name) as root:
        page = root.call("browse_events", 1000, None, None, None, "wordless", None, None, None)[0]
    assert len(page) == 449
    # A date that the words do not have, too.
    with migrated.server.connect("root", migrated.name) as root:
        root.rows("SET foreign_key_checks = 0")
        root.rows("UPDATE events SET event_date = event_date + INTERVAL 1 MINUTE WHERE id = %s", [first])
    assert "their words are not written down: 1\n" in migrated.migrate(options=["--check"]).stderr
    assert migrated.migrate().returncode == 0 and migrated.migrate(options=["--check"]).returncode == 0
    with migrated.server.connect("root", migrated.name) as root:
        root.rows("DELETE FROM events")


TABLE_DAMAGES = {
    "ALTER TABLE users DROP COLUMN created_at": "the tables lack: column users.created_at",
    "ALTER TABLE events ADD COLUMN room INT NULL": "the tables have: column events.room int null, which",
    "ALTER TABLE events MODIFY venue VARCHAR(100) NOT NULL": "the tables lack: column events.venue varchar(200)",
    "ALTER TABLE registrations DROP KEY registrations_by_user, ADD KEY other (user_id)":
        "the tables lack: index registrations.registrations_by_user (user_id, event_id)",
    "ALTER TABLE registrations DROP FOREIGN KEY registrations_event":
        "the tables lack: foreign key registrations.registrations_event (event_id) to events (id)",
    "ALTER TABLE settings DROP CONSTRAINT settings_value": "the tables lack: check settings.settings_value",
    "DROP TABLE cancellations": "the tables lack: table cancellations",
}


def test_what_somebody_did_to_the_tables_is_named_and_left_alone(migrated: Checkout) -> None:
    for statement in TABLE_DAMAGES:
        migrated.rows(statement)
    migrated.rows("REVOKE EXECUTE ON PROCEDURE browse_events FROM eventhub_api")
    for options in (["--check"], []):
        result = migrated.migrate(options=options)
        assert result.returncode == 1
        for found in TABLE_DAMAGES.values():
            assert found in result.stderr
    # All else is repaired.
    assert "may not execute" not in result.stderr
    assert migrated.rows("SELECT path FROM deployed_objects WHERE path = 'unfinished'") == []
    assert migrated.health() == [[{"status": "ok"}]]


def test_indexes_and_tables_of_others_are_none_of_our_business(migrated: Checkout) -> None:
    migrated.rows("ALTER TABLE events ADD KEY by_venue (venue)")
    migrated.rows("CREATE TABLE notes (id INT PRIMARY KEY)")
    migrated.rows("CREATE PROCEDURE mine () SELECT 1")
    migrated.rows("CREATE VIEW my_view AS SELECT 1 AS one")
    assert migrated.migrate(options=["--check"]).returncode == 0
    assert migrated.migrate().returncode == 0
    assert migrated.rows("SELECT * FROM my_view") == [{"one": 1}]


FIRST_IMPLEMENTATION = (
    "CREATE TABLE users (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(120), email VARCHAR(255) UNIQUE,"
    " password_hash VARCHAR(255), role ENUM('organizer', 'participant'), created_at DATETIME)",
    "CREATE TABLE events (id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(200), total_seats INT, seats_available INT,"
    " organizer_id INT)",
    "CREATE TABLE registrations (id INT AUTO_INCREMENT PRIMARY KEY, user_id INT, event_id INT, seats_booked INT)",
)


@pytest.mark.parametrize("tables, begun, said_of_them", [
    (FIRST_IMPLEMENTATION, False, "the tables of EventHub's first implementation"),
    (FIRST_IMPLEMENTATION, True, "the tables of EventHub's first implementation"),
    (FIRST_IMPLEMENTATION[:1], False, "nothing that says which migrations made"),
    (("CREATE TABLE settings (name VARCHAR(64) PRIMARY KEY)",), False, "nothing that says which migrations made"),
])
def test_tables_that_are_not_ours_are_refused_before_anything_is_changed(
    checkout: Checkout, tables: tuple[str, ...], begun: bool, said_of_them: str
) -> None:
    with checkout.server.connect() as root:
        root.rows(f"CREATE DATABASE {checkout.name} CHARACTER SET latin1")
    for table in tables:
        checkout.rows(table)
    if begun:
        # By an earlier version of migrate, which then met the table.
        checkout.rows("CREATE TABLE schema_migrations (version INT PRIMARY KEY, name TEXT, sha256 TEXT, finished_at DATETIME)")
        checkout.rows("INSERT INTO schema_migrations VALUES (1, '0001_users.sql', '', NULL)")
    before, there = checkout.changes(), checkout.tables()
    for options in ([], ["--check"]):
        result = checkout.migrate(options=options)
        assert result.returncode == 1
        assert said_of_them in result.stderr
    assert (checkout.changes(), checkout.tables()) == (before, there)
    assert checkout.rows("SELECT @@character_set_database AS charset") == [{"charset": "latin1"}]


def test_a_database_that_is_not_there_is_not_made_by_looking(checkout: Checkout) -> None:
    before = checkout.changes()
    result = checkout.migrate(options=["--check"])
    assert (result.returncode, said(result)) == (1, [f"migrate: there is no database {checkout.name}"])
    assert checkout.changes() == before


def test_a_database_of_the_version_before(checkout: Checkout) -> None:
    """Its records know no fingerprints, and the migrations since then have not run."""
    checkout.migrate()
    checkout.rows("ALTER TABLE deployed_objects DROP COLUMN fingerprint")
    later = checkout.tree / "migrations/0999_later.sql"
    later.write_text("-- A later one.\nCREATE TABLE later (id INT PRIMARY KEY);\n", encoding="utf-8")
    check = checkout.migrate(options=["--check"])
    assert check.returncode == 1
    assert f"migrations that have not run: {later.name}" in check.stderr
    assert "create_event is not as db/procedures/create_event.sql makes it" in check.stderr
    assert checkout.migrate().returncode == 0
    assert checkout.migrate(options=["--check"]).returncode == 0


def test_the_description_of_the_tables_is_what_the_migrations_make(migrated: Checkout) -> None:
    """If this fails, run make schema."""
    result = migrated.migrate(options=["--describe"])
    assert result.stdout.splitlines() == (TREE / "migrations/schema.txt").read_text(encoding="utf-8").splitlines()


def test_all_rows_that_migrations_put_in_are_put_in_again(migrated: Checkout) -> None:
    def rows() -> list[dict]:
        return migrated.rows("SELECT * FROM settings ORDER BY name") + migrated.rows("SELECT name FROM turns ORDER BY name")

    made = rows()
    migrated.rows("DELETE FROM settings")
    migrated.rows("DELETE FROM turns")
    assert migrated.migrate().returncode == 0
    assert rows() == made
    migrated.rows("UPDATE settings SET value = 3")
    migrated.rows("DELETE FROM turns")
    assert migrated.migrate().returncode == 0
    assert migrated.rows("SELECT DISTINCT value FROM settings") == [{"value": 3}]


SECRET = "SELECT value FROM secrets WHERE name = 'unsubscribe'"
HEXADECIMAL = re.compile(r"[0-9a-f]{64}")


def test_the_secret_is_random_and_stays(migrated: Checkout) -> None:
    values = []
    for _ in range(3):
        migrated.rows("DELETE FROM secrets")
        assert migrated.migrate().returncode == 0
        values += [row["value"] for row in migrated.rows(SECRET)]
        # Again, with other things to repair.
        migrated.rows("DELETE FROM settings")
        assert migrated.migrate().returncode == 0
        assert migrated.rows(SECRET) == [{"value": values[-1]}]
    assert len(set(values)) == 3
    assert all(HEXADECIMAL.fullmatch(value) for value in values)


def test_the_secret_is_seen_by_nobody(migrated: Checkout, tmp_path: Path) -> None:
    """Neither in what migrate prints, also where it fails, nor in the arguments of the client, which ps(1) shows."""
    client = tmp_path / "client"
    real = migrated.server.client_command()[0]
    client.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{tmp_path}/arguments\nexec {real} "$@"\n', encoding="utf-8")
    client.chmod(0o755)
    migrated.rows("DELETE FROM secrets")
    result = migrated.migrate(MYSQL_CLIENT=str(client))
    assert result.returncode == 0
    value = migrated.rows(SECRET)[0]["value"]
    arguments = (tmp_path / "arguments").read_text(encoding="utf-8")
    assert "--batch" in arguments and value not in arguments + result.stdout + result.stderr

    # A client prints a statement that fails, or all of them if an option file has it so.
    migrated.rows("DELETE FROM secrets")
    migrated.rows("CREATE TRIGGER no BEFORE INSERT ON secrets FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'")
    result = migrated.migrate(options=["--verbose", "--verbose"])
    assert result.returncode == 1
    assert "the secret of the links in mails could not be put in: " in result.stderr and "45000" in result.stderr
    assert "INSERT IGNORE INTO secrets" in result.stderr
    assert not HEXADECIMAL.search(result.stdout + result.stderr)


def test_a_run_that_was_killed_is_no_health_until_it_is_completed(migrated: Checkout) -> None:
    for path in ("check_text", "cancel_event", "update_event"):
        folder = "internal/" if path == "check_text" else ""
        migrated.edit(f"db/procedures/{folder}{path}.sql", "COMMENT '", "COMMENT 'Anew. ")
    run = subprocess.Popen(
        migrated.server.migrate_command(migrated.name, migrated.tree), stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )
    for line in run.stderr:
        if "cancel_event.sql" in line:
            # While it is at work, the service is.
            assert migrated.health() == [[{"status": "ok"}]]
            run.send_signal(signal.SIGKILL)
            break
    run.wait()
    run.stderr.close()
    migrated.wait_until_no_migrate_is_at_work()
    with pytest.raises(Refused) as refused:
        migrated.health()
    assert (refused.value.sqlstate, refused.value.code) == ("45503", "not_migrated")
    assert "a run of migrate has not come to its end" in migrated.migrate(options=["--check"]).stderr
    assert migrated.migrate().returncode == 0
    assert migrated.health() == [[{"status": "ok"}]]


def test_only_accounts(checkout: Checkout) -> None:
    result = checkout.migrate(options=["--accounts"])
    assert result.returncode == 0, result.stderr
    assert checkout.tables() == set()
    assert checkout.rows("SELECT @@collation_database AS collation") == [{"collation": "utf8mb4_unicode_520_ci"}]
    rights = checkout.rows("SHOW GRANTS FOR eventhub_definer@localhost")
    assert any(checkout.name.replace("_", "\\_") in next(iter(row.values())) for row in rights)


def test_what_only_a_person_sets_right_is_named_by_a_check(migrated: Checkout) -> None:
    assert migrated.migrate().returncode == 0
    migrated.rows("GRANT SELECT ON settings TO eventhub_mailer")
    migrated.rows("GRANT EXECUTE ON PROCEDURE count_seats TO eventhub_api")
    migrated.rows(
        "INSERT INTO users (name, email, role, password_hash) VALUES ('O', 'o@example.org', 'organizer', 'x')"
    )
    migrated.rows(
        "INSERT INTO events (organizer_id, title, venue, speaker, event_date, total_seats, seats_available)"
        " SELECT id, 'T', 'V', 'S', '2035-05-01', 10, 3 FROM users"
    )
    try:
        result = migrated.migrate(options=["--check"])
        assert result.returncode == 1
        assert said(result) == [
            "migrate: grants: eventhub_api may do more than it needs: REVOKE EXECUTE (count_seats)",
            "migrate: grants: eventhub_mailer may do more than it needs: REVOKE SELECT (settings)",
            "migrate: seats: seat_audit shows 1 events; db/README.md says how their free seats are set right",
        ]
        # It is no reason not to upgrade.
        assert migrated.migrate().returncode == 0
    finally:
        migrated.rows("REVOKE SELECT ON settings FROM eventhub_mailer")


@pytest.mark.parametrize("name", ["mysql", "sys", "information_schema", "Performance_Schema"])
def test_the_servers_own_databases_are_refused(server: Server, name: str) -> None:
    result = subprocess.run(server.migrate_command(name), capture_output=True, text=True, timeout=60)
    assert result.returncode == 1
    assert said(result) == [f"migrate: {name} is the server's own: name a database of EventHub's"]


def test_a_name_that_means_something_in_sql(server: Server) -> None:
    with server.connect() as root:
        try:
            for _ in range(2):
                result = subprocess.run(server.migrate_command("order"), capture_output=True, text=True, timeout=60)
                assert result.returncode == 0, result.stderr
        finally:
            root.rows("DROP DATABASE IF EXISTS `order`")
