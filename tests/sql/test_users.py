"""Signing up, and finding what it takes to check a password."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from support.connection import Refused
from support.database import PASSWORD_HASH, Database, utc_now
from support.texts import TEXTS

INVALID_EMAIL = "45422 invalid_input(email): email must be an e-mail address"
INVALID_HASH = "45422 invalid_input(password_hash): password_hash must be an Argon2id hash"
INVALID_ROLE = "45422 invalid_input(role): role must be organizer or participant"
EMAIL_TAKEN = "45409 email_taken: Email already registered"


def refusal(database: Database, **changes: Any) -> str:
    """How register_user refuses a user that is valid but for the changes."""
    valid = {"name": "Grace", "email": "grace@example.org", "password_hash": PASSWORD_HASH, "role": "participant"}
    return database.refusal("register_user", *(valid | changes).values())


def stored(database: Database, user_id: int) -> dict[str, Any]:
    return database.rows("SELECT name, email, role, password_hash, created_at FROM users WHERE id = %s", [user_id])[0]


def test_a_new_user_is_returned_and_stored(database: Database) -> None:
    before = utc_now()
    results = database.call("register_user", "Grace Hopper", "Grace@Example.org", PASSWORD_HASH, "organizer")
    user_id = results[0][0]["user_id"]
    assert results == [[{"message": "User created successfully", "user_id": user_id}]]

    user = stored(database, user_id)
    assert before <= user.pop("created_at") <= utc_now()
    assert user == {
        "name": "Grace Hopper", "email": "Grace@Example.org", "role": "organizer", "password_hash": PASSWORD_HASH,
    }


@pytest.mark.parametrize(
    ("role", "kept"),
    [(None, "participant"), ("participant", "participant"), ("organizer", "organizer"), ("ORGANIZER", "organizer")],
)
def test_the_role_is_one_of_two_and_participant_by_default(database: Database, role: str | None, kept: str) -> None:
    assert stored(database, database.add_user(role))["role"] == kept


@pytest.mark.parametrize("role", ["", "1", "x", "admin", "organizers", "organizer,participant", "%", "organizer\n"])
def test_any_other_role_is_refused(database: Database, role: str) -> None:
    assert refusal(database, role=role) == INVALID_ROLE


@pytest.mark.parametrize("role", ["organizer ", "org\u00e1nizer", "organizer\0", "organ\u200bizer", "\uff4frganizer"])
def test_a_role_that_only_the_collation_takes_for_a_known_one_is_refused(database: Database, role: str) -> None:
    assert refusal(database, role=role) == INVALID_ROLE


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_name_is_kept_exactly(database: Database, text: str) -> None:
    assert stored(database, database.add_user(name=text))["name"] == text


@pytest.mark.parametrize("letter", ["n", "\u00e9", "\U0001f600"])
def test_a_name_has_at_most_120_characters(database: Database, letter: str) -> None:
    assert stored(database, database.add_user(name=letter * 120))["name"] == letter * 120
    assert refusal(database, name=letter * 121) == "45422 invalid_input(name): name must have at most 120 characters"


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n\v\f", "\u00a0", "\u3000"])
def test_a_name_is_not_blank(database: Database, blank: str) -> None:
    assert refusal(database, name=blank) == "45422 invalid_input(name): name must not be blank"


def test_a_name_holds_no_nul(database: Database) -> None:
    assert refusal(database, name="Gr\0ace") == "45422 invalid_input(name): name must not contain a NUL character"


@pytest.mark.parametrize("field", ["name", "email"])
def test_name_and_email_are_required(database: Database, field: str) -> None:
    assert refusal(database, **{field: None}) == f"45422 invalid_input({field}): {field} is required"


@pytest.mark.parametrize(
    "email",
    ["a@b.c", "%@example.org", "_@example.org", "o'brien+tag@sub.example.org", "J\u00fcrgen@b\u00fccher.example",
     "\U0001f600@example.org", "a.b@1.2.3.4"],
)
def test_plausible_addresses_are_accepted_and_kept_as_written(database: Database, email: str) -> None:
    assert stored(database, database.add_user(email=email))["email"] == email


@pytest.mark.parametrize(
    "email",
    ["x", "%", "@", "a@", "@b.c", "a@b", "a@b.", "a@.c", "a@b..c", "a@b@c.d", "a b@c.d", "a@b c.d", "a\n@b.c",
     "a@b.c\nd", "a@b.c,d@e.f", "a@b.c;d@e.f", "a@b.c>", "<a@b.c", "\"a\"@b.c", "a\\@b.c", "a:b@c.d", "a(b)@c.d",
     "a\x01@b.c", "a\u00a0@b.c"],
)
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    assert refusal(database, email=email) == INVALID_EMAIL


@pytest.mark.parametrize("email", ["", "  ", "\t\r\n"])
def test_an_address_is_not_blank(database: Database, email: str) -> None:
    assert refusal(database, email=email) == "45422 invalid_input(email): email must not be blank"


def test_an_address_holds_no_nul(database: Database) -> None:
    assert refusal(database, email="a\0@b.c") == "45422 invalid_input(email): email must not contain a NUL character"


def test_an_address_has_at_most_255_characters_without_the_blanks_around_it(database: Database) -> None:
    longest = "a" * 243 + "@example.org"
    assert len(longest) == 255
    assert stored(database, database.add_user(email=f"  {longest}\n"))["email"] == longest
    assert refusal(database, email="b" + longest) == (
        "45422 invalid_input(email): email must have at most 255 characters"
    )


def test_blanks_around_an_address_are_dropped(database: Database) -> None:
    user_id = database.add_user(email=" \t\r\nspaced@example.org\n\r\t ")
    assert stored(database, user_id)["email"] == "spaced@example.org"
    assert refusal(database, email="  spaced@example.org") == EMAIL_TAKEN


@pytest.mark.parametrize(
    "again", ["Taken@Example.org", "taken@example.org", "TAKEN@EXAMPLE.ORG", " taken@example.org "]
)
def test_an_address_is_taken_once_whatever_its_case(database: Database, again: str) -> None:
    if not database.rows("SELECT 1 FROM users WHERE email = 'Taken@Example.org'"):
        database.add_user(email="Taken@Example.org")
    assert refusal(database, email=again) == EMAIL_TAKEN


def test_addresses_that_differ_by_an_accent_or_a_wildcard_are_different(database: Database) -> None:
    emails = ["rene@example.com", "ren\u00e9@example.com", "re_e@example.com", "re%@example.com"]
    ids = [database.add_user(email=email) for email in emails]
    found = [database.call("find_credentials", email)[0][0]["user_id"] for email in emails]
    assert found == ids
    assert refusal(database, email="REN\u00c9@example.com") == EMAIL_TAKEN


@pytest.mark.parametrize("password_hash", [None, "", "secret", "$2b$12$bcrypt", "x$argon2id$v=19", "%argon2id%"])
def test_a_password_that_is_not_hashed_is_refused(database: Database, password_hash: str | None) -> None:
    assert refusal(database, password_hash=password_hash) == INVALID_HASH


def test_a_hash_has_at_most_255_characters(database: Database) -> None:
    longest = "$argon2id$" + "h" * 245
    assert stored(database, database.add_user(password_hash=longest))["password_hash"] == longest
    assert refusal(database, password_hash=longest + "h") == INVALID_HASH


@pytest.mark.parametrize("password_hash", ["$argon2id$\u00e9", "$ARGON2ID$v=19", "$\u00e1rgon2id$v=19"])
def test_what_only_resembles_a_hash_is_refused(database: Database, password_hash: str) -> None:
    assert refusal(database, password_hash=password_hash) == INVALID_HASH


def test_the_rules_hold_for_a_session_that_is_not_strict(database: Database) -> None:
    with database.connect() as lax:
        lax.rows("SET SESSION sql_mode = ''")
        with pytest.raises(Refused, match="name must have at most 120 characters"):
            lax.call("register_user", "n" * 121, "lax@example.org", PASSWORD_HASH, "participant")
    assert database.call("find_credentials", "lax@example.org") == [[]]


@pytest.mark.parametrize("email", ["Find.Me@Example.org", "find.me@example.org", "  FIND.ME@EXAMPLE.ORG\n"])
def test_credentials_are_found_whatever_the_case_and_the_blanks(database: Database, email: str) -> None:
    known = database.rows("SELECT id FROM users WHERE email = 'Find.Me@Example.org'")
    user_id = known[0]["id"] if known else database.add_user("organizer", email="Find.Me@Example.org")
    assert database.call("find_credentials", email) == [
        [{"user_id": user_id, "role": "organizer", "password_hash": PASSWORD_HASH}]
    ]


@pytest.mark.parametrize("email", [None, "", "%", "_", "%@%", "nobody@example.org", "' OR ''='", "a\0b", "x" * 60000])
def test_no_credentials_are_found_for_what_is_nobodys_address(database: Database, email: str | None) -> None:
    database.add_user()
    assert database.call("find_credentials", email) == [[]]


def test_a_long_run_of_blanks_takes_no_time(database: Database) -> None:
    with database.connect() as session:
        session.rows("SET @blanks = CONCAT('x', REPEAT(' ', 30000), 'x')")
        before = monotonic()
        session.rows("CALL find_credentials(@blanks)")
        assert monotonic() - before < 1


LEGACY_HASH = "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk"


@pytest.fixture
def legacy_user(database: Database) -> int:
    """Somebody whose hash the first implementation made, which no procedure takes."""
    user_id = database.add_user()
    database.rows("UPDATE users SET password_hash = %s WHERE id = %s", [LEGACY_HASH, user_id])
    return user_id


def test_a_hash_is_replaced_once(database: Database, legacy_user: int) -> None:
    other = database.add_user()
    assert database.call("replace_password_hash", legacy_user, LEGACY_HASH, PASSWORD_HASH) == [[{"replaced": 1}]]
    assert stored(database, legacy_user)["password_hash"] == PASSWORD_HASH
    assert database.call("replace_password_hash", legacy_user, LEGACY_HASH, PASSWORD_HASH + "x") == [[{"replaced": 0}]]
    assert stored(database, legacy_user)["password_hash"] == PASSWORD_HASH
    assert stored(database, other)["password_hash"] == PASSWORD_HASH


@pytest.mark.parametrize("old", [LEGACY_HASH.lower(), LEGACY_HASH + " ", LEGACY_HASH[:-1], "%", "", None, "\U0001f600"])
def test_a_hash_that_is_another_one_is_not_replaced(database: Database, legacy_user: int, old: str | None) -> None:
    assert database.call("replace_password_hash", legacy_user, old, PASSWORD_HASH) == [[{"replaced": 0}]]
    assert stored(database, legacy_user)["password_hash"] == LEGACY_HASH


@pytest.mark.parametrize("user_id", [None, 0, 10**9])
def test_nobodys_hash_is_not_replaced(database: Database, user_id: int | None) -> None:
    assert database.call("replace_password_hash", user_id, LEGACY_HASH, PASSWORD_HASH) == [[{"replaced": 0}]]


@pytest.mark.parametrize(
    "new", [None, "", "secret", LEGACY_HASH, "$ARGON2ID$v=19", "$argon2id$\u00e9", "$argon2id$" + "h" * 246]
)
def test_a_hash_is_replaced_by_one_of_ours_only(database: Database, legacy_user: int, new: str | None) -> None:
    refused = database.refusal("replace_password_hash", legacy_user, LEGACY_HASH, new)
    assert refused == "45422 invalid_input(new_hash): new_hash must be an Argon2id hash"
    assert stored(database, legacy_user)["password_hash"] == LEGACY_HASH


def test_a_replaced_hash_is_committed_whatever_the_session(database: Database, legacy_user: int) -> None:
    with database.connect() as session:
        session.rows("SET autocommit = 0")
        session.call("replace_password_hash", legacy_user, LEGACY_HASH, PASSWORD_HASH)
        session.rollback()
    assert stored(database, legacy_user)["password_hash"] == PASSWORD_HASH
