"""More clients than can be served at once: bookings by thousands of them, and what thousands of connections take."""

from __future__ import annotations

import resource
import time

from bench import CLIENTS, Bench
from data import HOT, LISTED
from figures import AT_MOST, Best, Comparison, Side, compare
from programs import Failed, MeasuredShim, check_load, finish_load, start_load

SWEEP = (1, 16, 64, 256, 1024)
RETRYING = (1_000, 3_000, 6_000)
HELD = 10_000
# Of the files that a process may open, the shim and the load client keep some for themselves.
OTHER_FILES = 100
# The lines of the chart.
REGISTER = "POST /register"
READ = ("GET /events", "GET /events/{id}")
SERVED_OR_NOT = frozenset({200, 503})


def most_connections(wanted: int) -> int:
    return min(wanted, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - OTHER_FILES)


def register_connections(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    sides = {clients: Side(f"{clients} clients") for clients in SWEEP}
    *fewer, most = sides.values()
    comparisons = [
        *(compare("register-connections", side, tells_statuses=True) for side in fewer),
        compare("register-connections", most, Best("its best at fewer", fewer), figure="good_rate", goal=0.9,
                tells_statuses=True),
    ]
    with bench.shim(everybody.database) as shim:
        for label in bench.rounds(comparisons):
            for clients, side in sides.items():
                side.add(bench.book(
                    f"{label}, {clients} clients", shim, script, connections=clients, expected=SERVED_OR_NOT
                ))
    bench.sweeps[REGISTER] = {clients: side.middle() for clients, side in sides.items()}
    return comparisons


def overload(bench: Bench) -> list[Comparison]:
    """Clients that send a request again at once when it is answered 503."""
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    few = Side(f"{CLIENTS} clients")
    sides = {clients: Side(f"{clients} clients that retry at once") for clients in map(most_connections, RETRYING)}
    comparisons = [compare("overload", few)]
    for number, side in enumerate(sides.values()):
        best = Best("its best at fewer", [few, *list(sides.values())[:number]])
        comparisons.append(compare("overload", side, best, figure="good_rate", goal=0.9, tells_statuses=True))
    with bench.shim(everybody.database) as shim:
        for label in bench.rounds(comparisons):
            few.add(bench.book(f"{label}, {CLIENTS} clients", shim, script))
            for clients, side in sides.items():
                side.add(bench.book(
                    f"{label}, {clients} clients", shim, script, connections=clients, expected=SERVED_OR_NOT, retry=True
                ))
    return comparisons


def memory_of_held(bench: Bench, shim: MeasuredShim, count: int) -> float:
    """MiB while so many clients, each of whom has read an event, keep their connections."""
    script = bench.script("event", [f"GET /events/{LISTED[0]} -"])
    load = start_load(shim.port, script, count, seconds=60, hold=60)
    try:
        assert load.stdout is not None
        line = load.stdout.readline()
        if line.split() != ["held", str(count)]:
            raise Failed(f"memory: of {count} connections, the load client says: {line.strip() or 'nothing'}")
        time.sleep(1)
        resident = shim.resident_mib()
        load.terminate()
        figures = finish_load(load, 30)
        check_load(figures, {200}, "memory")
        if figures["held"] != count:
            raise Failed(f"memory: only {figures['held']} of {count} connections were kept")
        return resident
    finally:
        load.kill()
        load.wait(10)


def memory(bench: Bench) -> list[Comparison]:
    count = most_connections(HELD)
    with bench.shim(bench.pages.database) as shim:
        time.sleep(1)
        idle = shim.resident_mib()
        held = memory_of_held(bench, shim, count)
    print(f"  memory: {idle:.1f} MiB after the start, {held:.1f} MiB with {count} connections", flush=True)
    return [
        compare("memory", Side(name, [{"mib": mib}]), figure="mib", goal=limit, goal_kind=AT_MOST)
        for name, mib, limit in (("after the start", idle, 20), (f"{count} connections held", held, 150))
    ]
