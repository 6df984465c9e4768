"""What has to stand in two places says the same in both."""

from __future__ import annotations

import re

from support.connection import Connection
from support.database import TREE, Database
from support.sources import VIEWS, code_of

DEFAULTS = dict(re.findall(r"^    \('(\w+)', (\d+),", (TREE / "migrations/rows.sql").read_text(encoding="utf-8"), re.MULTILINE))


def words(text: str) -> str:
    return " ".join(text.split())


def settings_in_force(root: Connection) -> dict[str, str]:
    """What the procedures take the settings for."""
    root.rows("CALL read_max_seats(@max_seats)")
    (row,) = root.rows("SELECT @max_seats AS max_seats_per_booking, m.* FROM mail_settings AS m")
    return {name: str(value) for name, value in row.items()}


def test_without_its_row_a_setting_is_what_its_row_says_at_first(database: Database) -> None:
    with database.connect("root") as root:
        assert settings_in_force(root) == DEFAULTS
        root.rows("START TRANSACTION")
        root.rows("UPDATE settings SET value = value + 1")
        assert settings_in_force(root) == {name: str(int(value) + 1) for name, value in DEFAULTS.items()}
        root.rows("DELETE FROM settings")
        assert settings_in_force(root) == DEFAULTS


def test_no_other_place_has_the_default_of_a_setting() -> None:
    """Except the view that bookings read, which cannot call a procedure."""
    offers = (TREE / "db/views/seat_offers.sql").read_text(encoding="utf-8")
    (default,) = re.findall(r"COALESCE\(CAST\(s\.value AS SIGNED\), (\d+)\)", offers)
    assert default == DEFAULTS["max_seats_per_booking"]
    readers = {file.stem for file in (TREE / "db").rglob("*.sql") if re.search(r"(?<!_)\bsettings (?:AS|WHERE)\b", code_of(file))}
    assert readers == {"read_max_seats", "mail_settings", "seat_offers"}


def test_an_event_differs_by_the_same_rule_for_the_view_and_for_the_notice() -> None:
    (view,) = [file for file in VIEWS if file.stem == "edition_changes"]
    rule = re.search(r"o\.cancelled = 1\s+OR (.*?)\nFROM", code_of(view), re.DOTALL)[1]
    told = re.search(
        r"DEFAULT p_was_cancelled\s+OR (.*?);", code_of(TREE / "db/procedures/internal/tell_of_change.sql"), re.DOTALL
    )[1]
    sides = [tuple(sorted(side.split(" <> "))) for side in words(rule).replace("o.", "p_old_").replace("e.", "p_").split(" OR ")]
    assert len(sides) == 3
    assert sides == [tuple(sorted(side.split(" <> "))) for side in words(told).split(" OR ")]


def test_the_known_edition_is_found_in_the_same_way_for_the_ledger_and_for_the_view() -> None:
    places = [words(code_of(TREE / "db" / path)) for path in ("procedures/internal/plan_notice.sql", "views/deliveries_due.sql")]
    for edition in (r"MIN\(o\.edition\)", r"MAX\(m\.edition\)"):
        (planned,), (shown,) = (set(re.findall(rf"SELECT {edition} FROM (?:[^()]|\([^()]*\))*", text)) for text in places)
        assert planned.strip() == shown.strip()
