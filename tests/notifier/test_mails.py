"""What the mails say, and to whom: names and titles of any kind come out as they are, in their place and no other."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sendgrid.record import Mail
from sendgrid.server import StandIn
from support.database import Database, utc_now
from support.notifier import KINDS, Notifier, add_event, cancel_event, deliveries, make_due
from support.texts import TEXTS

HOSTILE = {
    **TEXTS,
    "header": "a\r\nBcc: victim@example.org\r\n\r\n<h1>body</h1>",
    "mail": "\r\n.\r\nMAIL FROM:<victim@example.org>",
    "script": "<script>alert(\"1\")</script>",
    "end of an element": "</bdi></td></tr></table><img src=x onerror=alert(1)>",
    "end of the title": "</title></h2><base href=//evil.example><!--",
    "attribute": "\" onmouseover=\"alert(1)' x='",
    "entities": "&lt;b&gt; &amp;amp; &#60; &nbsp;",
    "line ends of Unicode": "a\u0085b\u2028c\u2029d\u009fe",
    "directions": "\u202eevil\u202c \u2066\u05e9\u05dc\u05d5\u05dd \u2067",
    "terminal": "\x1b[2J\x1b]0;title\x07",
    "JSON": "\"}],\"bcc\":[{\"email\":\"victim@example.org\"}],\"x\":\"\\",
    "tags": "%name-0123456789abcdef% %html-0% -name- {{name}} {{{name}}} [%name%] <%body%> %s %n",
    "longest": "\U0001f39f" * 120,
}
# The elements of a mail, an update's "before" left out.
ROW = ["tr", "td", "td", "bdi"]
ELEMENTS = [
    "html", "head", "meta", "title", "body", "p", "bdi", "p", "h2", "table", *ROW, *ROW, *ROW, "p", "p",
]
ATTRIBUTES = {"lang", "charset", "style", "dir"}
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def line(text: str) -> str:
    """The text as a part of a line."""
    return CONTROL.sub(" ", text)


class Page(HTMLParser):
    """The elements of a document in their order, each with the text directly in it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.texts: list[str] = []
        self.open: list[int] = []
        self.feed(html)
        self.close()
        assert not self.open, "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        self.elements.append(tag)
        self.texts.append("")
        if tag not in ("meta", "br"):
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self.open.pop()] == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts[self.open[-1]] += data
        else:
            assert data.isspace()

    def handle_decl(self, decl: str) -> None:
        assert decl == "DOCTYPE html"

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    handle_pi = unknown_decl = handle_comment

    def all(self, tag: str) -> list[str]:
        return [text for element, text in zip(self.elements, self.texts) if element == tag]


def register(database: Database, event_id: int, name: str, email: str, seats: int = 1) -> None:
    database.call("register_for_event", database.store_user(email, name=name), event_id, seats)


def moment(date: datetime, zone: str = "UTC", said: str = "UTC") -> str:
    """A date of the database as a mail says it."""
    local = date.replace(tzinfo=timezone.utc).astimezone(ZoneInfo(zone))
    seconds = f":{local:%S}" if local.second else ""
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M}{seconds} {said}"


def only(mails: list[Mail]) -> Mail:
    assert len(mails) == 1
    return mails[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_stays_in_its_place(
    database: Database, notifier: Notifier, sendgrid: StandIn, text: str
) -> None:
    event = add_event(database, participants=0, title=text, venue=text, speaker=text)
    register(database, event.id, text, "ann@example.org", 2)
    register(database, event.id, "Bob", "bob@example.org")
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert sendgrid.recipients() == {"ann@example.org": 1, "bob@example.org": 1}
    date = database.rows("SELECT event_date FROM events")[0]["event_date"]
    for email, name, seats in (("ann@example.org", line(text), "2 seats"), ("bob@example.org", "Bob", "1 seat")):
        mail = only(sendgrid.mails(email))
        assert mail["subject"] == f"Reminder: {line(text)}"
        assert mail["text"] == "\r\n".join((
            f"Hello {name},",
            "",
            f"this is a reminder of an event that starts soon, for which you have booked {seats}:",
            "",
            f"  {line(text)}",
            "",
            f"  When: {moment(date)}",
            f"  Where: {line(text)}",
            f"  Speaker: {line(text)}",
            "",
            "If you cannot come, please cancel your registration, so that somebody else can take your place.",
            "",
            "-- ",
            "EventHub",
            "",
        ))
        page = Page(str(mail["html"]))
        assert page.elements == ELEMENTS
        assert page.all("title") == [f"Reminder: {line(text)}"]
        assert page.all("h2") == [line(text)]
        assert page.all("bdi") == [name, moment(date), line(text), line(text)]
        assert page.all("p")[1].endswith(f"for which you have booked {seats}:")
        # As the mail that SendGrid makes of it: Python refuses a header that is more than one.
        message = EmailMessage()
        message["Subject"] = mail["subject"]
        assert "victim@example.org" not in (mail["to"], mail["from"])


def test_a_request_holds_nothing_that_a_user_has_added(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    text = HOSTILE["JSON"]
    event = add_event(database, participants=0, title=text, venue=text, speaker=text)
    register(database, event.id, text, "ann@example.org")
    assert notifier.run().returncode == 0
    payload = sendgrid.accepted[0].payload()
    assert payload.keys() == {"personalizations", "from", "subject", "content"}
    (personalization,) = payload["personalizations"]
    assert personalization.keys() == {"to", "substitutions", "custom_args"}
    assert personalization["to"] == [{"email": "ann@example.org"}]
    assert payload["from"] == {"email": "events@example.org", "name": "EventHub"}


def test_recipients_do_not_see_each_other(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=0)
    people = {f"{name.lower()}@example.org": f"{name} Distinct-{name}" for name in ("Ann", "Bob", "Cy", "Dee")}
    for email, name in people.items():
        register(database, event.id, name, email)
    assert notifier.run().returncode == 0
    payload = sendgrid.accepted[0].payload()
    assert len(payload["personalizations"]) == len(people)
    shared = str({name: value for name, value in payload.items() if name != "personalizations"})
    for personalization in payload["personalizations"]:
        assert personalization.keys() == {"to", "substitutions", "custom_args"}
        assert len(personalization["to"]) == 1
    for email, name in people.items():
        mail = only(sendgrid.mails(email))
        for other, other_name in people.items():
            seen = [other_name in str(part) or other in str(part) for part in (mail["text"], mail["html"])]
            assert seen == ([True, True] if other == email else [False, False])
        assert email not in shared and name not in shared


def recipients_of_requests(sendgrid: StandIn) -> list[int]:
    return sorted(attempt.recipients for attempt in sendgrid.requests)


def test_1001_mails_take_two_requests(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=1001)
    assert notifier.run().returncode == 0
    assert recipients_of_requests(sendgrid) == [1, 1000]
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_a_request_is_as_small_as_one_likes(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=5)
    assert notifier.run(MAILS_PER_REQUEST="2").returncode == 0
    assert recipients_of_requests(sendgrid) == [1, 2, 2]
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_mails_of_other_texts_go_apart(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    events = [make_due(database, kind) for kind in (*KINDS, *KINDS)]
    assert notifier.run().returncode == 0
    assert recipients_of_requests(sendgrid) == [3] * 6
    for event in events:
        (accepted,) = [each for each in sendgrid.accepted if event.emails[0] in each.addresses()]
        assert sorted(accepted.addresses()) == sorted(event.emails)


def test_an_update_says_what_was_before(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    start = utc_now() + timedelta(days=30)
    event = add_event(database, 1, timedelta(days=30), title="Engines", venue="Town Hall", speaker="Babbage")
    database.rows("UPDATE events SET event_date = %s", [start])
    later = start + timedelta(hours=2)
    now = ("Steam engines", None, "<Main> hall", "Lovelace", later, None)
    database.call("update_event", event.organizer, event.id, *now)
    assert notifier.run().returncode == 0
    mail = only(sendgrid.mails())
    assert mail["subject"] == "Changed: Steam engines"
    assert mail["text"] == "\r\n".join((
        "Hello Guest 0,",
        "",
        "an event for which you have booked 1 seat has changed. This is how it is now:",
        "",
        "  Steam engines",
        "",
        f"  When: {moment(later)}",
        f"      (before: {moment(start)})",
        "  Where: <Main> hall",
        "      (before: Town Hall)",
        "  Speaker: Lovelace",
        "      (before: Babbage)",
        "",
        "Your registration stays as it is. If you cannot come, please cancel it, so that somebody else can take your "
        "place.",
        "",
        "-- ",
        "EventHub",
        "",
    ))
    page = Page(str(mail["html"]))
    assert page.all("small") == ["before: "] * 3
    assert page.all("bdi") == [
        "Guest 0", moment(later), moment(start), "<Main> hall", "Town Hall", "Lovelace", "Babbage",
    ]


@pytest.mark.parametrize(
    ("venue", "speaker", "before"),
    [("Main hall", None, "Town Hall"), (None, "Lovelace", "Charles Babbage"), ("town hall", None, "Town Hall")],
)
def test_an_update_says_nothing_of_what_stayed(
    database: Database, notifier: Notifier, sendgrid: StandIn, venue: str | None, speaker: str | None, before: str
) -> None:
    event = add_event(database, 1, timedelta(days=30))
    database.call("update_event", event.organizer, event.id, None, None, venue, speaker, None, None)
    assert notifier.run().returncode == 0
    mail = only(sendgrid.mails())
    assert re.findall(r"\(before: (.*)\)\r\n", str(mail["text"])) == [before]
    assert str(mail["text"]).count("before") == str(mail["html"]).count("before") == 1


def test_a_cancellation_says_so(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, 1, timedelta(days=30), seats=3)
    cancel_event(database, event)
    date = database.rows("SELECT event_date FROM events")[0]["event_date"]
    assert notifier.run().returncode == 0
    mail = only(sendgrid.mails())
    assert mail["subject"] == "Cancelled: Analytical Engines"
    assert mail["text"] == "\r\n".join((
        "Hello Guest 0,",
        "",
        "an event for which you had booked 3 seats has been cancelled. It will not take place:",
        "",
        "  Analytical Engines",
        "",
        f"  When: {moment(date)}",
        "  Where: Town Hall",
        "  Speaker: Charles Babbage",
        "",
        "There is nothing that you need to do.",
        "",
        "-- ",
        "EventHub",
        "",
    ))
    assert Page(str(mail["html"])).elements == ELEMENTS


@pytest.mark.parametrize(
    ("kind", "setting", "zone", "said"),
    [
        ("reminder", "UTC", "UTC", "UTC"),
        ("reminder", ":Asia/Tokyo", "Asia/Tokyo", "JST (Asia/Tokyo, UTC+09:00)"),
        ("update", "Asia/Kathmandu", "Asia/Kathmandu", "(Asia/Kathmandu, UTC+05:45)"),
        ("cancellation", "America/Sao_Paulo", "America/Sao_Paulo", "(America/Sao_Paulo, UTC-03:00)"),
        ("reminder", "JST-9", "Asia/Tokyo", "JST (UTC+09:00)"),
    ],
)
def test_times_are_in_the_zone_and_say_so(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str, setting: str, zone: str, said: str
) -> None:
    make_due(database, kind, 1)
    assert notifier.run(TZ=setting).returncode == 0
    date = database.rows("SELECT event_date FROM events")[0]["event_date"]
    mail = only(sendgrid.mails())
    assert f"\r\n  When: {moment(date, zone, said)}\r\n" in str(mail["text"])
    assert Page(str(mail["html"])).all("bdi")[1] == moment(date, zone, said)


def test_summer_and_winter_are_told_apart(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """The offset is that of the event's date and not of today."""
    year = utc_now().year + 1
    dates = {f"{year}-01-15 17:00:00": "18:00 CET (Europe/Berlin, UTC+01:00)",
             f"{year}-07-15 17:00:00": "19:00 CEST (Europe/Berlin, UTC+02:00)"}
    for date in dates:
        event = add_event(database, 1, timedelta(days=30), title=date)
        database.rows("UPDATE events SET event_date = %s WHERE id = %s", [date, event.id])
        cancel_event(database, event)
    assert notifier.run(TZ="Europe/Berlin").returncode == 0
    mails = {mail["subject"].removeprefix("Cancelled: "): str(mail["text"]) for mail in sendgrid.mails()}
    assert mails.keys() == dates.keys()
    for date, said in dates.items():
        assert f", {said}\r\n" in mails[date]


@pytest.mark.parametrize("kind", KINDS)
def test_ids_lead_back_to_the_ledger(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    event = make_due(database, kind, 5)
    assert notifier.run(MAILS_PER_REQUEST="3").returncode == 0
    ledger: dict[str, Any] = {row["email"]: row for row in deliveries(database)}
    assert ledger.keys() == set(event.emails)
    for mail in sendgrid.mails():
        row = ledger[mail["to"]]
        assert mail["custom_args"] == {
            "eventhub_delivery": str(row["id"]), "eventhub_kind": kind, "eventhub_event": str(event.id),
        }
        assert (row["state"], row["message_id"], row["attempts"]) == ("sent", mail["message_id"], 0)
        assert row["last_error"] is None and row["finished_at"] is not None
    assert len({mail["message_id"] for mail in sendgrid.mails()}) == 2


def test_the_sandbox_is_recorded_as_sent(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = make_due(database, "reminder")
    done = notifier.run(SENDGRID_SANDBOX="1")
    assert (done.returncode, done.stderr) == (0, "")
    assert [attempt.outcome for attempt in sendgrid.requests] == [200]
    assert [(mail["to"], mail["sandbox"]) for mail in sendgrid.mails()] == [(email, True) for email in event.emails]
    assert {(row["state"], row["message_id"]) for row in deliveries(database)} == {
        ("sent", sendgrid.accepted[0].message_id),
    }


def test_mails_are_real_unless_asked_otherwise(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    assert notifier.run().returncode == 0
    assert [mail["sandbox"] for mail in sendgrid.mails()] == [False] * 3


def test_the_sender_signs(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder", 1)
    name = "Caf\u00e9 <M\u00fcller> & \"S\u00f6hne\""
    assert notifier.run(FROM_NAME=name, FROM_EMAIL="cafe@example.org").returncode == 0
    assert sendgrid.accepted[0].payload()["from"] == {"email": "cafe@example.org", "name": name}
    mail = only(sendgrid.mails())
    assert str(mail["text"]).endswith(f"\r\n-- \r\n{name}\r\n")
    page = Page(str(mail["html"]))
    assert page.elements == ELEMENTS and page.all("p")[-1] == name
