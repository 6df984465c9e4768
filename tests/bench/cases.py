"""The cases by their names: each measures something against something else, and has goals for how much better or worse it
may be."""

from __future__ import annotations

from collections.abc import Callable

from against_peer import peer_cancel, peer_ids, peer_list, peer_mine, peer_mixed, peer_register
from bench import Bench
from cancelling import cancel_hot, cancel_spread
from figures import Comparison
from isolation import cancellers, login, participants, reads_beside_logins, row_locked, searches
from mixed import mixed, sweep
from overload import memory, overload, register_connections
from reading import list_compressed, list_page, my_registrations, one_event, random_ids, trivial
from registering import register_hot, register_spread, single, sold_out

Case = Callable[[Bench], list[Comparison]]

CASES: dict[str, Case] = {
    "register-hot": register_hot,
    "register-spread": register_spread,
    "register-connections": register_connections,
    "overload": overload,
    "sold-out": sold_out,
    "single": single,
    "cancel-hot": cancel_hot,
    "cancel-spread": cancel_spread,
    "list": list_page,
    "list-compressed": list_compressed,
    "event": one_event,
    "random-ids": random_ids,
    "my-registrations": my_registrations,
    "trivial": trivial,
    "login": login,
    "reads-beside-logins": reads_beside_logins,
    "isolation-row": row_locked,
    "isolation-search": searches,
    "isolation-list": participants,
    "isolation-cancel": cancellers,
    "mixed": mixed,
    "memory": memory,
    "sweep": sweep,
}

# Only with PEERS=1.
PEER_CASES: dict[str, Case] = {
    "peer-list": peer_list,
    "peer-ids": peer_ids,
    "peer-mine": peer_mine,
    "peer-register": peer_register,
    "peer-cancel": peer_cancel,
    "peer-mixed": peer_mixed,
}
