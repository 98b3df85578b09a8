"""Plays a workflow of tasks through in virtual time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field


class WorkflowError(ValueError):
    """The workflow cannot be run."""


@dataclass(frozen=True)
class Task:
    name: str
    duration: int
    after: tuple[str, ...] = ()
    needs: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    retries: int = 0
    backoff: int = 0
    timeout: int | None = None
    always: bool = False


@dataclass(frozen=True)
class Event:
    time: int
    kind: str  # started, succeeded, retry, failed, skipped
    task: str
    attempt: int


@dataclass(frozen=True)
class Report:
    events: list[Event]
    states: dict[str, str]
    end: int
    busy: dict[str, int]


def run(
    tasks: Iterable[Task],
    resources: Mapping[str, int],
    outcome: Callable[[str, int], bool],
    *,
    patience: int | None = None,
) -> Report:
    raise NotImplementedError
