"""Whether anybody is held up by others: reads, and registrations for other events, while some kind of call is stuck."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import CLIENTS, Bench
from data import BOOKED, CROWD, CROWDED, DESCRIPTION, HOT, SPREAD
from figures import AT_MOST, Comparison, Side, compare
from programs import Figures, MeasuredShim

RATE, SLOWER = 0.5, 5
PASSWORD = "correct horse battery"
CANCELLERS = 1_000
# Begins something that is stuck while it is measured.
Stuck = Callable[[], AbstractContextManager[None]]
Measured = Callable[[str], Figures]


def against_alone(case: str, stuck: Side, alone: Side) -> list[Comparison]:
    return [
        compare(case, stuck, alone, figure="good_rate", goal=RATE),
        compare(case, stuck, alone, figure="p99_us", goal=SLOWER, goal_kind=AT_MOST),
        compare(case, stuck, figure="refused", goal=0, goal_kind=AT_MOST, every_round=True, tells_statuses=True),
    ]


def isolated(bench: Bench, case: str, kinds: list[tuple[str, Stuck, str, Measured]]) -> list[Comparison]:
    """In alternation: what is measured while something is stuck (by name), and the same alone (which also has a name)."""
    stuck = [Side(f"{what}, {name}") for name, _, what, _ in kinds]
    alone = [Side("alone") for _ in kinds]
    comparisons = [each for sides in zip(stuck, alone) for each in against_alone(case, *sides)]
    for label in bench.rounds(comparisons):
        for (name, begin, what, measured), beside, by_itself in zip(kinds, stuck, alone):
            with begin():
                beside.add(measured(f"{label}, {what}, {name}"))
            by_itself.add(measured(f"{label}, {what}, alone"))
    return comparisons


def reading(bench: Bench, shim: MeasuredShim, script: Path) -> Measured:
    return lambda label: bench.load(label, shim, script, expected=None)


def changing_lines(bench: Bench) -> list[str]:
    """Participants cancel, and the organizer changes the description, which nobody is told of by mail."""
    everybody = bench.bookings
    change = json.dumps({"description": DESCRIPTION}, separators=(",", ":"))
    lines = []
    for line in everybody.cancelling_lines(range(HOT, HOT + 1))[:1_000]:
        lines += [line, f"PUT /events/{HOT} {everybody.organizer_token} {change}"]
    return lines


def row_locked(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    everybody.fill(range(HOT, HOT + 1))
    page = bench.script("page", ["GET /events -"])
    changes = bench.script("changes", changing_lines(bench))
    booking = iter(range(len(SPREAD)))

    def book_elsewhere(label: str) -> Figures:
        # Each run has other pairs of participants and events, so nothing has to be forgotten in between.
        lines = everybody.lines(SPREAD, first=next(booking))[BOOKED:3 * BOOKED]
        return bench.change(label, shim, bench.script("elsewhere", lines), expected=None)

    def held_by(clients: int) -> Stuck:
        @contextmanager
        def begin() -> Iterator[None]:
            # As a DBA does who has changed an event and does not commit.
            with everybody.database.connect("root") as root:
                root.begin()
                root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [HOT])
                with bench.beside(f"{clients} who wait for the row", shim, changes, clients):
                    yield
                    # Now, so that those who wait need not wait until they are refused.
                    root.rollback()
        return begin

    with bench.shim(everybody.database) as shim:
        read = reading(bench, shim, page)
        return isolated(bench, "isolation-row", [
            ("8 wait for a locked event", held_by(8), "GET /events", read),
            (f"{CLIENTS} wait for a locked event", held_by(CLIENTS), "GET /events", read),
            (f"{CLIENTS} wait for a locked event", held_by(CLIENTS), "POST /register, others", book_elsewhere),
        ])


def crowded(bench: Bench, case: str, name: str, lines: list[str], clients: int, pages: list[str]) -> list[Comparison]:
    """Reads in the database of a crowd, beside clients with these lines."""
    slow = bench.script("slow", lines)
    with bench.shim(bench.crowd.database) as shim:
        return isolated(bench, case, [
            (name, lambda: bench.beside(name, shim, slow, clients), f"GET {page}",
             reading(bench, shim, bench.script(f"page{number}", [f"GET {page} -"])))
            for number, page in enumerate(pages)
        ])


def searches(bench: Bench) -> list[Comparison]:
    lines = [f"GET /events?q=zz{number} -" for number in range(100_000)]
    pages = ["/events", f"/events/{CROWDED}"]
    return crowded(bench, "isolation-search", f"{CLIENTS} search {CROWD} events", lines, CLIENTS, pages)


def participants(bench: Bench) -> list[Comparison]:
    lines = [f"GET /events/{CROWDED}/participants {bench.crowd.organizer_token}"]
    return crowded(bench, "isolation-list", f"8 list {CROWD} participants", lines, 8, ["/events"])


def cancellers(bench: Bench) -> list[Comparison]:
    everybody = bench.bookings
    hot = range(HOT, HOT + 1)
    everybody.fill(hot)
    page = bench.script("page", ["GET /events -"])
    cancel = bench.script("cancel", everybody.cancelling_lines(hot))

    @contextmanager
    def begin() -> Iterator[None]:
        with bench.beside("cancellers", shim, cancel, CANCELLERS):
            yield
        everybody.fill(hot)

    with bench.shim(everybody.database) as shim:
        comparisons = isolated(bench, "isolation-cancel", [
            (f"{CANCELLERS} cancel on one event", begin, "GET /events", reading(bench, shim, page)),
        ])
    bench.audit(everybody.root, "isolation-cancel")
    return comparisons


def login_script(bench: Bench, shim: MeasuredShim) -> Path:
    """Logins of people whose passwords are as expensive as everybody's."""
    lines = []
    for _ in range(8):
        email = shim.signup(password=PASSWORD).email
        lines.append("POST /auth/login - " + json.dumps({"email": email, "password": PASSWORD}, separators=(",", ":")))
    return bench.script("login", lines)


def login(bench: Bench) -> list[Comparison]:
    ours = Side(f"{CLIENTS} clients")
    comparisons = [compare("login", ours)]
    with bench.shim(bench.pages.database) as shim:
        script = login_script(bench, shim)
        for label in bench.rounds(comparisons):
            ours.add(bench.load(f"{label}, shim", shim, script))
    return comparisons


def reads_beside_logins(bench: Bench) -> list[Comparison]:
    case = "reads-beside-logins"
    reads = bench.script("page", ["GET /events -"])
    busy, quiet = Side("16 clients, beside 32 who log in"), Side("alone")
    comparisons = [compare(case, busy, quiet, figure="p99_us", goal=3, goal_kind=AT_MOST)]
    with bench.shim(bench.pages.database) as shim:
        script = login_script(bench, shim)
        for label in bench.rounds(comparisons):
            with bench.beside(f"{label}, 32 who log in", shim, script, 32, expected=frozenset({200})):
                busy.add(bench.load(f"{label}, beside logins", shim, reads, connections=16))
            quiet.add(bench.load(f"{label}, alone", shim, reads, connections=16))
    return comparisons
