"""A fresh machine for each module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.machine import Machine


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    with Machine() as machine:
        machine.type("apt-get -qq update").check()
        yield machine
