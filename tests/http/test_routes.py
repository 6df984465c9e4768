"""The route table against the database: each row calls a procedure that is there, with its parameters in order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.database import Database
from support.routes import Route, routes
from support.shim import Shim, run

each_route = pytest.mark.parametrize("route", routes(), ids=lambda route: f"{route.method} {route.path}")


def test_the_table_is_printed_without_a_word_besides(shim: Shim) -> None:
    printed = run("--routes", directory=shim.directory)
    assert (printed.returncode, printed.stderr) == (0, "")


def test_parameters_are_those_of_the_procedure(database: Database) -> None:
    for route in routes():
        parameters = database.rows(
            "SELECT parameter_name AS name FROM information_schema.parameters"
            " WHERE specific_schema = %s AND specific_name = %s ORDER BY ordinal_position",
            [database.name, route.procedure],
        )
        assert ",".join(row["name"] for row in parameters) == route.parameters, route


def test_what_is_checked_is_what_a_client_gives_in_query_and_body(database: Database) -> None:
    """The ids of the actor and of a path, and the hash of a password, are none of it; the rest is the same, in order."""
    checked = [route for route in routes() if route.check_procedure]
    assert {"check_user", "check_event", "check_event_changes", "check_seats", "check_listing"} <= {
        route.check_procedure for route in checked
    }
    for route in checked:
        parameters = database.rows(
            "SELECT parameter_name AS name FROM information_schema.parameters"
            " WHERE specific_schema = %s AND specific_name = %s ORDER BY ordinal_position",
            [database.name, route.check_procedure],
        )
        given = [name for name in route.parameters.split(",") if name not in ("p_actor_id", "p_event_id", "p_password_hash")]
        assert [row["name"] for row in parameters] == given, route


# Called after another one, and not for a request of its own: when somebody has logged in.
FOLLOWING = ["replace_password_hash"]


def test_every_procedure_that_the_shim_may_call_has_one_route(database: Database) -> None:
    granted = database.rows(
        "SELECT routine_name AS name FROM mysql.procs_priv WHERE db = %s AND user = 'eventhub_api'", [database.name]
    )
    called = [
        name for route in routes() for name in (route.procedure, route.list_procedure, route.check_procedure) if name
    ]
    # For a shim of the version before, and for people.
    assert sorted(row["name"] for row in granted) == sorted([*called, *FOLLOWING, "check_health", "list_events", "read_manual"])


def test_only_what_changes_nothing_is_shared(database: Database) -> None:
    reading = {
        row["name"]
        for row in database.rows(
            "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s"
            " AND sql_data_access IN ('READS SQL DATA', 'NO SQL')", [database.name],
        )
    }
    shared = {route.procedure for route in routes() if route.lane == "shared"}
    assert {"browse_events", "get_event", "check_database"} <= shared
    assert shared - reading == set()
    # Of whoever logs in, the password is no part of the call: two with the same address are not the same.
    assert "find_credentials" not in shared


def test_what_is_grouped_has_a_procedure_for_lists() -> None:
    assert {route.procedure for route in routes() if route.list_procedure and route.lane != "shared"} == {
        route.procedure for route in routes() if route.lane == "grouped"
    } >= {"register_for_event"}


def test_what_changes_something_says_what_it_locks(database: Database) -> None:
    """Else its calls could wait on all connections at once, and whoever waits for one row would hold up everybody."""
    changing = {
        row["name"]
        for row in database.rows(
            "SELECT routine_name AS name FROM information_schema.routines WHERE routine_schema = %s"
            " AND sql_data_access = 'MODIFIES SQL DATA'", [database.name],
        )
    }
    assert {route.procedure for route in routes() if route.locks} == {
        route.procedure for route in routes() if route.procedure in changing
    } >= {"create_event", "register_user"}
    for route in routes():
        assert not route.locks or f"p_{route.locks}" in route.parameters.split(","), route


def test_an_actor_is_asked_for_where_there_is_a_role() -> None:
    for route in routes():
        assert (route.role != "anyone") == route.parameters.startswith("p_actor_id"), route


PUBLISHED = {
    ("POST", "/auth/register", "/auth/signup", "anyone", "201"),
    ("POST", "/auth/login", "/auth/token", "anyone", "200"),
    ("GET", "/events", "/events/list", "anyone", "200"),
    ("GET", "/events/{event_id}", "", "anyone", "200"),
    ("POST", "/events/create", "/events", "organizer", "201"),
    ("PUT", "/events/update/{event_id}", "/events/{event_id}", "organizer", "200"),
    ("DELETE", "/events/delete/{event_id}", "/events/{event_id}", "organizer", "200"),
    ("GET", "/events/{event_id}/participants", "/events/registrations/{event_id}", "organizer", "200"),
    ("POST", "/register/{event_id}", "/events/register/{event_id}", "participant", "200"),
    ("DELETE", "/register/{event_id}", "/events/cancel/{event_id}", "participant", "200"),
    ("GET", "/my-registrations", "/events/my/registrations", "participant", "200"),
    ("GET", "/reminders/{token}", "", "anyone", "200"),
    ("POST", "/reminders/{token}", "", "anyone", "200"),
    ("GET", "/healthz", "", "anyone", "200"),
}


def test_what_clients_use_stays() -> None:
    """A new route need not be added here: shim/API.md names all of them. One of these must not change or go."""
    assert PUBLISHED <= {(route.method, route.path, route.also, route.role, route.status) for route in routes()}


OTHER_TESTS = [file for file in sorted(Path(__file__).parent.glob("test_*.py")) if file != Path(__file__)]


def is_asked(route: Route, text: str) -> bool:
    """Whether a test's text has a request by the route: its method, as a call or as an argument, and one of its paths."""
    paths = "|".join(
        # What stands for an id or a token: a number, or something to be filled in.
        re.sub(r"\\\{\w+\\\}", r"(?:\\d+|{[^}]*})", re.escape(path)) for path in route.paths()
    )
    return re.search(rf"""(?:\.{route.method.lower()}\(|"{route.method}",)\s*f?"(?:{paths})["?]""", text) is not None


@each_route
def test_every_route_is_asked_by_a_test_of_what_it_does(route: Route) -> None:
    """The tests of refusals go through the table, so that none of them names a route; whoever adds one writes a test."""
    asking = [file.name for file in OTHER_TESTS if is_asked(route, file.read_text(encoding="utf-8"))]
    assert asking, f"no test in tests/http asks for {route.method} {route.path}: write one of what it does"
