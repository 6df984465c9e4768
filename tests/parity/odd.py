"""Arguments that make no sense, as SQL, for any parameter whatever its type."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from parity.world import HASH, link_token
from support.sources import example_of

NUMBERS = [
    "0", "-1", "1.5", "2.5", "-0.5", "0.4", "1e0", "1e30", "2.5e0", "9223372036854775807", "9223372036854775808",
    "18446744073709551615", "18446744073709551616", "-9223372036854775808", "-9223372036854775809", "9" * 90, "TRUE",
    "NULL", "'1'", "' 1'", "'1 '", "'+1'", "'-1'", "'12abc'", "''", "' '", "'abc'", "'1.5'", "'1e1'", "'1e400'",
    "'0x1'",
    "'1\\0'", "'9223372036854775808'", "'18446744073709551616'", "'-9223372036854775809'", "'٣'", "'９'", "'-'", "'.'",
    "'1,5'", "0x01", "b'1'",
]
DATES = [
    "'0000-00-00'", "'0000-00-00 00:00:00'", "'2035-02-30'", "'2035-00-10'", "'2035-13-01'", "'0000-01-01'",
    "'0001-01-01'", "'0999-12-31'", "'1000-01-01'", "'1970-01-01'", "'2038-01-19 03:14:08'", "'9999-12-31 23:59:59'",
    "'9999-12-31 23:59:59.4'", "'9999-12-31 23:59:59.999999'", "'10000-01-01'", "'2035-03-02 25:00:00'",
    "'2035-03-02 24:00:00'", "'2035-03-02 10:60:00'", "'2035-03-02 10:00:60'", "'2035-03-02T10:00:00'",
    "'2035-03-02T10:00:00Z'", "'2035-03-02 10:00:00.5'", "'2035-03-02 23:59:59.9'", "'2035-03-01 12:00:00.9'",
    "'2035-03-02 10'", "'2035-03-02x'", "'2035-3-2 1:2:3'", "'35-03-02'", "'2035/03/02'", "' 2035-03-02'",
    "'2035-03-02\\n'",
    "'2035-03-02\\0'", "'tomorrow'", "'10:00:00'", "20350302", "20350302100000", "20350302100000.5",
    "'20350302100000'", "NOW()", "NOW(6)", "CURDATE()", "CURTIME()", "DATE '2035-03-02'", "TIME '10:00:00'",
    "TIMESTAMP '2035-03-02 10:00:00'",
]
TEXTS = [
    "'😀'", "'é'", "'e\u0301'", "'%'", "'_'", "'|'", "'|%'", "'\\\\'", "''''", "'a\\nb'", "'\\t'", "'\\0'", "'a\\0b'",
    "'\u0001'", "'\u001a'", "'\u007f'", "'\u0085'", "'\u00a0'", "'\u180e'", "'\u200b'", "'\u3000'", "'\ufeff'", "'ſ'",
    "'\u212a'",
    "'ß'", "'İ'", "'ﷺ'", "_binary'é'", "_latin1 x'e9'", "_utf8mb4 x'c3a9'", "_utf16 x'0041'", "N'é'",
    "CONVERT('é' USING latin1)",
    "'x' COLLATE utf8mb4_bin", "CAST('x' AS BINARY)", "REPEAT('x', 121)", "REPEAT('😀', 121)", "REPEAT('x', 201)",
    "REPEAT('x', 256)", "REPEAT('é', 2001)", "REPEAT('x', 65535)", "REPEAT('x', 65536)", "REPEAT('é', 40000)",
    "REPEAT('x', 1000000)", "CONCAT(REPEAT(' ', 300), 'x')", "'organizer'", "'ORGANIZER '", "'dead'", "'DEAD'",
    "'unknown'",
    "'soon'", "'SOON'", "'a@b.c'", "'A@B.C'", "'Ⱥ@b.c'", "'ß@b.c'", "'a@Ⱥ.c'", "'a@Ⱦ.c'", "'a@İ.c'", "'a@ß.c'", "'a@SS.c'",
    "'a@ς.c'", "'a@ａ.c'", "'a@é.c'", "'a@é.c'", "'a@한국.c'", "'a@한.c'", "'a@भारत.c'", "'a@́.c'", "'a@😀.c'",
    "'a@〇.c'", "'a@xn--e1a.c'", "'a..b@c.d'", "'a@1.2.3.4'", "CONCAT('a@', REPEAT('b', 64), '.c')",
    "'👩‍👩‍👧'", "'🏴󠁧󠁢󠁥󠁮󠁧󠁿'", "'a‍b'", "'a‍'", "'⠀'",
    "'ㅤ'", "'aㅤb'", "'‮a'", "'a b'", "'󠁡'", "'a️️'", "REPEAT('​', 300)",
    "'\u180e@b.c'", "'1_1'", "'253402300799_1'", "'253402300800_1'", f"'{HASH}'",
]
JSON = [
    "'{}'", "'[]'", "'[1'", "'[1.5]'", "'[1.0]'", "'[\"1\"]'", "'[\"x\"]'", "'[null]'", "'[true]'", "'[-1]'", "'[1e3]'",
    "'[1e400]'", "'[18446744073709551615]'", "'[18446744073709551616]'", "'[[1]]'", "'[{\"a\":1}]'", "'\"x\"'",
    "'null'",
    "'[1,1]'", "' [1] '", "'[1]\\n'", "'[01]'", "'[1]x'", "'[1]\\0'", "'[1,]'", "'[,1]'", "'[1 2]'", "'[1][2]'", "'['",
    "']'", "'[\"😀\"]'", "'[\"\\\\u0000\"]'",
    "_binary'[1]'", "JSON_ARRAY(1)", "JSON_OBJECT()", "CONCAT(REPEAT('[', 20), REPEAT(']', 20))",
    "CONCAT(REPEAT('[', 40), REPEAT(']', 40))", "CONCAT(REPEAT('[', 101), REPEAT(']', 101))",
    "CONCAT('[1', REPEAT(',1', 5000), ']')",
]
EXPRESSIONS = [
    "(SELECT 1)", "(SELECT 1 FROM users WHERE FALSE)", "(SELECT 1 UNION SELECT 2)", "(SELECT 1, 2)", "ROW(1, 2)", "@unset",
    "nothing", "1/0",
]
ODD = [*NUMBERS, *DATES, *TEXTS, *JSON, *EXPRESSIONS]
# In a session that is not strict a date that is none becomes one of zeros. With a fraction of a second, or if it was a
# JSON document, it becomes NULL on MySQL, while MariaDB refuses it.
LAX = [value for value in ODD if value not in ("0.4", "JSON_ARRAY(1)", "JSON_OBJECT()")]

# Arguments with which a procedure works on the world, one of which is made odd; {n} is another number each time. A
# procedure that is not here is called as its manual shows it.
VALID = {
    "register_user": ["'N'", "'n{n}@example.org'", f"'{HASH}'", "'participant'"],
    "check_user": ["'N'", "'n@example.org'", "'participant'"],
    "find_credentials": ["'otto@example.org'"],
    "replace_password_hash": ["3", f"'{HASH}'", f"'{HASH}'"],
    "browse_events": ["NULL"] * 8,
    "get_event": ["1"],
    "get_events": ["'[[1]]'"],
    "create_event": ["1", "'T'", "'D'", "'V'", "'S'", "'2035-07-01'", "5"],
    "check_event": ["'T'", "'D'", "'V'", "'S'", "'2035-07-01'", "5"],
    "check_event_changes": ["'T'", "'D'", "'V'", "'S'", "'2035-07-01'", "5"],
    "check_seats": ["1"],
    "check_listing": ["NULL"] * 8,
    "list_events": ["NULL"] * 7,
    "update_event": ["1", "1", "'T'", "'D'", "'V'", "'S'", "'2035-07-01'", "50"],
    "cancel_event": ["1", "9"],
    "list_participants": ["1", "2"],
    "register_for_event": ["7", "2", "1"],
    "register_for_events": ["'[[7, 2, 1]]'", "TRUE"],
    "unregister_from_event": ["3", "1"],
    "unregister_from_events": ["'[[3, 1]]'", "TRUE"],
    "list_my_registrations": ["3"],
    "list_registrations": ["'[[3]]'"],
    "show_reminders": [f"'{link_token(3)}'"],
    "set_reminders": [f"'{link_token(3)}'", "'off'"],
    "check_database": ["0"],
    "check_health": [],
    "read_manual": ["'get_event'"],
    "plan_deliveries": ["NULL"],
    "claim_deliveries": ["'test'", "1", "60"],
    "start_sending": ["1", "60"],
    "complete_deliveries": ["1", "'[1]'", "'m'"],
    "fail_deliveries": ["1", "'[2]'", "'unknown'", "'e'"],
    "release_deliveries": ["1", "'[3]'", "0"],
    "preview_deliveries": ["NULL"],
    "requeue_deliveries": ["'dead'", "NULL", "NULL"],
}


def odd_calls(file: Path, values: Sequence[str] = ODD) -> list[str]:
    """Calls with each parameter odd in each way, and with too few and too many of them."""
    procedure, valid = file.stem, VALID.get(file.stem, example_of(file))
    calls = []
    for position in range(len(valid)):
        for value in values:
            arguments = [argument.format(n=len(calls)) for argument in valid]
            arguments[position] = value
            calls.append(f"CALL {procedure}({', '.join(arguments)})")
    calls.append(f"CALL {procedure}({', '.join([*valid, '1'])})")
    if valid:
        calls += [f"CALL {procedure}()", f"CALL {procedure}({', '.join(valid[1:])})"]
    return calls
