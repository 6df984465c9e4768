"""A copy of the tree, as a fresh clone would be, and `make run` in it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.database import TREE
from support.ports import free_port


# Tests of MySQL are tests of `make run DB=mysql`.
DATABASE = ["DB=mysql"] if "MYSQLD" in os.environ else []


class Demo:
    """`make run` in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.mail_port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.output = directory / "output.txt"

    def command(self, port: int | None = None) -> list[str]:
        return ["make", "run", f"PORT={port or self.port}", f"MAIL_PORT={self.mail_port}", *DATABASE]

    def start(self) -> None:
        unwanted = ("MAKEFLAGS", "MAKELEVEL", "MYSQLD", "MYSQL_CLIENT", "HOME")
        environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self.command(), cwd=self.directory, stdout=output, stderr=output, start_new_session=True, env=environment,
                # As at a terminal, even where the tests run in the background of a script, which ignores it.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        until = time.monotonic() + 120
        while b"Ctrl-C stops everything" not in self.output.read_bytes():
            assert self.process.poll() is None and time.monotonic() < until, self.output.read_text()
            time.sleep(0.1)

    def signal(self, number: signal.Signals) -> None:
        """To all of it, as a terminal does."""
        assert self.process is not None
        os.killpg(self.process.pid, number)
        self.process.wait(60)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGINT)
        subprocess.run([self.directory / "db/try/instance", "stop", self.directory / ".run"], check=True)


def copy_of_tree(prefix: str = "eh") -> Path:
    """What git tracks or would track, in a new directory."""
    directory = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TREE, check=True, stdout=subprocess.PIPE, text=True,
    ).stdout.splitlines()
    for name in names:
        if (TREE / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(TREE / name, directory / name)
    if DATABASE:
        (directory / ".mysql").symlink_to((TREE / ".mysql").resolve())  # so that it need not be fetched once more
    return directory


@pytest.fixture(scope="module")
def demo() -> Iterator[Demo]:
    # As people call theirs.
    directory = copy_of_tree("Ann's $ Evént & Hub #")
    demo = Demo(directory)
    try:
        yield demo
    finally:
        demo.stop()
        shutil.rmtree(directory)
