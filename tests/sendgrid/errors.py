"""Errors in the form in which SendGrid answers them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TypedDict

HELP = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"

MESSAGES = {
    400: "Bad Request",
    401: "The provided authorization grant is invalid, expired, or revoked",
    403: "access forbidden",
    404: "not found",
    405: "method not allowed",
    411: "Content-Length is required",
    413: "the request is larger than 30 MB",
    415: "Content-Type must be application/json",
    429: "too many requests",
    500: "internal server error",
    503: "service unavailable",
}


# How an error looks: as SendGrid answers it; as the example of its published description has it, which a mock made from
# that description gives for whatever is wrong; as its other pages call the field; and with the field left out.
FORMS = ("sendgrid", "example", "field_name", "hidden")


class Error(TypedDict):
    message: str
    field: str | None
    help: str | None


def error(message: str, field: str | None = None) -> Error:
    return {"message": message, "field": field, "help": None if field is None else _help(field)}


def _help(field: str) -> str:
    first, *rest = [part for part in field.split(".") if not part.isdigit()]
    if first != "personalizations":
        return f"{HELP}#message.{first}"
    return f"{HELP}#message.personalizations.{rest[0]}" if rest else f"{HELP}#-Personalizations-Errors"


def error_of_status(status: int, field: str | None = None, message: str | None = None) -> Error:
    """What SendGrid says with a status when nothing more is known."""
    return error(message or MESSAGES.get(status, "error"), field)


def document(errors: Iterable[Error], form: str = "sendgrid") -> bytes:
    shown: list[dict[str, object]] = []
    for each in errors:
        if form == "field_name":
            help_text = None if each["help"] is None else {"text": "see the link", "link": each["help"]}
            shown.append({"message": each["message"], "field_name": each["field"], "help": help_text})
        elif form == "hidden":
            shown.append({**each, "field": None, "help": None})
        else:
            shown.append({**each})
    if form == "example":
        shown = [{"message": "The JSON in your request is not valid", "field": "null", "help": "null"}]
    return json.dumps({"errors": shown}).encode()
