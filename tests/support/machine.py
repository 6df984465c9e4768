"""A fresh Debian machine, and a shell on it in which commands are typed."""

from __future__ import annotations

import os
import re
import secrets
import selectors
import subprocess
import time
from dataclasses import dataclass

from support.database import TREE

SUITE = os.environ.get("SUITE", "trixie")
ENDS_WITHIN = 300


@dataclass(frozen=True)
class Typed:
    """What became of a command: its status, and all that it printed."""

    command: str
    status: int
    output: str

    def check(self) -> str:
        assert self.status == 0, f"{self.command}\nexit status {self.status}:\n{self.output}"
        return self.output


class Machine:
    """A bare root of SUITE with this tree in /root/eventhub, where its shell begins, as root (.ci/debian).

    It shares the network, so its programs have to be told ports that are free.
    """

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [TREE / ".ci/debian", SUITE, "bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        """Turns the machine off, with everything that still runs on it."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.terminate()
        self.process.wait(ENDS_WITHIN)
        self.process.stdout.close()

    def type(self, command: str) -> Typed:
        """Runs a command, or several, in the shell; variables and directories stay from one to the next.

        The status is that of the last one that failed, if any did.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        mark = secrets.token_hex(8)
        # Nothing may read what is typed next.
        script = f"failed=0; trap 'failed=$?' ERR; {{\n{command}\n}} </dev/null\nprintf '\\n%s %d\\n' {mark} $failed\n"
        self.process.stdin.write(script.encode())
        self.process.stdin.flush()
        printed = b""
        until = time.monotonic() + ENDS_WITHIN
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while (ended := re.search(rb"\n%s (\d+)\n$" % mark.encode(), printed)) is None:
                part = os.read(self.process.stdout.fileno(), 65536) if selector.select(until - time.monotonic()) else b""
                printed += part
                assert part, f"the machine does not answer to: {command}\n{printed.decode(errors='replace')}"
        return Typed(command, int(ended[1]), printed[: ended.start()].decode(errors="replace"))
