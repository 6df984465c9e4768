"""Data directories that are made once and copied for every server of the tests: making one takes seconds, a copy does not.

They are kept in .build/test-servers/. A name holds a digest of everything that the directory was made from, so that another
version of the server, a new migration or a changed procedure gives a new one. The old one is deleted then.
"""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from support.tree import TREE

TEMPLATE = "eventhub_template"
KEPT = TREE / ".build/test-servers"
INSTANCE = TREE / "db/try/instance"
# Of a server's identity, which each copy makes anew.
NOT_COPIED = shutil.ignore_patterns("auto.cnf")


@contextmanager
def locked() -> Iterator[None]:
    """One process at a time, so that of those that start together one makes the directory and the others copy it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    with open(KEPT / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def program(environment: Mapping[str, str], variable: str, *names: str) -> str:
    """The server or the client that db/try/instance would choose."""
    path = f"{environment.get('PATH', '')}:/usr/sbin:/sbin"
    candidates = (environment.get(variable), *(shutil.which(name, path=path) for name in names))
    return next((candidate for candidate in candidates if candidate), names[-1])


def digest(server: str, migrated: bool) -> str:
    """Of what a data directory is made from."""
    version = subprocess.run([server, "--no-defaults", "--version"], check=True, stdout=subprocess.PIPE).stdout
    made_from = hashlib.sha256(version)
    files = [INSTANCE, Path(__file__)]
    if migrated:
        files += [TREE / "migrations/migrate", *(TREE / "migrations").rglob("*.bash")]
        files += [file for folder in ("db", "migrations") for file in (TREE / folder).rglob("*.sql")]
    for file in sorted({file for file in files if file.is_file()}):
        made_from.update(f"{file.relative_to(TREE)}\n".encode() + file.read_bytes())
    return made_from.hexdigest()[:20]


def make(directory: Path, migrated: bool, environment: Mapping[str, str]) -> None:
    """Makes a data directory as db/try/instance and migrate do, with the server stopped in good order."""

    def instance(verb: str, *options: str) -> str:
        command = [INSTANCE, verb, directory, *options]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    instance("start", "--disposable")
    try:
        if migrated:
            socket = instance("socket")
            command = [TREE / "migrations/migrate", "--no-defaults", f"--socket={socket}", "--user=root", TEMPLATE]
            subprocess.run(command, env=environment, check=True, stderr=subprocess.PIPE)
    finally:
        instance("stop")


def prepare(directory: Path, migrated: bool, environment: Mapping[str, str]) -> None:
    """Puts a data directory where db/try/instance looks for one."""
    server = program(environment, "MYSQLD", "mariadbd", "mysqld")
    kind = "migrated" if migrated else "empty"
    name = f"{kind}-{digest(server, migrated)}"
    with locked():
        if not (KEPT / name).exists():
            with tempfile.TemporaryDirectory(prefix="eh", dir=directory.parent) as work:
                make(Path(work), migrated, environment)
                (data,) = Path(work).glob("data-*")
                shutil.rmtree(KEPT / "new", ignore_errors=True)
                shutil.copytree(data, KEPT / "new" / data.name, ignore=NOT_COPIED)
            (KEPT / "new").rename(KEPT / name)
            for old in KEPT.glob(f"{kind}-*"):
                if old.name != name and (old / data.name).exists():
                    shutil.rmtree(old)
        shutil.copytree(KEPT / name, directory, dirs_exist_ok=True)
