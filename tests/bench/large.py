"""Whether much data makes it slower: the same requests on a million events with ten million registrations and on few.

BENCH_EVENTS and BENCH_REGISTRATIONS in the environment make it another size.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import CLIENTS, Bench, Pace
from data import CHUNK, TABLES, WORDS_CHUNK, Tokens, add_numbers, add_people, patient_root
from figures import AT_MOST, Comparison, Side, compare
from support.connection import Connection
from support.database import Database, Server

EVENTS = int(os.environ.get("BENCH_EVENTS", 1_000_000))
REGISTRATIONS = int(os.environ.get("BENCH_REGISTRATIONS", 10_000_000))
SMALL_EVENTS = 1_000
SMALL_REGISTRATIONS = 10_000
EACH = 10  # registrations of a participant
FIRST_PERSON = 1001
STEP = 7919
READS = 100_000
BOOKINGS = 150_000
WITH_TOKEN = 50_000
GOAL = 0.8
SETTLE_SECONDS = 120
FEW_PAGES = 100
# Short, because each of its words is a row for searches; even events have the first word, odd ones the second.
DESCRIPTIONS = ("Evening talks", "Morning talks")
# What is searched for, by what is special about it; None is another word each time, which one event has.
SEARCHES: dict[str, str | None] = {
    "a word of all": "databases", "a word of one": None, "one letter": "d", "two words that never meet": "evening+morning",
}
SEARCH_GOAL_MS = 50
USUAL_FILL = 70
MIB = 1 << 20


class Sized:
    """A database with so many events, each with as many registrations.

    Its registrations follow a rule, so that those which are not there yet need not be looked for: event e has the
    participants e * STEP + j * self.gap, j counting from 0; all numbers begin with 0 and go around.
    """

    def __init__(self, server: Server, tokens: Tokens, events: int, registrations: int) -> None:
        self.events = events
        self.per_event = max(1, registrations // events)
        self.people = max(self.per_event, self.per_event * events // EACH)
        self.gap = self.people // self.per_event
        self.chosen = random.Random(events)
        self.booked: set[tuple[int, int]] = set()
        self.database = Database(server)
        self.root = patient_root(self.database)
        self.organizer = self.database.add_user("organizer")
        self.fill()
        people = self.chosen.sample(range(self.people), min(WITH_TOKEN, self.people))
        self.tokens = {person: tokens.sign(FIRST_PERSON + person) for person in people}
        self.known = people

    @property
    def registrations(self) -> int:
        return self.per_event * self.events

    def session(self) -> Connection:
        """For rows that are right by construction: their keys need no looking up, and no second server wants them."""
        root = patient_root(self.database)
        root.rows("SET SESSION foreign_key_checks = 0, SESSION sql_log_bin = 0")
        return root

    def fill(self) -> None:
        with self.session() as root:
            add_numbers(root, max(self.events, self.people))
            add_people(root, range(FIRST_PERSON, FIRST_PERSON + self.people))
        self.by_halves(self.add_events)
        self.by_halves(self.add_registrations)
        self.loosen()
        self.root.rows(f"ANALYZE TABLE {', '.join(TABLES)}")
        self.read()

    def by_halves(self, add: Callable[[int, int], None]) -> None:
        """For a server with two processors; of what orders by events, the halves meet in one page at most."""
        middle = self.events // 2
        with ThreadPoolExecutor(2) as pool:
            for filled in [pool.submit(add, *half) for half in ((0, middle), (middle, self.events))]:
                filled.result()

    def add_events(self, begin: int, end: int) -> None:
        with self.session() as root:
            for first in range(begin, end, WORDS_CHUNK):
                last = min(first + WORDS_CHUNK, end)
                root.rows(
                    "INSERT INTO events (id, organizer_id, title, description, venue, speaker, event_date, total_seats,"
                    " seats_available) SELECT n + 1, %s, CONCAT('Databases as applications, part ', n),"
                    " IF(MOD(n, 2) = 0, %s, %s), 'Main hall', 'Ada Lovelace',"
                    " UTC_TIMESTAMP() + INTERVAL 30 DAY + INTERVAL MOD(n * %s, %s) MINUTE, 1000000, 1000000 - %s"
                    " FROM bench_numbers WHERE n >= %s AND n < %s",
                    [self.organizer, *DESCRIPTIONS, STEP, self.events, self.per_event, first, last],
                )
                # What a trigger does for events that come otherwise.
                root.rows("CALL index_events(%s, %s)", [first + 1, last])

    def add_registrations(self, begin: int, end: int) -> None:
        chunk = max(1, CHUNK // self.per_event)
        with self.session() as root:
            for first in range(begin, end, chunk):
                root.rows(
                    "INSERT INTO registrations (id, event_id, user_id, seats) SELECT e.n * %s + j.n + 1, e.n + 1,"
                    " %s + MOD(e.n * %s + j.n * %s, %s), 1 FROM bench_numbers AS e JOIN bench_numbers AS j ON j.n < %s"
                    " WHERE e.n >= %s AND e.n < %s ORDER BY e.n, j.n",
                    [self.per_event, FIRST_PERSON, STEP, self.gap, self.people, self.per_event, first,
                     min(first + chunk, end)],
                )

    def loosen(self) -> None:
        """Makes room in the pages of registrations, as there is where bookings have come one by one.

        Filled in order they have next to none, and the first booking in each would split it.
        """
        with self.session() as root:
            before = root.rows("SELECT @@innodb_fill_factor AS v")[0]["v"]
            root.rows("SET GLOBAL innodb_fill_factor = %s", [USUAL_FILL])
            root.rows("ALTER TABLE registrations FORCE")
            root.rows("SET GLOBAL innodb_fill_factor = %s", [before])

    def read(self) -> None:
        """Reads every index, so that the server has it in memory: what was rebuilt it has not."""
        indexes = self.root.rows(
            "SELECT table_name AS t, index_name AS i, column_name AS c FROM information_schema.statistics"
            " WHERE table_schema = %s AND FIND_IN_SET(table_name, %s) AND seq_in_index = 1",
            [self.database.name, ",".join(TABLES)],
        )
        for index in indexes:
            self.root.rows(f"SELECT SUM(LENGTH({index['c']})) FROM {index['t']} FORCE INDEX ({index['i']})")

    def is_booked(self, event: int, person: int) -> bool:
        return (person - event * STEP) % self.people % self.gap == 0 or (event, person) in self.booked

    def lists(self) -> list[str]:
        return ["GET /events -"]

    def event_pages(self) -> list[str]:
        return [f"GET /events/{self.chosen.randrange(self.events) + 1} -" for _ in range(READS)]

    def searches(self, text: str | None) -> list[str]:
        return [f"GET /events?q={text or self.chosen.randrange(self.events)} -" for _ in range(READS)]

    def my_pages(self) -> list[str]:
        return [f"GET /my-registrations {self.tokens[self.chosen.choice(self.known)]}" for _ in range(READS)]

    def new_bookings(self) -> list[str]:
        lines: list[str] = []
        while len(lines) < BOOKINGS:
            event, person = self.chosen.randrange(self.events), self.chosen.choice(self.known)
            if not self.is_booked(event, person):
                self.booked.add((event, person))
                lines.append(f"POST /register/{event + 1} {self.tokens[person]}")
        return lines


def buffer_pool() -> int:
    """MiB that hold all of it."""
    needed = 256 + (REGISTRATIONS * 250 + EVENTS * 2000) // MIB
    return -(-needed // 128) * 128


# With these the server writes whatever it has to write, at once and at full speed. The order is that of their limits.
EAGER = {
    "innodb_io_capacity_max": 100_000, "innodb_io_capacity": 100_000, "innodb_max_dirty_pages_pct_lwm": 0,
    "innodb_max_dirty_pages_pct": 0,
}


def settle(root: Connection) -> None:
    """Has the server write what it has not yet, which it would otherwise do beside what is measured."""
    before = root.rows(f"SELECT {', '.join(f'@@{name} AS {name}' for name in EAGER)}")[0]
    for name, value in EAGER.items():
        root.rows(f"SET GLOBAL {name} = %s", [value])
    until = time.monotonic() + SETTLE_SECONDS
    while time.monotonic() < until and dirty_pages(root) > FEW_PAGES:
        time.sleep(0.2)
    for name in reversed(EAGER):
        root.rows(f"SET GLOBAL {name} = %s", [before[name]])


def dirty_pages(root: Connection) -> int:
    return int(root.rows("SHOW GLOBAL STATUS LIKE 'Innodb_buffer_pool_pages_dirty'")[0]["Value"])


def make(bench: Bench, events: int, registrations: int) -> Sized:
    begun = time.monotonic()
    sized = Sized(bench.server, bench.tokens, events, registrations)
    print(f"  {sized.events} events, {sized.registrations} registrations, {sized.people} participants: made in"
          f" {time.monotonic() - begun:.0f} s", flush=True)
    return sized


def compared(bench: Bench, large: Sized, small: Sized) -> list[Comparison]:
    """The same by 64 clients in both databases."""
    kinds: list[tuple[str, Callable[[Sized], list[str]], bool]] = [
        ("GET /events", Sized.lists, False), ("GET /events/{id}", Sized.event_pages, False),
        ("GET /my-registrations", Sized.my_pages, False), ("POST /register", Sized.new_bookings, True),
    ]
    results = []
    with bench.shim(large.database) as large_shim, bench.shim(small.database) as small_shim:
        for name, lines, once in kinds:
            sides = {
                large: Side(f"{name}, {large.events} events"), small: Side(f"{small.events} events"),
            }
            comparison = compare("large", sides[large], sides[small], goal=GOAL)
            scripts: dict[Sized, Path] = {}
            for label in bench.rounds([comparison]):
                for sized, shim in ((large, large_shim), (small, small_shim)):
                    if once or sized not in scripts:
                        scripts[sized] = bench.script(f"lines{sized.events}", lines(sized))
                    each = f"{label}, {name}, {sized.events} events"
                    sides[sized].add(bench.load(each, shim, scripts[sized], once=once))
            results.append(comparison)
    for sized in (large, small):
        bench.audit(sized.root, f"large, {sized.events} events")
    return results


def searched(bench: Bench, large: Sized) -> list[Comparison]:
    """How long one client waits for a search, whatever it is for."""
    results = []
    with bench.shim(large.database) as shim:
        for name, text in SEARCHES.items():
            side = Side(f"1 client searches {large.events} events for {name}")
            comparison = compare("large", side, figure="p99_ms", goal=SEARCH_GOAL_MS, goal_kind=AT_MOST)
            script = bench.script("searches", large.searches(text))
            for label in bench.rounds([comparison]):
                side.add(bench.load(f"{label}, {name}", shim, script, connections=1))
            results.append(comparison)
    return results


def measure(pace: Pace) -> tuple[str, str, list[Comparison]]:
    """The server's kind, a description, and the comparisons."""
    with Server(own=True, on_disk=True, options=[f"--innodb-buffer-pool-size={buffer_pool()}M"]) as server:
        bench = Bench(server, pace)
        try:
            print(f"  {bench.description}", flush=True)
            large = make(bench, EVENTS, REGISTRATIONS)
            small = make(bench, SMALL_EVENTS, SMALL_REGISTRATIONS)
            begun = time.monotonic()
            settle(large.root)
            print(f"  written to the disk in another {time.monotonic() - begun:.0f} s", flush=True)
            results = compared(bench, large, small) + searched(bench, large)
        finally:
            bench.close()
        size = f"large: {large.events} events with {large.registrations} registrations against {small.events} with" \
               f" {small.registrations}, {CLIENTS} clients"
        return bench.server_name, f"{size}; {bench.description}", results
