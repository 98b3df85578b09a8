"""Input and results of the composite's measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from benchkit.judging.sandbox import Sandbox

Sources = Mapping[str, str]
"""Files of code by their names; a problem that asks for one function has one file."""

OpenSandbox = Callable[[], Sandbox]
"""Gives the sandbox that measures; call it only when needed, as it has to be started where boxes judged."""


@dataclass(frozen=True)
class Answered:
    """A passing answer, and the solution that it is measured against."""

    task_id: str
    sample: int
    language: str
    files: Sources
    reference: Sources  # empty where the problem has none
    entry_point: str | None = None
    beside: Mapping[str, bytes] = field(default_factory=dict)  # what else they are compiled with


@dataclass(frozen=True)
class Measured:
    """One part's result for one answer."""

    task_id: str
    sample: int
    points: float | None  # None: not available, `why` says why
    why: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)

    def as_record(self) -> dict[str, Any]:
        known = {"points": None if self.points is None else round(self.points, 2), **self.raw}
        return {**known, **({"why": self.why} if self.why else {})}


@dataclass(frozen=True)
class MeasuredPart:
    """One part, measured on all passing answers."""

    measured: tuple[Measured, ...] = ()
    method: str = ""  # the tools and their versions: values of two methods cannot be compared
    why: str = ""  # why nothing was measured
    further: Mapping[str, Any] = field(default_factory=dict)
