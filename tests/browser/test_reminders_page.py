"""The link in a mail, followed in Debian's Chromium, through a proxy that puts a path in front of every other."""

from __future__ import annotations

import http.client
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.chromium import Chromium
from support.database import Database
from support.shim import Shim

PREFIX = "/behind/a/proxy"
PHONE = 320
# Longer in one word than a phone is wide.
DOMAIN = f"{'very' * 15}.long.example.org"


class Proxy(http.server.ThreadingHTTPServer):
    """Answers below its prefix with what the shim answers without it."""

    def __init__(self, port: int) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.shim_port = port


class Handler(http.server.BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        if not self.path.startswith(f"{PREFIX}/"):
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        connection = http.client.HTTPConnection("127.0.0.1", self.server.shim_port)
        connection.request(self.command, self.path.removeprefix(PREFIX), body or None, dict(self.headers))
        answer = connection.getresponse()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name not in ("Date", "Server"):
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.read())
        connection.close()

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def shim(database: Database) -> Iterator[Shim]:
    with Shim(database) as shim:
        yield shim


@pytest.fixture(scope="module")
def proxy(shim: Shim) -> Iterator[str]:
    proxy = Proxy(shim.port)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_port}{PREFIX}"
    proxy.shutdown()
    proxy.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    with Chromium() as chromium:
        yield chromium


def wants_reminders(database: Database, user_id: int) -> int:
    return database.rows("SELECT wants_reminders FROM users WHERE id = %s", [user_id])[0]["wants_reminders"]


def test_a_click_turns_reminders_off_and_another_one_on(
    database: Database, shim: Shim, proxy: str, chromium: Chromium, tmp_path: Path
) -> None:
    user = database.add_user(email=f"ada@{DOMAIN}")
    (row,) = database.rows("SELECT unsubscribe_token(value, %s) AS token FROM secrets", [user])
    address = f"{proxy}/reminders/{row['token']}"
    chromium.do("Emulation.setDeviceMetricsOverride", width=PHONE, height=640, deviceScaleFactor=2, mobile=True)

    def heading() -> str:
        # The address stays, nothing has been kept from the page, it is laid out, and nothing sticks out.
        assert chromium.value("location.href") == address
        assert chromium.complaints() == []
        assert chromium.value("getComputedStyle(document.querySelector('button')).fontFamily") == "sans-serif"
        assert chromium.value("document.documentElement.scrollWidth") <= PHONE
        assert f"a***@{DOMAIN}." in chromium.value("document.body.innerText")
        chromium.screenshot(tmp_path / f"{chromium.value('document.title')}.png")
        return chromium.value("document.querySelector('h1').innerText")

    chromium.open(address)
    assert heading() == chromium.value("document.title") == "Reminders are on"
    assert wants_reminders(database, user) == 1
    chromium.click("button")
    assert heading() == "Reminders are off"
    assert wants_reminders(database, user) == 0
    chromium.click("button")
    assert heading() == "Reminders are on"
    assert wants_reminders(database, user) == 1
    assert row["token"] not in shim.log()


def test_no_script_runs_whatever_an_address_says(database: Database, proxy: str, chromium: Chromium) -> None:
    user = database.add_user()
    database.rows(
        "UPDATE users SET email = 'a@<script>document.title = 1</script><img src=x onerror=document.title=2>' WHERE id = %s",
        [user],
    )
    (row,) = database.rows("SELECT unsubscribe_token(value, %s) AS token FROM secrets", [user])
    chromium.open(f"{proxy}/reminders/{row['token']}")
    assert chromium.value("document.title") == "Reminders are on"
    assert chromium.value("document.scripts.length + document.images.length") == 0
    assert "<script>document.title = 1</script>" in chromium.value("document.body.innerText")
