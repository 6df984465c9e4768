"""The commands of the manuals, so that tests can type them as they stand."""

from __future__ import annotations

import re
import textwrap

from support.database import TREE

README, TOUR, OPERATING = (
    (TREE / name).read_text(encoding="utf-8") for name in ("README.md", "db/try/README.md", "shim/OPERATING.md")
)


def examples() -> list[tuple[str, str]]:
    """Each command of README.md and, after those, of the tour, with the output that stands below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", README + TOUR, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, output = found[-1]
                found[-1] = (command, f"{output}{line}\n")
    return found


def shows(expected: str, printed: str) -> bool:
    """Whether what was printed is what the manual shows, in which ... stands for anything."""
    return re.fullmatch(re.escape(expected.rstrip("\n")).replace(r"\.\.\.", ".*"), printed.rstrip("\n")) is not None


def blocks(section: str) -> list[str]:
    """The shell blocks of a section of README.md or of the manual for operators, without the indentation that they have in a list."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", f"{README}\n{OPERATING}", re.DOTALL | re.MULTILINE)
    assert text is not None, section
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", text[1], re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]
