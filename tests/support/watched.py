"""A shim whose CALLs are noted on their way to the database, and requests that are under way at the same time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from requests import Response

from support.database import Database
from support.forwarder import Forwarder, Link
from support.shim import Shim, User

CALL = re.compile(rb"CALL (\w+)\(([^)]*)\)")
LIST = re.compile(r"_utf8mb4 x'([0-9a-f]+)', ([01])")
PATIENCE = 30


class Recorder(Forwarder):
    """Notes the CALLs that pass."""

    def __init__(self, server: str) -> None:
        super().__init__(server)
        self.calls: list[tuple[str, str]] = []

    def change(self, data: bytes, link: Link, to_client: bool) -> bytes:
        if not to_client and (call := CALL.search(data)):
            self.calls.append((call[1].decode(), call[2].decode()))
        return data

    def count(self, procedure: str) -> int:
        return sum(name == procedure for name, _ in self.calls)

    def lists(self, waiting: bool | None = None) -> list[list[tuple[int, int, int | None]]]:
        """The requests of each list, of those that wait for locks or of the others or of all."""
        found = [LIST.fullmatch(arguments) for name, arguments in self.calls if name == "register_for_events"]
        return [
            [tuple(request) for request in json.loads(bytes.fromhex(one[1]))]
            for one in found if one and waiting in (None, one[2] == "1")
        ]


class Watched(Shim):
    """A shim whose CALLs are noted, and can be held, on their way to the database."""

    def __init__(self, database: Database, **settings: str) -> None:
        self.way = Recorder(database.server.socket)
        user, password = database.server.users["shim"], database.server.passwords["shim"]
        url = f"mysql://{user}:{password}@127.0.0.1:{self.way.port}/{database.name}"
        super().__init__(database, DATABASE_URL=url, **settings)
        self.pool = ThreadPoolExecutor(80)

    def start(self) -> None:
        self.way.__enter__()
        super().start()
        assert self.get("/healthz").status_code == 200

    def stop(self) -> None:
        # Lets go of what a test that failed has left behind.
        self.way.__exit__()
        super().stop()
        self.pool.shutdown()

    def begin(self, requests: Sequence[Callable[[], Response]]) -> list[Future[Response]]:
        """Sends requests and returns once all of them have come, answered or not."""
        before = self.arrivals()
        sent = [self.pool.submit(request) for request in requests]
        self.wait_for_arrivals(before, len(requests))
        return sent

    def booking(self, event_id: int, person: User, seats: int = 1) -> Callable[[], Response]:
        return lambda: self.post(f"/register/{event_id}?seats={seats}", person.token)

    def people(self, count: int) -> list[User]:
        return [self.add_user() for _ in range(count)]


def results(sent: Sequence[Future[Response]]) -> list[Response]:
    return [answer.result(PATIENCE) for answer in sent]


def statuses(answers: Sequence[Response]) -> list[int]:
    return [answer.status_code for answer in answers]
