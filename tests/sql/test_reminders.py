"""Turning reminders off by the link in a mail: its token, what the page shows, what it changes, and what it reveals."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pymysql
import pytest

from sql.ledger import token_of
from support.connection import Connection
from support.database import Database

UNKNOWN = "45404 unknown_link: This link is not known, please use the one in your latest mail"
INVALID = "45422 invalid_input(reminders): reminders must be on or off"
NO_SECRET = "45503 not_migrated: The secret of the links in mails is missing, run migrate"
NOTE = "If an event that you are registered for changes or is cancelled, you are told in any case."
NOBODY = 10**9
KNOWN_SECRET = "0123456789abcdef" * 4


def wants(database: Database, user_id: int) -> int:
    return database.rows("SELECT wants_reminders FROM users WHERE id = %s", [user_id])[0]["wants_reminders"]


@pytest.fixture
def token(database: Database, participant: int) -> str:
    return token_of(database, participant)


@pytest.fixture
def another_secret(database: Database) -> Iterator[None]:
    """The secret's row is the test's to change."""
    kept = database.rows("SELECT * FROM secrets")
    yield
    database.rows("DELETE FROM secrets")
    for row in kept:
        database.rows("INSERT INTO secrets (name, value) VALUES (%s, %s)", [row["name"], row["value"]])


def test_a_token_has_one_form(database: Database) -> None:
    for user_id in (1, 17, 2**64 - 1):
        token = token_of(database, user_id)
        assert re.fullmatch(rf"{user_id}-[0-9a-f]{{64}}", token)
        assert len(token) <= 100


def test_a_token_is_a_digest_of_secret_and_user_and_the_same_each_time(database: Database) -> None:
    """So that the links of mails that were sent stay good, on whatever server the data is restored."""
    expression = f"SELECT unsubscribe_token('{KNOWN_SECRET}', 17) AS token"
    inner = "SHA2(CONCAT('%s', 'unsubscribe 17'), 256)" % KNOWN_SECRET
    digest = database.rows(f"SELECT SHA2(CONCAT('{KNOWN_SECRET}', {inner}), 256) AS digest")[0]["digest"]
    assert database.rows(expression) == [{"token": f"17-{digest}"}]
    with database.connect("root") as root:
        root.rows("SET NAMES latin1")
        assert root.rows(expression) == [{"token": f"17-{digest}"}]


def test_tokens_of_other_users_and_other_secrets_are_others(database: Database) -> None:
    tokens = {token_of(database, user_id).split("-")[1] for user_id in range(1, 50)}
    assert len(tokens) == 49
    other = database.rows("SELECT unsubscribe_token(REVERSE(value), 1) AS token FROM secrets")[0]["token"]
    assert other != token_of(database, 1)


def test_without_a_secret_there_is_no_token(database: Database) -> None:
    assert database.rows("SELECT unsubscribe_token(NULL, 1) AS token") == [{"token": None}]


def test_somebody_gets_reminders_until_they_say_otherwise(database: Database, participant: int, token: str) -> None:
    assert wants(database, participant) == 1
    shown = database.call("show_reminders", token)
    email = database.rows("SELECT email FROM users WHERE id = %s", [participant])[0]["email"]
    assert shown == [[{
        "reminders": "on", "title": "Reminders are on", "note": NOTE,
        "text": "A day before an event that you are registered for begins, a reminder is sent to u***@example.org.",
        "button": "Turn reminders off", "field": "reminders", "value": "off",
    }]]
    assert email not in str(shown)


@pytest.mark.parametrize("word", ["off", "OFF", "One-Click", "one-click"])
def test_turned_off_and_on_again(database: Database, participant: int, token: str, word: str) -> None:
    others = database.rows("SELECT * FROM users WHERE id <> %s ORDER BY id", [participant])
    for _ in range(2):
        done = database.call("set_reminders", token, word)
        assert done == [[{
            "reminders": "off", "title": "Reminders are off", "note": NOTE,
            "text": "No reminders of events are sent to u***@example.org.",
            "button": "Turn reminders on", "field": "reminders", "value": "on",
        }]]
        assert done == database.call("show_reminders", token)
        assert wants(database, participant) == 0
    for _ in range(2):
        assert database.call("set_reminders", token, "On")[0][0]["reminders"] == "on"
        assert wants(database, participant) == 1
    assert others == database.rows("SELECT * FROM users WHERE id <> %s ORDER BY id", [participant])


@pytest.mark.parametrize("word", [None, "", " ", "no", "off ", "ófff", "óff", "off\0", "ｏｎ", "One-Click\n", "0", "1"])
def test_other_words_are_refused(database: Database, participant: int, token: str, word: str | None) -> None:
    assert database.refusal("set_reminders", token, word) == INVALID
    assert database.refusal("set_reminders", "nonsense", word) == INVALID
    assert wants(database, participant) == 1


def forgeries(token: str) -> dict[str, str | None]:
    user_id, _, digits = token.partition("-")
    return {
        "none": None, "nothing": "", "a word": "nonsense", "the user alone": user_id, "no digits": f"{user_id}-",
        "digits alone": digits, "no user": f"-{digits}", "the first digit": f"{user_id}-{'0' if digits[0] != '0' else '1'}{digits[1:]}",
        "the last digit": token[:-1] + ("0" if token[-1] != "0" else "1"), "one less": token[:-1], "one more": f"{token}0",
        "capitals": token.upper(), "a blank after": f"{token} ", "a blank before": f" {token}", "a line end": f"{token}\n",
        "a NUL": f"{token}\0", "a zero before": f"0{token}", "a sign": f"+{token}", "another user": f"{int(user_id) + 1}-{digits}",
        "nobody": f"{NOBODY}-{digits}", "a large number": f"{'9' * 19}-{digits}", "too large a number": f"{'9' * 20}-{digits}",
        "2**64 more": f"{int(user_id) + 2**64}-{digits}", "a fraction": f"{user_id}.0-{digits}", "negative": f"-{token}",
        "other digits": f"{user_id.translate(str.maketrans('0123456789', '٠١٢٣٤٥٦٧٨٩'))}-{digits}",
        "wide digits": f"{user_id}-{digits.translate(str.maketrans('0123456789', '０１２３４５６７８９'))}",
        "a quote": f"{token}'", "a percent": "%", "much": "1-" + "a" * 60000,
    }


@pytest.mark.parametrize("forgery", forgeries("1-" + "a" * 64))
def test_a_token_that_we_did_not_make_is_refused(
    database: Database, participant: int, token: str, forgery: str
) -> None:
    given = forgeries(token)[forgery]
    assert database.refusal("show_reminders", given) == UNKNOWN
    assert database.refusal("set_reminders", given, "off") == UNKNOWN
    assert wants(database, participant) == 1


def test_nobody_is_told_who_is_a_user(database: Database) -> None:
    """A guessed token for a user, one for nobody, and the link of a user who was deleted."""
    gone = database.add_user()
    database.rows("DELETE FROM users WHERE id = %s", [gone])
    for token in (f"1-{'a' * 64}", f"{NOBODY}-{'a' * 64}", token_of(database, gone), token_of(database, NOBODY)):
        assert database.refusal("show_reminders", token) == UNKNOWN
        assert database.refusal("set_reminders", token, "off") == UNKNOWN


@pytest.mark.parametrize(
    "email, masked",
    [
        ("grace.hopper@navy.example.org", "g***@navy.example.org"), ("x@example.com", "x***@example.com"),
        ("ñandú@example.net", "ñ***@example.net"), ("😀😀@example.net", "😀***@example.net"),
        # As nobody can sign up, but a DBA can write; U+FF20 is the same as @ for the table's collation.
        ("no address", "n***"), ("full\uff20width", "f***"), ("a@b@c", "a***@b@c"),
    ],
)
def test_the_address_is_masked(database: Database, participant: int, token: str, email: str, masked: str) -> None:
    database.rows("UPDATE users SET email = %s WHERE id = %s", [email, participant])
    assert database.call("show_reminders", token)[0][0]["text"].endswith(f" is sent to {masked}.")
    assert database.call("set_reminders", token, "off")[0][0]["text"].endswith(f" are sent to {masked}.")


def test_without_the_secret_no_link_is_judged(database: Database, token: str, another_secret: None) -> None:
    database.rows("DELETE FROM secrets")
    for given in (token, "nonsense"):
        assert database.refusal("show_reminders", given) == NO_SECRET
        assert database.refusal("set_reminders", given, "off") == NO_SECRET


def test_another_secret_makes_all_links_unknown(database: Database, participant: int, token: str, another_secret: None) -> None:
    database.rows("UPDATE secrets SET value = REVERSE(value)")
    assert database.refusal("set_reminders", token, "off") == UNKNOWN
    assert database.call("show_reminders", token_of(database, participant))[0][0]["reminders"] == "on"


@pytest.mark.parametrize("value", ["", "a" * 63, "A" * 64, "g" * 64])
def test_a_secret_that_is_none_is_not_taken(database: Database, another_secret: None, value: str) -> None:
    with pytest.raises(pymysql.err.MySQLError, match="secrets_value"):
        database.rows("UPDATE secrets SET value = %s", [value])


@pytest.fixture(params=["commits by itself", "does not"])
def session(database: Database, request: pytest.FixtureRequest) -> Iterator[Connection]:
    with database.connect() as session:
        if request.param == "does not":
            session.rows("SET autocommit = 0")
        yield session


def test_what_is_told_is_committed(database: Database, participant: int, token: str, session: Connection) -> None:
    session.call("set_reminders", token, "off")
    assert wants(database, participant) == 0
    session.rollback()
    assert wants(database, participant) == 0
    with database.connect("root") as root:
        assert root.rows("SELECT id FROM users WHERE id = %s FOR UPDATE SKIP LOCKED", [participant]) != []


def test_showing_neither_waits_for_a_writer_nor_makes_one_wait(
    database: Database, participant: int, token: str, session: Connection
) -> None:
    session.rows("SET innodb_lock_wait_timeout = 1")
    with database.connect("root") as writer:
        writer.rows("SET innodb_lock_wait_timeout = 1")
        writer.rows("START TRANSACTION")
        writer.rows("UPDATE users SET name = 'Changed' WHERE id = %s", [participant])
        session.call("show_reminders", token)
        writer.rollback()
        session.call("show_reminders", token)
        writer.rows("UPDATE users SET name = 'Changed' WHERE id = %s", [participant])
