#!/usr/bin/python3
"""Prints which part of the lines and branches of the programs has run, by folder and in total, from what gcov knows.

Usage: tests/coverage/report.py BUILD [--files]        BUILD is where `make coverage` has built, --files also lists each file
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

TREE = Path(__file__).resolve().parents[2]
PRODUCT = ("db/", "shim/", "notifier/")


@dataclass
class File:
    """How often the lines of a file have run, and the ways out of its branches."""

    lines: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    branches: dict[tuple[int, int], int] = field(default_factory=lambda: defaultdict(int))


@dataclass
class Count:
    """So many of so many."""

    lines: int = 0
    of_lines: int = 0
    branches: int = 0
    of_branches: int = 0

    def add(self, file: File) -> None:
        self.lines += sum(count > 0 for count in file.lines.values())
        self.of_lines += len(file.lines)
        self.branches += sum(count > 0 for count in file.branches.values())
        self.of_branches += len(file.branches)

    def __str__(self) -> str:
        return f"{share(self.lines, self.of_lines)} {share(self.branches, self.of_branches)}"


def share(some: int, of_all: int) -> str:
    return f"{some:6} of {of_all:6} {100 * some / of_all if of_all else 100:5.1f} %"


def documents(build: Path) -> Iterator[dict[str, Any]]:
    """What gcov says of each object. Those that never ran have notes (.gcno) and no data, and count as well."""
    notes = sorted(file for folder in PRODUCT for file in (build / folder).rglob("*.gcno"))
    if not notes:
        sys.exit(f"{build} holds no build for coverage: run make coverage")
    command = ["gcov", "--json-format", "--stdout", "--branch-probabilities", *map(str, notes)]
    done = subprocess.run(command, cwd=TREE, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in done.stdout.splitlines():
        yield json.loads(line)


def collect(build: Path) -> dict[str, File]:
    files: dict[str, File] = defaultdict(File)
    for document in documents(build):
        for entry in document["files"]:
            path = Path(document["current_working_directory"], entry["file"]).resolve()
            if not path.is_relative_to(TREE) or not str(path.relative_to(TREE)).startswith(PRODUCT):
                continue
            file = files[str(path.relative_to(TREE))]
            for line in entry["lines"]:
                file.lines[line["line_number"]] += line["count"]
                for number, branch in enumerate(line["branches"]):
                    file.branches[line["line_number"], number] += branch["count"]
    return files


def main() -> None:
    build = Path(sys.argv[1])
    files = collect(build)
    folders: dict[str, Count] = defaultdict(Count)
    for name, file in sorted(files.items()):
        folders[str(PurePosixPath(name).parent)].add(file)
        folders["total"].add(file)
        if "--files" in sys.argv:
            count = Count()
            count.add(file)
            print(f"{name:30} {count}")
    print(f"{'':30} {'lines':>24} {'branches':>24}")
    for name in sorted(folders, key=lambda name: (name == "total", name)):
        print(f"{name:30} {folders[name]}")


if __name__ == "__main__":
    main()
