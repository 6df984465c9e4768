"""The script of failures: what happens to the next requests, and to all of them from now on."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as field_of
from typing import Any

from sendgrid.errors import FORMS

DROPS = ("before", "partial", "after", "answer")


@dataclass(frozen=True)
class Step:
    """What happens to one request; an empty step is a request that nothing happens to."""

    delay: float = 0
    status: int | None = None
    reset: float | str | None = None
    field: str | None = None
    message: str | None = None
    headers: dict[str, str] = field_of(default_factory=dict)
    body: str | None = None
    drop: str | None = None
    pause: bool = False


@dataclass
class Planned:
    """A step, and how often it is still to come."""

    step: Step
    left: int


NUMBER = (int, float)
# bool is an int to Python, so what must be a number is checked against it apart.
TYPES: dict[str, tuple[type, ...]] = {
    "delay": NUMBER, "status": (int,), "reset": (*NUMBER, str), "field": (str,), "message": (str,), "headers": (dict,),
    "body": (str,), "drop": (str,), "pause": (bool,), "times": (int,),
}
SETTINGS: dict[str, tuple[type, ...]] = {
    "steps": (list,), "delay": NUMBER, "refuse": (list,), "refuse_subjects": (dict,), "form": (str,), "clear": (bool,), "release": (bool,),
}


def check_types(values: Any, types: dict[str, tuple[type, ...]]) -> None:
    """Raises ValueError, because a misspelt failure would be a test that passes."""
    if not isinstance(values, dict):
        raise ValueError(f"must be an object: {values!r}")
    for name, value in values.items():
        if name not in types:
            raise ValueError(f"unknown: {name}")
        if not isinstance(value, types[name]) or isinstance(value, bool) != (types[name] == (bool,)):
            raise ValueError(f"{name} is not of the right type: {value!r}")
        if isinstance(value, NUMBER) and name != "reset" and not 0 <= value < 1e9:
            raise ValueError(f"{name} is out of range: {value!r}")


def read_step(values: Any) -> Planned:
    check_types(values, TYPES)
    step = Step(**{name: value for name, value in values.items() if name != "times"})
    if step.drop is not None and step.drop not in DROPS:
        raise ValueError(f"drop is one of {', '.join(DROPS)}: {step.drop!r}")
    if step.status is not None and not 300 <= step.status <= 599:
        raise ValueError(f"status is one of a refusal, 300 to 599: {step.status}")
    if (step.status is not None) + (step.drop is not None) + step.pause > 1:
        raise ValueError(f"a step is one of status, drop and pause: {values!r}")
    if step.status is None and any(name in values for name in ("reset", "field", "message", "headers", "body")):
        raise ValueError(f"only a status has an answer to describe: {values!r}")
    if not all(isinstance(value, str) for value in step.headers.values()):
        raise ValueError(f"headers are strings: {values!r}")
    return Planned(step, values.get("times", 1))


def read_settings(text: str | bytes) -> dict[str, Any]:
    """Reads what a file or a POST /script says: settings, or only the list of steps. Raises ValueError."""
    values = json.loads(text)
    if isinstance(values, list):
        values = {"steps": values}
    check_types(values, SETTINGS)
    settings: dict[str, Any] = values
    return settings


class Script:
    """The steps to come, each for one request in order of arrival, and the settings for all requests."""

    def __init__(self, delay: float = 0) -> None:
        self._lock = threading.Lock()
        self._steps: deque[Planned] = deque()
        self.delay: float = delay
        self.refused: frozenset[str] = frozenset()
        self.refused_subjects: dict[str, Step] = {}
        self.form = FORMS[0]

    def add(self, steps: Iterable[dict[str, Any]]) -> None:
        planned = [read_step(step) for step in steps]
        with self._lock:
            self._steps.extend(planned)

    def apply(self, settings: dict[str, Any]) -> None:
        """Sets what is there and leaves the rest; nothing at all if any of it is wrong. Raises ValueError."""
        check_types(settings, SETTINGS)
        planned = [read_step(step) for step in settings.get("steps", [])]
        if not all(isinstance(address, str) for address in settings.get("refuse", [])):
            raise ValueError("refuse is a list of addresses")
        subjects = {text: read_step(step).step for text, step in settings.get("refuse_subjects", {}).items()}
        if not all(step.status for step in subjects.values()):
            raise ValueError("refuse_subjects has a step with a status for each")
        if settings.get("form", FORMS[0]) not in FORMS:
            raise ValueError(f"form is one of {', '.join(FORMS)}: {settings['form']!r}")
        with self._lock:
            if settings.get("clear"):
                self._steps.clear()
                self.delay, self.refused, self.refused_subjects, self.form = 0, frozenset(), {}, FORMS[0]
            self._steps.extend(planned)
            self.delay = settings.get("delay", self.delay)
            if "refuse" in settings:
                self.refused = frozenset(address.lower() for address in settings["refuse"])
            if "refuse_subjects" in settings:
                self.refused_subjects = subjects
            self.form = settings.get("form", self.form)

    def refusal(self, subject: str) -> Step | None:
        """What a request with such a subject is refused with, if it is."""
        return next((step for text, step in self.refused_subjects.items() if text in subject), None)

    def take(self) -> Step:
        with self._lock:
            while self._steps:
                planned = self._steps[0]
                planned.left -= 1
                if planned.left <= 0:
                    self._steps.popleft()
                if planned.left >= 0:
                    return planned.step
            return Step()

    @property
    def left(self) -> int:
        """How many steps are still to come."""
        with self._lock:
            return sum(planned.left for planned in self._steps)
