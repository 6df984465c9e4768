"""Every mail is true when it is sent and tells its reader something new, and in the end everybody has been told the present state.

Organizers, participants and a DBA change things at random while several notifiers claim, send, lose answers and die. Beside
them a model keeps what each participant has been told, and each mail is held against it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from sql.ledger import Claim, Ledger
from support.connection import Refused, Row
from support.database import utc_now

# Within a day, so that there are reminders; two of them differ in what no mail shows.
START = utc_now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=9)
DATES = [START, START + timedelta(seconds=30), START + timedelta(hours=2), START + timedelta(days=4)]
VENUES = ["Town Hall", " Town Hall ", "Café", "Cafe"]
SPEAKERS = ["Ada", "Grace"]
TITLES = ["Engines", "More Engines"]


@dataclass(frozen=True)
class Facts:
    """What a reader sees of an event."""

    date: str
    venue: str
    speaker: str
    cancelled: bool = False

    @staticmethod
    def of(row: Row, prefix: str = "") -> Facts:
        return Facts(
            f"{row[f'{prefix}event_date']:%d %H:%M}", row[f"{prefix}venue"].strip(), row[f"{prefix}speaker"].strip()
        )


@dataclass
class Reader:
    """What one registration has been told: by the page it was made at, by mails that arrived, by mails that may have."""

    facts: Facts
    title: str
    doubts: set[Facts] = field(default_factory=set)
    unreachable: bool = False


class History:
    """The world, and what its participants know of it."""

    def __init__(self, ledger: Ledger, seed: int) -> None:
        self.ledger = ledger
        self.database = ledger.database
        self.chance = random.Random(seed)
        self.events = [
            ledger.add_event(people=0, date=START, venue=VENUES[0], speaker=SPEAKERS[0], title=TITLES[0]) for _ in range(2)
        ]
        self.users = [self.database.add_user() for _ in range(5)]
        self.emails = {
            row["email"]: row["id"] for row in self.database.rows("SELECT id, email FROM users") if row["id"] in self.users
        }
        self.readers: dict[tuple[int, int], Reader] = {}
        # Claims that notifiers hold, and of which mails have left.
        self.held: list[Claim] = []
        self.sending: list[Claim] = []
        self.reminded: dict[tuple[int, int, str], str] = {}
        self.mails: list[str] = []
        self.log: list[str] = []
        ledger.set(max_delivery_attempts=1000, delivery_retry_seconds=1)

    # What there is ---------------------------------------------------------------------------------------------------

    def event(self, event_id: int) -> Row:
        return self.database.rows("SELECT * FROM events WHERE id = %s", [event_id])[0]

    def now(self, event_id: int) -> Facts:
        row = self.event(event_id)
        facts = Facts.of(row)
        return Facts(facts.date, facts.venue, facts.speaker, row["cancelled_at"] is not None)

    # What people do --------------------------------------------------------------------------------------------------

    def come(self) -> None:
        event, user = self.chance.choice(self.events), self.chance.choice(self.users)
        self.ledger.register(event, user)
        self.readers[event.id, user] = Reader(self.now(event.id), self.event(event.id)["title"])

    def go(self) -> None:
        event, user = self.chance.choice(self.events), self.chance.choice(self.users)
        self.ledger.unregister(event, user)
        del self.readers[event.id, user]

    def change(self) -> None:
        event, choice = self.chance.choice(self.events), self.chance.choice
        self.ledger.update(
            event, choice([None, *VENUES]), choice([None, *SPEAKERS]), choice([None, *DATES]), choice([None, *TITLES])
        )

    def call_off(self) -> None:
        if self.chance.random() < 0.2:
            self.ledger.cancel(self.chance.choice(self.events))

    def revive(self) -> None:
        """A DBA has an event take place after all."""
        event = self.chance.choice(self.events)
        if self.chance.random() < 0.5:
            self.database.rows("UPDATE events SET cancelled_at = NULL WHERE id = %s", [event.id])

    # What notifiers do -----------------------------------------------------------------------------------------------

    def plan(self) -> None:
        self.ledger.plan(self.chance.choice([2, 100]))

    def claim(self) -> None:
        claim = self.ledger.claim(limit=self.chance.choice([1, 10]))
        if claim is not None and claim.mails:
            self.held.append(claim)

    def send(self) -> None:
        """Mails leave: nothing can call them back from here on."""
        if not self.held:
            return
        claim = self.held.pop(self.chance.randrange(len(self.held)))
        try:
            self.ledger.start(claim)
        except Refused as refused:
            assert refused.code in ("claim_outdated", "claim_lost")
            self.ledger.release(claim)
            return
        for mail in claim.mails:
            self.check(claim.row, self.emails[mail["email"]])
        self.sending.append(claim)

    def report(self) -> None:
        if not self.sending:
            return
        claim = self.sending.pop(self.chance.randrange(len(self.sending)))
        outcome = self.chance.choices(
            ["sent", "not_sent", "unknown", "refused", "killed"], [60, 15, 10, 3, 12]
        )[0]
        self.log.append(f"{outcome} {claim.id}")
        if outcome == "sent":
            self.ledger.complete(claim)
        elif outcome != "killed":
            self.ledger.fail(claim, outcome)
        for mail in claim.mails:
            reader = self.readers.get((claim.row["event_id"], self.emails[mail["email"]]))
            # Whoever has registered anew since has seen the page since.
            if reader is None or not self.is_of(mail["delivery_id"], claim.row["event_id"], self.emails[mail["email"]]):
                continue
            facts = told(claim.row)
            if outcome == "sent":
                reader.facts, reader.title = facts, claim.row["title"]
                reader.doubts.clear()
            elif outcome in ("unknown", "killed") and facts != reader.facts:
                reader.doubts.add(facts)
            elif outcome == "refused":
                reader.unreachable = True

    def is_of(self, delivery_id: int, event_id: int, user_id: int) -> bool:
        return self.database.rows(
            "SELECT r.id FROM registrations AS r JOIN deliveries AS d ON d.registration_id = r.id"
            " WHERE d.id = %s AND r.event_id = %s AND r.user_id = %s", [delivery_id, event_id, user_id],
        ) != []

    def die(self) -> None:
        """A notifier that has sent nothing yet."""
        if self.held and self.chance.random() < 0.3:
            self.held.pop()

    def end_leases(self) -> None:
        """Of all that nobody holds any more."""
        alive = {claim.id for claim in self.held + self.sending}
        for row in self.ledger.claims():
            if row["id"] not in alive:
                self.database.rows("UPDATE claims SET lease_until = UTC_TIMESTAMP() WHERE id = %s", [row["id"]])

    def wait(self) -> None:
        self.ledger.end_pauses()

    # What a mail has to be -------------------------------------------------------------------------------------------

    def check(self, row: Row, user: int) -> None:
        facts, kind, now = told(row), row["kind"], self.now(row["event_id"])
        mail = f"{kind} to {user} of event {row['event_id']}: {facts}, who knows {Facts.of(row, 'known_')}"
        self.log.append(mail)
        self.mails.append(kind)
        assert facts.cancelled == now.cancelled and (facts.cancelled or facts == now), "it is not true"
        reader = self.readers.get((row["event_id"], user))
        if reader is None or not self.holds(row["claim_id"], row["event_id"], user):
            # They have unregistered since it was claimed, and are perhaps here again.
            return
        if kind == "reminder":
            # Whoever could not be told of a change is reminded all the same.
            assert reader.unreachable or reader.facts == facts, "what is new comes first"
            key = (row["event_id"], user, facts.date)
            assert self.reminded.get(key, "doubtful") == "doubtful", "they have been reminded"
            self.reminded[key] = "doubtful"
            return
        if kind == "cancellation":
            assert not reader.facts.cancelled or reader.doubts, "they know that it is off"
            known = Facts.of(row, "known_")
            assert known in {Facts(facts.date, facts.venue, facts.speaker) for facts in {reader.facts, *reader.doubts}}
            assert row["known_title"] == reader.title or reader.doubts, "nobody told them of this title"
            others = {doubt for doubt in reader.doubts if not doubt.cancelled}
            assert row["uncertain"] or others <= {known}, "it may be another event to them"
            return
        assert reader.facts != facts or reader.doubts, "it is not new to them"
        if not row["uncertain"]:
            assert reader.doubts <= {facts}, "they may have been told something else"
            assert bool(row["revived"]) == reader.facts.cancelled
            if not reader.facts.cancelled:
                assert Facts.of(row, "known_") == reader.facts, "they were told something else"
                assert row["known_title"] == reader.title

    def holds(self, claim_id: int, event_id: int, user: int) -> bool:
        return self.database.rows(
            "SELECT d.id FROM deliveries AS d JOIN registrations AS r ON r.id = d.registration_id"
            " WHERE d.claim_id = %s AND d.event_id = %s AND d.user_id = %s", [claim_id, event_id, user],
        ) != []

    # The end ---------------------------------------------------------------------------------------------------------

    def settle(self) -> None:
        """Everything works again, and nothing changes any more."""
        self.held.clear()
        while self.sending:
            self.report()
        self.end_leases()
        for _ in range(6):
            self.wait()
            while self.ledger.plan()["more"]:
                pass
            while claim := self.ledger.claim():
                if claim.mails:
                    self.ledger.start(claim)
                    for mail in claim.mails:
                        self.check(claim.row, self.emails[mail["email"]])
                    self.ledger.complete(claim)
                    for mail in claim.mails:
                        reader = self.readers.get((claim.row["event_id"], self.emails[mail["email"]]))
                        if reader is not None:
                            reader.facts, reader.title = told(claim.row), claim.row["title"]
                            reader.doubts.clear()
        for (event_id, user), reader in self.readers.items():
            if not reader.unreachable:
                now = self.now(event_id)
                assert reader.facts.cancelled == now.cancelled, f"{user} was left untold of event {event_id}"
                assert now.cancelled or reader.facts == now, f"{user} was left untold of event {event_id}"
                assert not reader.doubts, f"{user} was left in doubt of event {event_id}"
        assert self.ledger.claims() == []
        assert {state for _, state in self.ledger.states()} <= {"sent", "unconfirmed", "dead", "scheduled"}


def told(row: Row) -> Facts:
    """What a mail says of an event."""
    facts = Facts.of(row)
    return Facts(facts.date, facts.venue, facts.speaker, row["kind"] == "cancellation")


# Behind the first eight, those that have found what they did not.
@pytest.mark.parametrize("seed", [*range(8), 118, 138, 145, 177])
def test_every_mail_is_true_and_new_and_the_last_one_says_what_is(ledger: Ledger, seed: int) -> None:
    history = History(ledger, seed)
    deeds: list[Callable[[], None]] = [
        *[history.come] * 4, history.go, *[history.change] * 3, history.call_off, history.revive, *[history.plan] * 4,
        *[history.claim] * 6, *[history.send] * 6, *[history.report] * 6, history.die, history.end_leases, history.wait,
    ]
    try:
        for _ in range(350):
            deed = history.chance.choice(deeds)
            try:
                deed()
                history.log.append(deed.__name__)
            except Refused as refused:
                assert refused.code in ("already_registered", "not_registered", "event_not_found"), refused
        history.settle()
    except AssertionError as error:
        raise AssertionError("\n".join([*history.log[-60:], str(error)])) from error
    assert "update" in history.mails
