"""What SendGrid may answer, and what becomes of the mails then."""

from __future__ import annotations

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from sendgrid.server import StandIn
from support.connection import Row
from support.database import Database, utc_now
from support.forwarder import Forwarder
from support.mail_kinds import KINDS
from support.notifier import KEY, Notifier, add_event, by_tcp, check_ledger, deliveries, end_pauses, make_due

NO_ADDRESS = "400: does not contain a valid address"


def states(database: Database) -> Counter[tuple[str, int]]:
    """How many mails there are in each state and after so many attempts."""
    return Counter((row["state"], row["attempts"]) for row in deliveries(database))


def dead(database: Database) -> dict[str, Row]:
    return {row["email"]: row for row in deliveries(database) if row["state"] == "dead"}


def assert_untouched(database: Database, mails: int) -> None:
    """Everything is due at once, nobody has it, and nothing was counted."""
    assert states(database) == {("due", 0): mails}
    assert database.rows("SELECT COUNT(*) AS claims FROM claims") == [{"claims": 0}]
    later = database.rows("SELECT COUNT(*) AS later FROM deliveries WHERE claimable_at > UTC_TIMESTAMP()")
    assert later == [{"later": 0}]
    assert not any(row["last_error"] or row["uncertain_sends"] for row in deliveries(database))


def outcomes(sendgrid: StandIn) -> list[int | str]:
    return [attempt.outcome for attempt in sendgrid.requests]


# Recipients whom SendGrid does not take.


@pytest.mark.parametrize(
    ("form", "requests"), [("sendgrid", 3), ("field_name", 3), ("hidden", 25), ("example", 25)]
)
@pytest.mark.parametrize("bad", [0, 500, 999])
def test_one_bad_recipient_among_1000(
    database: Database, notifier: Notifier, sendgrid: StandIn, bad: int, form: str, requests: int
) -> None:
    event = add_event(database, participants=1000)
    refused = event.emails[bad]
    sendgrid.configure(refuse=[refused], form=form)
    done = notifier.run()
    assert done.returncode == 1
    assert done.stdout.startswith("999 of 1000 mails sent (") and done.stdout.endswith("; 1 dead\n")
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email != refused}
    assert states(database) == {("sent", 0): 999, ("dead", 1): 1}
    row = dead(database)[refused]
    said = "400: The JSON in your request is not valid" if form == "example" else NO_ADDRESS
    assert row["last_error"] == said + (" (personalizations.0.to.0.email)" if requests == 3 else "")
    assert f"mail {row['id']} was refused: {said}" in done.stderr
    assert "SENDGRID_API_KEY" not in done.stderr
    assert len(sendgrid.requests) <= requests
    assert notifier.run().returncode == 0
    assert sendgrid.mail_count == 999


@pytest.mark.parametrize(("hidden", "requests"), [(False, 12), (True, 90)])
def test_several_bad_recipients(
    database: Database, notifier: Notifier, sendgrid: StandIn, hidden: bool, requests: int
) -> None:
    event = add_event(database, participants=1000)
    refused = {event.emails[number] for number in (0, 1, 300, 302, 999)}
    sendgrid.configure(refuse=list(refused), form="hidden" if hidden else "sendgrid")
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email not in refused}
    assert dead(database).keys() == refused
    assert states(database) == {("sent", 0): 995, ("dead", 1): 5}
    assert len(sendgrid.requests) <= requests


def test_more_bad_recipients_than_an_answer_is_read_for(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    """Two parts of three are good; what SendGrid says of the others is longer than what is kept of it."""
    event = add_event(database, participants=300)
    refused = set(event.emails[::3])
    sendgrid.configure(refuse=list(refused))
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email not in refused}
    assert dead(database).keys() == refused


def test_every_other_recipient_is_bad(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=9)
    refused = set(event.emails[::2])
    sendgrid.configure(refuse=list(refused), form="hidden")
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email not in refused}
    assert dead(database).keys() == refused


@pytest.mark.parametrize("bad", [slice(8), slice(20), slice(500), slice(250, 999), slice(None, None, 2)], ids=str)
def test_many_bad_recipients_hide_nobody(
    database: Database, notifier: Notifier, sendgrid: StandIn, bad: slice
) -> None:
    """However they stand in the request: it is not that all are refused."""
    event = add_event(database, participants=1000)
    refused = set(event.emails[bad])
    sendgrid.configure(refuse=list(refused), form="example")
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email not in refused}
    assert dead(database).keys() == refused


def test_a_bad_recipient_alone(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=1)
    sendgrid.configure(refuse=event.emails)
    assert notifier.run().returncode == 1
    assert states(database) == {("dead", 1): 1}
    assert outcomes(sendgrid) == [400]


def test_a_bad_recipient_of_one_event_leaves_the_others_alone(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    events = [make_due(database, kind, 4) for kind in KINDS]
    sendgrid.configure(refuse=[events[1].emails[2]], form="hidden")
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {
        email: 1 for event in events for email in event.emails if email != events[1].emails[2]
    }


@pytest.mark.parametrize("hidden", [True, False])
def test_where_all_are_refused_not_all_are_tried(
    database: Database, notifier: Notifier, sendgrid: StandIn, hidden: bool
) -> None:
    event = add_event(database, participants=1000)
    sendgrid.configure(refuse=event.emails, form="hidden" if hidden else "sendgrid")
    done = notifier.run()
    assert done.returncode == 1
    assert len(sendgrid.requests) <= 50
    found = states(database)
    if hidden:
        # Whose fault it is, theirs or that of all mails, nobody knows.
        assert found == {("due", 1): 1000}
    else:
        assert found == {("dead", 1): found["dead", 1], ("due", 1): 1000 - found["dead", 1]}
        assert found["dead", 1] <= 10
    errors = {row["last_error"] for row in deliveries(database) if row["state"] == "due"}
    assert "SendGrid refused all recipients that were tried" in errors
    # Not at once again, which the next run says.
    sent = len(sendgrid.requests)
    again = notifier.run()
    assert (again.returncode, len(sendgrid.requests)) == (1, sent)
    assert again.stdout.endswith(f"; {found['due', 1]} wait for their next try\n")
    # And nothing is lost, should SendGrid be wrong.
    sendgrid.configure(refuse=[])
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.mail_count == found["due", 1]
    check_ledger(database, sendgrid)


def test_a_request_that_is_too_large_is_halved(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=5)
    sendgrid.script([{"status": 413, "times": 2}])
    done = notifier.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert outcomes(sendgrid) == [413, 413, 202, 202, 202]
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert states(database) == {("sent", 0): 5}


def test_a_mail_that_is_too_large_is_dead(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=1)
    sendgrid.script([{"status": 413}])
    assert notifier.run().returncode == 1
    assert dead(database)[event.emails[0]]["last_error"] == "413: the request is larger than 30 MB"


# What all mails of a request share.


@pytest.mark.parametrize("field", ["subject", "content", "content.0.value", "content.1.value"])
def test_a_text_that_is_refused(database: Database, notifier: Notifier, sendgrid: StandIn, field: str) -> None:
    first, second = add_event(database, participants=50), add_event(database, participants=3)
    sendgrid.script([{"status": 400, "field": field, "message": "is spam"}])
    done = notifier.run(SENDGRID_REQUESTS="1")
    assert done.returncode == 1
    assert outcomes(sendgrid) == [400, 202]
    refused = {row["last_error"] for row in dead(database).values()}
    assert refused == {f"400: is spam ({field})"}
    assert states(database)["dead", 1] + states(database)["sent", 0] == 53
    assert set(dead(database)) in (set(first.emails), set(second.emails))


@pytest.mark.parametrize("field", ["from", "from.email", "from.name"])
def test_a_sender_that_is_refused(database: Database, notifier: Notifier, sendgrid: StandIn, field: str) -> None:
    for _ in range(3):
        add_event(database, participants=3)
    sendgrid.script([{"status": 400, "field": field, "message": "is not verified", "times": 9}])
    done = notifier.run()
    assert done.returncode == 2
    assert outcomes(sendgrid) == [400]
    assert f"400: is not verified ({field})" in done.stderr and "FROM_EMAIL" in done.stderr
    assert done.stderr.count("\n") == 1
    assert_untouched(database, 9)


# What nobody can place.

UNPLACED = [
    {"status": 400, "field": "null"}, {"status": 400, "field": "mail_settings.sandbox_mode.enable"},
    {"status": 400, "field": "categories"}, {"status": 400, "field": "template_id"}, {"status": 400, "field": "tracking"},
    {"status": 400, "body": '{"errors":[{"message":"no","field_name":"custom_args"}]}'},
    {"status": 400, "field": "personalizations.0.headers.List-Unsubscribe"},
    {"status": 400, "field": "personalizations.0.substitutions"},
    {"status": 400, "body": "<html>Bad Request"}, {"status": 400, "body": ""}, {"status": 409}, {"status": 422},
    {"status": 422, "body": '{"validation":[]}'}, {"status": 431}, {"status": 451},
]


@pytest.mark.parametrize("refusal", UNPLACED, ids=str)
def test_what_nobody_can_place_stands_in_nobodys_way(
    database: Database, notifier: Notifier, sendgrid: StandIn, refusal: dict[str, Any]
) -> None:
    """One of three events is refused whatever part of its mails is tried: they wait, and the others go at once."""
    events = [add_event(database, participants=3, title=title) for title in ("one", "poison", "three")]
    others = [email for event in events for email in event.emails if event is not events[1]]
    sendgrid.configure(refuse_subjects={"poison": refusal})
    done = notifier.run(SENDGRID_REQUESTS="1")
    assert done.returncode == 1
    assert "SENDGRID_API_KEY" not in done.stderr and "FROM_EMAIL" not in done.stderr
    assert sendgrid.recipients() == dict.fromkeys(others, 1)
    assert states(database) == {("sent", 0): 6, ("due", 1): 3}
    # The failure is counted, and the next run is others'.
    event = add_event(database, participants=2, title="four")
    sent = len(sendgrid.requests)
    assert notifier.run().returncode == 1
    assert len(sendgrid.requests) == sent + 1
    assert sendgrid.recipients() == dict.fromkeys([*others, *event.emails], 1)
    # Nothing is lost, should SendGrid be wrong.
    sendgrid.configure(refuse_subjects={})
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert set(sendgrid.recipients().values()) == {1}
    check_ledger(database, sendgrid)


def test_an_address_for_replies_that_is_refused_is_left_out(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    """An organizer's address keeps no mail from going."""
    event = add_event(database, participants=3)
    sendgrid.script([{"status": 400, "field": "reply_to.email", "message": "is no address"}])
    done = notifier.run(REPLY_TO="organizer", MAILS_PER_REQUEST="3")
    assert done.returncode == 0
    assert f"mails of event {event.id} go without Reply-To, which SendGrid does not take: 400: is no address" in done.stderr
    assert outcomes(sendgrid) == [400, 202]
    assert {mail["to"]: mail["reply_to"] for mail in sendgrid.mails()} == dict.fromkeys(event.emails)


def test_an_address_for_replies_that_nobody_has_sent(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    """Whoever refuses what is not there is not asked for ever."""
    add_event(database, participants=3)
    sendgrid.script([{"status": 400, "field": "reply_to", "times": 99}])
    assert notifier.run().returncode == 1
    assert len(sendgrid.requests) <= 6
    assert states(database) == {("due", 1): 3}


# What is no use to repeat.


def assert_stopped(database: Database, notifier: Notifier, sendgrid: StandIn, message: str, **wrong: str) -> None:
    """One request, and everything is as it was; with what was wrong put right it is sent."""
    events = [make_due(database, kind) for kind in KINDS]
    done = notifier.run(**wrong)
    assert done.returncode == 2
    assert len(sendgrid.requests) == 1
    assert message in done.stderr
    # Only what may be at fault is named.
    status = int(re.search(r"\((\d{3})", done.stderr)[1])
    for name, statuses in (("SENDGRID_API_KEY", (401, 403)), ("FROM_EMAIL", (403,))):
        assert (name in done.stderr) == (status in statuses)
    assert ("SENDGRID_URL" in done.stderr) == (status not in (401, 403))
    assert done.stderr.count("\n") == 1
    assert done.stdout.startswith("0 of 0 mails sent (requests: 1, ") and done.stdout.endswith("; 3 given back\n")
    assert_untouched(database, 9)
    sendgrid.configure(clear=True)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == {email: 1 for event in events for email in event.emails}
    assert states(database) == {("sent", 0): 9}


def test_a_wrong_key(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    message = "401: The provided authorization grant is invalid, expired, or revoked"
    assert_stopped(database, notifier, sendgrid, message, SENDGRID_API_KEY="SG.wrong")


@pytest.mark.parametrize("status", [401, 403, 404, 405, 406, 407, 410, 411, 415])
def test_a_status_that_stops(database: Database, notifier: Notifier, sendgrid: StandIn, status: int) -> None:
    sendgrid.script([{"status": status, "times": 99}])
    assert_stopped(database, notifier, sendgrid, f"({status}: ")


def test_an_answer_that_is_not_of_an_api(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    sendgrid.script([{"status": 404, "body": "<html>Not here", "times": 99}])
    assert_stopped(database, notifier, sendgrid, "(404)")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirection_is_not_followed(
    database: Database, notifier: Notifier, sendgrid: StandIn, status: int
) -> None:
    """The key is for one server."""
    with StandIn() as elsewhere:
        sendgrid.script([{"status": status, "headers": {"Location": f"{elsewhere.url}/v3/mail/send"}, "times": 99}])
        assert_stopped(database, notifier, sendgrid, f"({status}")
        assert elsewhere.connections == 0


def test_a_key_that_is_revoked_in_between(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    for _ in range(6):
        add_event(database, participants=2)
    sendgrid.script([{}, {"status": 401, "times": 99}])
    assert notifier.run(SENDGRID_REQUESTS="4").returncode == 2
    # Two were allowed at once after the first.
    assert outcomes(sendgrid)[0] == 202 and 2 <= len(sendgrid.requests) <= 3
    assert states(database) == {("sent", 0): 2, ("due", 0): 10}
    check_ledger(database, sendgrid)


# Answers of a server that is not the stand-in, which answers 202 only to what it takes.


class Fixed:
    """A server that answers every POST alike, and counts them."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        fixed = self
        self.count = 0

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                fixed.count += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>Welcome"), (200, b""), (201, b"{}"), (204, b"")])
def test_success_of_another_kind_is_none(
    database: Database, notifier: Notifier, sendgrid: StandIn, status: int, body: bytes
) -> None:
    make_due(database, "reminder")
    fixed = Fixed(status, {}, body)
    with fixed as url:
        assert notifier.run(SENDGRID_URL=url).returncode == 2
    assert fixed.count == 1
    assert_untouched(database, 3)


@pytest.mark.parametrize(
    ("message_id", "kept"),
    [(None, None), ("", None), ("abc.123_-=", "abc.123_-="), ("x" * 127, "x" * 127), ("x" * 5000, "x" * 127),
     ("a\xffb\xe9", None)],
    ids=["none", "empty", "usual", "long", "too long", "no text"],
)
def test_a_message_id_of_any_kind(
    database: Database, notifier: Notifier, message_id: str | None, kept: str | None
) -> None:
    """Whatever it is: the mails are sent, and must not be sent again."""
    make_due(database, "cancellation")
    fixed = Fixed(202, {} if message_id is None else {"X-Message-Id": message_id})
    with fixed as url:
        assert notifier.run(SENDGRID_URL=url).returncode == 0
        assert notifier.run(SENDGRID_URL=url).returncode == 0
    assert fixed.count == 1
    assert states(database) == {("sent", 0): 3}
    if kept or not message_id:
        assert {row["message_id"] for row in deliveries(database)} == {kept}


# The rate limit.


def test_a_rate_limit_that_ends_soon_is_waited_for(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event = make_due(database, "update")
    sendgrid.script([{"status": 429, "reset": 2}])
    begun = time.time()
    done = notifier.run()
    assert done.returncode == 0
    assert done.stdout.startswith("3 of 3 mails sent (requests: 2, ")
    assert outcomes(sendgrid) == [429, 202]
    # The header has whole seconds.
    assert sendgrid.requests[1].time >= int(begun + 2)
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert states(database) == {("sent", 0): 3}


def test_a_rate_limit_amid_many_events(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    events = [add_event(database, participants=2) for _ in range(5)]
    sendgrid.script([{}, {}, {"status": 429, "reset": 1, "times": 2}])
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == {email: 1 for event in events for email in event.emails}
    assert states(database) == {("sent", 0): 10}


def test_a_rate_limit_in_the_middle_of_a_search(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    event = add_event(database, participants=8)
    sendgrid.configure(refuse=[event.emails[5]], form="hidden", steps=[{}, {"status": 429, "reset": 1}])
    assert notifier.run().returncode == 1
    assert sendgrid.recipients() == {email: 1 for email in event.emails if email != event.emails[5]}
    assert states(database) == {("sent", 0): 7, ("dead", 1): 1}


def test_a_rate_limit_that_outlasts_a_lease(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    """What is known not to have been sent is given back, and not found to be lost when the wait is over."""
    event = add_event(database, participants=8)
    sendgrid.configure(refuse=[event.emails[5]], form="hidden", steps=[{}, {"status": 429, "reset": 4}])
    done = notifier.run(LEASE_SECONDS="3", SENDGRID_TIMEOUT="1", DB_TIMEOUT="1")
    assert done.returncode == 1 and "lease" not in done.stderr
    assert states(database) == {("sent", 0): 7, ("dead", 1): 1}
    assert {row["uncertain_sends"] for row in deliveries(database)} == {0}
    check_ledger(database, sendgrid)


def test_a_rate_limit_while_the_database_is_slow(
    database: Database, forwarder: Forwarder, sendgrid: StandIn
) -> None:
    """What is given back late can be claimed late: the run must not end before, as if there were nothing."""
    event = make_due(database, "reminder")
    sendgrid.script([{"status": 429, "reset": 2}])
    gate = forwarder.hold("release_deliveries")
    with Notifier(database, sendgrid.url, DATABASE_URL=by_tcp(database, forwarder.port)) as notifier:
        running = notifier.start()
        gate.wait()
        time.sleep(1.1)
        gate.pass_on()
        assert running.wait() == 0, running.log()
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_a_rate_limit_that_ends_late_ends_the_run(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event, _ = make_due(database, "reminder"), make_due(database, "reminder")
    sendgrid.script([{"status": 429, "reset": 3600}])
    done = notifier.run()
    assert done.returncode == 1
    assert "rate limit" in done.stderr and done.stdout.endswith("; 3 given back\n")
    assert outcomes(sendgrid) == [429]
    assert states(database) == {("due", 0): 6}
    assert database.rows("SELECT COUNT(*) AS claims FROM claims") == [{"claims": 0}]
    waits = sorted(row["claimable_at"] - utc_now() for row in deliveries(database))
    assert all(timedelta(minutes=59) < wait <= timedelta(hours=1) for wait in waits[3:])
    assert all(wait <= timedelta(0) for wait in waits[:3])
    # The others are due, and no limit holds any more; those that wait are told of.
    again = notifier.run()
    assert again.returncode == 1 and again.stdout.endswith("; 3 wait for their next try\n")
    assert sendgrid.mail_count == 3
    assert states(database) == {("sent", 0): 3, ("due", 0): 3}
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert set(event.emails) < set(sendgrid.recipients())
    assert set(sendgrid.recipients().values()) == {1}


# A server that is ill.


@pytest.mark.parametrize("status", [408, 500, 502, 503, 599])
def test_one_request_of_several_fails(
    database: Database, notifier: Notifier, sendgrid: StandIn, status: int
) -> None:
    events = [add_event(database, participants=2) for _ in range(4)]
    sendgrid.script([{}, {"status": status, "message": "not today"}])
    done = notifier.run()
    assert done.returncode == 1
    assert done.stdout.startswith("6 of 8 mails sent (requests: 4, ")
    assert done.stdout.endswith("; 2 to be tried again\n")
    assert f"2 mails were not sent: {status}: not today" in done.stderr
    assert states(database) == {("sent", 0): 6, ("due", 1): 2}
    waiting = [row for row in deliveries(database) if row["state"] == "due"]
    assert {row["last_error"] for row in waiting} == {f"{status}: not today"}
    assert all(utc_now() < row["claimable_at"] <= utc_now() + timedelta(seconds=61) for row in waiting)
    # Not before the pause is over, which the next run says.
    again = notifier.run()
    assert again.returncode == 1 and again.stdout.startswith("0 of 0 mails sent (requests: 0, ")
    assert again.stdout.endswith("; 2 wait for their next try\n")
    assert sendgrid.mail_count == 6
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == {email: 1 for event in events for email in event.emails}
    assert states(database) == {("sent", 0): 6, ("sent", 1): 2}
    assert not any(row["last_error"] for row in deliveries(database))


def test_after_three_failures_the_rest_stays_due(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    for _ in range(6):
        add_event(database, participants=2)
    sendgrid.script([{"status": 503, "times": 99}])
    done = notifier.run()
    assert done.returncode == 1
    assert outcomes(sendgrid) == [503] * 3
    assert "fails again and again (503: service unavailable)" in done.stderr
    assert states(database) == {("due", 1): 6, ("due", 0): 6}
    assert database.rows("SELECT COUNT(*) AS claims FROM claims") == [{"claims": 0}]


def test_failures_that_are_not_in_a_row_do_not_end_the_run(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    for _ in range(8):
        add_event(database, participants=1)
    sendgrid.script([{"status": 500}, {"status": 500}, {}] * 2)
    assert notifier.run(SENDGRID_REQUESTS="1").returncode == 1
    assert states(database) == {("due", 1): 4, ("sent", 0): 4}


def test_nobody_listens(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    sendgrid.stop()
    done = notifier.run()
    assert done.returncode == 1
    assert states(database) == {("due", 1): 3}
    assert {row["last_error"].partition(":")[0] for row in deliveries(database)} == {"no answer"}
    assert {row["uncertain_sends"] for row in deliveries(database)} == {0}


@pytest.mark.parametrize(
    ("before", "letters"),
    [(0, "x"), (0, "\u20ac"), (1, "\u00fc"), (1, "\u20ac"), (2, "\u20ac"), (1, "\U0001f39f"), (2, "\U0001f39f")],
)
def test_a_long_explanation_is_cut_between_characters(
    database: Database, notifier: Notifier, sendgrid: StandIn, before: int, letters: str
) -> None:
    """Half a character is no text to the database: the failure would not be recorded."""
    make_due(database, "reminder", 1)
    message = "a" * before + letters * 300
    sendgrid.script([{"status": 500, "message": message}])
    assert notifier.run().returncode == 1
    (row,) = deliveries(database)
    assert (row["state"], row["attempts"]) == ("due", 1)
    said = row["last_error"].removeprefix("500: ")
    assert len(said) > 30 and message.startswith(said)


def test_an_explanation_forges_no_line_of_the_log(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    make_due(database, "reminder", 1)
    sendgrid.script([{"status": 500, "message": "one\r\n2030-01-01T00:00:00Z info all is well\x1b[2J"}])
    done = notifier.run()
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "\r" not in done.stderr and "\x1b" not in done.stderr


@pytest.fixture
def three_attempts(database: Database) -> Iterator[None]:
    database.rows("UPDATE settings SET value = 3 WHERE name = 'max_delivery_attempts'")
    yield
    database.rows("UPDATE settings SET value = 10 WHERE name = 'max_delivery_attempts'")


@pytest.mark.usefixtures("three_attempts")
@pytest.mark.parametrize("kind", KINDS)
def test_attempts_come_to_an_end_and_a_dba_may_begin_again(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str
) -> None:
    event = make_due(database, kind)
    sendgrid.script([{"status": 500, "times": 3}])
    for attempt in (1, 2):
        assert notifier.run().returncode == 1
        assert states(database) == {("due", attempt): 3}
        end_pauses(database)
    done = notifier.run()
    assert done.returncode == 1 and done.stdout.endswith("; 3 dead\n")
    assert states(database) == {("dead", 3): 3}
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.mail_count == 0

    assert database.call("requeue_deliveries", "dead", None, None, account="dba")[0][0]["requeued"] == 3
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)
    assert states(database) == {("sent", 0): 3}


# Whom the key is told.


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate that has signed itself, and its key."""
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
         "-subj", "/CN=stand-in", "-addext", f"subjectAltName={name}", "-keyout", key, "-out", certificate],
        check=True, stderr=subprocess.PIPE,
    )
    return certificate, key


def test_a_certificate_that_is_trusted(database: Database, notifier: Notifier, tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path, "IP:127.0.0.1")
    event = make_due(database, "reminder")
    with StandIn(KEY, tls=(certificate, key)) as sendgrid:
        done = notifier.run(SENDGRID_URL=sendgrid.url, SENDGRID_CA_FILE=str(certificate))
        assert (done.returncode, done.stderr) == (0, "")
        assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.mark.parametrize("names", ["IP:127.0.0.1", "DNS:api.sendgrid.com", "IP:127.0.0.2"])
def test_a_certificate_that_is_not(
    database: Database, notifier: Notifier, tmp_path: Path, names: str
) -> None:
    """Either nobody vouches for it, or it is somebody else's."""
    certificate, key = make_certificate(tmp_path, names)
    trusted = {} if names == "IP:127.0.0.1" else {"SENDGRID_CA_FILE": str(certificate)}
    make_due(database, "reminder")
    with StandIn(KEY, tls=(certificate, key)) as sendgrid:
        done = notifier.run(SENDGRID_URL=sendgrid.url, **trusted)
        assert done.returncode == 1
        assert "certificate" in done.stderr
        assert sendgrid.requests == []
    assert states(database) == {("due", 1): 3}
    assert {row["uncertain_sends"] for row in deliveries(database)} == {0}


def test_a_server_without_tls(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    make_due(database, "reminder")
    done = notifier.run(SENDGRID_URL=sendgrid.url.replace("http:", "https:"))
    assert done.returncode == 1
    assert sendgrid.requests == [] and states(database) == {("due", 1): 3}
