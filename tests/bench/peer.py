"""The same service in Node, with Fastify and mysql2, which is installed when it is first wanted (PEERS=1)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import requests

from programs import Failed
from support.database import TREE, Database

SOURCES = Path(__file__).resolve().parent / "peer"
INSTALLED = TREE / ".build/peer"
INSTALLS_WITHIN = 300


def install() -> None:
    """Puts the sources and the packages that they need, in the versions of package.json, where git does not look."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise Failed(f"PEERS=1 needs {program} (Node.js 20 or later); there is none. Leave PEERS out, or install it.")
    INSTALLED.mkdir(parents=True, exist_ok=True)
    wanted = (SOURCES / "package.json").read_text()
    package = INSTALLED / "package.json"
    there = package.is_file() and package.read_text() == wanted and (INSTALLED / "installed").is_file()
    shutil.copy(SOURCES / "server.js", INSTALLED)
    if there:
        return
    (INSTALLED / "installed").unlink(missing_ok=True)
    package.write_text(wanted)
    print("  installing the peer's packages", flush=True)
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], cwd=INSTALLED,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=INSTALLS_WITHIN,
    )
    if done.returncode != 0:
        raise Failed(f"npm could not install the peer's packages:\n{done.stdout}")
    (INSTALLED / "installed").touch()


class Peer:
    """A running peer on a database, with the account that the shim has."""

    def __init__(self, database: Database, secret: str) -> None:
        self.database = database
        self.secret = secret
        self.process: subprocess.Popen[str] | None = None
        self.port = 0

    def __enter__(self) -> Peer:
        install()
        server = self.database.server
        settings = {
            "PEER_SOCKET": server.socket, "PEER_USER": server.users["shim"], "PEER_PASSWORD": server.passwords["shim"],
            "PEER_DATABASE": self.database.name, "PEER_SECRET": self.secret, "NODE_ENV": "production",
        }
        self.process = subprocess.Popen(
            ["node", "server.js"], cwd=INSTALLED, env={**os.environ, **settings}, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.startswith("listening on port "):
            self.process.kill()
            raise Failed("the peer did not start; what Node says of it stands above")
        self.port = int(line.split()[-1])
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(10)

    def get(self, path: str, token: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        with requests.Session() as session:
            session.trust_env = False
            answer = session.get(f"http://127.0.0.1:{self.port}{path}", headers=headers, timeout=20)
        if answer.status_code != 200:
            raise Failed(f"the peer answers {answer.status_code} to GET {path}: {answer.text}")
        return json.loads(answer.content)
