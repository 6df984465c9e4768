"""Cancellations: how many go into one commit, and how many a second there are."""

from __future__ import annotations

from bench import CLIENTS, Bench
from data import HOT, SPREAD
from figures import Comparison, Side, compare
from registering import LIST_SIZE, ONE_EACH, PER_COMMIT

MORE_CLIENTS = 256


def cancelling(bench: Bench, case: str, events: range) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("lines", everybody.cancelling_lines(events))
    where = "one event" if len(events) == 1 else f"{len(events)} events"
    ours, more = (Side(f"{clients} clients, {where}") for clients in (CLIENTS, MORE_CLIENTS))
    single, single_more, lists = Side("one CALL each"), Side("one CALL each"), Side(f"CALLs of {LIST_SIZE} from C")
    comparisons = [
        compare(case, ours, single),
        compare(case, ours, single, figure="per_commit", goal=PER_COMMIT),
        compare(case, ours, lists, goal=bench.goal(0.35, 0.6)),
        compare(case, more, single_more),
        compare(case, more, single_more, figure="per_commit", goal=PER_COMMIT),
    ]
    everybody.fill(events)
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in bench.rounds(comparisons):
            for clients, side, single_side in ((CLIENTS, ours, single), (MORE_CLIENTS, more, single_more)):
                each = f"{label}, {clients} clients"
                side.add(bench.cancel(each, shim, script, events, connections=clients))
                single_side.add(bench.cancel(f"{each}, one CALL each", other, script, events, connections=clients))
            lists.add(bench.cancel_lists(f"{label}, lists of {LIST_SIZE} from C", events, LIST_SIZE))
    return comparisons


def cancel_hot(bench: Bench) -> list[Comparison]:
    return cancelling(bench, "cancel-hot", range(HOT, HOT + 1))


def cancel_spread(bench: Bench) -> list[Comparison]:
    return cancelling(bench, "cancel-spread", SPREAD)
