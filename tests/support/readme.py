"""The commands of README.md, so that tests can type them as they stand."""

from __future__ import annotations

import re
import textwrap

from support.database import TREE

README = (TREE / "README.md").read_text(encoding="utf-8")


def examples() -> list[tuple[str, str]]:
    """Each command of the console blocks with the output that stands below it."""
    found: list[tuple[str, str]] = []
    for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], ""))
            else:
                command, output = found[-1]
                found[-1] = (command, f"{output}{line}\n")
    return found


def shows(expected: str, printed: str) -> bool:
    """Whether what was printed is what README.md shows, in which ... stands for anything."""
    return re.fullmatch(re.escape(expected.rstrip("\n")).replace(r"\.\.\.", ".*"), printed.rstrip("\n")) is not None


def blocks(section: str) -> list[str]:
    """The shell blocks of a section, without the indentation that they have in a list."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", README, re.DOTALL | re.MULTILINE)
    assert text is not None, section
    found = re.findall(r"^( *)```sh\n(.*?)^\1```", text[1], re.DOTALL | re.MULTILINE)
    return [textwrap.dedent(block) for _, block in found]
