"""Debian's Chromium without a window, told what to do by the DevTools protocol, over pipes."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

ANSWERS_WITHIN = 60


class Chromium:
    """One page of one browser."""

    def __enter__(self) -> Chromium:
        self.profile = tempfile.mkdtemp(prefix="eh", dir="/tmp")
        to_read, self.commands = os.pipe()
        self.answers, to_write = os.pipe()
        # By way of high numbers, since one of them may stand where the browser wants another one: it reads 3 and writes 4.
        theirs = [fcntl.fcntl(fd, fcntl.F_DUPFD, 900) for fd in (to_read, to_write)]
        script = f'exec 3<&{theirs[0]} 4>&{theirs[1]} {theirs[0]}<&- {theirs[1]}>&-; exec "$@"'
        self.process = subprocess.Popen(
            [
                "bash", "-c", script, "bash", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
                "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
                f"--user-data-dir={self.profile}", "--remote-debugging-pipe", "about:blank",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, pass_fds=theirs,
        )
        for fd in (to_read, to_write, *theirs):
            os.close(fd)
        self.received = b""
        self.session: str | None = None
        self.number = 0
        self.events: list[dict[str, Any]] = []
        try:
            target = self.do("Target.createTarget", url="about:blank")["targetId"]
            self.session = self.do("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log"):
                self.do(f"{domain}.enable")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(30)
        os.close(self.commands)
        os.close(self.answers)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _message(self) -> dict[str, Any]:
        """The next message from the browser; each ends with a NUL."""
        while b"\0" not in self.received:
            assert select.select([self.answers], [], [], ANSWERS_WITHIN)[0], "the browser says nothing"
            data = os.read(self.answers, 65536)
            assert data, "the browser has gone"
            self.received += data
        message, _, self.received = self.received.partition(b"\0")
        return json.loads(message)

    def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends a command and returns its result; what happens meanwhile is kept in `events`."""
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if self.session is not None:
            command["sessionId"] = self.session
        os.write(self.commands, json.dumps(command).encode() + b"\0")
        while True:
            message = self._message()
            if message.get("id") == self.number:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.events.append(message)

    def wait_for(self, event: str) -> None:
        """Waits for something that has not happened before the last call of forget()."""
        while not any(each.get("method") == event for each in self.events):
            self.events.append(self._message())

    def forget(self) -> None:
        self.events.clear()

    def open(self, url: str) -> None:
        self.forget()
        assert "errorText" not in self.do("Page.navigate", url=url)
        self.wait_for("Page.loadEventFired")

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        result = self.do("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def click(self, selector: str) -> None:
        """Clicks with the mouse on the middle of an element, and waits for the page that it leads to."""
        x, y = self.value(
            f"(box => [box.x + box.width / 2, box.y + box.height / 2])"
            f"(document.querySelector({json.dumps(selector)}).getBoundingClientRect())"
        )
        self.forget()
        for kind in ("mousePressed", "mouseReleased"):
            self.do("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.wait_for("Page.loadEventFired")

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.do("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """What the browser has logged of the page, such as what its policy has kept from it."""
        return [each["params"]["entry"]["text"] for each in self.events if each.get("method") == "Log.entryAdded"]
