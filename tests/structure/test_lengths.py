"""No file and no function is too long to be read at one go."""

from __future__ import annotations

import pytest

from structure.sources import c_files, functions_of, text_of

LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60


@pytest.mark.parametrize("name", c_files())
def test_no_file_is_long(name: str) -> None:
    assert len(text_of(name).splitlines()) <= LINES_OF_A_FILE


@pytest.mark.parametrize("name", [name for name in c_files() if name.endswith(".c")])
def test_no_function_is_long(name: str) -> None:
    assert {function: length for function, length in functions_of(name) if length > LINES_OF_A_FUNCTION} == {}


def test_functions_are_found() -> None:
    """Otherwise the test before this one would look at nothing."""
    found = {(name, function) for name in c_files() for function, _ in functions_of(name)}
    assert {("shim/main.c", "main"), ("notifier/main.c", "main")} <= found
    assert len(found) > 3 * len([name for name in c_files() if name.endswith(".c")])
