"""What is compared between the two kinds of servers takes in every procedure, also one that is new."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.odd import VALID, odd_calls
from parity.scripts import SCRIPTS, statements
from support.sources import PUBLIC, code_of, example_of, has_example

each_procedure = pytest.mark.parametrize("file", PUBLIC, ids=lambda file: file.stem)


def parameters_of(file: Path) -> int:
    return code_of(file).partition("COMMENT")[0].count("IN p_")


@each_procedure
def test_a_procedure_has_a_script_or_its_manual_shows_a_call(file: Path) -> None:
    assert (file.stem in SCRIPTS and file.stem in VALID) or has_example(file)
    assert statements(file) and odd_calls(file)


@each_procedure
def test_the_calls_have_as_many_arguments_as_the_procedure(file: Path) -> None:
    if file.stem in VALID:
        assert len(VALID[file.stem]) == parameters_of(file)
    if has_example(file):
        assert len(example_of(file)) == parameters_of(file)


def test_there_is_no_script_for_a_procedure_that_is_not_there() -> None:
    assert {*SCRIPTS, *VALID} <= {file.stem for file in PUBLIC}
