"""The machine itself: it is turned off by whatever ends it, and leaves nothing behind."""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path

import pytest

from support.database import TREE
from support.machine import ENDS_WITHIN, Machine

ROOTS = (TREE / ".debian").resolve()


def root_of(machine: Machine) -> str:
    """Where the machine's files are; others may be running beside it."""
    mark = f"mark-{secrets.token_hex(8)}"
    machine.type(f"touch /{mark}").check()
    (found,) = ROOTS.glob(f"machine-*/{mark}")
    return str(found.parent)


def processes(root: str) -> list[str]:
    """Who runs in it, and so holds its mounts."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(process / "root") == root:
                found.append(process.name)
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            pass
    return found


@pytest.mark.skipif(os.getuid() != 0, reason="only root sees what runs in there")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_ends_with_its_script(number: signal.Signals) -> None:
    with Machine() as machine:
        machine.type("setsid sleep 600 &").check()
        root = root_of(machine)
        assert len(processes(root)) > 1
        assert root not in Path("/proc/mounts").read_text()
        machine.process.send_signal(number)
        machine.process.wait(ENDS_WITHIN)
        # While its shell could still be typed to: it must not be this that ends it.
        until = time.monotonic() + 10
        while processes(root):
            assert time.monotonic() < until
            time.sleep(0.1)
    if number == signal.SIGKILL:
        # It could not clean up; the next one does.
        with Machine() as machine:
            machine.type("true").check()
    assert not Path(root).exists()
