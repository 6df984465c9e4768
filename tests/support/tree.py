"""Where the files of this checkout are."""

from __future__ import annotations

from pathlib import Path

TREE = Path(__file__).resolve().parents[2]
