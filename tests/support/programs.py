"""The programs that are tested: those that make has built, or those that EVENTHUB_SHIM and EVENTHUB_NOTIFIER name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.tree import TREE

UP_TO_DATE, OUT_OF_DATE = 0, 1


def program(variable: str, name: str) -> Path:
    """The program that the variable of the environment names, or else the one of an ordinary build."""
    path = Path(os.environ.get(variable, TREE / ".build/release" / name)).resolve()
    if (fault := fault_of(path)) is not None:
        pytest.exit(fault, returncode=pytest.ExitCode.USAGE_ERROR)
    return path


def fault_of(path: Path) -> str | None:
    """What keeps a program from being tested: an old one would pass or fail for what is no longer in its sources.

    Whether it is old is asked of make, which knows what each file depends on. Of a program that was not built in this
    checkout nothing is known.
    """
    build = path.parent
    if build.parent == TREE / ".build":
        remedy = "run make" if build.name == "release" else f"build {build.name} again, as the Makefile's `test` targets do"
        if not path.exists():
            return f"{path} is not there: {remedy}"
        target = path.relative_to(TREE)
        # Not as a part of the make that may have started the tests.
        environment = {key: value for key, value in os.environ.items() if key not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        command = ["make", "--question", "--silent", f"BUILD={target.parent}", str(target)]
        status = subprocess.run(command, cwd=TREE, env=environment, stdout=subprocess.DEVNULL).returncode
        if status == OUT_OF_DATE:
            return f"{path} is older than its sources: {remedy}"
        return None if status == UP_TO_DATE else f"make cannot say whether {path} is up to date (see above)"
    return None if path.exists() else f"{path} is not there"
