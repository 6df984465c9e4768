"""Everything at once, and the chart of how it goes with more and more clients."""

from __future__ import annotations

from bench import CLIENTS, Bench
from data import HOT, LISTED
from figures import AT_MOST, Comparison, Side, compare
from overload import READ, REGISTER, SERVED_OR_NOT, SWEEP
from reading import SEPARATE_READS
from registering import ONE_EACH


def mixed(bench: Bench) -> list[Comparison]:
    """Reads of one event, of a page of events, and bookings, against a shim by which each read is a CALL of its own.

    Registrations are grouped on both sides, so that commits weigh alike. The goals are twice the rate and half the p99 that
    the shim had against this other side when only equal reads travelled together.
    """
    everybody = bench.bookings
    script = bench.script("mixed", everybody.mixed_lines())
    name = "90 % reads, 10 % registrations"
    ours, theirs = Side(f"{CLIENTS} clients, {name}"), Side("each read a CALL")
    few, many = Side(f"16 clients, {name}"), Side(f"256 clients, {name}")
    comparisons = [
        compare("mixed", ours, theirs, goal=bench.goal(2.6, 2.9)),
        compare("mixed", ours, theirs, figure="p99_us", goal=bench.goal(0.38, 0.4), goal_kind=AT_MOST),
        compare("mixed", few),
        compare("mixed", many),
    ]
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **SEPARATE_READS) as other:
        for label in bench.rounds(comparisons):
            ours.add(bench.book(f"{label}, shim", shim, script))
            theirs.add(bench.book(f"{label}, each read a CALL", other, script))
        for clients, side in ((16, few), (256, many)):
            side.add(bench.book(f"mixed, {clients} clients", shim, script, connections=clients))
    return comparisons


def sweep(bench: Bench) -> list[Comparison]:
    """What the chart shows besides what register-connections measured: once each."""
    everybody = bench.bookings
    hot = bench.script("hot", everybody.lines([HOT]))
    page = bench.script("page", ["GET /events -"])
    event = bench.script("event", [f"GET /events/{LISTED[0]} -"])
    grouped = bench.sweeps.setdefault(REGISTER, {})
    single, pages, events = (bench.sweeps.setdefault(name, {}) for name in (f"{REGISTER}, one CALL each", *READ))
    with (
        bench.shim(bench.pages.database) as reader, bench.shim(everybody.database) as shim,
        bench.shim(everybody.database, **ONE_EACH) as other,
    ):
        for clients in SWEEP:
            label = f"sweep, {clients} clients"
            pages[clients] = bench.load(f"{label}, list", reader, page, clients, SERVED_OR_NOT)
            events[clients] = bench.load(f"{label}, event", reader, event, clients, SERVED_OR_NOT)
            single[clients] = bench.book(
                f"{label}, register, one CALL each", other, hot, connections=clients, expected=SERVED_OR_NOT
            )
            if clients not in grouped:
                grouped[clients] = bench.book(
                    f"{label}, register", shim, hot, connections=clients, expected=SERVED_OR_NOT
                )
    return []
