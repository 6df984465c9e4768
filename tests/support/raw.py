"""A connection on which any bytes can be sent, and what comes back taken apart."""

from __future__ import annotations

import json
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """One answer; the names of its headers are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Closed(Exception):
    """The other side closed the connection before an answer was complete."""


class Raw:
    """One TCP connection to a shim."""

    def __init__(self, port: int, timeout: float = 5) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        self.received = b""
        self.ended = False

    def __enter__(self) -> Raw:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def reset(self) -> None:
        """Ends the connection so that whatever the other side still sends is an error there (socket(7), SO_LINGER)."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _receive(self) -> None:
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b""
        self.ended = not data
        self.received += data

    def answer(self, to_head: bool = False) -> Answer:
        """The next answer."""
        while b"\r\n\r\n" not in self.received:
            self._receive()
            if self.ended:
                raise Closed(self.received.decode("latin-1"))
        head, _, self.received = self.received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        assert first.startswith(("HTTP/1.0 ", "HTTP/1.1 ")), first
        status = int(first.split()[1])
        length = int(headers.get("content-length", 0))
        if to_head or status in (100, 204):
            length = 0
        elif "content-length" not in headers:
            # Until the end of the connection (RFC 9112, section 6.3).
            while not self.ended:
                self._receive()
            length = len(self.received)
        while len(self.received) < length:
            self._receive()
            if self.ended:
                raise Closed(self.received.decode("latin-1"))
        body, self.received = self.received[:length], self.received[length:]
        return Answer(status, headers, body)

    def answers(self) -> list[Answer]:
        """All answers until the connection is closed."""
        answers = []
        while True:
            try:
                answers.append(self.answer())
            except Closed:
                assert self.received == b"", f"the connection ended within an answer: {self.received!r}"
                return answers

    def is_closed_within(self, seconds: float) -> bool:
        """Whether the other side ends the connection in time; whatever it still sends is dropped."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(65536):
                    return True
            except ConnectionResetError:
                return True
            except TimeoutError:
                return False
        return False


def get(path: str = "/healthz", *headers: str) -> bytes:
    """A plain request, complete."""
    return "\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", *headers, "", "")).encode()
