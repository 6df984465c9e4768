"""What was accepted: every request once, and its mails as their recipients would see them."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypedDict

# Spelt this way because "from" cannot be the name of an attribute.
Mail = TypedDict("Mail", {
    "number": int, "to": str, "from": str, "subject": str, "text": str | None, "html": str | None,
    "reply_to": str | None, "headers": dict[str, str], "categories": list[str],
    "custom_args": dict[str, str], "sandbox": bool, "message_id": str, "time": str,
})


@dataclass(frozen=True, eq=False)
class Accepted:
    """One accepted request; its mails are numbered from `first` on.

    It is kept as it came, because a thousand personalizations take several times the memory once they are dicts, and
    keep Python's garbage collector busy.
    """

    message_id: str
    time: float
    sandbox: bool
    first: int
    recipients: int
    body: bytes

    def payload(self) -> dict[str, Any]:
        payload: dict[str, Any] = json.loads(self.body)
        return payload

    def addresses(self) -> list[str]:
        """The recipients, in the order of their mails."""
        return [address for _, address in _recipients(self.payload())]

    def mails(self, to: str | None = None) -> Iterator[Mail]:
        payload = self.payload()
        for number, (personalization, address) in enumerate(_recipients(payload), self.first):
            if to is None or address.lower() == to.lower():
                yield self._mail(number, payload, personalization, address)

    def _mail(self, number: int, payload: dict[str, Any], personalization: dict[str, Any], address: str) -> Mail:
        substitutions = personalization.get("substitutions", {})
        content = {part["type"]: _substitute(part["value"], substitutions) for part in payload["content"]}
        return {
            "number": number,
            "to": address,
            "from": _mailbox(personalization.get("from", payload["from"])),
            "subject": _substitute(personalization.get("subject", payload.get("subject", "")), substitutions),
            "text": content.get("text/plain"),
            "html": content.get("text/html"),
            "reply_to": _mailbox(payload["reply_to"]) if "reply_to" in payload else None,
            "headers": payload.get("headers", {}) | personalization.get("headers", {}),
            "categories": payload.get("categories", []),
            "custom_args": payload.get("custom_args", {}) | personalization.get("custom_args", {}),
            "sandbox": self.sandbox,
            "message_id": self.message_id,
            "time": iso_time(self.time),
        }


def iso_time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _recipients(payload: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    for personalization in payload["personalizations"]:
        for kind in ("to", "cc", "bcc"):
            for recipient in personalization.get(kind, ()):
                yield personalization, recipient["email"]


def _substitute(text: str, substitutions: dict[str, str]) -> str:
    """Replaces one tag after the other, so that a tag within the value of an earlier one is replaced as well."""
    for tag, value in substitutions.items():
        text = text.replace(tag, value)
    return text


def _mailbox(sender: dict[str, str]) -> str:
    return f"{sender['name']} <{sender['email']}>" if sender.get("name") else sender["email"]


class Record:
    """The accepted requests, in memory and, where there is a path, in a file of one JSON document per line."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._accepted: list[Accepted] = []
        self._count = 0
        if path is not None:
            # Created now, so that a path that is no good is found out at once.
            with open(path, "ab", opener=_open_private):
                pass
            self._load(path)

    def _load(self, path: Path) -> None:
        with path.open("r+b") as file:
            end = 0
            for line in file:
                if not line.endswith(b"\n"):
                    # Half-written when the last run was killed; the next line must not be appended to it.
                    file.truncate(end)
                    break
                end += len(line)
                self._load_line(line)

    def _load_line(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            body = json.dumps(entry["payload"], ensure_ascii=False, separators=(",", ":")).encode()
            recipients = sum(1 for _ in _recipients(entry["payload"]))
            self._append(str(entry["message_id"]), float(entry["time"]), bool(entry["sandbox"]), recipients, body)
        except (ValueError, KeyError, TypeError, AttributeError):
            # A line that is none of ours costs its own mails only.
            pass

    def _append(self, message_id: str, when: float, sandbox: bool, recipients: int, body: bytes) -> Accepted:
        accepted = Accepted(message_id, when, sandbox, self._count + 1, recipients, body)
        self._accepted.append(accepted)
        self._count += recipients
        return accepted

    def add(self, body: bytes, recipients: int, sandbox: bool) -> Accepted:
        """Keeps a request that follows the rules; on disk before anyone hears of it."""
        message_id = secrets.token_urlsafe(16)
        with self._lock:
            now = time.time()
            if self.path is not None:
                head = json.dumps({"message_id": message_id, "time": now, "sandbox": sandbox}).encode()
                # JSON has line ends between its tokens only, never within a string.
                payload = body.replace(b"\r", b" ").replace(b"\n", b" ")
                with open(self.path, "ab", opener=_open_private) as file:
                    file.write(head[:-1] + b', "payload": ' + payload + b"}\n")
            return self._append(message_id, now, sandbox, recipients, body)

    def forget(self) -> None:
        with self._lock:
            self._accepted.clear()
            self._count = 0
            if self.path is not None:
                with open(self.path, "wb", opener=_open_private):
                    pass

    @property
    def count(self) -> int:
        """The number of mails."""
        return self._count

    def accepted(self) -> list[Accepted]:
        with self._lock:
            return list(self._accepted)

    def recipients(self) -> Counter[str]:
        """How many mails each address got; cheaper than the mails themselves."""
        return Counter(address for accepted in self.accepted() for address in accepted.addresses())

    def mails(self, to: str | None = None, limit: int | None = None, before: int | None = None) -> list[Mail]:
        """The newest mails, oldest first: to one address, at most so many, of lower numbers than `before`."""
        newest_first: list[Mail] = []
        for accepted in reversed(self.accepted()):
            if before is not None and accepted.first >= before:
                continue
            mails = [mail for mail in accepted.mails(to) if before is None or mail["number"] < before]
            newest_first += reversed(mails)
            if limit is not None and len(newest_first) >= limit:
                del newest_first[limit:]
                break
        return newest_first[::-1]

    def mail(self, number: int) -> Mail | None:
        newest = self.mails(limit=1, before=number + 1)
        return newest[0] if newest and newest[0]["number"] == number else None


def _open_private(path: str, flags: int) -> int:
    """What people wrote to each other is not for everyone on the machine."""
    return os.open(path, flags, 0o600)
