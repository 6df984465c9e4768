"""Requests without an answer, by a notifier that lives on: a reminder goes once, whatever is worth two goes again."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest

from sendgrid.server import StandIn
from support.database import Database
from support.mail_kinds import KINDS, RULES
from support.notifier import Notifier, add_event, check_ledger, deliveries, end_pauses, make_due


def ledger(database: Database, event_id: int) -> set[tuple[str, int, int]]:
    """Which (state, attempts, uncertain_sends) there are among the mails of an event."""
    rows = deliveries(database)
    return {(row["state"], row["attempts"], row["uncertain_sends"]) for row in rows if row["event_id"] == event_id}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("before", [0, 2])
def test_accepted_and_the_answer_lost(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str, before: int
) -> None:
    """Also after requests that went well: on a connection that was used before, curl would send it again by itself."""
    events = [make_due(database, kind) for _ in range(before + 1)]
    sendgrid.script([{}] * before + [{"drop": "after"}])
    first = notifier.run(SENDGRID_REQUESTS="1")
    assert first.returncode == 1
    assert len(sendgrid.requests) == before + 1
    lost = next(event for event in events if ("sent", 0, 0) not in ledger(database, event.id))
    if not RULES[kind].is_sent_again:
        assert ledger(database, lost.id) == {("unconfirmed", 1, 1)}
        assert "3 unconfirmed" in first.stdout
    else:
        assert ledger(database, lost.id) == {("due", 1, 1)}
        assert "3 to be tried again" in first.stdout
    # Not before its time, until which it is not told that all is well.
    assert notifier.run().returncode == (1 if RULES[kind].is_sent_again else 0)
    assert len(sendgrid.requests) == before + 1
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert notifier.run().returncode == 0
    arrives = 2 if RULES[kind].is_sent_again else 1
    assert {sendgrid.recipients()[email] for email in lost.emails} == {arrives}
    assert sendgrid.mail_count == 3 * (before + arrives)
    assert ledger(database, lost.id) == {("sent", 1, 1) if RULES[kind].is_sent_again else ("unconfirmed", 1, 1)}
    check_ledger(database, sendgrid)


@pytest.mark.parametrize("kind", KINDS)
def test_the_status_is_answer_enough(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    event = make_due(database, kind)
    sendgrid.script([{"drop": "answer"}])
    assert notifier.run().returncode == 0
    assert ledger(database, event.id) == {("sent", 0, 0)}
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("drop", ["before", "partial"])
def test_not_accepted_and_no_answer(
    database: Database, notifier: Notifier, sendgrid: StandIn, kind: str, drop: str
) -> None:
    """Nobody here can tell that from the answer being lost, unless the connection ended before the request had left."""
    event = make_due(database, kind)
    sendgrid.script([{"drop": drop}])
    assert notifier.run().returncode == 1
    unknown = {(RULES[kind].after_unknown, 1, 1)}
    assert ledger(database, event.id) in ([unknown] if drop == "partial" else [unknown, {("due", 1, 0)}])
    end_pauses(database)
    assert notifier.run().returncode == 0
    stays = ledger(database, event.id) == {("unconfirmed", 1, 1)}
    assert sendgrid.recipients() == ({} if stays else dict.fromkeys(event.emails, 1))
    check_ledger(database, sendgrid)


@pytest.mark.parametrize("kind", KINDS)
def test_nobody_listens(database: Database, notifier: Notifier, sendgrid: StandIn, kind: str) -> None:
    event = make_due(database, kind)
    sendgrid.stop()
    refused = notifier.run()
    assert refused.returncode == 1
    assert "3 mails were not sent: no answer: " in refused.stderr
    assert ledger(database, event.id) == {("due", 1, 0)}
    sendgrid.start()
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert ledger(database, event.id) == {("sent", 1, 0)}
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """Connections come about here and nobody reads from them."""
    with socket.socket() as listener:
        # So little room, and such small packets, that the sender has little room as well: a long request cannot leave.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener


def test_a_request_that_has_not_left_whole_is_not_sent(
    database: Database, notifier: Notifier, sendgrid: StandIn, deaf: socket.socket
) -> None:
    event = add_event(database, 1000)
    # Five characters each in HTML.
    database.rows("UPDATE users SET name = REPEAT('<', 120)")
    url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
    assert notifier.run(SENDGRID_URL=url, SENDGRID_TIMEOUT="1").returncode == 1
    assert ledger(database, event.id) == {("due", 1, 0)}
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(event.emails, 1)


def test_sendgrid_hangs(database: Database, notifier: Notifier, sendgrid: StandIn) -> None:
    soon = make_due(database, "reminder")
    changed = make_due(database, "update")
    sendgrid.script([{"pause": True, "times": 2}])
    assert notifier.run(SENDGRID_TIMEOUT="1").returncode == 1
    assert sendgrid.paused == 2
    assert ledger(database, soon.id) == {("unconfirmed", 1, 1)}
    assert ledger(database, changed.id) == {("due", 1, 1)}
    sendgrid.release()
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert sendgrid.recipients() == dict.fromkeys(soon.emails, 1) | dict.fromkeys(changed.emails, 2)
    check_ledger(database, sendgrid)


def test_a_participant_who_unregisters_after_a_lost_answer_stays_on_record(
    database: Database, notifier: Notifier, sendgrid: StandIn
) -> None:
    event = add_event(database, 2, timedelta(days=30))
    database.call("update_event", event.organizer, event.id, None, None, "Another hall", None, None, None)
    sendgrid.script([{"drop": "after"}])
    assert notifier.run().returncode == 1
    gone = deliveries(database)[0]
    database.call("unregister_from_event", gone["user_id"], event.id)
    end_pauses(database)
    assert notifier.run().returncode == 0
    assert [row["state"] for row in deliveries(database)] == ["unconfirmed", "sent"]
    check_ledger(database, sendgrid)
