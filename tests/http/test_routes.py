"""The route table against the database: each row calls a procedure that is there, with its parameters in order."""

from __future__ import annotations

import pytest

from support.database import Database
from support.shim import Shim, run

Route = dict[str, str]
COLUMNS = ("method", "path", "also", "role", "procedure", "parameters", "status", "lane", "list_procedure", "check_procedure")


@pytest.fixture(scope="module")
def routes(shim: Shim) -> list[Route]:
    printed = run("--routes", directory=shim.directory)
    assert (printed.returncode, printed.stderr) == (0, "")
    return [dict(zip(COLUMNS, line.split("\t"), strict=True)) for line in printed.stdout.splitlines()]


def test_parameters_are_those_of_the_procedure(database: Database, routes: list[Route]) -> None:
    for route in routes:
        parameters = database.rows(
            "SELECT parameter_name AS name FROM information_schema.parameters"
            " WHERE specific_schema = %s AND specific_name = %s ORDER BY ordinal_position",
            [database.name, route["procedure"]],
        )
        assert ",".join(row["name"] for row in parameters) == route["parameters"], route


def test_what_is_checked_is_what_a_client_gives_in_query_and_body(database: Database, routes: list[Route]) -> None:
    """The ids of the actor and of a path, and the hash of a password, are none of it; the rest is the same, in order."""
    checked = [route for route in routes if route["check_procedure"]]
    assert {route["check_procedure"] for route in checked} == {
        "check_user", "check_event", "check_event_changes", "check_seats", "check_listing"
    }
    for route in checked:
        parameters = database.rows(
            "SELECT parameter_name AS name FROM information_schema.parameters"
            " WHERE specific_schema = %s AND specific_name = %s ORDER BY ordinal_position",
            [database.name, route["check_procedure"]],
        )
        given = [name for name in route["parameters"].split(",") if name not in ("p_actor_id", "p_event_id", "p_password_hash")]
        assert [row["name"] for row in parameters] == given, route


# Called after another one, and not for a request of its own: when somebody has logged in.
FOLLOWING = ["replace_password_hash"]


def test_every_procedure_that_the_shim_may_call_has_one_route(database: Database, routes: list[Route]) -> None:
    granted = database.rows(
        "SELECT routine_name AS name FROM mysql.procs_priv WHERE db = %s AND user = 'eventhub_api'", [database.name]
    )
    called = [route[name] for route in routes for name in ("procedure", "list_procedure", "check_procedure") if route[name]]
    # For a shim of the version before, and for people.
    assert sorted(row["name"] for row in granted) == sorted([*called, *FOLLOWING, "check_health", "list_events", "read_manual"])


def test_only_what_changes_nothing_is_shared(database: Database, routes: list[Route]) -> None:
    reading = {
        row["name"]
        for row in database.rows(
            "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s"
            " AND sql_data_access IN ('READS SQL DATA', 'NO SQL')", [database.name],
        )
    }
    shared = {route["procedure"] for route in routes if route["lane"] == "shared"}
    assert shared == {"browse_events", "get_event", "check_database"} and shared <= reading
    assert [route["procedure"] for route in routes if route["lane"] == "grouped"] == ["register_for_event"]


def test_an_actor_is_asked_for_where_there_is_a_role(routes: list[Route]) -> None:
    for route in routes:
        assert (route["role"] != "anyone") == route["parameters"].startswith("p_actor_id"), route


def test_the_published_paths(routes: list[Route]) -> None:
    assert {(route["method"], route["path"], route["also"], route["status"]) for route in routes} == {
        ("POST", "/auth/register", "/auth/signup", "201"),
        ("POST", "/auth/login", "/auth/token", "200"),
        ("GET", "/events", "/events/list", "200"),
        ("GET", "/events/{event_id}", "", "200"),
        ("POST", "/events/create", "/events", "201"),
        ("PUT", "/events/update/{event_id}", "/events/{event_id}", "200"),
        ("DELETE", "/events/delete/{event_id}", "/events/{event_id}", "200"),
        ("GET", "/events/{event_id}/participants", "/events/registrations/{event_id}", "200"),
        ("POST", "/register/{event_id}", "/events/register/{event_id}", "200"),
        ("DELETE", "/register/{event_id}", "/events/cancel/{event_id}", "200"),
        ("GET", "/my-registrations", "/events/my/registrations", "200"),
        ("GET", "/reminders/{token}", "", "200"),
        ("POST", "/reminders/{token}", "", "200"),
        ("GET", "/healthz", "", "200"),
    }
