"""Reads: pages that everybody asks for, and pages of which everybody asks for another."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

from bench import CLIENTS, Bench
from data import LISTED, MANY, SPREAD
from figures import Comparison, Side, compare
from programs import Bare, Failed, run_calls
from support.database import Database

SEPARATE_READS = {"DB_SHARED_READS": "0"}
GZIP = "Accept-Encoding: gzip"
BARE = "bare evhttp"
# Of a participant, where my registrations are read.
EACH = 3


def against_bare(bench: Bench, case: str, path: str, goals: dict[int, float | None]) -> list[Comparison]:
    """A page against a bare server that has just the bytes of its answer: by numbers of clients, with their goals."""
    script = bench.script("page", [f"GET {path} -"])
    comparisons = []
    with bench.shim(bench.pages.database) as shim:
        page = shim.get(path, headers={"Accept-Encoding": "identity"})
        with Bare(bench.directory, page.headers["Content-Type"], page.content) as bare:
            for clients, goal in goals.items():
                ours, theirs = Side(f"{clients} clients, {len(page.content)} bytes"), Side(BARE)
                compared = [compare(case, ours, theirs, goal=goal)]
                for label in bench.rounds(compared):
                    ours.add(bench.load(f"{label}, {clients} clients, shim", shim, script, clients))
                    theirs.add(bench.load(f"{label}, {clients} clients, bare evhttp", bare, script, clients))
                comparisons += compared
    return comparisons


def list_page(bench: Bench) -> list[Comparison]:
    return against_bare(bench, "list", "/events", {16: 0.6, CLIENTS: 0.75, 256: None})


def list_compressed(bench: Bench) -> list[Comparison]:
    """What compression costs the shim's processor; that the answer is shorter is no matter of measuring."""
    script = bench.script("page", ["GET /events -"])
    ours, theirs = Side(f"{CLIENTS} clients, gzip"), Side("not compressed")
    comparisons = [compare("list-compressed", ours, theirs, figure="per_processor", goal=0.97)]
    with bench.shim(bench.pages.database) as shim:
        if shim.get("/events").headers.get("Content-Encoding") != "gzip":
            raise Failed("list-compressed: GET /events is not compressed, although the client takes gzip")
        for label in bench.rounds(comparisons):
            ours.add(bench.load(f"{label}, gzip", shim, script, header=GZIP))
            theirs.add(bench.load(f"{label}, not compressed", shim, script))
    return comparisons


def one_event(bench: Bench) -> list[Comparison]:
    comparisons = against_bare(bench, "event", f"/events/{LISTED[0]}", {CLIENTS: 0.7})
    script = bench.script("listed", [f"GET /events/{id} -" for id in LISTED])
    ours = Side(f"{CLIENTS} clients, {len(LISTED)} ids in turns")
    spread = [compare("event", ours, comparisons[0].theirs)]
    with bench.shim(bench.pages.database) as shim:
        for label in bench.rounds(spread):
            ours.add(bench.load(f"{label}, many ids", shim, script))
    return [*comparisons, *spread]


def against_separate(
    bench: Bench, case: str, database: Database, script: Path, goals: dict[int, float | None],
) -> list[Comparison]:
    """Reads that travel together against a shim by which each is a CALL of its own, by numbers of clients."""
    comparisons = []
    with bench.shim(database) as shim, bench.shim(database, **SEPARATE_READS) as other:
        for clients, goal in goals.items():
            ours, theirs = Side(f"{clients} client{'s' if clients > 1 else ''}"), Side("one CALL each")
            compared = [compare(case, ours, theirs, goal=goal)]
            for label in bench.rounds(compared):
                ours.add(bench.load(f"{label}, {ours.name}", shim, script, clients))
                theirs.add(bench.load(f"{label}, {ours.name}, one CALL each", other, script, clients))
            comparisons += compared
    return comparisons


def shuffled(ids: Sequence[int]) -> list[int]:
    return random.Random(1).sample(ids, len(ids))


def random_id_lines() -> list[str]:
    return [f"GET /events/{id} -" for id in shuffled(MANY)]


def random_ids(bench: Bench) -> list[Comparison]:
    script = bench.script("random", random_id_lines())
    goals = {1: 0.97, 16: None, CLIENTS: 2.5, 256: None}
    return against_separate(bench, "random-ids", bench.bookings.database, script, goals)


def my_registration_lines(bench: Bench) -> list[str]:
    """Of people who have EACH registrations, which are made here."""
    bench.bookings.fill(SPREAD, EACH)
    return [f"GET /my-registrations {token}" for token in bench.bookings.tokens[:10_000]]


def my_registrations(bench: Bench) -> list[Comparison]:
    script = bench.script("mine", my_registration_lines(bench))
    goals = {1: 0.97, 16: None, CLIENTS: None, 256: None}
    return against_separate(bench, "my-registrations", bench.bookings.database, script, goals)


def trivial(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("many", [f"GET /events/{id} -" for id in MANY])
    ours, theirs = Side(f"{CLIENTS} clients, {len(MANY)} ids, one CALL each"), Side("CALLs from C, 8 threads")
    comparisons = [compare("trivial", ours, theirs, goal=0.4)]
    with bench.shim(everybody.database, **SEPARATE_READS) as shim:
        for label in bench.rounds(comparisons):
            ours.add(bench.load(f"{label}, shim, one CALL each", shim, script))
            theirs.add(run_calls(everybody.database, "event", MANY, bench.pace.seconds, bench.pace.warmup, threads=8))
            bench.say(f"{label}, from C", theirs.rounds[-1])
    return comparisons
