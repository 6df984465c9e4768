"""What the mails say, and to whom: names and titles of any kind come out as they are, in their place and no other."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from sendgrid.record import Mail
from sendgrid.server import StandIn
from support.database import Database, utc_now
from support.mail_kinds import KINDS
from support.notifier import Notifier, add_event, cancel_event, deliveries, make_due
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
# The elements of a mail in which nothing is new: date, venue, speaker, organizer, booked.
ROW = ["tr", "th", "td", "bdi"]
ELEMENTS = [
    "html", "head", "meta", "meta", "meta", "title", "body", "p", "bdi", "p", "h2", "table", *ROW * 4, "tr", "th", "td", "p", "p",
]
ATTRIBUTES = {"lang", "charset", "name", "content", "style", "dir", "scope", "href"}
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
        self.links: list[str] = []
        self.open: list[int] = []
        self.feed(html)
        self.close()
        assert not self.open, "an element is left open"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert {name for name, _ in attrs} <= ATTRIBUTES, attrs
        self.elements.append(tag)
        self.texts.append("")
        self.links += [str(value) for name, value in attrs if name == "href"]
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
    return f"{local:%A}, {local.day} {local:%B %Y}, {local:%H:%M} {said}"


def wrapped(start: str, text: str) -> str:
    """A line of a mail that begins so; what is too long for it goes on in the next."""
    lines = [start]
    column, indent, begun = len(start), 6 * " ", False
    for blanks, word in re.findall("( *)([^ ]+)", text):
        if column + len(blanks + word) > 72 and (begun or column > len(indent)):
            lines[-1] = lines[-1].rstrip(" ")
            lines.append(indent)
            column, blanks = len(indent), ""
        lines[-1] += blanks + word
        column += len(blanks + word)
        begun = True
    return "\r\n".join(lines)


def only(mails: list[Mail]) -> Mail:
    assert len(mails) == 1
    return mails[0]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_stays_in_its_place(
    database: Database, notifier: Notifier, sendgrid: StandIn, text: str
) -> None:
    event = add_event(database, participants=0, title=text, venue=text, speaker=text)
    database.rows("UPDATE users SET name = %s WHERE id = %s", [text, event.organizer])
    register(database, event.id, text, "ann@example.org", 2)
    register(database, event.id, "Bob", "bob@example.org")
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert sendgrid.recipients() == {"ann@example.org": 1, "bob@example.org": 1}
    date = database.rows("SELECT event_date FROM events")[0]["event_date"]
    for email, name, seats in (("ann@example.org", line(text), "2 seats"), ("bob@example.org", "Bob", "1 seat")):
        mail = only(sendgrid.mails(email))
        shown = line(text.strip("".join(map(chr, [*range(33), 127]))))
        assert mail["subject"] == f"Reminder: {shown}"
        assert mail["text"] == "\r\n".join((
            wrapped("Hello ", f"{name},"),
            "",
            "This is a reminder of an event that starts soon, for which you have",
            "registered:",
            "",
            wrapped("  ", shown),
            "",
            f"  Date: {moment(date)}",
            wrapped("  Venue: ", shown),
            wrapped("  Speaker: ", shown),
            wrapped("  Organizer: ", shown),
            f"  Booked: {seats}",
            "",
            "If you cannot come, please cancel your registration, so that somebody",
            "else can take your place.",
            "",
            "-- ",
            "EventHub",
            "",
        ))
        page = Page(str(mail["html"]))
        assert page.elements == ELEMENTS
        assert page.all("title") == [f"Reminder: {shown}"]
        assert page.all("h2") == [shown]
        assert page.all("bdi") == [name, moment(date), shown, shown, shown]
        assert page.all("th") == ["Date", "Venue", "Speaker", "Organizer", "Booked"]
        assert page.all("td")[-1] == seats
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


def test_an_update_says_what_is_new(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    start = utc_now() + timedelta(days=30)
    event = add_event(database, 1, timedelta(days=30), title="Engines", venue="Town Hall", speaker="Babbage")
    database.rows("UPDATE events SET event_date = %s", [start])
    later = start + timedelta(hours=2)
    now = ("Engines", None, "<Main> hall", "Lovelace", later, None)
    database.call("update_event", event.organizer, event.id, *now)
    assert notifier.run().returncode == 0
    mail = only(sendgrid.mails())
    assert mail["subject"] == "Changed: Engines"
    assert mail["text"] == "\r\n".join((
        "Hello Guest 0,",
        "",
        "An event for which you have registered has changed:",
        "",
        "  Engines",
        "",
        "What is new:",
        "",
        f"  Date: was {moment(start)}",
        f"      is now {moment(later)}",
        "  Venue: was Town Hall",
        "      is now <Main> hall",
        "  Speaker: was Babbage",
        "      is now Lovelace",
        "",
        "How it is now:",
        "",
        f"  Date: {moment(later)}",
        "  Venue: <Main> hall",
        "  Speaker: Lovelace",
        "  Organizer: Ada Lovelace",
        "  Booked: 1 seat",
        "",
        "Your registration stays as it is.",
        "",
        "If you cannot come, please cancel your registration, so that somebody",
        "else can take your place.",
        "",
        "-- ",
        "EventHub",
        "",
    ))
    page = Page(str(mail["html"]))
    assert page.all("bdi") == [
        "Guest 0", moment(start), moment(later), "Town Hall", "<Main> hall", "Babbage", "Lovelace",
        moment(later), "<Main> hall", "Lovelace", "Ada Lovelace",
    ]
    # As large as the rest.
    assert "small" not in page.elements


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
    assert re.findall(r"^  \w+: was (.*)\r$", str(mail["text"]), re.MULTILINE) == [before]
    assert str(mail["text"]).count(" is now ") == str(mail["html"]).count(">is now ") == 1


def test_a_cancellation_says_so(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, 1, timedelta(days=30), seats=3)
    cancel_event(database, event)
    date = database.rows("SELECT event_date FROM events")[0]["event_date"]
    assert notifier.run(EVENT_URL="https://example.org/{event_id}").returncode == 0
    mail = only(sendgrid.mails())
    assert mail["subject"] == "Cancelled: Analytical Engines"
    assert mail["text"] == "\r\n".join((
        "Hello Guest 0,",
        "",
        "An event for which you had registered has been cancelled. It will not",
        "take place:",
        "",
        "  Analytical Engines",
        "",
        f"  Date: {moment(date)}",
        "  Venue: Town Hall",
        "  Speaker: Charles Babbage",
        "  Organizer: Ada Lovelace",
        "  Booked: 3 seats",
        "",
        "There is nothing that you need to do.",
        "",
        "-- ",
        "EventHub",
        "",
    ))
    assert Page(str(mail["html"])).elements == ELEMENTS


def test_a_mail_leads_to_the_event(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, 2, venue="Zoom: https://zoom.example/j/1?a=b&c=d, or upstairs.")
    assert notifier.run(EVENT_URL="https://example.org/e/{event_id}?x=1&y=2").returncode == 0
    url = f"https://example.org/e/{event.id}?x=1&y=2"
    for mail in sendgrid.mails():
        assert f"\r\n  Page: {url}\r\n" in str(mail["text"])
        assert Page(str(mail["html"])).links == ["https://zoom.example/j/1?a=b&c=d", url]


@pytest.mark.parametrize("kind", KINDS)
def test_answers_go_where_the_setting_says(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    """To nobody else than the sender, to an address, or to the event's organizer."""
    name = "Otto, \"the\" <Organizer>"
    wanted = {
        None: None, "help@m\u00fcller.example": "help@xn--mller-kva.example",
        "organizer": f"{name} <otto@xn--mller-kva.example>",
    }
    for setting, reply_to in wanted.items():
        event = make_due(database, kind, 1)
        database.rows(
            "UPDATE users SET name = %s, email = %s WHERE id = %s",
            [name, f"otto{event.id}@m\u00fcller.example", event.organizer],
        )
        assert notifier.run(REPLY_TO=setting).returncode == 0
        mail = only(sendgrid.mails(event.emails[0]))
        assert mail["reply_to"] == (reply_to and reply_to.replace("otto@", f"otto{event.id}@"))


def test_an_organizer_whose_address_is_none(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """The mail goes all the same."""
    event = make_due(database, "reminder", 1)
    database.rows("UPDATE users SET email = %s WHERE id = %s", ["\u00f6tto@example.org", event.organizer])
    done = notifier.run(REPLY_TO="organizer")
    assert (done.returncode, done.stderr) == (0, "")
    assert only(sendgrid.mails())["reply_to"] is None


def test_mails_are_counted_by_category(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder", 2)
    assert notifier.run(MAIL_CATEGORIES='eventhub, the "second", x\\y').returncode == 0
    assert sendgrid.accepted[0].payload()["categories"] == ["eventhub", 'the "second"', "x\\y"]


def test_a_reminder_can_be_unsubscribed_from(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """With one click (RFC 8058), each with a token of their own; a change or a cancellation cannot."""
    events = [make_due(database, kind) for kind in KINDS]
    done = notifier.run(UNSUBSCRIBE_URL="https://example.org/off/{token}?a=1&b=2")
    assert (done.returncode, done.stderr) == (0, "")
    tokens = set()
    for mail in sendgrid.mails():
        if mail["to"] not in events[0].emails:
            assert mail["headers"] == {} and "reminders" not in str(mail["text"])
            continue
        assert mail["headers"].keys() == {"List-Unsubscribe", "List-Unsubscribe-Post"}
        assert mail["headers"]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        found = re.fullmatch(r"<(https://example\.org/off/([A-Za-z0-9-]{1,100})\?a=1&b=2)>", mail["headers"]["List-Unsubscribe"])
        assert found
        tokens.add(found[2])
        assert re.search(rf"^To get no more reminders:(\r\n )? {re.escape(found[1])}\r$", str(mail["text"]), re.MULTILINE)
        assert Page(str(mail["html"])).links == [found[1]]
        assert "%" not in str(mail["text"]) + str(mail["html"])
    assert len(tokens) == 3
    # Without the setting there is none.
    make_due(database, "reminder", 1)
    assert notifier.run().returncode == 0
    mail = sendgrid.mails()[-1]
    assert mail["headers"] == {} and "reminders" not in str(mail["text"])


def test_a_domain_goes_as_punycode(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """What cannot be written in ASCII costs its own mail, and says why."""
    event = add_event(database, participants=5)
    addresses = {"ann@m\u00fcller.example": "ann@xn--mller-kva.example", "bob@fa\u00df.example": "bob@xn--fa-hia.example",
                 "\u00e4nn@example.org": None, "cy@\U0001f39f.example": None, "dee@example.org": "dee@example.org"}
    for old, new in zip(event.emails, addresses):
        database.rows("UPDATE users SET email = %s WHERE email = %s", [new, old])
    done = notifier.run(FROM_EMAIL="events@b\u00fccher.example")
    assert done.returncode == 1
    assert done.stdout.startswith("3 of 5 mails sent (requests: 1, ") and done.stdout.endswith("; 2 dead\n")
    assert sendgrid.recipients() == {ascii: 1 for ascii in addresses.values() if ascii}
    assert sendgrid.mails()[0]["from"] == "EventHub <events@xn--bcher-kva.example>"
    dead = {row["email"]: row["last_error"] for row in deliveries(database) if row["state"] == "dead"}
    assert dead == {
        "\u00e4nn@example.org": "what stands before the @ of the address is not ASCII, which SendGrid does not take",
        "cy@\U0001f39f.example": "the address's domain cannot be written in ASCII (IDNA2008)",
    }
    for error in dead.values():
        assert error in done.stderr
    assert notifier.run().returncode == 0


def test_nobody_whose_address_can_be_written(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = make_due(database, "cancellation", 2)
    for number, email in enumerate(event.emails):
        database.rows("UPDATE users SET email = %s WHERE email = %s", [f"\u00e4{number}@example.org", email])
    done = notifier.run()
    assert done.returncode == 1 and done.stdout.endswith("; 2 dead\n")
    assert sendgrid.requests == []


@pytest.mark.parametrize(
    ("kind", "setting", "zone", "said"),
    [
        ("reminder", "UTC", "UTC", "UTC"),
        ("reminder", ":Asia/Tokyo", "Asia/Tokyo", "JST (Asia/Tokyo)"),
        ("update", "Asia/Kathmandu", "Asia/Kathmandu", "UTC+05:45 (Asia/Kathmandu)"),
        ("cancellation", "America/Sao_Paulo", "America/Sao_Paulo", "UTC-03:00 (America/Sao_Paulo)"),
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
    assert f"\r\n  Date: {moment(date, zone, said)}\r\n" in str(mail["text"])
    assert moment(date, zone, said) in Page(str(mail["html"])).all("bdi")


def test_summer_and_winter_are_told_apart(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """The offset is that of the event's date and not of today."""
    year = utc_now().year + 1
    dates = {f"{year}-01-15 17:00:00": "18:00 CET (Europe/Berlin)",
             f"{year}-07-15 17:00:00": "19:00 CEST (Europe/Berlin)"}
    for date in dates:
        event = add_event(database, 0, timedelta(days=30), title=date)
        database.rows("UPDATE events SET event_date = %s WHERE id = %s", [date, event.id])
        register(database, event.id, "Ann", f"ann{event.id}@example.org")
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


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_the_stand_in_names_the_kind(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    make_due(database, kind, 1)
    assert notifier.run().returncode == 0
    for path in ("/", "/mails/1"):
        assert f'<span class="kind">{kind}</span>' in requests.get(sendgrid.url + path, timeout=5).text


# What a phone shows.


def test_a_phone_shows_it_without_scrolling_sideways(
    database: Database, notifier: Notifier, sendgrid: StandIn, tmp_path: Path
) -> None:
    """In a frame of 390 pixels, with words that nobody can break but the browser."""
    if shutil.which("chromium") is None:
        pytest.skip("there is no Chromium")
    for text in ("x" * 200, "https://example.org/" + "y" * 180):
        event = add_event(database, 1, title=text, venue=text, speaker=text[:120])
        database.rows("UPDATE users SET name = %s WHERE id = %s", [text[:120], event.organizer])
    event = make_due(database, "update", 1)
    database.call("update_event", event.organizer, event.id, None, None, "z" * 200, None, None, None)
    assert notifier.run(EVENT_URL=f"https://example.org/{'e' * 200}/{{event_id}}").returncode == 0
    # High enough to need no scroll bar, which would take a part of the width.
    frames = "".join(
        f'<iframe width="390" height="5000" style="border: 0" srcdoc="{escape(str(mail["html"]))}"></iframe>'
        for mail in sendgrid.mails()
    )
    script = (
        "onload = () => { document.title = [...document.querySelectorAll('iframe')]"
        ".map(f => f.contentDocument.documentElement.scrollWidth).join(' ') }"
    )
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{frames}<script>{script}</script>")
    dumped = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom",
         f"--user-data-dir={tmp_path}/profile", page.as_uri()],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=60, check=True,
    ).stdout
    widths = re.search("<title>([0-9 ]+)</title>", dumped)
    assert widths and widths[1] == "390 390 390", dumped[:300]
