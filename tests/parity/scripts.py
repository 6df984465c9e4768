"""What each procedure is asked: its arguments as SQL, in success and in each refusal, and statements in between."""

from __future__ import annotations

from datetime import timedelta, timezone
from pathlib import Path

from parity.sessions import NOW
from parity.world import HASH, link_token
from support.sources import example_of

EVENT = "'T', 'D', 'V', 'S'"


def at(**later: int) -> str:
    """Moves the session's clock."""
    return f"SET timestamp = {int((NOW + timedelta(**later)).replace(tzinfo=timezone.utc).timestamp())}"


# The pause after a failure has jitter, which this makes the same.
SAME_JITTER = "SET rand_seed1 = 17, rand_seed2 = 4"
PLAN = "CALL plan_deliveries(NULL)"
CLAIM = "CALL claim_deliveries('test', 1000, 60)"
LEDGER = "SELECT * FROM deliveries ORDER BY id"

SCRIPTS = {
    "register_user": [
        f"'Grace Hopper', 'grace@example.org', '{HASH}', 'organizer'",
        f"'Grace Hopper', ' GRACE@example.org\\n', '{HASH}', NULL",
        f"'Grace Hopper', 'hopper@example.org', '{HASH}', NULL",
        f"'Дарья 😀 %_\\\\ ''', 'дарья+😀@пример.example', '{HASH}', 'PARTICIPANT'",
        f"'e\\u0301', 'RENÉ@example.org', '{HASH}', 'participant'",
        f"'é', 'rené@example.org', '{HASH}', 'participant'",
        f"'é', 'rene@example.org', '{HASH}', 'participant'",
        f"NULL, 'n@example.org', '{HASH}', NULL",
        f"'', 'n@example.org', '{HASH}', NULL",
        f"' \\t\\r\\n\u3000\u00a0', 'n@example.org', '{HASH}', NULL",
        f"'N\\0', 'n@example.org', '{HASH}', NULL",
        f"REPEAT('😀', 121), 'n@example.org', '{HASH}', NULL",
        f"REPEAT('😀', 120), 'n@example.org', '{HASH}', NULL",
        f"'N', NULL, '{HASH}', NULL",
        f"'N', '\\t', '{HASH}', NULL",
        f"'N', 'n@', '{HASH}', NULL",
        f"'N', 'a b@example.org', '{HASH}', NULL",
        f"'N', 'a@example.org\\0', '{HASH}', NULL",
        f"'N', CONCAT(REPEAT('n', 244), '@example.org'), '{HASH}', NULL",
        f"'N', CONCAT(REPEAT('n', 65), '@example.org'), '{HASH}', NULL",
        f"'N', CONCAT('a@', REPEAT('bcd.', 63)), '{HASH}', NULL", f"'N', CONCAT('a@', REPEAT('bcd.', 62), 'ef'), '{HASH}', NULL",
        f"'N', 'a..b@example.org', '{HASH}', NULL", f"'N', 'a@пример.example', '{HASH}', NULL",
        f"'N', 'a@zoe\u0308.example', '{HASH}', NULL", f"'N', 'a​b@example.org', '{HASH}', NULL",
        "'N​', 'n@', '1', 'x'", "NULL, NULL, NULL, ''",
        "'N', 'm@example.org', 'secret', NULL",
        "'N', 'm@example.org', NULL, NULL",
        "'N', 'm@example.org', '$argon2id$é', NULL",
        "'N', 'm@example.org', CONCAT('$argon2id$', REPEAT('h', 246)), NULL",
        f"'N', 'm@example.org', '{HASH}', 'admin'",
        f"'N', 'm@example.org', '{HASH}', 'orgánizer'",
        f"'N', 'm@example.org', '{HASH}', 'organizer '",
        f"'N', 'm@example.org', '{HASH}', 'ORGANIZER\\0'",
    ],
    "check_user": [
        "'N', 'n@example.org', NULL", "NULL, NULL, NULL", "' ', ' n@example.org\\n', 'ORGANIZER'", "'​', 'n@', 'x'",
        "'می‌خواهم', 'a@пример.example', 'participant'", "'a‍', 'a@ａ.example', ''", "REPEAT('n', 121), REPEAT('n', 255), 'n'",
    ],
    "find_credentials": [
        "'otto@example.org'", "' OTTO@EXAMPLE.ORG\\n'", "'ÖLGA@example.org'", "'olga@example.org'",
        "'nobody@example.com'",
        "NULL", "''", "'%'", "'otto@example.org\\0'", "'😀'", "REPEAT('x', 60000)", "'ånna@example.org'",
        "'anna@example.org'", "'A\u030aNNA@example.org'",
    ],
    "replace_password_hash": [
        f"3, '{HASH}', '{HASH}x'",
        f"3, '{HASH}', '{HASH}'",
        f"3, '{HASH}X', '{HASH}'",
        f"3, NULL, '{HASH}'",
        f"3, '😀', '{HASH}'",
        f"NULL, '{HASH}', '{HASH}'",
        f"1000000, '{HASH}', '{HASH}'",
        f"3, '{HASH}x', NULL",
        f"3, '{HASH}x', ''",
        f"3, '{HASH}x', '$pbkdf2-sha256$1$c2FsdA$mf2Nwi7lNl0wGAk8dwMtXJCbBfOomtPiYJ5w6XcT2us'",
        f"3, '{HASH}x', '{HASH}é'",
    ],
    "browse_events": [
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "3, NULL, NULL, NULL, NULL, NULL, NULL, NULL",
        "3, '2000000000_2056384801_4', NULL, NULL, NULL, NULL, NULL, NULL",
        "2, '2000000000_2061655200_5', NULL, 'upcoming', NULL, NULL, NULL, NULL",
        "1000, '2000000000_253402300799_8', NULL, NULL, NULL, NULL, NULL, NULL",
        *(f"NULL, NULL, NULL, {status}, NULL, NULL, NULL, NULL" for status in (
            "'completed'", "'soon'", "'upcoming'", "''", "'over'", "'SOON'", "'soon '", "'sóon'", "'%'", "'soon\\0'",
            "'soon,upcoming'", "'completed, upcoming'", "'upcoming,completed,soon'", "'soon,'", "',soon'", "'soon;upcoming'", "'ſoon'")),
        *(f"NULL, NULL, {sort}, NULL, NULL, NULL, NULL, NULL" for sort in (
            "'event_date'", "'-event_date'", "''", "'EVENT_DATE'", "'event_date '", "'event_date\\0'", "'id'", "'- event_date'")),
        "2, '-30610224000_2056384801_4', 'event_date', NULL, NULL, NULL, NULL, NULL",
        "2, '253402300799_2056384801_4', '-event_date', NULL, NULL, NULL, NULL, NULL",
        "2, '2000000000_1000000000_4', NULL, NULL, NULL, NULL, NULL, NULL",
        *(f"NULL, NULL, NULL, NULL, {q}, NULL, NULL, NULL" for q in (
            "'hall'", "'HALL'", "'%'", "'_'", "'\\\\'", "''''", "'😀'", "'😁'", "'café'", "'CAFÉ'", "'cafe'", "'e'",
            "'straße'", "'strasse'", "'ss'", "'ægir'", "'AEGIR'", "' '", "'\\0'", "'\u0001'", "'\u200b'", "'\u0301'",
            "'cafe\u0301'", "''", "'snake_case'", "'snakexcase'", "REPEAT('q', 200)", "REPEAT('q', 201)",
            "REPEAT('😀', 200)", "REPEAT('😀', 201)", "'ha'", "'all'", "'a b c d e f g h i j'", "'a b c d e f g h i j k'", "'c++'",
            "'東京'", "'hall ha'", "'o''neil'")),
        "1, NULL, NULL, NULL, 'h', NULL, NULL, NULL", "1, NULL, '-event_date', 'upcoming', 'h', '2035-03-01', NULL, 1",
        "NULL, NULL, NULL, NULL, NULL, '2035-04-01 18:00:00', NULL, NULL",
        "NULL, NULL, NULL, NULL, NULL, '2035-04-01 18:00:01', NULL, NULL",
        "NULL, NULL, NULL, NULL, NULL, NULL, '2035-04-01 18:00:00', NULL",
        "NULL, NULL, NULL, NULL, NULL, NULL, '2035-04-01 18:00:01', NULL",
        "NULL, NULL, NULL, NULL, NULL, '2035-05-01', '2035-05-02', 1",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2",
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, 3",
        "NULL, NULL, NULL, NULL, NULL, NULL, '9999-12-31 23:59:59', 18446744073709551615",
        *(f"{limit}, NULL, NULL, NULL, NULL, NULL, NULL, NULL" for limit in (0, -1, 1, 1000, 1001, 2**63 - 1)),
        *(f"NULL, {cursor}, NULL, NULL, NULL, NULL, NULL, NULL" for cursor in (
            "''", "'x'", "'1'", "'1_'", "'_1'", "'1_1'", "'1_1\\n'", "' 1_1'", "'-1_1'", "'1_1_1'", "'9999999999999_1'",
            "'253402300799_9999999999999999999'", "'253402300800_1'", "'1_10000000000000000000'", "'1_1\\0'", "'٣_٣'",
            "'-1_-1_1'", "'1_1_-1'", "'-30610224001_1_1'", "'1_-30610224001_1'", "'1_253402300800_1'", "'1_1_1\\0'",
            "'1_1_9999999999999999999'", "'1_1_10000000000000000000'")),
    ],
    "check_event": [
        "'T', NULL, 'V', 'S', '2035-07-01', 5", "NULL, NULL, NULL, NULL, NULL, NULL", "' ', 'D\\0', 'a\\nb', 'a​b', '2001-01-01', 1.5",
        "'‮a', '', '⁠', 'ㅤ', 'soon', 0", "'T', 'D', 'V', 'S', '2035-03-01 12:00:00', 1000001",
    ],
    "check_event_changes": [
        "NULL, NULL, NULL, NULL, NULL, NULL", "'T', 'D', 'V', 'S', '2035-07-01', 5",
        "' ', 'D\\0', 'a\\nb', 'a​b', '2001-01-01', 1.5",
    ],
    "check_listing": [
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL", "0, '1_1', 'id', 'over', REPEAT('q', 201), 'soon', '2035-02-30', NULL",
        "1000, '1_1_1', '-event_date', 'soon,completed', 'q', '2035-05-01', '2035-05-02', 1",
        "NULL, NULL, NULL, NULL, 'a b c d e f g h i j k', NULL, NULL, NULL",
    ],
    "list_events": [
        "NULL, NULL, NULL, NULL, NULL, NULL, NULL", "3, '2000000000_2056384801_4', 'upcoming', 'e', '2035-05-01', NULL, NULL",
        "0, NULL, 'over', NULL, NULL, NULL, NULL",
    ],
    "check_seats": ["1", "NULL", "10", "11", "0", "-1", "1.5", "10.0", "99999999999999999999"],
    "get_event": ["1", "2", "3", "6", "8", "4", "99", "0", "-1", "NULL", "9223372036854775807"],
    "get_events": [
        "'[]'", "'[[8], [1], [99], [2], [1], [3], [6], [4], [0], [-1], [999999999999999999]]'", "'[1]'", "'[[1, 2]]'",
        "'[[1000000000000000000]]'", "''", "NULL", "CONCAT('[', REPEAT('[1],', 1000), '[1]]')", "REPEAT('[', 60001)",
    ],
    "create_event": [
        f"1, {EVENT}, '2035-07-01 10:00:00', 5",
        "2, '😀 Ünïcödé', NULL, '%', '_', '2035-03-01 12:00:01', 1000000",
        "1, REPEAT('😀', 200), REPEAT('é', 2000), REPEAT('x', 200), REPEAT('y', 120), '9999-12-31 23:59:59', 1",
        f"NULL, {EVENT}, '2035-07-01', 5", f"99, {EVENT}, '2035-07-01', 5", f"3, {EVENT}, '2035-07-01', 5",
        "1, NULL, 'D', 'V', 'S', '2035-07-01', 5", "1, 'T', 'D', NULL, 'S', '2035-07-01', 5",
        "1, 'T', 'D', 'V', NULL, '2035-07-01', 5", f"1, {EVENT}, NULL, 5", f"1, {EVENT}, '2035-07-01', NULL",
        "1, ' ', 'D', 'V', 'S', '2035-07-01', 5", "1, 'T', 'D', '\\t\\n', 'S', '2035-07-01', 5",
        "1, 'T', 'D', 'V', '\u3000', '2035-07-01', 5", "1, 'T\\0', 'D', 'V', 'S', '2035-07-01', 5",
        "1, 'T', 'D\\0', 'V', 'S', '2035-07-01', 5",
        "1, REPEAT('x', 201), 'D', 'V', 'S', '2035-07-01', 5", "1, 'T', REPEAT('x', 2001), 'V', 'S', '2035-07-01', 5",
        "1, 'T', 'D', REPEAT('x', 201), 'S', '2035-07-01', 5", "1, 'T', 'D', 'V', REPEAT('x', 121), '2035-07-01', 5",
        f"1, {EVENT}, '2035-03-01 12:00:00', 5", f"1, {EVENT}, '1970-01-01', 5", f"1, {EVENT}, '2035-07-01', 0",
        f"1, {EVENT}, '2035-07-01', 1000001", f"1, {EVENT}, '2035-07-01', -1",
    ],
    "update_event": [
        "1, 1, 'New title', 'New', 'New venue', 'New speaker', '2035-04-02 18:00:00', 20",
        "1, 1, NULL, NULL, NULL, NULL, NULL, NULL", "1, 7, NULL, NULL, 'Hall', NULL, NULL, NULL",
        "1, 7, NULL, NULL, 'hall', NULL, NULL, NULL", "1, 7, NULL, NULL, 'Hàll', NULL, NULL, NULL",
        "1, 7, NULL, NULL, NULL, NULL, '2035-06-01 18:00:01', NULL", "1, 5, '😀', '', NULL, NULL, NULL, 2",
        "1, 2, NULL, NULL, NULL, 'Adá Lovelace', NULL, 7", "1, 2, NULL, NULL, NULL, NULL, NULL, 6",
        "1, 2, NULL, NULL, NULL, NULL, NULL, 5", "2, 6, NULL, NULL, NULL, NULL, NULL, 1",
        "99, 1, 'x', NULL, NULL, NULL, NULL, NULL", "NULL, 1, 'x', NULL, NULL, NULL, NULL, NULL",
        "3, 1, 'x', NULL, NULL, NULL, NULL, NULL", "2, 1, 'x', NULL, NULL, NULL, NULL, NULL",
        "1, 99, 'x', NULL, NULL, NULL, NULL, NULL", "1, 4, 'x', NULL, NULL, NULL, NULL, NULL",
        "1, NULL, 'x', NULL, NULL, NULL, NULL, NULL", "1, 3, 'x', NULL, NULL, NULL, NULL, NULL",
        "1, 1, '', NULL, NULL, NULL, NULL, NULL", "1, 1, NULL, REPEAT('x', 2001), NULL, NULL, NULL, NULL",
        "1, 1, NULL, NULL, '\\n', NULL, NULL, NULL", "1, 1, NULL, NULL, NULL, 'x\\0', NULL, NULL",
        "1, 1, NULL, NULL, NULL, NULL, '2035-03-01 11:59:59', NULL", "1, 1, NULL, NULL, NULL, NULL, NULL, 0",
        "1, 1, NULL, NULL, NULL, NULL, NULL, 1000001",
        "SELECT * FROM notices ORDER BY event_id, kind, occasion",
    ],
    "cancel_event": [
        "1, 1", "1, 1", "1, 9", "1, 3", "2, 8", "2, 2", "99, 2", "3, 2", "NULL, 2", "1, 99", "1, NULL", "1, 4",
        "SELECT * FROM cancellations ORDER BY event_id",
    ],
    "list_participants": [
        "1, 2", "1, 5", "1, 9", "1, 3", "2, 6", "2, 2", "3, 2", "99, 2", "NULL, 2", "1, 99", "1, 4", "1, NULL",
    ],
    "register_for_event": [
        "5, 1, 2", "5, 1, 2", "6, 9, NULL", "7, 6, 10", "7, 8, 1", "6, 8, 1", "3, 5, 1", "4, 5, 1", "7, 2, 11",
        "7, 2, 0",
        "7, 2, -1", "7, 2, 5", "7, 3, 1", "7, 4, 1", "7, 99, 1", "7, NULL, 1", "1, 2, 1", "99, 2, 1", "NULL, 2, 1",
        "UPDATE settings SET value = 3 WHERE name = 'max_seats_per_booking'", "7, 2, 4",
        "DELETE FROM settings WHERE name = 'max_seats_per_booking'", "7, 2, 11", "7, 2, 2",
    ],
    "register_for_events": [
        "'[]', TRUE", "'[[5, 1, 2], [5, 1, 2], [6, 9, null], [7, 6, 10], [7, 8, 1], [6, 8, 1], [3, 5, 1]]', TRUE",
        "'[[4, 5, 1], [7, 2, 11], [7, 2, 0], [7, 2, -1], [7, 2, 5], [7, 3, 1], [7, 4, 1], [7, 99, 1], [7, -2, 1]]', FALSE",
        "'[[1, 2, 1], [99, 2, 1], [0, 2, 1]]', NULL", "'[[7, 2, 999999999999999999], [6, 2, 3], [7, 2, 1]]', TRUE",
        "UPDATE settings SET value = 3 WHERE name = 'max_seats_per_booking'", "'[[4, 2, 4], [5, 2, 3]]', TRUE",
        "DELETE FROM settings WHERE name = 'max_seats_per_booking'", "'[[4, 2, 11], [4, 2, 2]]', FALSE",
        "'[[1, 2]]', TRUE", "'', TRUE", "NULL, TRUE", "CONCAT('[', REPEAT('[1,2,3],', 1000), '[1,2,3]]'), TRUE",
        "REPEAT('[', 60001), TRUE",
    ],
    "unregister_from_event": [
        "3, 1", "3, 1", "4, 2", "4, 5", "3, 3", "3, 4", "7, 1", "3, 99", "3, NULL", "1, 1", "99, 1", "NULL, 1", "7, 3",
    ],
    "unregister_from_events": [
        "'[]', TRUE", "'[[3, 1], [3, 1], [4, 2], [4, 5], [3, 3], [3, 4]]', TRUE",
        "'[[7, 1], [3, 99], [3, -1], [1, 1], [99, 1], [0, 1], [7, 3]]', FALSE", "'[[4, 2]]', NULL",
        "'[[999999999999999999, 2]]', TRUE", "'[[1, 2, 1]]', TRUE", "'', TRUE", "NULL, TRUE",
        "CONCAT('[', REPEAT('[1,2],', 1000), '[1,2]]'), TRUE", "REPEAT('[', 60001), TRUE",
    ],
    "list_registrations": [
        "'[]'", "'[[3], [99], [4], [1], [7], [5], [3], [0]]'", "'[3]'", "'[[3, 1]]'", "'[[-3]]'", "'[[1000000000000000000]]'",
        "''", "NULL", "CONCAT('[', REPEAT('[3],', 1000), '[3]]')", "REPEAT('[', 60001)",
    ],
    "list_my_registrations": ["3", "4", "5", "7", "1", "99", "NULL", "0"],
    "check_database": ["0", "1", "NULL", "-1", "9999"],
    "check_health": [""],
    "read_manual": ["NULL", "'get_event'", "'nothing'", "''"],
    "show_reminders": [
        f"'{link_token(3)}'", f"'{link_token(1)}'", f"'{link_token(4)}'", f"'{link_token(99)}'", f"'4-{link_token(3)[2:]}'",
        f"'{link_token(3)} '", "'x'", "''", "NULL", f"CONCAT('{'9' * 19}', '-', REPEAT('a', 64))",
        "UPDATE users SET email = '😀😀@example.org' WHERE id = 3", f"'{link_token(3)}'",
    ],
    "set_reminders": [
        f"'{link_token(3)}', 'off'", f"'{link_token(3)}', 'One-Click'", f"'{link_token(4)}', 'one-click'",
        f"'{link_token(3)}', 'ON'", f"'{link_token(5)}', 'no'", f"'{link_token(5)}', NULL", f"'{link_token(5)}', 'óff'",
        f"'{link_token(5)}', 'off '", f"'{link_token(99)}', 'off'", f"'5-{link_token(3)[2:]}', 'off'", "'', 'off'",
        "NULL, 'off'",
        "SELECT id, wants_reminders FROM users ORDER BY id",
    ],
    "plan_deliveries": [
        "1", "2", "NULL", "NULL", "0", "-1", "100001", LEDGER, CLAIM, CLAIM, at(seconds=61), "NULL", LEDGER,
        at(hours=23),
        "100000", LEDGER, at(days=30, hours=12), "NULL", LEDGER,
    ],
    "claim_deliveries": [
        "'test', 10, 60", PLAN, "'test', 1, 60", "'test 😀', 1000, 86400", "REPEAT('é', 64), 1000, 1",
        "'test', 1000, 60",
        "'test', 1000, 60", "NULL, 1, 60", "'', 1, 60", "' ', 1, 60", "REPEAT('x', 65), 1, 60", "'x\\0', 1, 60",
        "'test', NULL, 60", "'test', 0, 60", "'test', 1001, 60", "'test', 1, NULL", "'test', 1, 0", "'test', 1, 86401",
        LEDGER, at(days=2), PLAN, "'test', 1000, 60", LEDGER,
    ],
    "start_sending": [
        "1, 60", PLAN, CLAIM, "1, 60", "1, 86400",
        "UPDATE events SET venue = 'Moved', cancelled_at = NULL WHERE id IN (SELECT event_id FROM claims)", "1, 60",
        at(seconds=10), "1, 1", at(seconds=11), "1, 60", "99, 60",
        "NULL, 60",
        "-1, 60", "1, NULL", "1, 0", "1, 86401",
    ],
    "complete_deliveries": [
        PLAN, CLAIM, "CALL start_sending(1, 60)", "1, '[1]', 'message 😀'", "1, '[1]', 'again'",
        "1, '[1, 1, 2, 99]', NULL",
        "1, '[]', 'm'", "1, '[3,4]', REPEAT('é', 128)", "1, '[3]', 'late'", "2, '[1]', 'm'", "NULL, '[1]', 'm'",
        "1, NULL, 'm'", "1, '', 'm'", "1, 'x', 'm'", "1, '{}', 'm'", "1, '1', 'm'", "1, '[1', 'm'", "1, 'null', 'm'",
        "1, '[1]', REPEAT('x', 129)", LEDGER,
    ],
    "fail_deliveries": [
        PLAN, CLAIM, CLAIM, CLAIM, "CALL start_sending(1, 60)", SAME_JITTER, "1, '[1]', 'not_sent', 'no luck'",
        "1, '[1]', 'not_sent', 'again'", "1, '[2]', 'refused', '400: 😀'", "1, '[3,4]', 'unknown', REPEAT('é', 300)",
        "2, '[6,7]', 'unknown', NULL", "2, '[6]', 'refused', 'x'", "3, '[8,9,10,11]', 'not_sent', ''",
        "9, '[1]', 'unknown', 'x'",
        "NULL, '[1]', 'unknown', 'x'", "1, NULL, 'unknown', 'x'", "1, '{}', 'unknown', 'x'", "1, '[1]', NULL, 'x'",
        "1, '[1]', 'UNKNOWN', 'x'", "1, '[1]', 'unknown ', 'x'", "1, '[1]', 'únknown', 'x'", LEDGER, at(hours=1), CLAIM,
        "UPDATE settings SET value = 2 WHERE name = 'max_delivery_attempts'", "4, '[1,6,7]', 'not_sent', 'dead'",
        LEDGER,
    ],
    "release_deliveries": [
        PLAN, CLAIM, "1, '[1]', NULL", "1, '[1]', NULL", "1, '[2]', 60", "1, '[3,4,5]', 86400", "1, '[3]', -1",
        "1, '[3]', 86401",
        "1, NULL, 0", "1, '[3', 0", "1, '\"x\"', 0", "9, '[3]', 0", "NULL, '[3]', 0", LEDGER,
    ],
    "preview_deliveries": [
        "NULL", "2", "1", "100000", "0", "-1", "100001", PLAN, "NULL", CLAIM, "NULL", "CALL cancel_event(1, 1)", "NULL",
        "CALL update_event(1, 7, NULL, NULL, NULL, 'Somebody else', NULL, NULL)", "NULL", at(hours=23), "NULL",
    ],
    "requeue_deliveries": [
        "'dead', NULL, NULL", PLAN, CLAIM, CLAIM, "CALL fail_deliveries(1, '[1,2,3]', 'refused', 'no')",
        "CALL fail_deliveries(1, '[4]', 'unknown', 'who knows')", "'dead', NULL, 1", "'dead', 2, NULL",
        "'dead', 99, NULL",
        "'unconfirmed', NULL, NULL", "'dead', NULL, NULL", "NULL, NULL, NULL", "'sent', NULL, NULL",
        "'DEAD', NULL, NULL",
        "'dead ', NULL, NULL", LEDGER,
    ],
}
# Only a session that is killed at the right moment meets it.
NOT_MET = {
    ("45503", "interrupted"), ("45503", "event_busy"), ("45503", "participant_busy"), ("45503", "registration_busy"),
    ("45503", "not_migrated"), ("45503", "binlog_statement"), ("45503", "too_long"),
}
# Not procedures of the file itself but what it may be asked about in between.
STATEMENTS = ("CALL ", "SET ", "SELECT ", "UPDATE ", "DELETE ")


def statements(file: Path) -> list[str]:
    """The procedure's script as statements; for one without a script the call that its manual shows."""
    script = SCRIPTS.get(file.stem, [", ".join(example_of(file))])
    return [step if step.startswith(STATEMENTS) else f"CALL {file.stem}({step})" for step in script]
