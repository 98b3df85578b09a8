"""A run as the history keeps it, with its parts of run_parts.py, each read at its first access."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchkit.run_parts import (
    PARTS,
    RunConfig,
    RunMachine,
    RunModelFile,
    RunProblemSet,
    RunResults,
    RunServer,
    RunTelemetry,
    read_part,
)
from benchkit.verdict import Status


@dataclass(frozen=True)
class Run:
    """One line of the history."""

    id: str
    timestamp: str  # ISO 8601 with the offset to UTC
    benchmark: str
    model: str
    status: Status
    error: str | None = None
    config: RunConfig = field(default_factory=RunConfig)
    results: RunResults = field(default_factory=RunResults)
    telemetry: RunTelemetry = field(default_factory=RunTelemetry)
    problem_set: RunProblemSet = field(default_factory=RunProblemSet)
    model_file: RunModelFile = field(default_factory=RunModelFile)
    server: RunServer = field(default_factory=RunServer)
    machine: RunMachine = field(default_factory=RunMachine)
    artifacts: str | None = None  # the folder runs/<id>
    further: Mapping[str, Any] = field(default_factory=dict)  # what a newer version wrote: kept


class _PartOnDemand:
    """Reads a part of a run from its record at the first access: a long list shows little of each run."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, run: Run | None, _owner: type[Run]) -> Any:
        if run is None:
            return self
        values = run.__dict__
        part = values[self._name] = read_part(PARTS[self._name], values["_records"].get(self._name, {}))
        return part


for _name in PARTS:
    setattr(Run, _name, _PartOnDemand(_name))


def run_of(
    *,
    id: str,
    timestamp: str,
    benchmark: str,
    model: str,
    status: Status,
    error: str | None = None,
    artifacts: str | None = None,
    further: Mapping[str, Any] | None = None,
    **parts: Mapping[str, Any],
) -> Run:
    """The run with these parts, each given as a record holds it and read at its first access."""
    run = object.__new__(Run)
    run.__dict__.update(
        id=id, timestamp=timestamp, benchmark=benchmark, model=model, status=status, error=error,
        artifacts=artifacts, further=further or {}, _records=parts,
    )  # fmt: skip
    return run
