"""The documented rules of POST /v3/mail/send: is a request taken, and if not, what is wrong with it?

Where SendGrid's pages contradict each other, the stricter reading holds here: each address once per request (not per
personalization), 10,000 bytes of substitutions (not 50,000).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from sendgrid.errors import Error, error, error_of_status

MAX_BODY = 30 * 1024 * 1024
MAX_RECIPIENTS = 1000
MAX_ARGUMENTS = 10_000
MAX_AHEAD = 72 * 60 * 60
MAX_CATEGORIES = 10
MAX_CATEGORY = 255

MEMBERS = {
    "personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments", "template_id",
    "headers", "categories", "custom_args", "send_at", "batch_id", "asm", "ip_pool_name", "mail_settings",
    "tracking_settings",
}
PERSONALIZATION_MEMBERS = {
    "to", "cc", "bcc", "from", "subject", "headers", "substitutions", "dynamic_template_data", "custom_args", "send_at",
}
ADDRESS_MEMBERS = {"email", "name"}
CONTENT_MEMBERS = {"type", "value"}
MAIL_SETTINGS = {
    "bypass_list_management", "bypass_spam_management", "bypass_bounce_management", "bypass_unsubscribe_management",
    "footer", "sandbox_mode",
}
RESERVED_HEADERS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "content-transfer-encoding", "to", "from",
    "subject", "reply-to", "cc", "bcc",
}
CONTENT_ORDER = ("text/plain", "text/html")

# Its description says `format: email`, which is RFC 5321's Mailbox; quoted local parts and hosts in brackets are left out.
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
ADDRESS = re.compile(rf"(?=.{{1,64}}@)(?=.{{1,254}}\Z){ATOM}(?:\.{ATOM})*@(?:{LABEL}\.)+(?!\d+\Z){LABEL}")
# A header's name, as of RFC 5322: printable, no colon.
HEADER = re.compile(r"[!-9;-~]+")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Headers(Protocol):
    def get(self, name: str, default: str, /) -> str: ...


@dataclass(frozen=True)
class Verdict:
    """The status to answer, with the errors, or with what was accepted."""

    status: int
    errors: list[Error] = field(default_factory=list)
    recipients: int = 0
    sandbox: bool = False
    subject: str = ""


def judge(
    headers: Headers, body: bytes, key: str | None = None, refused: Collection[str] = (),
    now: float | None = None,
) -> Verdict:
    """Applies the rules. Without a key any key will do; refused are addresses in lower case that are no good today."""
    scheme, _, given = headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not given.strip() or (key is not None and given.strip() != key):
        return by_status(401)
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        return by_status(415)
    if len(body) > MAX_BODY:
        return by_status(413)
    try:
        payload = parse(body)
    except (ValueError, RecursionError):
        return by_status(400)
    if not isinstance(payload, dict):
        return Verdict(400, [error("the request must be a JSON object")])
    check = Check(time.time() if now is None else now)
    check.request(payload)
    if not check.errors:
        check.refuse(payload, refused)
    if check.errors:
        return Verdict(400, check.errors)
    sandbox = payload.get("mail_settings", {}).get("sandbox_mode", {}).get("enable", False)
    return Verdict(200 if sandbox else 202, recipients=len(check.seen), sandbox=sandbox, subject=payload.get("subject", ""))


def by_status(status: int) -> Verdict:
    """A refusal that needs no look at the mail."""
    return Verdict(status, [error_of_status(status)])


def parse(body: bytes) -> Any:
    """Reads JSON as its standard has it, which Python's own reader is more generous than. Raises ValueError."""
    payload = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    # Half of a surrogate pair is no character, and cannot be encoded again.
    if b"\\ud" in body or b"\\uD" in body:
        json.dumps(payload, ensure_ascii=False).encode("utf-8")
    return payload


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class Check:
    """Collects what is wrong with one request; SendGrid names all of it, not only the first."""

    def __init__(self, now: float) -> None:
        self.now = now
        self.errors: list[Error] = []
        self.seen: set[str] = set()

    def fail(self, field: str | None, message: str) -> None:
        self.errors.append(error(message, field))

    def request(self, payload: dict[str, Any]) -> None:
        self.members("", payload, MEMBERS)
        if "from" in payload:
            self.address("from", payload["from"])
        else:
            self.fail("from.email", "from is required, with an email")
        if "reply_to" in payload:
            self.address("reply_to", payload["reply_to"])
        if "reply_to_list" in payload:
            self.fail("reply_to_list", "reply_to_list is not taken by this stand-in")
        if "template_id" in payload:
            self.fail("template_id", "there are no templates in this stand-in")
        if "headers" in payload:
            self.headers("headers", payload["headers"])
        if "send_at" in payload:
            self.send_at("send_at", payload["send_at"])
        arguments = self.strings("custom_args", payload["custom_args"]) if "custom_args" in payload else 0
        if arguments > MAX_ARGUMENTS:
            self.fail("custom_args", f"custom_args are limited to {MAX_ARGUMENTS} bytes")
        self.content(payload.get("content"))
        self.categories(payload.get("categories", []))
        self.mail_settings(payload.get("mail_settings", {}))
        self.personalizations(payload.get("personalizations"), arguments)
        self.subjects(payload)

    def members(self, at: str, value: dict[str, Any], known: Collection[str]) -> None:
        for name in sorted(value.keys() - known):
            self.fail(f"{at}{name}", f"{name} is not known here")

    def personalizations(self, values: Any, arguments: int) -> None:
        if not isinstance(values, list) or not values:
            self.fail("personalizations", "personalizations is required, an array of at least one")
            return
        if len(values) > MAX_RECIPIENTS:
            self.fail("personalizations", f"at most {MAX_RECIPIENTS} personalizations are taken, not {len(values)}")
            return
        for index, value in enumerate(values):
            if isinstance(value, dict):
                self.personalization(f"personalizations.{index}", value, arguments)
            else:
                self.fail(f"personalizations.{index}", "must be an object")
        if len(self.seen) > MAX_RECIPIENTS:
            self.fail("personalizations", f"at most {MAX_RECIPIENTS} recipients are taken, not {len(self.seen)}")

    def personalization(self, at: str, value: dict[str, Any], arguments: int) -> None:
        self.members(f"{at}.", value, PERSONALIZATION_MEMBERS)
        if not isinstance(value.get("to"), list) or not value["to"]:
            self.fail(f"{at}.to", "to is required, an array of at least one object with an email")
        else:
            self.recipients(at, "to", value["to"])
        for kind in ("cc", "bcc"):
            if isinstance(value.get(kind, []), list):
                self.recipients(at, kind, value.get(kind, []))
            else:
                self.fail(f"{at}.{kind}", "must be an array")
        if "from" in value:
            self.address(f"{at}.from", value["from"])
        if "subject" in value:
            self.subject(f"{at}.subject", value["subject"])
        if "headers" in value:
            self.headers(f"{at}.headers", value["headers"])
        if "send_at" in value:
            self.send_at(f"{at}.send_at", value["send_at"])
        if "custom_args" in value:
            if self.strings(f"{at}.custom_args", value["custom_args"]) + arguments > MAX_ARGUMENTS:
                self.fail(f"{at}.custom_args", f"custom_args are limited to {MAX_ARGUMENTS} bytes")
        if "substitutions" in value:
            if self.strings(f"{at}.substitutions", value["substitutions"]) > MAX_ARGUMENTS:
                self.fail(f"{at}.substitutions", f"substitutions are limited to {MAX_ARGUMENTS} bytes")

    def recipients(self, at: str, kind: str, values: list[Any]) -> None:
        for index, value in enumerate(values):
            address = self.address(f"{at}.{kind}.{index}", value)
            if address is None:
                continue
            if address in self.seen:
                self.fail(at, f"each address is taken once, and {address} is there again in {at}.{kind}")
            self.seen.add(address)
            # Documented: with one of these the name would be taken for two recipients.
            if "name" in value and ("," in value["name"] or ";" in value["name"]):
                self.fail(f"{at}.{kind}.{index}.name", "the name must not contain , or ;")

    def address(self, at: str, value: Any) -> str | None:
        """Checks an object with an email and perhaps a name; the address in lower case, if all of it is valid."""
        if not isinstance(value, dict):
            self.fail(at, "must be an object with an email")
            return None
        self.members(f"{at}.", value, ADDRESS_MEMBERS)
        email = value.get("email")
        if not isinstance(email, str) or not ADDRESS.fullmatch(email):
            self.fail(f"{at}.email", "must be a valid address")
            return None
        if "name" in value:
            if not isinstance(value["name"], str) or CONTROL.search(value["name"]):
                self.fail(f"{at}.name", "must be a string without control characters")
                return None
        return email.lower()

    def subjects(self, payload: dict[str, Any]) -> None:
        if "subject" in payload:
            self.subject("subject", payload["subject"])
            return
        values = payload.get("personalizations")
        if not isinstance(values, list) or not all(isinstance(value, dict) and "subject" in value for value in values):
            self.fail("subject", "a subject is required here or in every personalization")

    def subject(self, at: str, value: Any) -> None:
        if not isinstance(value, str) or not value:
            self.fail(at, "the subject must be a string of at least one character")
        elif CONTROL.search(value):
            self.fail(at, "the subject must be one line without control characters")

    def content(self, values: Any) -> None:
        if not isinstance(values, list) or not values:
            self.fail("content", "content is required, an array of at least one")
            return
        ranks = []
        for index, value in enumerate(values):
            at = f"content.{index}"
            if not isinstance(value, dict):
                self.fail(at, "must be an object with type and value")
                continue
            self.members(f"{at}.", value, CONTENT_MEMBERS)
            kind = value.get("type")
            if not isinstance(kind, str) or not kind or any(character in kind for character in ";,\r\n"):
                self.fail(f"{at}.type", "the type must be a MIME type without parameters")
            else:
                ranks.append(CONTENT_ORDER.index(kind) if kind in CONTENT_ORDER else len(CONTENT_ORDER))
            if not isinstance(value.get("value"), str) or not value["value"]:
                self.fail(f"{at}.value", "the value must be a string of at least one character")
        if ranks != sorted(ranks):
            self.fail("content", "text/plain comes first, then text/html, then any other type")
        if ranks.count(0) > 1 or ranks.count(1) > 1:
            self.fail("content", "text/plain and text/html may be there once")

    def strings(self, at: str, value: Any) -> int:
        """Checks an object of strings; the bytes in its names and values."""
        if not isinstance(value, dict):
            self.fail(at, "must be an object of strings")
            return 0
        size = 0
        for name, text in value.items():
            if not name:
                self.fail(at, "a name must not be empty")
            elif not isinstance(text, str):
                self.fail(f"{at}.{name}", "must be a string")
            else:
                size += len(name.encode()) + len(text.encode())
        return size

    def headers(self, at: str, value: Any) -> None:
        self.strings(at, value)
        if not isinstance(value, dict):
            return
        for name, text in value.items():
            if name.lower() in RESERVED_HEADERS:
                self.fail(f"{at}.{name}", "this header is reserved")
            elif not HEADER.fullmatch(name) or (isinstance(text, str) and (CONTROL.search(text) or not text.isascii())):
                self.fail(f"{at}.{name}", "a header must be one line of ASCII without control characters")

    def send_at(self, at: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            self.fail(at, "send_at must be a Unix time, an integer")
        elif value > self.now + MAX_AHEAD:
            self.fail(at, "send_at must be within the next 72 hours")

    def categories(self, values: Any) -> None:
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            self.fail("categories", "must be an array of strings")
        elif len(values) > MAX_CATEGORIES or len(set(values)) < len(values):
            self.fail("categories", f"at most {MAX_CATEGORIES} categories are taken, each once")
        elif any(not 0 < len(value) <= MAX_CATEGORY or not value.isascii() for value in values):
            self.fail("categories", f"a category has 1 to {MAX_CATEGORY} characters of ASCII")

    def mail_settings(self, value: Any) -> None:
        if not isinstance(value, dict):
            self.fail("mail_settings", "must be an object")
            return
        self.members("mail_settings.", value, MAIL_SETTINGS)
        if "sandbox_mode" in value:
            mode = value["sandbox_mode"]
            if not isinstance(mode, dict) or not isinstance(mode.get("enable"), bool):
                self.fail("mail_settings.sandbox_mode.enable", "must be a boolean")

    def refuse(self, payload: dict[str, Any], refused: Collection[str]) -> None:
        """Finds addresses that are no good, in a request that follows the rules."""
        if self.seen.isdisjoint(refused):
            return
        for index, value in enumerate(payload["personalizations"]):
            for kind in ("to", "cc", "bcc"):
                for position, recipient in enumerate(value.get(kind, [])):
                    if recipient["email"].lower() in refused:
                        at = f"personalizations.{index}.{kind}.{position}.email"
                        self.fail(at, "does not contain a valid address")
