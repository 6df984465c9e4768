"""Registrations: how many go into one commit, and how many a second there are."""

from __future__ import annotations

from bench import CLIENTS, Bench
from data import HOT, SOLD_OUT, SPREAD
from figures import AT_MOST, Comparison, Side, compare

# Settings of a shim that has no lanes: each request is one CALL.
ONE_EACH = {"DB_GROUP_LIMIT": "1", "DB_SHARED_READS": "0"}
LIST_SIZE = 50
# How many requests of 64 clients share a commit, against one CALL each. Rates against one CALL each move with the disk,
# because one side waits for it with each request; this does not.
PER_COMMIT = 10


def registering(bench: Bench, case: str, events: range) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("lines", everybody.lines(events))
    name = f"{CLIENTS} clients, {'one event' if len(events) == 1 else f'{len(events)} events'}"
    ours, single, lists = Side(name), Side("one CALL each"), Side(f"CALLs of {LIST_SIZE} from C")
    comparisons = [
        compare(case, ours, single),
        compare(case, ours, single, figure="per_commit", goal=PER_COMMIT),
        compare(case, ours, lists, goal=bench.goal(0.35, 0.6)),
    ]
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in bench.rounds(comparisons):
            ours.add(bench.book(f"{label}, shim", shim, script))
            single.add(bench.book(f"{label}, shim, one CALL each", other, script))
            lists.add(bench.book_lists(f"{label}, lists of {LIST_SIZE} from C", events, LIST_SIZE))
    return comparisons


def register_hot(bench: Bench) -> list[Comparison]:
    return registering(bench, "register-hot", range(HOT, HOT + 1))


def register_spread(bench: Bench) -> list[Comparison]:
    return registering(bench, "register-spread", SPREAD)


def sold_out(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    full = bench.script("full", everybody.lines([SOLD_OUT]))
    hot = bench.script("hot", everybody.lines([HOT]))
    refused, booked = Side(f"{CLIENTS} clients, refused"), Side("register-hot")
    comparisons = [compare("sold-out", refused, booked, goal=1)]
    with bench.shim(everybody.database) as shim:
        for label in bench.rounds(comparisons):
            refused.add(bench.book(f"{label}, refused", shim, full, expected=frozenset({409})))
            booked.add(bench.book(f"{label}, booked", shim, hot))
    return comparisons


def single(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    ours, theirs = Side("1 client, POST /register"), Side("one CALL each")
    comparisons = [compare("single", ours, theirs, figure="p50_us", goal=1.1, goal_kind=AT_MOST)]
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in bench.rounds(comparisons):
            ours.add(bench.book(f"{label}, shim", shim, script, connections=1))
            theirs.add(bench.book(f"{label}, shim, one CALL each", other, script, connections=1))
    return comparisons
