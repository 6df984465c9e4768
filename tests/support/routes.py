"""The route table as the shim prints it, for tests that go through all routes."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache

from support.shim import PROGRAM


@dataclass(frozen=True)
class Route:
    """A row of the table; its columns in the order of `eventhub-shim --routes`."""

    method: str
    path: str
    also: str
    role: str
    procedure: str
    parameters: str
    status: str
    lane: str
    list_procedure: str
    check_procedure: str
    locks: str

    def paths(self) -> list[str]:
        """The published path and, if there is one, the path that clients of the first implementation know."""
        return [path for path in (self.path, self.also) if path]


@cache
def routes() -> tuple[Route, ...]:
    printed = subprocess.run([PROGRAM, "--routes"], check=True, stdout=subprocess.PIPE, text=True).stdout
    return tuple(Route(*line.split("\t")) for line in printed.splitlines())


def requests_for(*roles: str) -> list[tuple[str, str]]:
    """Method and path of everything that these roles may ask for, 1 standing for an id or a token."""
    return [
        (route.method, re.sub(r"\{\w+\}", "1", path)) for route in routes() if route.role in roles for path in route.paths()
    ]
