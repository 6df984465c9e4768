"""How texts compare, sort and are found: alike on every server, since each collation is named and none is left to it.

Texts go by utf8mb4_unicode_520_ci,
for which case and accents make no difference. Addresses go by their small letters as
utf8mb4_bin knows them, byte by byte.
"""

from __future__ import annotations

import re
from datetime import timedelta

import pymysql
import pytest

from support.database import Database, utc_now
from support.tree import TREE
from sql.ledger import Ledger

COLLATION = "utf8mb4_unicode_520_ci"
# Words of ours, which are ASCII and compared as bytes, and what addresses are compared by.
OTHERS = {
    ("claims", "kind"): "ascii_bin", ("deliveries", "kind"): "ascii_bin", ("deliveries", "state"): "ascii_bin",
    ("notices", "kind"): "ascii_bin", ("settings", "name"): "ascii_bin", ("turns", "name"): "ascii_bin",
    ("secrets", "name"): "ascii_bin", ("secrets", "value"): "ascii_bin",
    ("users", "email_key"): "utf8mb4_bin", ("users", "password_hash"): "ascii_bin", ("users", "role"): "ascii_bin",
    # The records of what was deployed: names of files and sums in hexadecimal.
    ("deployed_objects", "path"): "ascii_bin", ("deployed_objects", "sha256"): "ascii_bin",
    ("deployed_objects", "fingerprint"): "ascii_bin",
    ("schema_migrations", "name"): "ascii_bin", ("schema_migrations", "sha256"): "ascii_bin",
}
STRICT = {
    "ONLY_FULL_GROUP_BY", "STRICT_TRANS_TABLES", "STRICT_ALL_TABLES", "NO_ZERO_IN_DATE", "NO_ZERO_DATE",
    "ERROR_FOR_DIVISION_BY_ZERO", "TRADITIONAL", "NO_ENGINE_SUBSTITUTION",
}
# Of two bytes, of three and of four: Latin, CJK, an emoji of one character and one of seven, a letter beyond 16 bits.
FOUR_BYTES = "\u00e9 \u6f22 \U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U00020bb7"

SAME_ADDRESS = [
    ("Grace@Example.org", "gRACE@eXAMPLE.ORG"), ("\u00c9mile@example.org", "\u00e9mile@example.org"),
    ("\u0416\u0436@example.org", "\u0436\u0416@example.org"), ("\u03a3@example.org", "\u03c3@example.org"),
    ("\uff21@example.org", "\uff41@example.org"), ("\u0130@example.org", "i@example.org"),
    ("\u212a@example.org", "k@example.org"),
]
OTHER_ADDRESS = [
    ("ren\u00e9@example.org", "rene@example.org"), ("ren\u00e9@example.org", "rene\u0301@example.org"),
    ("\u00df@example.org", "ss@example.org"), ("\u00df@example.org", "\u1e9e@example.org"),
    ("\u03c2@example.org", "\u03c3@example.org"), ("\uff41@example.org", "a@example.org"),
    ("\u0131@example.org", "i@example.org"), ("\u00e6@example.org", "ae@example.org"),
    ("\U0001f600@example.org", "\U0001f601@example.org"), ("a\u200bb@example.org", "ab@example.org"),
    # Letters whose small one takes more bytes.
    ("\u023ax@example.org", "\u023ay@example.org"), ("\u023ax@example.org", "\u023a@example.org"),
    ("\u023ea@example.org", "\u023eb@example.org"), ("\u023a@example.org", "\u2c65@example.org"),
]

TITLES = [
    "Caf\u00e9", "Cafe", "cafe\u0301", "CAF\u00c9", "Stra\u00dfe", "Strasse", "\u0130stanbul", "\u00c6on", "na\u00efve",
    "\U0001f600 smile", "\U0001f601 grin", "\u041c\u043e\u0441\u043a\u0432\u0430", "\uff34\uff4f\uff4b\uff59\uff4f",
    "a\u200bb",
]
FOUND = {
    **dict.fromkeys(("cafe", "caf\u00e9", "cafe\u0301", "C\u00c0F"), ["Caf\u00e9", "Cafe", "cafe\u0301", "CAF\u00c9"]),
    **dict.fromkeys(("stra\u00dfe", "strasse", "STRASS", "STRA\u00df"), ["Stra\u00dfe", "Strasse"]),
    "istanbul": ["\u0130stanbul"], "aeon": ["\u00c6on"], "\u00e6ON": ["\u00c6on"],
    "NAIVE": ["na\u00efve"], "\U0001f600": ["\U0001f600 smile"], "\U0001f602": [],
    "\u043c\u041e\u0421": ["\u041c\u043e\u0441\u043a\u0432\u0430"],
    "tokyo": ["\uff34\uff4f\uff4b\uff59\uff4f"], "ab": [], "a\u200bb": ["a\u200bb"],
    # What has no weight to the collation is no word.
    **dict.fromkeys(("\u200b", "\u0301", "\u0001"), TITLES),
}

# In the order of the collation; what stands in one row is the same to it, and comes in the order in which it was made.
SORTED = [
    ["_"], ["!"], ["%"], ["1"], ["10"], ["9"], ["Anna", "\u00c5nna", "anna", "\uff41\uff4e\uff4e\uff41"],
    ["\u00c4rger"], ["Argon"],
    ["\u00e9clair", "Eclair", "e\u0301clair"], ["ipek", "\u0130pek"], ["\u0131pek"], ["\u00f1", "n"], ["nz"],
    ["\u00d8degaard"], ["Odegaard"], ["\u0152uvre", "Oeuvre"], ["Stra\u00dfe", "Strasse"], ["Zoe", "Zo\u00eb"],
    ["\u03a9"], ["\u0416"],
    ["\u042f"], ["\u5c71"], ["\U0001f600"], ["\U0001f601"],
]


def test_the_database_and_every_table_and_column_have_the_collation(database: Database) -> None:
    here = [database.name]
    assert database.rows(
        "SELECT default_character_set_name AS charset, default_collation_name AS collation"
        " FROM information_schema.schemata WHERE schema_name = %s", here,
    ) == [{"charset": "utf8mb4", "collation": COLLATION}]
    tables = database.rows(
        "SELECT table_name AS name, table_collation AS collation FROM information_schema.tables"
        " WHERE table_schema = %s AND table_type = 'BASE TABLE'", here,
    )
    records = {table for table, column in OTHERS if column == "sha256"}
    assert {row["name"] for row in tables} > {"users", "events", "registrations", "deliveries", *records}
    assert {row["collation"] for row in tables if row["name"] not in records} == {COLLATION}
    columns = database.rows(
        "SELECT c.table_name AS name, c.column_name AS part, c.collation_name AS collation"
        " FROM information_schema.columns AS c JOIN information_schema.tables AS t"
        " ON t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE'"
        " WHERE c.table_schema = %s AND c.collation_name IS NOT NULL", here,
    )
    assert {("users", "name"), ("events", "title")} < {(row["name"], row["part"]) for row in columns}
    others = {(row["name"], row["part"]): row["collation"] for row in columns if row["collation"] != COLLATION}
    assert others == OTHERS


def test_no_view_shows_a_text_of_another_collation(database: Database) -> None:
    columns = database.rows(
        "SELECT c.column_name AS part, c.collation_name AS collation FROM information_schema.columns AS c"
        " JOIN information_schema.views AS v ON v.table_schema = c.table_schema AND v.table_name = c.table_name"
        " WHERE c.table_schema = %s AND c.collation_name IS NOT NULL", [database.name],
    )
    others = {(row["part"], row["collation"]) for row in columns if row["collation"] != COLLATION}
    assert others == {("kind", "ascii_bin"), ("state", "ascii_bin")}


def test_every_procedure_and_view_was_made_by_the_same_rules(database: Database) -> None:
    routines = database.rows(
        "SELECT DISTINCT character_set_client AS client, collation_connection AS connection,"
        " database_collation AS collation, sql_mode AS mode FROM information_schema.routines WHERE routine_schema = %s",
        [database.name],
    )
    assert len(routines) == 1
    # MariaDB counts one more among those of TRADITIONAL.
    assert set(routines[0].pop("mode").split(",")) - {"NO_AUTO_CREATE_USER"} == STRICT
    assert routines == [{"client": "utf8mb4", "connection": COLLATION, "collation": COLLATION}]
    assert database.rows(
        "SELECT DISTINCT character_set_client AS client, collation_connection AS connection"
        " FROM information_schema.views WHERE table_schema = %s", [database.name],
    ) == [{"client": "utf8mb4", "connection": COLLATION}]


def test_every_parameter_has_the_collation(database: Database) -> None:
    parameters = database.rows(
        "SELECT specific_name AS name, parameter_name AS part, collation_name AS collation"
        " FROM information_schema.parameters WHERE specific_schema = %s AND collation_name IS NOT NULL",
        [database.name],
    )
    assert len(parameters) > 20
    others = {(row["name"], row["part"], row["collation"]) for row in parameters if row["collation"] != COLLATION}
    # Only those whose own file says so.
    declared = {
        (file.stem, None if part == "RETURNS" else part, collation)
        for folder in ("procedures", "functions") for file in (TREE / "db" / folder).rglob("*.sql")
        for part, collation in re.findall(
            r"(?m)^ +(?:(?:IN|OUT|INOUT) +)?(p_\w+|RETURNS) .*COLLATE (\w+),?$",
            file.read_text(encoding="utf-8").partition("COMMENT")[0],
        )
    }
    assert others == declared and len(declared) > 10


@pytest.fixture
def nobody(database: Database) -> None:
    """Deletes the users who signed up."""
    database.rows("DELETE FROM users")


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(("email", "again"), SAME_ADDRESS)
def test_addresses_that_are_the_same(database: Database, email: str, again: str) -> None:
    user_id = database.store_user(email)
    assert database.call("find_credentials", again)[0][0]["user_id"] == user_id
    with pytest.raises(pymysql.err.IntegrityError, match="Duplicate entry"):
        database.store_user(again)


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize(("email", "other"), OTHER_ADDRESS)
def test_addresses_that_are_not(database: Database, email: str, other: str) -> None:
    first = database.store_user(email)
    assert database.call("find_credentials", other) == [[]]
    second = database.store_user(other)
    for address, user_id in ((email, first), (other, second)):
        assert [row["user_id"] for row in database.call("find_credentials", address)[0]] == [user_id]


@pytest.fixture(scope="module")
def titles(database: Database) -> int:
    """An organizer with an event of each title, a day apart."""
    organizer = database.add_user("organizer", email="titles@example.org")
    for number, title in enumerate(TITLES):
        date = utc_now() + timedelta(days=10 + number)
        database.add_event(organizer, title=title, description="", venue="-", speaker="-", event_date=date)
    return organizer


@pytest.mark.parametrize(("q", "found"), FOUND.items(), ids=map(ascii, FOUND))
def test_a_search_goes_by_the_collation(database: Database, titles: int, q: str, found: list[str]) -> None:
    rows = database.call("browse_events", None, None, None, None, q, None, None, titles)[0]
    assert [row["title"] for row in rows] == [title for title in TITLES if title in found]


def test_names_sort_by_the_collation(database: Database, ledger: Ledger) -> None:
    event = ledger.add_event(people=0)
    # Made in another order, in which only those that are the same stand as they do in the end.
    for row in sorted(SORTED, key=lambda row: row[0].encode(), reverse=True):
        for name in row:
            ledger.register(event, database.add_user(name=name))
    expected = [name for row in SORTED for name in row]
    previewed = ledger.call("preview_deliveries", None)[1]
    assert [row["participant"] for row in previewed] == expected
    names = database.rows("SELECT name FROM users JOIN registrations AS r ON r.user_id = users.id ORDER BY name, r.id")
    assert [row["name"] for row in names] == expected
    for row in SORTED:
        assert database.rows("SELECT COUNT(DISTINCT name) AS n FROM users WHERE name IN %s", [row]) == [{"n": 1}], row


def test_a_list_of_participants_is_in_the_order_in_which_they_came(database: Database, ledger: Ledger) -> None:
    event = ledger.add_event(people=0)
    names = ["\U0001f600", "Zo\u00eb", "\u00e9", "E", "\u0416", "anna"]
    for name in names:
        ledger.register(event, database.add_user(name=name))
    rows = database.call("list_participants", event.organizer, event.id)[0]
    assert [row["participant"] for row in rows] == names


def test_characters_of_four_bytes_come_back_from_everywhere(database: Database, ledger: Ledger) -> None:
    email = "\U0001f600\U00020bb7@example.org"
    texts = {"title": FOUR_BYTES, "description": FOUR_BYTES * 60, "venue": FOUR_BYTES, "speaker": FOUR_BYTES}
    event = ledger.add_event(people=0, **texts)
    user = ledger.register(event, database.store_user(email, name=FOUR_BYTES))
    row = database.call("get_event", event.id)[0][0]
    assert {name: row[name] for name in texts} == texts
    assert database.call("list_my_registrations", user)[0] == [{"user": FOUR_BYTES}]
    participant = database.call("list_participants", event.organizer, event.id)[0][0]
    assert (participant["participant"], participant["email"]) == (FOUR_BYTES, email)

    other = ledger.add_event(people=0)
    ledger.register(other, user)
    ledger.update(event, venue="Elsewhere", speaker="Somebody")
    ledger.plan()
    claims = [ledger.claim(worker=FOUR_BYTES), ledger.claim(worker=FOUR_BYTES)]
    assert {claim.mails[0]["participant"] for claim in claims} == {FOUR_BYTES}
    assert {claim.row["known_venue"] for claim in claims} == {"Town Hall", FOUR_BYTES}
    assert {row["worker"] for row in ledger.claims()} == {FOUR_BYTES}
    ledger.complete(claims[0], message_id=FOUR_BYTES)
    ledger.fail(claims[1], "refused", error=FOUR_BYTES)
    mails = ledger.deliveries()
    assert {mail["message_id"] for mail in mails} == {None, FOUR_BYTES}
    assert {mail["last_error"] for mail in mails} == {None, FOUR_BYTES}
