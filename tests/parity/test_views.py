"""The views that a DBA looks at: the same columns, types and rows on both servers, at every stage of the ledger."""

from __future__ import annotations

from parity.pair import Pair
from parity.scripts import PLAN, SAME_JITTER, at
from parity.world import WORLD
from support.database import TREE

VIEWS = sorted(file.stem for file in (TREE / "db/views").glob("*.sql"))
STAGES = [
    *WORLD,
    PLAN,
    "CALL claim_deliveries('test', 1000, 60)",
    "CALL complete_deliveries(1, '[1]', 'message')",
    "CALL claim_deliveries('test', 1, 60)",
    SAME_JITTER,
    "CALL fail_deliveries(1, '[2]', 'refused', '400: no')",
    "CALL fail_deliveries(1, '[3]', 'unknown', 'no answer')",
    "CALL fail_deliveries(1, '[4]', 'not_sent', 'no luck')",
    "CALL update_event(1, 7, NULL, NULL, NULL, 'Somebody else', '2035-06-02', NULL)",
    "CALL cancel_event(1, 1)",
    "CALL unregister_from_event(4, 2)",
    at(seconds=61),
    PLAN,
    "UPDATE events SET seats_available = 0 WHERE id = 6",
    at(hours=23),
    PLAN,
    at(days=2),
]


def test_views(pair: Pair) -> None:
    rows = dict.fromkeys(VIEWS, 0)
    for sql in STAGES:
        pair.run(sql)
        for view in VIEWS:
            # What a view has no order for comes in any.
            rows[view] += len(pair.ask(f"SELECT * FROM {view}", in_any_order=True).results[0].rows)
    pair.expect_no_differences()
    assert [view for view, count in rows.items() if count == 0] == []
