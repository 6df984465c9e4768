"""A lock on an event, behind which many calls meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from support.database import Database


@contextmanager
def held(database: Database, event_id: int) -> Iterator[Callable[[], None]]:
    """Holds the event's row and gives what lets it go after a while, so that all who come meanwhile meet behind it."""
    with database.connect("root") as root:
        root.begin()
        root.rows("SELECT id FROM events WHERE id = %s FOR UPDATE", [event_id])

        def let_go() -> None:
            time.sleep(0.5)
            root.rollback()

        yield let_go
