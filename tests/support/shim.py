"""The shim as a running program, and short ways to ask it something."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import requests
import requests.adapters

from support.database import Database
from support.programs import program

PROGRAM = program("EVENTHUB_SHIM", "eventhub-shim")
PASSED_ON = (
    "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LD_PRELOAD", "LD_LIBRARY_PATH",
    "LIBMYSQL_PLUGIN_DIR",
)
SANITIZER = re.compile(r"(Address|Leak|Thread|UndefinedBehavior)Sanitizer|runtime error:")
STARTS_WITHIN = 20
STOPS_WITHIN = 40
ANSWERS_WITHIN = 40

numbers = itertools.count(1)


@dataclass(frozen=True)
class User:
    """Somebody who is signed up, with a token that is good."""

    id: int
    email: str
    token: str


def environment(settings: dict[str, str]) -> dict[str, str]:
    """What the program sees: the settings, and hardly anything of where the tests run."""
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"PATH": os.environ.get("PATH", ""), **kept, **settings}


def run(*arguments: str, directory: Path, text: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Runs the program to its end, for options that print something and for settings that are wrong."""
    return subprocess.run(
        [PROGRAM, *arguments], cwd=directory, env=environment(settings), input=text, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=STARTS_WITHIN,
    )


def handing_over(sockets: Sequence[socket.socket]) -> list[str]:
    """What runs a program as systemd does, with sockets from descriptor 3 on."""
    if not sockets:
        return []
    # By way of high numbers, since one of them may stand where another one is wanted.
    moves = [f"{900 + number}<&{each.fileno()}" for number, each in enumerate(sockets)]
    moves += [f"{3 + number}<&{900 + number} {900 + number}<&-" for number in range(len(sockets))]
    script = f'exec {" ".join(moves)}; LISTEN_PID=$$ LISTEN_FDS={len(sockets)} exec "$@"'
    return ["bash", "-c", script, "bash"]


class AsItStands(requests.adapters.HTTPAdapter):
    """Leaves the path alone, of which newer versions of requests drop a second slash at the beginning."""

    def request_url(self, request: requests.PreparedRequest, proxies: Any) -> str:
        return request.path_url


class Shim:
    """One running shim on a port of its own, or on sockets that are handed over, in an empty directory."""

    def __init__(
        self, database: Database, program: Path = PROGRAM, given: Sequence[socket.socket] = (), **settings: str
    ) -> None:
        self.database = database
        self.program = program
        self.given = given
        self.settings = {
            "PORT": "0", "SECRET_KEY": secrets.token_hex(32), "DATABASE_URL": database.url("shim"), **settings,
        }
        self.directory = Path(tempfile.mkdtemp(prefix="eventhub-shim-", dir="/tmp"))
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.mount("http://", AsItStands(pool_connections=1, pool_maxsize=128))

    def __enter__(self) -> Shim:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*handing_over(self.given), self.program], cwd=self.directory, env=environment(self.settings),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[each.fileno() for each in self.given],
            )
        until = time.monotonic() + STARTS_WITHIN
        while (listening := re.search(r"listening on \S+ port (\d+)", self.log())) is None:
            if self.process.poll() is not None or time.monotonic() > until:
                self.process.kill()
                raise AssertionError(f"the shim did not start:\n{self.log()}")
            time.sleep(0.01)
        self.port = int(listening[1])

    def stop(self) -> None:
        """Ends the program as an operator would, and sees that it ends well."""
        if self.process is None:
            return
        process, self.process = self.process, None
        self.session.close()
        process.send_signal(signal.SIGTERM)
        try:
            status = process.wait(STOPS_WITHIN)
        finally:
            process.kill()
        log = self.log()
        shutil.rmtree(self.directory)
        assert not SANITIZER.search(log), log
        assert status == 0, f"exit status {status}:\n{log}"

    def log(self) -> str:
        return (self.directory / "log").read_text(encoding="utf-8", errors="replace")

    def descriptors(self) -> list[str]:
        """What the program has open, as the kernel calls it."""
        assert self.process is not None
        names = []
        for entry in Path(f"/proc/{self.process.pid}/fd").iterdir():
            # One may be closed between the two looks.
            with contextlib.suppress(FileNotFoundError):
                names.append(os.readlink(entry))
        return names

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def request(self, method: str, path: str, token: str | None = None, **options: Any) -> requests.Response:
        """Sends the path as it stands, which requests would otherwise tidy up, and JSON as browsers write it, whose letters
        stand for themselves."""
        headers = {**({"Authorization": f"Bearer {token}"} if token else {}), **options.pop("headers", {})}
        if options.get("json") is not None:
            options["data"] = json.dumps(options.pop("json"), ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        prepared = self.session.prepare_request(
            requests.Request(method, self.url("/"), headers=headers, **options)
        )
        prepared.url = self.url(path)
        return self.session.send(prepared, timeout=ANSWERS_WITHIN, allow_redirects=False)

    def get(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        return self.request("GET", path, token, **options)

    def post(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        return self.request("POST", path, token, **options)

    def put(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        return self.request("PUT", path, token, **options)

    def delete(self, path: str, token: str | None = None, **options: Any) -> requests.Response:
        return self.request("DELETE", path, token, **options)

    def arrivals(self) -> int:
        """How many requests have come, as the number says that one without an id of its own is given."""
        return int(self.get("/nothing").headers["X-Request-Id"][-8:], 16)

    def wait_for_arrivals(self, before: int, count: int) -> None:
        """Waits until so many requests have come since arrivals() was `before`, answered or not."""
        until, asked = time.monotonic() + ANSWERS_WITHIN, 1
        while self.arrivals() < before + count + asked:
            assert time.monotonic() < until
            time.sleep(0.01)
            asked += 1

    def sign(self, claims: dict[str, Any], secret: str | None = None, algorithm: str = "HS256") -> str:
        """A token with these claims, signed with the shim's secret unless told otherwise."""
        return jwt.encode(claims, self.settings["SECRET_KEY"] if secret is None else secret, algorithm)

    def token(self, user_id: int, role: str) -> str:
        return self.sign({"sub": str(user_id), "role": role, "exp": int(time.time()) + 3600})

    def add_user(self, role: str = "participant", name: str = "Ada Lovelace") -> User:
        """A user who never came by HTTP: quick to make, in any number."""
        email = f"added{next(numbers)}@example.org"
        user_id = self.database.add_user(role, name, email)
        return User(user_id, email, self.token(user_id, role))

    def add_event(self, organizer: User, **fields: Any) -> int:
        return self.database.add_event(organizer.id, **fields)

    def signup(self, role: str = "participant", name: str = "Ada Lovelace", password: str = "password") -> User:
        """A user who signed up and logged in."""
        email = f"signed{next(numbers)}@example.org"
        account = {"name": name, "email": email, "password": password, "role": role}
        created = self.post("/auth/register", json=account)
        assert created.status_code == 201, created.text
        login = self.post("/auth/login", json={"email": email, "password": password})
        assert login.status_code == 200, login.text
        return User(created.json()["user_id"], email, login.json()["access_token"])
