"""The shim is healthy on a database that is as its version needs it, and on no other; the log says why, once."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from support.database import Database, Server
from support.expect import expect_problem
from support.shim import Shim
from support.sources import MIGRATIONS

NEWEST = int(MIGRATIONS[-1].name[:4])
# What root does, and what the log says of it.
DAMAGES = {
    f"DELETE FROM schema_migrations WHERE version = {NEWEST}":
        f"outdated: The database has migration {NEWEST - 1} and this program needs {NEWEST}, run migrate",
    "DELETE FROM schema_migrations": f"outdated: The database has migration 0 and this program needs {NEWEST}",
    "INSERT INTO schema_migrations (version, name, sha256) VALUES (9000, '9000_next.sql', '')":
        "not_migrated: A run of migrate was interrupted (9000_next.sql), run it again",
    "INSERT INTO deployed_objects (path, sha256) VALUES ('unfinished', '')":
        "not_migrated: A run of migrate was interrupted (unfinished), run it again",
    "DELETE FROM deployed_objects": "not_migrated: 0 objects are not as deployed (-), run migrate",
    "ALTER DATABASE CHARACTER SET latin1": "not_migrated: The collation of the database is latin1_swedish_ci, run migrate",
    "DROP VIEW seat_audit": "not_migrated: 1 objects are not as deployed (views/seat_audit.sql), run migrate",
    # As a dump leaves it that was not restored to its end.
    "CREATE OR REPLACE DEFINER = CURRENT_USER VIEW events_due_soon AS SELECT 1 AS user_id":
        "not_migrated: 1 objects are not as deployed (views/events_due_soon.sql), run migrate",
    "DROP PROCEDURE create_event": "not_migrated: 1 objects are not as deployed (procedures/create_event.sql), run migrate",
    "DROP TABLE schema_migrations": "not_migrated: ",
    # As it is before migrate brings it: the account may not even know that it is not there.
    "DROP PROCEDURE check_database": "check_database",
}


@pytest.fixture(scope="module")
def own(server: Server) -> Iterator[Database]:
    """A database that a test may damage; the next makes it anew by migrate."""
    database = Database(server)
    yield database
    database.drop()


@pytest.fixture(scope="module")
def watched(own: Database) -> Iterator[Shim]:
    with Shim(own) as shim:
        yield shim


def migrate(database: Database) -> None:
    command = database.server.migrate_command(database.name)
    subprocess.run(command, check=True, env=database.server.environment, capture_output=True)


def reasons(shim: Shim) -> list[str]:
    return [line for line in shim.log().splitlines() if " request " not in line]


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_database_that_is_not_as_it_should_be_is_no_health(own: Database, watched: Shim, damage: str) -> None:
    assert watched.get("/healthz").status_code == 200
    kept = own.rows("SELECT * FROM schema_migrations")
    before = len(reasons(watched))
    own.rows(damage)
    for _ in range(3):
        answer = watched.get("/healthz")
        expect_problem(answer, 503, "The service is not available, please try again in a moment", "unavailable")
    lines = reasons(watched)[before:]
    assert len(lines) == 1 and " error call failed: check_database" in lines[0] and DAMAGES[damage] in lines[0], lines

    if "schema_migrations" in damage:
        own.rows("CREATE TABLE IF NOT EXISTS schema_migrations LIKE " + f"{own.server.template}.schema_migrations")
        own.rows("DELETE FROM schema_migrations")
        for row in kept:
            own.rows("INSERT INTO schema_migrations VALUES (%s, %s, %s, %s, %s)", list(row.values()))
    migrate(own)
    assert watched.get("/healthz").json() == {"status": "ok"}
    assert watched.get("/healthz").status_code == 200
    lines = reasons(watched)[before + 1:]
    assert len(lines) == 1 and lines[0].endswith(" info check_database succeeds again"), lines


def test_the_reason_is_said_again_when_it_is_another(own: Database, watched: Shim) -> None:
    before = len(reasons(watched))
    for statement in ("DROP VIEW seat_audit", "DROP VIEW deliveries_overview"):
        own.rows(statement)
        for _ in range(2):
            assert watched.get("/healthz").status_code == 503
    assert [line.partition("not_migrated: ")[2][:9] for line in reasons(watched)[before:]] == ["1 objects", "2 objects"]
    migrate(own)
    assert watched.get("/healthz").status_code == 200


def test_a_newer_database_is_as_well(own: Database, watched: Shim) -> None:
    """While a new version is brought out, the database is first."""
    own.rows("INSERT INTO schema_migrations VALUES (9000, '9000_next.sql', '', UTC_TIMESTAMP(), UTC_TIMESTAMP())")
    assert watched.get("/healthz").status_code == 200
    own.rows("DELETE FROM schema_migrations WHERE version = 9000")


def test_health_does_not_fail_while_migrate_replaces_everything(own: Database, watched: Shim) -> None:
    own.rows("UPDATE deployed_objects SET sha256 = '' WHERE path <> 'unfinished'")
    command = own.server.migrate_command(own.name)
    run = subprocess.Popen(command, env=own.server.environment, stderr=subprocess.DEVNULL)
    statuses = [watched.get("/healthz").status_code]
    while run.poll() is None:
        statuses.append(watched.get("/healthz").status_code)
    assert run.returncode == 0
    assert len(statuses) > 10 and set(statuses) == {200}, reasons(watched)


def test_the_log_says_at_the_start_what_is_wrong(own: Database) -> None:
    own.rows("DROP VIEW seat_audit")
    with Shim(own) as shim:
        shim.get("/healthz")
        assert sum("not_migrated" in line for line in reasons(shim)) == 1
    migrate(own)
