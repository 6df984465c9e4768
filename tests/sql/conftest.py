"""A new organizer and a new participant for each test that asks for one."""

from __future__ import annotations

import pytest

from support.database import Database


@pytest.fixture
def organizer(database: Database) -> int:
    return database.add_user("organizer")


@pytest.fixture
def participant(database: Database) -> int:
    return database.add_user("participant")
