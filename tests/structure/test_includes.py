"""What includes what: arrows run one way and never in a circle."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import PurePosixPath

import pytest

from structure.sources import c_files, includes_of, product_files
from support.tree import TREE

# The folders whose headers a folder's files may include besides those of their own folder; the order is README.md's: shim/api
# knows shim/http and db/client, which know neither each other nor events, and the two programs do not know each other.
MAY_INCLUDE: dict[str, set[str]] = {
    "db/common": set(),
    "db/client": {"db/common"},
    "shim/http": {"db/common"},
    "shim/api": {"db/common", "db/client", "shim/http"},
    "shim": {"db/common", "db/client", "shim/http", "shim/api"},
    "notifier": {"db/common", "db/client"},
}


def folder_of(name: str) -> str:
    return str(PurePosixPath(name).parent)


def module_of(name: str) -> str:
    """A .c file and its header are one module."""
    return str(PurePosixPath(name).with_suffix(""))


def test_every_folder_has_its_place_in_the_order() -> None:
    assert {folder_of(name) for name in product_files()} == set(MAY_INCLUDE)


@pytest.mark.parametrize("name", c_files())
def test_includes_are_written_from_the_root(name: str) -> None:
    written = includes_of(name)
    assert [each for each in written if not (TREE / each).is_file() or ".." in each] == []


@pytest.mark.parametrize("name", product_files())
def test_no_include_runs_upward(name: str) -> None:
    allowed = MAY_INCLUDE[folder_of(name)] | {folder_of(name)}
    assert [each for each in includes_of(name) if folder_of(each) not in allowed] == []


def circles() -> list[list[str]]:
    """The groups of modules of which each reaches each by includes (Tarjan's strongly connected components)."""
    arrows: dict[str, set[str]] = {}
    for name in product_files():
        module = module_of(name)
        arrows.setdefault(module, set()).update(module_of(each) for each in includes_of(name) if module_of(each) != module)
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(module: str) -> None:
        index[module] = lowest[module] = len(index)
        stack.append(module)
        for other in sorted(arrows.get(module, ())):
            if other not in index:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], index[other])
        if lowest[module] == index[module]:
            group = stack[stack.index(module):]
            del stack[stack.index(module):]
            if len(group) > 1:
                found.append(sorted(group))

    for module in sorted(arrows):
        if module not in index:
            visit(module)
    return found


def test_no_modules_depend_on_each_other_in_a_circle() -> None:
    assert circles() == []


def compiler_flags() -> list[str]:
    """What the Makefile compiles with that a header may need: the language, and where the libraries' headers are."""
    makefile = (TREE / "Makefile").read_text(encoding="utf-8")
    libraries = re.search(r"^LIBRARIES = (.*)$", makefile, re.MULTILINE)
    assert libraries, "the Makefile has no line of LIBRARIES any more"
    flags = subprocess.run(["pkg-config", "--cflags", *libraries[1].split()], check=True, stdout=subprocess.PIPE, text=True)
    return ["-std=gnu11", "-D_GNU_SOURCE", "-I.", *shlex.split(flags.stdout)]


def test_every_header_compiles_alone() -> None:
    """It includes what it needs itself, so that the order of includes never matters."""
    headers = [name for name in c_files() if name.endswith(".h")]
    command = ["gcc", *compiler_flags(), "-Wall", "-Wextra", "-Werror", "-fsyntax-only", *headers]
    done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, done.stdout
