"""The kinds of mail and their rules, read from the view delivery_kinds."""

from __future__ import annotations

import re
from dataclasses import dataclass

from support.database import TREE

SOURCE = TREE / "db/views/internal/delivery_kinds.sql"
ROW = re.compile(r"^SELECT _ascii'(\w+)' COLLATE ascii_bin, '(\w+)', '(\w+)', '(\w+)', ([01])", re.MULTILINE)


@dataclass(frozen=True)
class Rules:
    """A row of the view."""

    occasion: str
    event_state: str
    after_unknown: str
    is_optional: bool

    @property
    def is_sent_again(self) -> bool:
        """After a request that left and an answer that never came."""
        return self.after_unknown == "due"


RULES = {
    kind: Rules(occasion, state, unknown, optional == "1")
    for kind, occasion, state, unknown, optional in ROW.findall(SOURCE.read_text(encoding="utf-8"))
}
KINDS = tuple(RULES)
