"""What is measured on: events, people and their tokens, and files of requests."""

from __future__ import annotations

import base64
import hmac
import json
import random
import time
from collections.abc import Iterable
from pathlib import Path

from support.connection import Connection
from support.database import Database, Server

HOT = 1
SOLD_OUT = 2
SPREAD = range(11, 211)
MANY = range(1001, 2001)
PEOPLE = range(1001, 301_001)
LISTED = range(1, 21)
CHUNK = 100_000
# So many of PEOPLE have booked where it is cancelled: more than cancel in one run.
BOOKED = 60_000
# Of Crowd: the event that everybody has booked, and how many events and participants there are.
CROWDED = 77
CROWD = 100_000
# Events whose words, for searches, are written down at once.
WORDS_CHUNK = 2_000
TABLES = ("users", "events", "registrations", "event_words", "event_texts")
DESCRIPTION = (
    "An evening about what a database can do for an application, with time for questions, and something to eat and drink"
    " for those who stay."
)


def patient_root(database: Database) -> Connection:
    """A session of root whose statements may take minutes, as nothing of what is measured may."""
    return Connection(unix_socket=database.server.socket, user="root", database=database.name, read_timeout=900)


def add_numbers(root: Connection, count: int) -> None:
    """A table that rows are made from: the numbers from 0 on, count of them."""
    root.rows("CREATE TABLE bench_numbers (n INT UNSIGNED NOT NULL PRIMARY KEY) ENGINE = InnoDB")
    digits = " UNION ALL ".join(f"SELECT {digit} AS d" for digit in range(10))
    root.rows(
        "INSERT INTO bench_numbers SELECT * FROM (SELECT a.d + 10 * b.d + 100 * c.d + 1000 * d.d AS n"
        f" FROM ({digits}) AS a, ({digits}) AS b, ({digits}) AS c, ({digits}) AS d) AS numbers WHERE n < %s", [count],
    )
    made = min(count, 10_000)
    while made < count:
        more = min(made, count - made)
        root.rows("INSERT INTO bench_numbers SELECT n + %s FROM bench_numbers WHERE n < %s", [made, more])
        made += more


def add_people(root: Connection, ids: range) -> None:
    """Participants, who cannot log in."""
    for begin in range(0, len(ids), CHUNK):
        root.rows(
            "INSERT INTO users (id, name, email, role, password_hash) SELECT n + %s, CONCAT('Person ', n),"
            " CONCAT('person', n, '@example.org'), 'participant', 'x' FROM bench_numbers WHERE n >= %s AND n < %s",
            [ids[0], begin, min(begin + CHUNK, len(ids))],
        )


def add_events(
    root: Connection, organizer: int, ids: Iterable[int], total_seats: int = 1_000_000, description: str = DESCRIPTION
) -> None:
    rows = ",".join(
        f"({id}, {organizer}, 'Databases as applications, part {id}', '{description}', 'Main hall', 'Ada Lovelace',"
        f" UTC_TIMESTAMP() + INTERVAL 30 DAY + INTERVAL {id} HOUR, {total_seats}, {total_seats})" for id in ids
    )
    root.rows("INSERT INTO events (id, organizer_id, title, description, venue, speaker, event_date, total_seats,"
              f" seats_available) VALUES {rows}")


class Tokens:
    """Tokens, signed as the shim does it, in great numbers."""

    def __init__(self, secret: str) -> None:
        self.secret = secret.encode()
        self.now = int(time.time())
        self.header = encode({"alg": "HS256", "typ": "JWT"})

    def sign(self, user: int, role: str = "participant") -> str:
        claims = {"sub": str(user), "role": role, "iat": self.now, "exp": self.now + 86400}
        signed = self.header + b"." + encode(claims)
        signature = hmac.digest(self.secret, signed, "sha256")
        return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def encode(part: dict[str, object]) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(part, separators=(",", ":")).encode()).rstrip(b"=")


class Bookings:
    """A database in which is booked: HOT with many seats, SPREAD likewise, SOLD_OUT, and PEOPLE who never booked."""

    def __init__(self, server: Server, tokens: Tokens) -> None:
        self.database = Database(server)
        self.root = patient_root(self.database)
        add_numbers(self.root, len(PEOPLE))
        add_people(self.root, PEOPLE)
        self.organizer = self.database.add_user("organizer")
        add_events(self.root, self.organizer, [HOT, *SPREAD, *MANY])
        add_events(self.root, self.organizer, [SOLD_OUT], total_seats=1)
        self.first = self.database.add_user()
        self.tokens = [tokens.sign(user) for user in PEOPLE]
        self.organizer_token = tokens.sign(self.organizer, "organizer")
        self.forget()

    def forget(self) -> None:
        """Nobody has booked, but for the one who has the only seat of SOLD_OUT."""
        self.root.rows("TRUNCATE TABLE registrations")
        self.root.rows("UPDATE events SET seats_available = total_seats WHERE seats_available <> total_seats")
        self.database.call("register_for_event", self.first, SOLD_OUT, 1)

    def fill(self, events: range, each: int = 1) -> None:
        """Who of the first BOOKED people has not booked, or not any more, books: one of the events, which take turns, or
        `each` that follow each other."""
        with self.database.connect("root") as root:
            # As a dump is loaded: without the triggers, which would change the event once for each row.
            root.rows("SET SESSION foreign_key_checks = 0")
            for turn in range(each):
                root.rows(
                    "INSERT INTO registrations (event_id, user_id, seats) SELECT b.event_id, b.user_id, 1 FROM"
                    " (SELECT %s + MOD(n + %s, %s) AS event_id, %s + n AS user_id FROM bench_numbers WHERE n < %s) AS b"
                    " LEFT JOIN registrations AS r ON r.event_id = b.event_id AND r.user_id = b.user_id WHERE r.id IS NULL",
                    [events[0], turn, len(events), PEOPLE[0], BOOKED],
                )
            root.rows(
                "UPDATE events AS e JOIN (SELECT event_id, SUM(seats) AS taken FROM registrations GROUP BY event_id) AS r"
                " ON r.event_id = e.id SET e.seats_available = e.total_seats - r.taken"
            )

    def lines(self, events: Iterable[int], first: int = 0) -> list[str]:
        """Each of PEOPLE books a seat of one of the events, which take turns, beginning with the one in place `first`."""
        events = list(events)
        return [
            f"POST /register/{events[(n + first) % len(events)]} {token}" for n, token in enumerate(self.tokens)
        ]

    def cancelling_lines(self, events: range) -> list[str]:
        """Those for whom fill() has booked cancel, in the same order."""
        return [
            f"DELETE /register/{events[n % len(events)]} {token}" for n, token in enumerate(self.tokens[:BOOKED])
        ]

    def mixed_lines(self) -> list[str]:
        """Of ten requests one books a seat, one reads a page of events and eight one event."""
        chosen = random.Random(1)
        lines = []
        for n, token in enumerate(self.tokens):
            kind = n % 10
            if kind == 0:
                lines.append(f"POST /register/{HOT} {token}")
            elif kind == 5:
                lines.append("GET /events?limit=20 -")
            else:
                lines.append(f"GET /events/{chosen.choice(SPREAD)} -")
        return lines


class Crowd:
    """A database with CROWD events, of which one has as many participants."""

    def __init__(self, server: Server, tokens: Tokens) -> None:
        self.database = Database(server)
        self.root = patient_root(self.database)
        add_numbers(self.root, CROWD)
        add_people(self.root, range(PEOPLE[0], PEOPLE[0] + CROWD))
        organizer = self.database.add_user("organizer")
        self.organizer_token = tokens.sign(organizer, "organizer")
        # As a dump is loaded: without the triggers, which would do for each row what is done here for many.
        self.root.rows("SET SESSION foreign_key_checks = 0")
        for begin in range(0, CROWD, WORDS_CHUNK):
            add_events(self.root, organizer, range(begin + 1, begin + WORDS_CHUNK + 1), description="An evening")
            self.root.rows("CALL index_events(%s, %s)", [begin + 1, begin + WORDS_CHUNK])
        self.root.rows(
            "INSERT INTO registrations (event_id, user_id, seats) SELECT %s, %s + n, 1 FROM bench_numbers",
            [CROWDED, PEOPLE[0]],
        )
        self.root.rows("UPDATE events SET seats_available = total_seats - %s WHERE id = %s", [CROWD, CROWDED])
        self.root.rows(f"ANALYZE TABLE {', '.join(TABLES)}")


class Pages:
    """A database in which is read: LISTED, and nothing else."""

    def __init__(self, server: Server) -> None:
        self.database = Database(server)
        self.organizer = self.database.add_user("organizer")
        with self.database.connect("root") as root:
            add_events(root, self.organizer, LISTED)


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path
