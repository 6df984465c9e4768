"""The procedures work alike under all settings that a host may make for all sessions, or a client for its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pymysql
import pytest

from support.connection import Connection, Refused
from support.database import PASSWORD_HASH, TREE, Database, Server, utc_now

MAILS = 400
# What the programs say at the beginning of a session.
SETUP = "SET " + ", ".join(re.findall(
    r"SESSION sql_\w+ = [^ ,%]+(?=, )", (TREE / "db/client/connection.c").read_text(encoding="utf-8")
))
# What is set for the server, one test each; a name that a server has not got is no test for it.
SETTINGS = [
    {"autocommit": "0"},
    {"autocommit": "0", "transaction_isolation": "'REPEATABLE-READ'", "tx_isolation": "'REPEATABLE-READ'"},
    {"completion_type": "'CHAIN'"},
    {"completion_type": "'RELEASE'"},
    {"completion_type": "'CHAIN'", "autocommit": "0"},
    {"sql_safe_updates": "1"},
    {"max_join_size": "100000", "sql_select_limit": "2"},
    {"group_concat_max_len": "64"},
    {"transaction_isolation": "'SERIALIZABLE'", "tx_isolation": "'SERIALIZABLE'"},
    {"transaction_isolation": "'READ-UNCOMMITTED'", "tx_isolation": "'READ-UNCOMMITTED'"},
    {"transaction_read_only": "1", "tx_read_only": "1"},
    {"time_zone": "'-11:30'"},
    {"sql_mode": "''"},
    {"sql_mode": "'ANSI,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH,HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION'"},
    {"collation_connection": "'latin1_swedish_ci'", "collation_database": "'latin1_swedish_ci'"},
    {"div_precision_increment": "0", "default_week_format": "3", "sql_auto_is_null": "1"},
    {"low_priority_updates": "1", "updatable_views_with_limit": "'NO'", "old_passwords": "0", "big_tables": "1"},
    {"foreign_key_checks": "0", "unique_checks": "0"},
    {"eq_range_index_dive_limit": "1", "optimizer_search_depth": "1", "optimizer_prune_level": "0"},
    {"internal_tmp_mem_storage_engine": "'MEMORY'", "tmp_table_size": "1024", "max_heap_table_size": "16384"},
    {"lc_time_names": "'de_DE'", "sql_quote_show_create": "0"},
]


numbers = count()


@pytest.fixture(scope="module")
def own() -> Iterator[Database]:
    """A database on a server of its own, whose settings are changed."""
    with Server(own=True, disposable=True) as server:
        yield Database(server)


@contextmanager
def settings(own: Database, wanted: dict[str, str]) -> Iterator[None]:
    """Sets those settings that the server knows, for all later sessions."""
    before: dict[str, object] = {}
    with own.connect("root") as root:
        for name, value in wanted.items():
            known = root.rows("SHOW GLOBAL VARIABLES LIKE %s", [name.replace("_", "\\_")])
            if known:
                before[name] = root.rows(f"SELECT @@GLOBAL.{name} AS value")[0]["value"]
                root.rows(f"SET GLOBAL {name} = {value}")
        if not before:
            pytest.skip("this server has no such setting")
        try:
            yield
        finally:
            for name, value in before.items():
                root.rows(f"SET GLOBAL {name} = %s", [value])


class Client:
    """A client that leaves its sessions as the server makes them, and opens one anew where the server has ended it."""

    def __init__(self, own: Database, account: str) -> None:
        self.own, self.account = own, account
        self.session = self.connect()

    def connect(self) -> Connection:
        session = self.own.connect(self.account)
        session.rows("SET SESSION autocommit = @@GLOBAL.autocommit, SESSION sql_mode = @@GLOBAL.sql_mode")
        if self.account in ("shim", "notifier"):
            # As the programs do, but for what the procedures get along with.
            session.rows(SETUP)
        return session

    def call(self, procedure: str, *arguments: object) -> list[list[dict[str, object]]]:
        try:
            self.session.ping(reconnect=False)
        except pymysql.err.Error:
            self.session = self.connect()
        return self.session.call(procedure, *arguments)

    def refusal(self, procedure: str, *arguments: object) -> str:
        with pytest.raises(Refused) as refused:
            self.call(procedure, *arguments)
        return str(refused.value)


def prepare(root: Connection) -> None:
    """Gives a session of the test's own the server's defaults."""
    root.rows("SET SESSION TRANSACTION READ WRITE")
    root.rows("SET SESSION autocommit = 1, SESSION sql_mode = 'TRADITIONAL', SESSION sql_safe_updates = 0")
    root.rows("SET SESSION foreign_key_checks = 1, SESSION unique_checks = 1")
    root.rows("SET SESSION sql_big_selects = 1, SESSION sql_select_limit = DEFAULT")


def work_out(own: Database) -> None:
    """All that people do, and a moved event of which many are told."""
    api, mailer = Client(own, "shim"), Client(own, "notifier")

    def user(role: str) -> int:
        email = f"Zoe{next(numbers)}@Exämple.org"
        user_id = api.call("register_user", "Zoë", email, PASSWORD_HASH, role)[0][0]["user_id"]
        assert api.call("find_credentials", email.lower())[0][0]["user_id"] == user_id
        return user_id

    organizer, first, second = user("organizer"), user("participant"), user("participant")
    date = utc_now() + timedelta(days=40)
    event = (organizer, "Über alles", None, "Café", "É", date, 10)
    event_id = api.call("create_event", *event)[0][0]["event_id"]
    assert api.call("register_for_event", first, event_id, 2)[0][0]["seats_available"] == 8
    many = api.call("register_for_events", f"[[{second},{event_id},3],[{first},{event_id},1],[{organizer},{event_id},1]]", True)
    assert [row["sqlstate"] for row in many[0]] == [None, "45409", "45403"]
    assert api.call("register_for_events", f"[[{second},{event_id},3]]", False)[0][0]["sqlstate"] == "45409"
    assert api.refusal("register_for_event", first, event_id, 1) == "45409 already_registered: Already registered for this event"
    assert api.refusal("register_for_event", user("participant"), event_id, 9).startswith("45409 seats_exhausted")
    assert [row["id"] for row in api.call("browse_events", 1000, None, None, None, "über", None, None, organizer)[0]] == [event_id]
    assert len(api.call("list_participants", organizer, event_id)[0]) == 2
    assert len(api.call("list_my_registrations", second)[1]) == 1
    assert api.call("get_events", f"[[{event_id}],[0]]")[0][0]["seats_available"] == 5
    ended = api.call("unregister_from_events", f"[[{second},{event_id}],[{second},{event_id}]]", False)[0]
    assert [(row["sqlstate"], row["seats_available"]) for row in ended] == [(None, 8), ("45404", None)]
    api.call("update_event", organizer, event_id, None, "New", None, None, None, 500)
    assert api.call("get_event", event_id)[0][0]["seats_available"] == 498

    with own.connect("root") as root:
        prepare(root)
        root.rows(
            "INSERT INTO users (name, email, role, password_hash) VALUES "
            + ",".join(f"('P', 'p{event_id}-{n}@example.org', 'participant', 'x')" for n in range(MAILS))
        )
        root.rows(
            "INSERT INTO registrations (event_id, user_id, seats) SELECT %s, id, 1 FROM users WHERE email LIKE %s",
            [event_id, f"p{event_id}-%"],
        )
    # Each change is planned for and then undone, so that its mails have to be withdrawn.
    for place, told in (("Elsewhere", True), ("Café", False), ("Garden", True)):
        api.call("update_event", organizer, event_id, None, None, place, None, None, None)
        while mailer.call("plan_deliveries", 150)[0][0]["more"]:
            pass
        if told and place == "Garden":
            sent = 0
            while claimed := mailer.call("claim_deliveries", "test", 1000, 60):
                if not claimed[0]:
                    break
                claim, mails = claimed[0][0]["claim_id"], [mail["delivery_id"] for mail in claimed[1]]
                mailer.call("start_sending", claim, 60)
                # Those who know another state of the event have a claim of their own, of one or two mails.
                failed, released = (mails[:1], mails[1:2]) if len(mails) > 2 else ([], [])
                mailer.call("fail_deliveries", claim, str(failed), "refused", "no")
                mailer.call("release_deliveries", claim, str(released), 0)
                rest = [mail for mail in mails if mail not in failed + released]
                sent += mailer.call("complete_deliveries", claim, str(rest), "id")[0][0]["completed"]
            assert sent >= MAILS - 3
    assert api.call("cancel_event", organizer, event_id)[0][0]["notified"] == 1
    assert api.refusal("get_event", event_id) == "45404 event_not_found: Event not found"
    assert Client(own, "dba").call("requeue_deliveries", "dead", event_id, None) == [[{"requeued": 0}]]
    with own.connect("root") as root:
        prepare(root)
        assert root.rows("SELECT * FROM seat_audit") == []
        assert root.rows("SELECT event_id FROM cancellations WHERE event_id = %s", [event_id]) == [{"event_id": event_id}]


@pytest.mark.parametrize("wanted", SETTINGS, ids=lambda wanted: ",".join(f"{k}={v}" for k, v in wanted.items()))
def test_everything_works_as_hosts_have_it(own: Database, wanted: dict[str, str]) -> None:
    with settings(own, wanted):
        work_out(own)
