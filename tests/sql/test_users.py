"""Signing up, and finding the hash that a password is checked against."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from support.connection import Refused
from support.database import PASSWORD_HASH, Database, utc_now
from support.texts import TEXTS

INVALID_EMAIL = "45422 invalid_input(email): email must be an e-mail address such as ann@example.org"
NOT_ASCII = "45422 invalid_input(email): email must have no letters but a to z before the @"
NOT_COMPOSED = "45422 invalid_input(email): email must have a domain of composed letters, each in its usual form (NFC)"
INVISIBLE = "must not contain invisible characters; type it instead of pasting it"
DIRECTIONS = "must not contain characters that turn the direction of writing"
CONTROLS = "must be one line without control characters"
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


@pytest.mark.parametrize(
    "blank",
    ["\u200b", "\u2060", "\ufeff", "\x01", "\0", "\u2800", "\u3164", "\uffa0", "\u115f", "\u00ad", "\u200d\ufe0f",
     "\U000e0041", "\u2066 \u2069", "\u180e", "\U0001d159", " \u200b\u00a0"], ids=ascii,
)
def test_a_name_of_nothing_that_can_be_seen_is_blank(database: Database, blank: str) -> None:
    assert refusal(database, name=blank) == "45422 invalid_input(name): name must not be blank"


@pytest.mark.parametrize(
    "part",
    ["\u200b", "\u200e", "\u200f", "\u061c", "\u00ad", "\u034f", "\u2060", "\u2064", "\ufeff", "\u115f", "\u1160", "\u3164",
     "\uffa0", "\u180e", "\u17b4", "\u2800", "\U000e0001", "\U000e0061", "\U0001d173", "\u206a", "\ufff9",
     # Joiners with nothing to join, and variations of nothing.
     " \u200d", "\u200d ", "\u200c ", "\u200d\u200d", " \ufe0f", "\ufe0f\ufe0f", "\ufe0f\ufe0e", " \U000e0100", "\u200d\ufe0f",
     # They would be in the middle of a word.
     "\u200c", "\u200d", "\ufe0f", "\U000e0100", "\u00e9\u200d", "e\u0301\u200c", "\u0436\u200d", "\u03bb\ufe0e",
     "\u5c71\u200d\u7530", "\uac00\u200c", "\u05d0\u200d",
     # A flag that has no end, one that has two, one that names no region, and one whose name is a letter to somebody.
     "\U0001f3f4\U000e0067\U000e0062", "\U0001f3f4\U000e0067\U000e007f\U000e007f",
     "\U0001f3f3\U000e0067\U000e0062\U000e007f", "\U0001f3f4" + "\U000e0061" * 7 + "\U000e007f"], ids=ascii,
)
def test_a_name_holds_nothing_that_cannot_be_seen(database: Database, part: str) -> None:
    assert refusal(database, name=f"Gr{part}ace") == f"45422 invalid_input(name): name {INVISIBLE}"


@pytest.mark.parametrize("name", ["\u200cGrace", "Grace\u200c", "\u200dGrace", "Grace\u200d", "\ufe0fGrace"], ids=ascii)
def test_a_name_neither_begins_nor_ends_with_what_joins(database: Database, name: str) -> None:
    assert refusal(database, name=name) == f"45422 invalid_input(name): name {INVISIBLE}"


@pytest.mark.parametrize("part", ["\u202a", "\u202e", "\u202c", "\u2066", "\u2069"], ids=ascii)
def test_a_name_turns_no_direction(database: Database, part: str) -> None:
    assert refusal(database, name=f"Gr{part}ace") == f"45422 invalid_input(name): name {DIRECTIONS}"


@pytest.mark.parametrize("part", ["\0", "\x01", "\t", "\n", "\r", "\x1b", "\x7f", "\x85", "\x9f", "\u2028", "\u2029"], ids=ascii)
def test_a_name_is_one_line_without_control_characters(database: Database, part: str) -> None:
    assert refusal(database, name=f"Gr{part}ace") == f"45422 invalid_input(name): name {CONTROLS}"


@pytest.mark.parametrize("field", ["name", "email"])
def test_name_and_email_are_required(database: Database, field: str) -> None:
    assert refusal(database, **{field: None}) == f"45422 invalid_input({field}): {field} is required"


@pytest.mark.parametrize(
    "email",
    ["a@b.c", "%@example.org", "_@example.org", "o'brien+tag@sub.example.org", "Ann@1.2.3.org", "a@1a.1b", "-@x-y.org",
     "!#$%&'*+-/=?^_`{|}~@example.org", "a@xn--bcher-kva.example", "a@b\u00fccher.example", "Bo@B\u00dcCHER.example",
     "a@\u043f\u0440\u0438\u043c\u0435\u0440.\u0438\u0441\u043f\u044b\u0442\u0430\u043d\u0438\u0435",
     "a@\u0e19\u0e49\u0e33.\u0e44\u0e17\u0e22", "a@\u4f8b\u3048.\u30c6\u30b9\u30c8", "a@\u65e5\u30fb\u672c.jp",
     "a@\ud55c\uad6d.kr", "a@\u092d\u093e\u0930\u0924.\u092d\u093e\u0930\u0924", "a@\u0645\u062b\u0627\u0644.org", "a@l\u00b7l.cat",
     "a@\u09ac\u09be\u0982\u09b2\u09be.\u09ad\u09be\u09b0\u09a4",
     "a" * 64 + "@b.c", "a@" + "b" * 63 + ".org"], ids=ascii,
)
def test_addresses_are_accepted_and_kept_as_written(database: Database, email: str) -> None:
    assert stored(database, database.add_user(email=email))["email"] == email


@pytest.mark.parametrize(
    "email",
    ["x", "%", "@", "a@", "@b.c", "a@b", "a@b.", "a@.c", "a@b..c", "a@b@c.d", "a b@c.d", "a@b c.d",
     "a@b.c,d@e.f", "a@b.c;d@e.f", "a@b.c>", "<a@b.c", "\"a\"@b.c", "a\\@b.c", "a:b@c.d", "a(b)@c.d", "a\uff20b.c",
     "a..b@c.d", ".a@c.d", "a.@c.d", "a@-b.org", "a@b-.org", "a@b.-org", "a@b.org-", "a@1.2.3.4", "a@b.1", "a@[1.2.3.4]",
     "a@iana/x.org", "a@e|f.org", "a@e_f.org", "a@b.c.", "a@" + "b" * 64 + ".org", "a@\U0001f600.org", "a@\u2192.org",
     "a@\u0903b.org"], ids=ascii,
)
def test_what_is_no_address_is_refused(database: Database, email: str) -> None:
    assert refusal(database, email=email) == INVALID_EMAIL


@pytest.mark.parametrize(
    "email", ["zo\u00eb@b.c", "zoe\u0308@b.c", "\U0001f600@b.c", "\uff41@b.c", "\u017f@b.c", "\u212a@b.c", "a\u00a0@b.c"], ids=ascii
)
def test_before_the_at_sign_stands_ascii(database: Database, email: str) -> None:
    assert refusal(database, email=email) == NOT_ASCII


@pytest.mark.parametrize(
    "domain",
    ["zoe\u0308.org", "\uff45xample.org", "\u212a.org", "\u017f.org", "\u1112\u1161\u11ab.kr", "\u304b\u3099.jp", "\u30a2\uff9e.jp",
     "\u0627\u0653.org", "\u0928\u093c.in", "\u09c7\u09be.in", "\ufb01.org", "\u2126.gr", "\U0001d41a.org", "b.\uff11\uff12",
     "\ufdfa.org", "\u00aa.org", "\U00011131\U00011127.in"], ids=ascii,
)
def test_a_domain_is_in_the_form_that_others_have_of_it(database: Database, domain: str) -> None:
    assert refusal(database, email=f"a@{domain}") == NOT_COMPOSED


@pytest.mark.parametrize(
    "part",
    ["\u200b", "\u200c", "\u200d", "\u200e", "\u00ad", "\u034f", "\u061c", "\u115f", "\u2060", "\ufeff", "\u3164", "\uffa0", "\u180b",
     "\u180e", "\ufe0f", "\U000e0061", "\U000e0100"], ids=ascii,
)
def test_an_address_holds_nothing_that_cannot_be_seen(database: Database, part: str) -> None:
    for email in (f"{part}ann@example.org", f"an{part}n@example.org", f"ann@exam{part}ple.org", f"ann@example.org{part}"):
        assert refusal(database, email=email) == f"45422 invalid_input(email): email {INVISIBLE}"


@pytest.mark.parametrize(("part", "why"), [("\u202e", DIRECTIONS), ("\u2066", DIRECTIONS), ("\0", CONTROLS),
                                          ("\x01", CONTROLS), ("\x85", CONTROLS), ("\u2028", CONTROLS)], ids=ascii)
def test_an_address_is_a_line_in_one_direction(database: Database, part: str, why: str) -> None:
    for email in (f"an{part}n@example.org", f"ann@exam{part}ple.org"):
        assert refusal(database, email=email) == f"45422 invalid_input(email): email {why}"


@pytest.mark.parametrize("email", ["", "  ", "\t\r\n"])
def test_an_address_is_not_blank(database: Database, email: str) -> None:
    assert refusal(database, email=email) == "45422 invalid_input(email): email must not be blank"


def test_an_address_has_at_most_254_characters_without_the_blanks_around_it(database: Database) -> None:
    longest = "a@" + ("b" * 61 + ".") * 4 + "cdef"
    assert len(longest) == 254
    assert stored(database, database.add_user(email=f"  {longest}\n"))["email"] == longest
    assert refusal(database, email=longest + "g") == (
        "45422 invalid_input(email): email must have at most 254 characters"
    )
    assert refusal(database, email="a" * 65 + "@b.c") == (
        "45422 invalid_input(email): email must have at most 64 characters before the @"
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
    emails = ["rene@example.com", "rene@ex\u00e0mple.com", "re_e@example.com", "re%@example.com"]
    ids = [database.add_user(email=email) for email in emails]
    found = [database.call("find_credentials", email)[0][0]["user_id"] for email in emails]
    assert found == ids
    assert refusal(database, email="RENE@EX\u00c0MPLE.com") == EMAIL_TAKEN


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


@pytest.mark.parametrize("email", [
    "a." * 32000 + "@b.c", "a@" + "b." * 32000, "a@" + "b-" * 32000, "." * 65000, "@" * 65000, "\u0308" * 30000 + "@b.c", " a" * 30000,
], ids=lambda email: ascii(email[:6]))
def test_a_long_address_is_refused_for_its_length_before_anything_else_of_it_is_looked_at(database: Database, email: str) -> None:
    assert refusal(database, email=email) == "45422 invalid_input(email): email must have at most 254 characters"


def test_a_long_run_of_blanks_takes_no_time(database: Database) -> None:
    with database.connect() as session:
        session.rows("SET @blanks = CONCAT('x', REPEAT(' ', 30000), 'x')")
        before = monotonic()
        session.rows("CALL find_credentials(@blanks)")
        assert monotonic() - before < 5


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
