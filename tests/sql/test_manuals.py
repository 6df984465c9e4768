"""The manual of a procedure is its COMMENT, and it tells the truth about errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from support.database import Database
from support.sources import FUNCTIONS, INTERNAL, PUBLIC, TRIGGERS, VIEWS, code_of, documented_errors, manual_of, raised_errors

each_procedure = pytest.mark.parametrize("file", PUBLIC + INTERNAL + FUNCTIONS, ids=lambda file: file.stem)
each_file = pytest.mark.parametrize("file", PUBLIC + INTERNAL + FUNCTIONS + TRIGGERS + VIEWS, ids=lambda file: file.stem)


@each_file
def test_a_file_defines_the_object_that_it_is_named_after(file: Path) -> None:
    made = re.findall(r"\b(?:PROCEDURE|VIEW|TABLE|FUNCTION|TRIGGER|EVENT) (?!IF\b)`?(\w+)`?(?: *\(|\n)", code_of(file))
    assert made == [file.stem]
    assert code_of(file).count("CREATE") == 1


@each_file
def test_a_file_opens_with_what_it_is_for(file: Path) -> None:
    assert re.match(r"-- \S.*\.$", file.read_text(encoding="utf-8").splitlines()[0])


@each_procedure
def test_the_server_shows_the_manual(database: Database, file: Path) -> None:
    manual = manual_of(file)
    assert manual
    assert database.rows(
        "SELECT routine_comment AS comment FROM information_schema.routines"
        " WHERE routine_schema = %s AND routine_name = %s",
        [database.name, file.stem],
    ) == [{"comment": manual}]


@each_procedure
def test_the_manual_names_every_error_that_is_raised_and_no_other(file: Path) -> None:
    assert documented_errors(file) == raised_errors(file)


@each_procedure
def test_nothing_but_a_sqlstate_of_ours_is_raised(file: Path) -> None:
    code = code_of(file)
    assert re.findall(r"\bSIGNAL (?!SQLSTATE '45\d{3}' SET MESSAGE_TEXT = )", code) == []
    assert "MYSQL_ERRNO" not in code


@pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.stem)
def test_a_sqlstate_is_an_http_status_that_the_shim_may_answer(file: Path) -> None:
    assert {sqlstate for sqlstate, _ in raised_errors(file)} <= {"45400", "45401", "45403", "45404", "45409", "45422", "45503"}
