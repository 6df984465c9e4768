"""The stand-in itself: a server on the loopback interface, and what a test asks of it."""

from __future__ import annotations

import socket
import socketserver
import ssl
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any

from sendgrid.errors import Error
from sendgrid.handler import Handler
from sendgrid.record import Accepted, Mail, Record
from sendgrid.script import Script

MAX_PAUSE = 60


@dataclass
class Attempt:
    """One POST and what came of it: the status that was answered, or "dropped"; until then "pending"."""

    time: float
    connection: int
    path: str
    outcome: int | str = "pending"
    body: bytes = b""
    recipients: int = 0
    message_id: str | None = None
    errors: list[Error] = field(default_factory=list)


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    daemon_threads = True
    # All connections of a burst are taken, as by the real one.
    request_queue_size = 512
    allow_reuse_port = False

    def __init__(self, stand_in: StandIn, port: int) -> None:
        self.stand_in = stand_in
        super().__init__(("127.0.0.1", port), Handler)

    def server_bind(self) -> None:
        # HTTPServer would ask the resolver for the name of the host, which can take seconds and is not used.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is no error here; anything else is, and shows.
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class StandIn:
    """SendGrid, as far as POST /v3/mail/send goes. Listens while it is entered, at `url`.

    Without a key any key is accepted. With a record, a file, the mails are kept there and found again. With tls, a
    certificate and its key, it speaks https. What it has recorded can be asked for after it has stopped, and it can be
    started again, on the same port.
    """

    def __init__(
        self, key: str | None = None, *, port: int = 0, record: str | Path | None = None, delay: float = 0,
        tls: tuple[str | Path, str | Path] | None = None,
    ) -> None:
        self.key = key
        self.port = port
        self.tls = tls
        self.record = Record(None if record is None else Path(record))
        self.steps = Script(delay)
        self._connections = 0
        self._open: dict[int, socket.socket] = {}
        self._attempts: list[Attempt] = []
        self._paused = 0
        self._releases = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._server: Server | None = None

    def __enter__(self) -> StandIn:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Listens, on the port of the last time if there was one. Raises OSError if the port is taken."""
        self._stopping = False
        context = None
        if self.tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self.tls)
        self._server = Server(self, self.port)
        self.port = self._server.server_address[1]
        if context is not None:
            # The handshake is left to the connection's own thread.
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Stops listening and closes all connections; whatever is held or delayed is dropped."""
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        self.close_connections()
        self.wait_until(lambda: not self._open, 5)

    @property
    def url(self) -> str:
        return f"{'http' if self.tls is None else 'https'}://127.0.0.1:{self.port}"

    # What a test finds out.

    @property
    def requests(self) -> list[Attempt]:
        """Every POST but those to /script, in order of arrival."""
        return list(self._attempts)

    @property
    def accepted(self) -> list[Accepted]:
        return self.record.accepted()

    def mails(self, to: str | None = None, limit: int | None = None) -> list[Mail]:
        """The mails in order of arrival, to one address or to all; with a limit, the newest."""
        return self.record.mails(to, limit)

    @property
    def mail_count(self) -> int:
        return self.record.count

    def recipients(self) -> Counter[str]:
        """How many mails each address got."""
        return self.record.recipients()

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return self._connections

    @property
    def paused(self) -> int:
        """How many requests are held, accepted and without an answer."""
        return self._paused

    def wait_until(self, condition: Callable[[], bool], timeout: float = 10) -> bool:
        """Waits for what the stand-in sees: asks again whenever a request comes, is held or gets its outcome."""
        with self._changed:
            return self._changed.wait_for(condition, timeout)

    # What a test makes it do.

    def script(self, steps: Iterable[dict[str, Any]]) -> None:
        """Adds steps for the next requests. Raises ValueError if one of them is none."""
        self.steps.add(steps)

    def configure(self, **settings: Any) -> None:
        """What POST /script does: steps, delay, refuse, refuse_subjects, form, clear, release."""
        self.steps.apply(settings)
        if settings.get("release"):
            self.release()

    def release(self) -> None:
        """Answers all requests that are held now."""
        with self._changed:
            self._releases += 1
            self._changed.notify_all()

    def close_connections(self) -> None:
        """Closes every connection that is open, idle or not."""
        with self._changed:
            for connection in self._open.values():
                try:
                    # Not SSLSocket's own, which would take the session away from the thread that is using it.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
                except OSError:
                    pass

    def forget(self) -> None:
        """Forgets mails and requests, in the file as well; what is held or scripted stays."""
        with self._changed:
            self._attempts.clear()
        self.record.forget()

    # What the handlers tell.

    def opened(self, connection: socket.socket) -> int:
        with self._changed:
            self._connections += 1
            self._open[self._connections] = connection
            self._changed.notify_all()
            return self._connections

    def closed(self, number: int) -> None:
        with self._changed:
            del self._open[number]
            self._changed.notify_all()

    def arrived(self, connection: int, path: str) -> Attempt:
        attempt = Attempt(time.time(), connection, path)
        with self._changed:
            self._attempts.append(attempt)
            self._changed.notify_all()
        return attempt

    def ended(self, attempt: Attempt, outcome: int | str) -> None:
        with self._changed:
            attempt.outcome = outcome
            self._changed.notify_all()

    def sleep(self, seconds: float) -> bool:
        """Whether the stand-in is still there after the delay."""
        with self._changed:
            return not self._changed.wait_for(lambda: self._stopping, seconds)

    def hold(self) -> bool:
        """Waits for the next release, not for ever; whether the stand-in is still there."""
        with self._changed:
            last = self._releases
            self._paused += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._stopping or self._releases != last, MAX_PAUSE)
            self._paused -= 1
            self._changed.notify_all()
            return not self._stopping
