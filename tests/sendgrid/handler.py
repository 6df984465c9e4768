"""One connection: HTTP, and which part of the stand-in a request is for."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from collections.abc import Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, cast
from urllib.parse import parse_qs

from sendgrid import page, rules
from sendgrid.errors import Error, document, error, error_of_status
from sendgrid.record import iso_time
from sendgrid.script import Step, read_settings

if TYPE_CHECKING:
    from sendgrid.server import Attempt, Server

JSON = "application/json"
MAIL_SEND = "/v3/mail/send"
# Nothing is counted: only a step of the script says that there were too many requests.
RATE_LIMIT = 10_000
METHODS = {
    "/": "GET", "/mails": "GET, DELETE", "/requests": "GET", "/script": "POST", MAIL_SEND: "POST",
}
NUMBER = re.compile("[0-9]{1,9}")
MAIL_PATH = re.compile(f"/mails/({NUMBER.pattern})")


class Dropped(ConnectionAbortedError):
    """Ends the connection at once; an OSError, so that the server does not report it."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # With a buffer, head and body of an answer leave in one piece.
    wbufsize = -1
    # How long a connection may be idle.
    timeout = 75

    def setup(self) -> None:
        super().setup()
        self.stand_in = cast("Server", self.server).stand_in
        self.number = self.stand_in.opened(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.stand_in.closed(self.number)

    def version_string(self) -> str:
        return "sendgrid-stand-in"

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def handle_expect_100(self) -> bool:
        # Answered when the body is about to be read: not at all for a request that is dropped or refused before.
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # Called by the base class, for what it cannot read and for methods that have no do_ here.
        self.close_connection = True
        # Whatever of the head could be read belongs to no request.
        self.headers = Message()
        self.request_version = self.protocol_version
        code = 405 if code == 501 else code
        self._refuse(code, error_of_status(code, message=message))

    # Routes.

    def do_GET(self) -> None:
        path, query = self._target()
        numbers = {name: int(value) for name, value in query.items() if NUMBER.fullmatch(value)}
        record = self.stand_in.record
        mail_path = MAIL_PATH.fullmatch(path)
        if path == "/":
            mails = record.mails(limit=page.LISTED, before=numbers.get("before"))
            self._page(page.mail_list(mails, record.count, "before" in numbers), page.POLICY)
        elif mail_path and (mail := record.mail(int(mail_path[1]))):
            self._page(page.one_mail(mail), page.MAIL_POLICY)
        elif path == "/mails":
            self._json(200, record.mails(query.get("to"), numbers.get("limit")))
        elif path == "/requests":
            self._json(200, [_summary(attempt) for attempt in self.stand_in.requests])
        else:
            self._nowhere()

    def do_POST(self) -> None:
        path, _ = self._target()
        if path == "/script":
            self._take_script()
        elif path == MAIL_SEND:
            self._take_mail()
        else:
            attempt = self.stand_in.arrived(self.number, path)
            self._read_body()
            self.stand_in.ended(attempt, self._nowhere())

    def do_DELETE(self) -> None:
        self._read_body()
        if self._target()[0] == "/mails":
            self.stand_in.forget()
            self._answer(204)
        else:
            self._nowhere()

    def do_PUT(self) -> None:
        self._read_body()
        self._nowhere()

    do_PATCH = do_HEAD = do_OPTIONS = do_PUT

    def _target(self) -> tuple[str, dict[str, str]]:
        """The path, and the parameters behind it."""
        path, _, query = self.path.partition("?")
        return path, {name: values[-1] for name, values in parse_qs(query).items()}

    def _nowhere(self) -> int:
        """Says that there is no such path, or not with this method."""
        path, _ = self._target()
        allowed = "GET" if MAIL_PATH.fullmatch(path) else METHODS.get(path)
        status = 404 if allowed is None or self.command in allowed.split(", ") else 405
        self._refuse(status, headers={"Allow": allowed} if status == 405 and allowed else {})
        return status

    def _take_script(self) -> None:
        body = self._read_body()
        if body is None:
            self._refuse(411)
            return
        try:
            self.stand_in.configure(**read_settings(body))
        except ValueError as wrong:
            self._refuse(400, error(str(wrong)))
        else:
            self._answer(204)

    # The mail.

    def _take_mail(self) -> None:
        stand_in = self.stand_in
        attempt = stand_in.arrived(self.number, MAIL_SEND)
        step = stand_in.steps.take()
        try:
            if step.drop == "before":
                self._wait(step)
                raise Dropped
            length = self._length()
            if length is None or length > rules.MAX_BODY:
                self._wait(step)
                self.close_connection = True
                self._refuse_mail(attempt, rules.by_status(411 if length is None else 413))
                self._linger()
                return
            body = self._read_body()
            if body is None:
                raise Dropped
            attempt.body = body
            self._wait(step)
            self._judge(attempt, step)
        except OSError:
            # The client may be gone as well, or the stand-in be stopping.
            if attempt.outcome == "pending":
                stand_in.ended(attempt, "dropped")
            if step.drop == "before":
                self._reset()
            raise

    def _wait(self, step: Step) -> None:
        if not self.stand_in.sleep(self.stand_in.steps.delay + step.delay):
            raise Dropped

    def _judge(self, attempt: Attempt, step: Step) -> None:
        stand_in = self.stand_in
        if step.drop == "partial":
            raise Dropped
        if step.status is not None:
            self._fail(attempt, step)
            return
        script = stand_in.steps
        verdict = rules.judge(self.headers, attempt.body, stand_in.key, script.refused)
        if verdict.errors:
            self._refuse_mail(attempt, verdict)
            return
        refusal = script.refusal(verdict.subject)
        if refusal is not None:
            self._fail(attempt, refusal)
            return
        accepted = stand_in.record.add(attempt.body, verdict.recipients, verdict.sandbox)
        attempt.recipients = verdict.recipients
        attempt.message_id = accepted.message_id
        if step.drop == "after" or step.pause and not stand_in.hold():
            raise Dropped
        headers = {"X-Message-Id": accepted.message_id} | _rate()
        if step.drop == "answer":
            # A body is announced that does not come, or the answer would be complete.
            stand_in.ended(attempt, "dropped")
            self._head(verdict.status, headers, 2)
            raise Dropped
        stand_in.ended(attempt, verdict.status)
        self._answer(verdict.status, headers=headers)

    def _refuse_mail(self, attempt: Attempt, verdict: rules.Verdict) -> None:
        attempt.errors = verdict.errors
        self.stand_in.ended(attempt, verdict.status)
        form = self.stand_in.steps.form if verdict.status == 400 else "sendgrid"
        self._answer(verdict.status, document(verdict.errors, form), headers=_rate())

    def _fail(self, attempt: Attempt, step: Step) -> None:
        assert step.status is not None
        attempt.errors = [error_of_status(step.status, step.field, step.message)]
        self.stand_in.ended(attempt, step.status)
        headers = dict(step.headers)
        if step.status == 429:
            headers |= {"X-RateLimit-Limit": str(RATE_LIMIT), "X-RateLimit-Remaining": "0"}
            if step.reset is not None:
                # A string goes out as it is, to see what a client makes of nonsense.
                reset = step.reset if isinstance(step.reset, str) else str(int(time.time() + step.reset))
                headers["X-RateLimit-Reset"] = reset
        body = document(attempt.errors) if step.body is None else step.body.encode()
        self._answer(step.status, body, headers=headers)

    # HTTP.

    def _length(self) -> int | None:
        """The length of the body; None if the head does not say it."""
        length = self.headers.get("Content-Length", "")
        return int(length) if re.fullmatch(r"[0-9]{1,18}", length) and "Transfer-Encoding" not in self.headers else None

    def _read_body(self) -> bytes | None:
        """The whole body; None if there is no saying how much of it there is, or it does not come."""
        length = self._length()
        if length is None or length > rules.MAX_BODY:
            return None
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        body = self.rfile.read(length)
        # What has been read is not there to be read again.
        del self.headers["Content-Length"]
        return body if len(body) == length else None

    def _head(self, status: int, headers: Mapping[str, str], length: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(length))
        # A body that is still unread would be taken for the next request.
        if self.headers.get("Content-Length", "0") != "0" or "Transfer-Encoding" in self.headers:
            self.close_connection = True
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def _answer(
        self, status: int, body: bytes = b"", content_type: str = JSON, headers: Mapping[str, str] | None = None,
    ) -> None:
        self._head(status, ({"Content-Type": content_type} if body else {}) | dict(headers or {}), len(body))
        if self.command != "HEAD":
            self.wfile.write(body)

    def _refuse(self, status: int, what: Error | None = None, headers: Mapping[str, str] | None = None) -> None:
        self._answer(status, document([what or error_of_status(status)]), headers=headers)

    def _json(self, status: int, value: object) -> None:
        self._answer(status, json.dumps(value).encode())

    def _page(self, text: str, policy: str) -> None:
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
        self._answer(200, text.encode(), "text/html; charset=utf-8", headers)

    def _linger(self) -> None:
        """Reads on for a while: a connection closed with input unread is reset, and the answer lost with it."""
        self.wfile.flush()
        self.connection.settimeout(1)
        until = time.monotonic() + 5
        # By the methods of a plain socket: under TLS, nobody needs to know what it was.
        socket.socket.shutdown(self.connection, socket.SHUT_WR)
        while time.monotonic() < until and socket.socket.recv(self.connection, 1 << 20):
            pass

    def _reset(self) -> None:
        """Closes with RST; the files hold the socket open until they are closed as well."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for each in (self.rfile, self.wfile, self.connection):
            each.close()


def _rate() -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(RATE_LIMIT),
        "X-RateLimit-Remaining": str(RATE_LIMIT - 1),
        "X-RateLimit-Reset": str(int(time.time()) + 1),
    }


def _summary(attempt: Attempt) -> dict[str, object]:
    return {
        "time": iso_time(attempt.time),
        "connection": attempt.connection,
        "path": attempt.path,
        "outcome": attempt.outcome,
        "bytes": len(attempt.body),
        "recipients": attempt.recipients,
        "message_id": attempt.message_id,
        "errors": attempt.errors,
    }
