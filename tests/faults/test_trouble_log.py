"""What the log says of a database that cannot be used: when it begins, why, and when it is over; no line per attempt."""

from __future__ import annotations

import re
import secrets
import time

import pytest

from support.database import Database, Server
from support.shim import Shim

WRONG = {
    # What is wrong, and what the server says to it: 1045 a wrong password, 1044 no right to a database, 1049 no database.
    "password": r"Access denied for user .* \(1045\)",
    "database": r"(Access denied for user .* to database .* \(1044\)|Unknown database .* \(1049\))",
    "no such host": r"Can't connect to .* \(200[23]\)",
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_said_once_and_so_is_its_end(database: Database, server: Server, wrong: str) -> None:
    for account in list(database.connections):
        database.connections.pop(account).close()
    name = f"late_{secrets.token_hex(4)}"
    user, password = server.users["shim"], server.passwords["shim"]
    schema = name if wrong == "database" else database.name
    url = f"mysql://{name}:right@localhost/{schema}?socket={server.socket}"
    if wrong == "no such host":
        url = f"mysql://{user}:{password}@127.0.0.1:1/{database.name}"
    server.create_account(f"{name}@localhost", "eventhub_api", "right" if wrong == "database" else "wrong")
    with server.connect() as root, Shim(database, DATABASE_URL=url, DB_CONNECT_TIMEOUT="1") as shim:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            assert shim.get("/events").status_code == 503
        lines = [line for line in shim.log().splitlines() if " path=" not in line and "listening" not in line]
        assert len(lines) == 1, lines
        assert re.search(r" error database unreachable: " + WRONG[wrong], lines[0]), lines
        if wrong == "password":
            root.rows(f"ALTER USER {name}@localhost IDENTIFIED BY 'right'")
            while shim.get("/events").status_code != 200:
                assert time.monotonic() < until + 10
                time.sleep(0.05)
            assert re.search(r" info database reachable again, after [4-9] s", shim.log())
            assert shim.log().count("database unreachable") == 1
        root.rows(f"DROP USER {name}@localhost")
