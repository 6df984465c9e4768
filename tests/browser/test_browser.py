"""A page on another origin, in Debian's Chromium, uses the API as the existing front end does."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.database import Database
from support.shim import Shim

PAGE = Path(__file__).with_name("page.html").read_bytes()
Seen = dict[str, dict[str, Any]]


class Origin(http.server.ThreadingHTTPServer):
    """Serves the page and waits for what it reports."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.reported = threading.Event()
        self.seen: Seen = {}


class Handler(http.server.BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        self.answer(PAGE)

    def do_POST(self) -> None:
        self.server.seen = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer(b"")
        self.server.reported.set()

    def answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def browse(url: str, origin: Origin) -> Seen:
    profile = tempfile.mkdtemp(prefix="eh", dir="/tmp")
    browser = subprocess.Popen(
        [
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            f"--user-data-dir={profile}", "--remote-debugging-port=0", url,
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    try:
        assert origin.reported.wait(60), "the page did not report within a minute"
        return origin.seen
    finally:
        browser.terminate()
        browser.wait(30)
        shutil.rmtree(profile, ignore_errors=True)


@pytest.fixture(scope="module")
def seen(database: Database) -> Iterator[Seen]:
    origin = Origin()
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    page = f"http://127.0.0.1:{origin.server_port}"
    shim = Shim(database, TZ="Europe/Berlin")
    listed = Shim(database, CORS_ORIGINS=page, CORS_CREDENTIALS="1", SECRET_KEY=shim.settings["SECRET_KEY"])
    try:
        with shim, listed:
            yield browse(f"{page}/?api=http://localhost:{shim.port}&listed=http://localhost:{listed.port}", origin)
    finally:
        origin.shutdown()
        origin.server_close()


def test_nothing_failed(seen: Seen) -> None:
    assert "failure" not in seen, seen["failure"]


def test_statuses(seen: Seen) -> None:
    assert {name: answer["status"] for name, answer in seen.items()} == {
        "signup Ola": 201, "signup Pia": 201, "token by URLSearchParams": 200, "token by FormData": 200,
        "create": 201, "create another": 201, "list": 200, "register": 200, "register again": 409, "mine": 200,
        "participants": 200, "event": 200, "send back": 200, "unchanged": 200, "no token": 401, "wrong role": 403,
        "invalid": 422, "unknown path": 404, "unknown method": 405, "method nobody knows": 501, "too large": 413,
        "with credentials": 404, "cancel registration": 200, "delete": 200,
    }


def test_errors_are_readable_across_origins(seen: Seen) -> None:
    assert seen["register again"]["body"]["detail"] == "Already registered for this event"
    assert seen["no token"]["body"]["detail"] == "Not authenticated"
    assert seen["wrong role"]["body"]["detail"] == "Organizer privileges required"
    assert isinstance(seen["invalid"]["body"]["detail"], str)
    assert seen["unknown path"]["body"]["detail"] == "Not Found"
    assert seen["unknown method"]["body"]["detail"] == "Method Not Allowed"
    assert seen["too large"]["body"]["code"] == "content_too_large"
    assert seen["with credentials"]["body"]["detail"] == "Event not found"


def test_headers_are_exposed(seen: Seen) -> None:
    assert all(answer["id"] for answer in seen.values())
    assert seen["list"]["link"]


def test_event_survives_the_form(seen: Seen) -> None:
    assert seen["event"]["body"]["title"] == "Käse & <b>Wein</b> 🧀"
    assert seen["event"]["body"]["event_date"] == "2035-06-01T19:30:00+02:00"
    assert seen["unchanged"]["body"] == seen["event"]["body"]


def test_lists(seen: Seen) -> None:
    assert [row["title"] for row in seen["mine"]["body"]["registered_events"]] == ["Käse & <b>Wein</b> 🧀"]
    assert [row["participant"] for row in seen["participants"]["body"]] == ["Pia"]
