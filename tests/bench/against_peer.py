"""The same requests of the shim and of a peer (peer/server.js), side by side. A fair one: it CALLs the same procedures by as
many connections and, like the shim, is one process."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench import CLIENTS, Bench, Target
from data import HOT, MANY, SPREAD
from figures import Comparison, Side, compare
from peer import Peer
from programs import Failed, Figures, MeasuredShim
from reading import my_registration_lines, random_id_lines
from support.database import Database

FASTIFY = "Fastify and mysql2"
Measured = Callable[[str, Target], Figures]


def against_peer(
    bench: Bench, case: str, name: str, database: Database, measured: Measured, goal: float | None = None
) -> list[Comparison]:
    ours, theirs = Side(f"{CLIENTS} clients, {name}"), Side(FASTIFY)
    comparisons = [compare(case, ours, theirs, goal=goal)]
    with bench.shim(database) as shim, bench.peer(database) as peer:
        check_alike(shim, peer, "/events?limit=20")
        check_alike(shim, peer, f"/events/{MANY[0]}")
        # Node compiles a function when it has run for a while.
        measured(f"{case}, {FASTIFY}, before it is measured", peer)
        for label in bench.rounds(comparisons):
            ours.add(measured(f"{label}, shim", shim))
            theirs.add(measured(f"{label}, {FASTIFY}", peer))
    return comparisons


def check_alike(shim: MeasuredShim, peer: Peer, path: str, token: str | None = None) -> None:
    """A peer that answers something else would have less or more to do."""
    ours: Any = json.loads(shim.get(path, token).content)
    theirs = peer.get(path, token)
    if ours != theirs:
        raise Failed(f"the peer answers GET {path} otherwise: {str(theirs)[:300]} instead of {str(ours)[:300]}")


def peer_list(bench: Bench) -> list[Comparison]:
    script = bench.script("page", ["GET /events?limit=20 -"])
    return against_peer(
        bench, "peer-list", "GET /events", bench.bookings.database, lambda label, at: bench.load(label, at, script)
    )


def peer_ids(bench: Bench) -> list[Comparison]:
    script = bench.script("random", random_id_lines())
    return against_peer(
        bench, "peer-ids", f"GET one of {len(MANY)} ids", bench.bookings.database,
        lambda label, at: bench.load(label, at, script), goal=4,
    )


def peer_mine(bench: Bench) -> list[Comparison]:
    script = bench.script("mine", my_registration_lines(bench))
    with bench.shim(bench.bookings.database) as shim, bench.peer(bench.bookings.database) as peer:
        check_alike(shim, peer, "/my-registrations", bench.bookings.tokens[0])
    return against_peer(
        bench, "peer-mine", "GET /my-registrations", bench.bookings.database,
        lambda label, at: bench.load(label, at, script), goal=3,
    )


def peer_register(bench: Bench) -> list[Comparison]:
    script = bench.script("hot", bench.bookings.lines([HOT]))
    return against_peer(
        bench, "peer-register", "POST /register, one event", bench.bookings.database,
        lambda label, at: bench.book(label, at, script),
    )


def peer_cancel(bench: Bench) -> list[Comparison]:
    comparisons = []
    for where, events in (("one event", range(HOT, HOT + 1)), (f"{len(SPREAD)} events", SPREAD)):
        bench.bookings.fill(events)
        script = bench.script("cancel", bench.bookings.cancelling_lines(events))

        def cancel(label: str, at: Target) -> Figures:
            return bench.cancel(label, at, script, events)

        comparisons += against_peer(
            bench, "peer-cancel", f"DELETE /register, {where}", bench.bookings.database, cancel
        )
        bench.bookings.forget()
    return comparisons


def peer_mixed(bench: Bench) -> list[Comparison]:
    script = bench.script("mixed", bench.bookings.mixed_lines())
    return against_peer(
        bench, "peer-mixed", "90 % reads, 10 % registrations", bench.bookings.database,
        lambda label, at: bench.book(label, at, script),
    )
