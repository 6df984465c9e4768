"""The C sources as text: files, includes and functions."""

from __future__ import annotations

import re
from functools import cache

from support.tree import TREE

PRODUCT = ("db/", "shim/", "notifier/")


@cache
def c_files() -> tuple[str, ...]:
    """Every .c and .h by its path from the root; without git, which a machine may not have."""
    files = [file for folder in (*PRODUCT, "tests/") for file in (TREE / folder).rglob("*.[ch]")]
    return tuple(sorted(str(file.relative_to(TREE)) for file in files))


def product_files() -> list[str]:
    """The files that the programs are made of."""
    return [name for name in c_files() if name.startswith(PRODUCT)]


@cache
def text_of(name: str) -> str:
    return (TREE / name).read_text(encoding="utf-8")


def includes_of(name: str) -> list[str]:
    """What a file includes with quotes, as it is written there."""
    return re.findall(r'^\s*#\s*include\s+"([^"]+)"', text_of(name), re.MULTILINE)


def functions_of(name: str) -> list[tuple[str, int]]:
    """The functions that a file defines, with their lengths in lines, from the first line of the head to the brace.

    The sources are laid out by clang-format: heads and closing braces stand at the beginning of a line, and nothing else does.
    """
    found: list[tuple[str, int]] = []
    head: tuple[str, int] | None = None
    for number, line in enumerate(text_of(name).splitlines(), 1):
        if (match := re.match(r"[A-Za-z_][\w\s*]*?\b(\w+)\(", line)) and not line.startswith("#"):
            head = (match[1], number)
        elif line == "}" and head is not None:
            found.append((head[0], number - head[1] + 1))
            head = None
        elif line.startswith("};"):
            head = None
    return found
