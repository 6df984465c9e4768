"""A procedure that refuses its input says all that is wrong with it: rows first, and then the error, which is the first."""

from __future__ import annotations

import json
import re
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import sleep
from typing import Any

import pytest

from sql.ledger import wait_for_lock
from support.connection import Refused
from support.database import PASSWORD_HASH, TREE, Database, utc_now

USER = {"name": "Grace", "email": "grace@example.org", "password_hash": PASSWORD_HASH, "role": "participant"}
EVENT = {
    "title": "Looms", "description": "About cards", "venue": "Lyon", "speaker": "J. M. Jacquard",
    "event_date": "2035-05-01 18:00:00", "total_seats": 10,
}
BAD_EVENT = {
    "title": " ", "description": "a\0b", "venue": "a\nb", "speaker": "a\u200bb", "event_date": "2001-01-01",
    "total_seats": 1.5,
}
WRONG_WITH_EVENT = [
    ("title", "title must not be blank"),
    ("description", "description must not contain control characters"),
    ("venue", "venue must be one line without control characters"),
    ("speaker", "speaker must not contain invisible characters; type it instead of pasting it"),
    ("event_date", "event_date must be in the future"),
    ("total_seats", "total_seats must be a whole number"),
]


def faults(database: Database, procedure: str, *arguments: Any) -> list[tuple[str, str]]:
    """What the procedure says is wrong, by rows; and sees that the error says the first of it."""
    told: list[tuple[str, str]] = []
    with database.connect() as session, session.cursor() as cursor:
        with pytest.raises(Refused) as refused:
            cursor.execute(f"CALL {procedure}({', '.join(['%s'] * len(arguments))})", arguments)
            assert list(cursor.description and [column[0] for column in cursor.description]) == ["invalid_field", "message"]
            told = [(row["invalid_field"], row["message"]) for row in cursor.fetchall()]
            cursor.nextset()
    assert str(refused.value) == f"45422 invalid_input({told[0][0]}): {told[0][1]}"
    return told


def test_all_that_is_wrong_with_a_user_is_said(database: Database) -> None:
    wrong = [
        ("name", "name is required"), ("email", "email must be an e-mail address such as ann@example.org"),
        ("role", "role must be organizer or participant"),
    ]
    assert faults(database, "check_user", None, "nope", "x") == wrong
    wrong.append(("password_hash", "password_hash must be an Argon2id hash"))
    assert faults(database, "register_user", None, "nope", "1", "x") == wrong


def test_all_that_is_wrong_with_an_event_is_said(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    before = database.call("get_event", event_id)
    bad = list(BAD_EVENT.values())
    assert faults(database, "check_event", *bad) == WRONG_WITH_EVENT
    assert faults(database, "check_event_changes", *bad) == WRONG_WITH_EVENT
    assert faults(database, "create_event", organizer, *bad) == WRONG_WITH_EVENT
    assert faults(database, "update_event", organizer, event_id, *bad) == WRONG_WITH_EVENT
    assert database.call("get_event", event_id) == before


def test_all_that_is_missing_is_said(database: Database, organizer: int) -> None:
    missing = [(name, f"{name} is required") for name in EVENT if name != "description"]
    assert faults(database, "check_event", *[None] * 6) == missing
    assert faults(database, "create_event", organizer, *[None] * 6) == missing


@pytest.mark.parametrize("name", EVENT)
def test_one_fault_is_one_row(database: Database, organizer: int, name: str) -> None:
    fields = EVENT | {name: BAD_EVENT[name]}
    (wrong,) = [fault for fault in WRONG_WITH_EVENT if fault[0] == name]
    assert faults(database, "create_event", organizer, *fields.values()) == [wrong]
    assert faults(database, "check_event_changes", *[value if field == name else None for field, value in fields.items()]) == [wrong]


def test_where_nothing_is_wrong_nothing_is_said(database: Database, organizer: int) -> None:
    assert database.call("check_user", "Grace", " grace@example.org ", None) == []
    assert database.call("check_event", *EVENT.values()) == []
    assert database.call("check_event", *(EVENT | {"description": None}).values()) == []
    assert database.call("check_event_changes", *[None] * 6) == []
    assert database.call("check_event_changes", *EVENT.values()) == []
    assert [database.call("check_seats", seats) for seats in (None, 1, 10, "10.0")] == [[]] * 4
    assert len(database.call("create_event", organizer, *EVENT.values())) == 1


def test_a_check_does_nothing(database: Database) -> None:
    with database.connect() as session:
        session.rows("SET autocommit = 0")
        session.call("check_user", "Grace", "checked@example.org", "organizer")
        session.call("check_event", *EVENT.values())
    assert database.rows("SELECT 1 FROM users WHERE email = 'checked@example.org'") == []


def test_seats_are_checked_by_the_setting(database: Database) -> None:
    try:
        for most in (4, 12):
            database.rows("UPDATE settings SET value = %s WHERE name = 'max_seats_per_booking'", [most])
            assert database.call("check_seats", most) == []
            for seats in (0, -1, most + 1, 10**20):
                assert faults(database, "check_seats", seats) == [("seats", f"seats must be from 1 to {most}")]
    finally:
        database.rows("UPDATE settings SET value = 10 WHERE name = 'max_seats_per_booking'")
    assert faults(database, "check_seats", "1.5") == [("seats", "seats must be a whole number")]


def test_the_role_comes_before_the_input(database: Database, organizer: int, participant: int) -> None:
    event_id = database.add_event(organizer)
    for actor, refusal in (
        (participant, "45403 organizer_required: Organizer privileges required"),
        (None, "45401 invalid_token: Invalid authentication credentials"),
    ):
        assert database.refusal("create_event", actor, *BAD_EVENT.values()) == refusal
        assert database.refusal("update_event", actor, event_id, *BAD_EVENT.values()) == refusal


def test_the_input_comes_before_the_event(database: Database, organizer: int) -> None:
    assert faults(database, "update_event", organizer, 0, *BAD_EVENT.values()) == WRONG_WITH_EVENT


def test_a_date_that_passes_while_the_event_is_waited_for_is_refused(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer, event_date=utc_now() + timedelta(days=60))
    date = utc_now() + timedelta(seconds=2)
    with database.connect() as session, database.connect("root") as holder, ThreadPoolExecutor(1) as pool:
        holder.begin()
        holder.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])
        update = pool.submit(session.call, "update_event", organizer, event_id, *[None] * 4, date, None)
        wait_for_lock(database, update)
        while utc_now() <= date:
            sleep(0.1)
        holder.rollback()
        assert str(update.exception()) == "45422 invalid_input(event_date): event_date must be in the future"


def test_what_has_begun_is_not_left_open(database: Database, organizer: int) -> None:
    event_id = database.add_event(organizer)
    with database.connect() as session:
        session.rows("SET autocommit = 0")
        with pytest.raises(Refused):
            session.call("update_event", organizer, event_id, *BAD_EVENT.values())
        # It would see the title of before.
        database.rows("UPDATE events SET title = 'Newer' WHERE id = %s", [event_id])
        assert session.call("get_event", event_id)[0][0]["title"] == "Newer"


# Unicode -------------------------------------------------------------------------------------------------------------

EMAIL_FAULT = (TREE / "db/functions/email_fault.sql").read_text(encoding="utf-8")


def pattern_of_unstable() -> re.Pattern[str]:
    """email_fault's pattern for characters that are not composed (NFC), in Python's syntax."""
    source = EMAIL_FAULT.partition("NOT v_is_ascii AND v_domain REGEXP")[2].partition(" THEN")[0]
    pattern = "".join(re.findall(r"'(.*)'", source)).replace("\\\\", "\\")
    return re.compile(re.sub(r"\\x\{(\w+)\}", lambda found: f"\\U{int(found[1], 16):08x}", pattern))


# Hangul is written in syllables, marks of Latin, Greek, Cyrillic and Kana in their letters.
PARTS_OF_LETTERS = [range(0x300, 0x370), range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xD7B0, 0xD800), (0x3099, 0x309A)]
# The vowel AM of Thai and of Lao, which keyboards write as one.
AM = "\u0e33\u0eb3"


def test_what_cannot_stand_in_a_domain_is_what_unicode_says() -> None:
    """Every letter, mark and digit that Python's Unicode knows, which may be an older one than that of the list."""
    unstable = pattern_of_unstable()
    parts = {code for part in PARTS_OF_LETTERS for code in part}
    letters = [
        chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) in ("Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd")
    ]
    assert len(letters) > 130_000
    for letter in letters:
        changes = unicodedata.normalize("NFKC", letter) != letter and letter not in AM
        assert bool(unstable.search(letter)) == (changes or ord(letter) in parts), f"U+{ord(letter):04X}"
    for letter in "\u3007\u00b7\u30fb":
        assert not unstable.search(letter)


def test_what_is_composed_is_not_written_in_parts() -> None:
    unstable = pattern_of_unstable()
    composed = [chr(code) for code in range(0x80, 0x110000) if len(unicodedata.normalize("NFD", chr(code))) > 1]
    composed = [letter for letter in composed if unicodedata.normalize("NFKC", letter) == letter]
    assert len(composed) > 11_000
    for letter in composed:
        assert not unstable.search(letter), f"U+{ord(letter):04X}"
        assert unstable.search(unicodedata.normalize("NFD", letter)), f"U+{ord(letter):04X}"


IGNORABLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0),
    (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
]


def test_what_cannot_be_seen_is_known_to_the_server(database: Database) -> None:
    """Unicode's Default_Ignorable_Code_Point, blanks and control characters, one by one, and letters beside them."""
    invisible = {code for first, last in IGNORABLE for code in range(first, last + 1)}
    invisible |= {code for code in range(0x3001) if unicodedata.category(chr(code)) in ("Zs", "Zl", "Zp", "Cc")}
    invisible |= {0x2800, 0x1D159, 0xFFF9, 0xFFFA, 0xFFFB}
    asked = sorted({near for code in invisible for near in (code - 1, code, code + 1) if near >= 0})
    rows = database.rows(
        "SELECT code, text_fault(letter, 9, 'line') AS fault"
        " FROM JSON_TABLE(%s, '$[*]' COLUMNS (code INT PATH '$[0]', letter VARCHAR(4) PATH '$[1]')) AS asked",
        [json.dumps([[code, chr(code)] for code in asked])],
    )
    assert {row["code"] for row in rows if row["fault"] == "must not be blank"} == invisible
