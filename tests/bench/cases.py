"""The cases: what is measured against what, and how much better or worse it may be."""

from __future__ import annotations

import json
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import CLIENTS, Bench
from data import HOT, LISTED, MANY, SOLD_OUT, SPREAD
from figures import AT_MOST, Comparison, Side, compare
from programs import Bare, Failed, Figures, MeasuredShim, check_load, finish_load, run_calls, start_load

ONE_EACH = {"DB_GROUP_LIMIT": "1"}
SWEEP = (1, 16, 64, 256, 1024)
LIST_SIZE = 50
HELD = 10_000
# The lines of the chart.
REGISTER = "POST /register"
READ = ("GET /events", "GET /events/{id}")
PASSWORD = "correct horse battery"


def rounds(bench: Bench, case: str) -> Iterator[str]:
    for number in range(bench.pace.rounds):
        yield f"{case} {number + 1}/{bench.pace.rounds}"


def register_hot(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    ours, single, lists = [], [], []
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in rounds(bench, "register-hot"):
            ours.append(bench.book(f"{label}, shim", shim, script))
            single.append(bench.book(f"{label}, shim, one CALL each", other, script))
            lists.append(bench.book_lists(f"{label}, lists of {LIST_SIZE} from C", HOT, LIST_SIZE))
    side = Side(f"{CLIENTS} clients, one event", ours)
    return [
        compare("register-hot", side, Side("one CALL each", single), goal=bench.goal(4, 12)),
        compare("register-hot", side, Side(f"CALLs of {LIST_SIZE} from C", lists), goal=bench.goal(0.35, 0.6)),
    ]


def register_spread(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("spread", everybody.lines(SPREAD))
    ours, single = [], []
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in rounds(bench, "register-spread"):
            ours.append(bench.book(f"{label}, shim", shim, script))
            single.append(bench.book(f"{label}, shim, one CALL each", other, script))
    side = Side(f"{CLIENTS} clients, {len(SPREAD)} events", ours)
    return [compare("register-spread", side, Side("one CALL each", single), goal=bench.goal(2, 3))]


def against_bare(bench: Bench, case: str, path: str, clients: int, goal: float | None = None) -> Comparison:
    """A page against a bare server that has just the bytes of its answer."""
    script = bench.script("page", [f"GET {path} -"])
    ours, theirs = [], []
    with bench.shim(bench.pages.database) as shim:
        page = shim.get(path)
        with Bare(bench.directory, page.headers["Content-Type"], page.content) as bare:
            for label in rounds(bench, case):
                ours.append(bench.load(f"{label}, shim", shim, script, clients))
                theirs.append(bench.load(f"{label}, bare evhttp", bare, script, clients))
    side = Side(f"{clients} clients, {len(page.content)} bytes", ours)
    return compare(case, side, Side("bare evhttp", theirs), goal=goal)


def list_page(bench: Bench) -> list[Comparison]:
    return [
        against_bare(bench, "list", "/events", 16),
        against_bare(bench, "list", "/events", CLIENTS, goal=0.7),
    ]


def one_event(bench: Bench) -> list[Comparison]:
    one = against_bare(bench, "event", f"/events/{LISTED[0]}", CLIENTS, goal=0.7)
    script = bench.script("spread", [f"GET /events/{id} -" for id in LISTED])
    with bench.shim(bench.pages.database) as shim:
        ours = [bench.load(f"{label}, shim", shim, script) for label in rounds(bench, "event, many ids")]
    spread = compare("event", Side(f"{CLIENTS} clients, {len(LISTED)} ids in turns", ours), one.theirs)
    return [one, spread]


def statuses(runs: list[Figures]) -> str:
    total: dict[str, int] = {}
    for run in runs:
        for status, n in run["all_statuses"].items():
            total[status] = total.get(status, 0) + n
    return ", ".join(f"{n} of {status}" for status, n in sorted(total.items()))


def register_connections(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    runs: dict[int, list[Figures]] = {clients: [] for clients in SWEEP}
    with bench.shim(everybody.database) as shim:
        for label in rounds(bench, "register-connections"):
            for clients in SWEEP:
                runs[clients].append(bench.book(
                    f"{label}, {clients} clients", shim, script, connections=clients, expected=frozenset({200, 503})
                ))
    bench.sweeps[REGISTER] = {clients: middle(runs[clients]) for clients in SWEEP}
    most, fewer = SWEEP[-1], SWEEP[:-1]
    best = max(fewer, key=lambda clients: Side("", runs[clients]).median("good_rate") or 0)
    return [
        *(compare("register-connections", Side(f"{clients} clients", runs[clients]), note=statuses(runs[clients]))
          for clients in fewer),
        compare(
            "register-connections", Side(f"{most} clients", runs[most]), Side(f"{best} clients, the best", runs[best]),
            figure="good_rate", goal=0.9, note=statuses(runs[most]),
        ),
    ]


def middle(runs: list[Figures]) -> Figures:
    return sorted(runs, key=lambda figures: figures["good_rate"])[len(runs) // 2]


def sold_out(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    full = bench.script("full", everybody.lines([SOLD_OUT]))
    hot = bench.script("hot", everybody.lines([HOT]))
    refused, booked = [], []
    with bench.shim(everybody.database) as shim:
        for label in rounds(bench, "sold-out"):
            refused.append(bench.book(f"{label}, refused", shim, full, expected=frozenset({409})))
            booked.append(bench.book(f"{label}, booked", shim, hot))
    return [compare("sold-out", Side(f"{CLIENTS} clients, refused", refused), Side("register-hot", booked), goal=1)]


def trivial(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("many", [f"GET /events/{id} -" for id in MANY])
    ours, theirs = [], []
    with bench.shim(everybody.database, DB_SHARED_READS="0") as shim:
        for label in rounds(bench, "trivial"):
            ours.append(bench.load(f"{label}, shim, one CALL each", shim, script))
            theirs.append(run_calls(
                everybody.database, "event", MANY, bench.pace.seconds, bench.pace.warmup, threads=8
            ))
            bench.say(f"{label}, from C", theirs[-1])
    side = Side(f"{CLIENTS} clients, {len(MANY)} ids", ours)
    return [compare("trivial", side, Side("CALLs from C, 8 threads", theirs), goal=0.4)]


def single(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("hot", everybody.lines([HOT]))
    ours, theirs = [], []
    with bench.shim(everybody.database) as shim, bench.shim(everybody.database, **ONE_EACH) as other:
        for label in rounds(bench, "single"):
            ours.append(bench.book(f"{label}, shim", shim, script, connections=1))
            theirs.append(bench.book(f"{label}, shim, one CALL each", other, script, connections=1))
    return [compare(
        "single", Side("1 client, POST /register", ours), Side("one CALL each", theirs), figure="p50_us", goal=1.1,
        goal_kind=AT_MOST,
    )]


def login_script(bench: Bench, shim: MeasuredShim) -> Path:
    """Logins of people whose passwords are as expensive as everybody's."""
    lines = []
    for _ in range(8):
        email = shim.signup(password=PASSWORD).email
        lines.append("POST /auth/login - " + json.dumps({"email": email, "password": PASSWORD}, separators=(",", ":")))
    return bench.script("login", lines)


def login(bench: Bench) -> list[Comparison]:
    with bench.shim(bench.pages.database) as shim:
        script = login_script(bench, shim)
        runs = [bench.load(f"{label}, shim", shim, script) for label in rounds(bench, "login")]
    return [compare("login", Side(f"{CLIENTS} clients", runs))]


@contextmanager
def logins(bench: Bench, shim: MeasuredShim, script: Path) -> Iterator[None]:
    """32 clients who do nothing but log in."""
    load = start_load(shim.port, script, 32, bench.pace.warmup + bench.pace.seconds + 60)
    try:
        time.sleep(0.5)
        yield
        load.terminate()
        check_load(finish_load(load, 60), {200}, "logins beside reads")
    finally:
        load.kill()
        load.wait(10)


def reads_beside_logins(bench: Bench) -> list[Comparison]:
    case = "reads-beside-logins"
    reads = bench.script("page", ["GET /events -"])
    busy, quiet = [], []
    with bench.shim(bench.pages.database) as shim:
        script = login_script(bench, shim)
        for label in rounds(bench, case):
            with logins(bench, shim, script):
                busy.append(bench.load(f"{label}, beside logins", shim, reads, connections=16))
            quiet.append(bench.load(f"{label}, alone", shim, reads, connections=16))
    return [compare(
        case, Side("16 clients, beside 32 who log in", busy), Side("alone", quiet), figure="p99_us", goal=3,
        goal_kind=AT_MOST,
    )]


def mixed(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    script = bench.script("mixed", everybody.mixed_lines())
    with bench.shim(everybody.database) as shim:
        runs = [bench.book(f"{label}, shim", shim, script) for label in rounds(bench, "mixed")]
    return [compare("mixed", Side(f"{CLIENTS} clients, 9 read, 1 books", runs))]


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
    # Of the files that a process may open, the shim keeps some for itself.
    count = min(HELD, resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100)
    with bench.shim(bench.pages.database) as shim:
        time.sleep(1)
        idle = shim.resident_mib()
        held = memory_of_held(bench, shim, count)
    print(f"  memory: {idle:.1f} MiB after the start, {held:.1f} MiB with {count} connections", flush=True)
    return [
        compare("memory", Side(name, [{"mib": mib}]), Side(f"{limit} MiB", [{"mib": limit}]), figure="mib", goal=1,
                goal_kind=AT_MOST)
        for name, mib, limit in (("after the start", idle, 20), (f"{count} connections held", held, 150))
    ]


def sweep(bench: Bench) -> list[Comparison]:
    """What the chart shows besides what register-connections measured: once each."""
    everybody = bench.bookings
    hot = bench.script("hot", everybody.lines([HOT]))
    page = bench.script("page", ["GET /events -"])
    event = bench.script("event", [f"GET /events/{LISTED[0]} -"])
    grouped = bench.sweeps.setdefault(REGISTER, {})
    single, pages, events = (bench.sweeps.setdefault(name, {}) for name in (f"{REGISTER}, one CALL each", *READ))
    both = frozenset({200, 503})
    with (
        bench.shim(bench.pages.database) as reader, bench.shim(everybody.database) as shim,
        bench.shim(everybody.database, **ONE_EACH) as other,
    ):
        for clients in SWEEP:
            label = f"sweep, {clients} clients"
            pages[clients] = bench.load(f"{label}, list", reader, page, clients, both)
            events[clients] = bench.load(f"{label}, event", reader, event, clients, both)
            single[clients] = bench.book(
                f"{label}, register, one CALL each", other, hot, connections=clients, expected=both
            )
            if clients not in grouped:
                grouped[clients] = bench.book(f"{label}, register", shim, hot, connections=clients, expected=both)
    return []


CASES: dict[str, Callable[[Bench], list[Comparison]]] = {
    "register-hot": register_hot,
    "register-spread": register_spread,
    "register-connections": register_connections,
    "sold-out": sold_out,
    "single": single,
    "list": list_page,
    "event": one_event,
    "trivial": trivial,
    "login": login,
    "reads-beside-logins": reads_beside_logins,
    "mixed": mixed,
    "memory": memory,
    "sweep": sweep,
}
