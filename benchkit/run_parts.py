"""The parts of a run, typed: each is read from JSON and written to JSON here alone.

A part knows its facts by name and type; the field of an unknown fact is None. What an older or newer version
wrote is read all the same: a name that no field has, and a value of another type than the field's, stay in
the part's `record` and are written again as they stood.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from benchkit.json_values import READERS


@dataclass(frozen=True, eq=False, repr=False)
class RecordPart:
    """The facts of a part; `record` is the part as it stands in the history.

    Comparison and `repr` are written once, here: generating them for each part slows the start of every
    command that reads the history.
    """

    record: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other) or not isinstance(other, RecordPart):
            return NotImplemented
        return self.record == other.record and self._facts() == other._facts()

    def __repr__(self) -> str:
        known = ", ".join(f"{name}={value!r}" for name, value in self._facts().items() if value is not None)
        return f"{type(self).__name__}({known})"

    def _facts(self) -> dict[str, Any]:
        return {attribute: getattr(self, attribute) for attribute, _ in _FIELDS[type(self)].values()}

    @property
    def further(self) -> dict[str, Any]:
        """What no field holds."""
        known = _FIELDS[type(self)]
        return {name: value for name, value in self.record.items() if name not in known}

    def value(self, name: str) -> Any:
        """A fact by a name that a table gives, be it a field's or not."""
        return getattr(self, name) if name in _FIELDS[type(self)] else self.record.get(name)


@dataclass(frozen=True, eq=False, repr=False)
class RunConfig(RecordPart):
    """How the run was asked for, and how it was really done.

    Settings that no code asks for by name have no field: benchkit.settings names them, `value` tells them.
    """

    path: str | None = None
    gpu_layers: int | str | None = None
    server: str | None = None
    server_args: tuple[str, ...] | None = None
    context: int | None = None
    parallel: int | None = None
    base_url: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    script: str | None = None
    script_args: tuple[str, ...] | None = None
    timeout_s: float | None = None
    parser: str | None = None
    # As the script told it.
    prompt_style: str | None = None
    mode: str | None = None
    dataset: str | None = None
    samples_per_problem: int | None = None
    seed: int | None = None
    # As the server really took it.
    layers_offloaded: int | None = None
    layers_total: int | None = None
    context_per_slot: int | None = None
    slots: int | None = None
    kv_types: tuple[str, ...] | None = None
    origin: str | None = None  # the file that it was imported from


@dataclass(frozen=True, eq=False, repr=False)
class RunResults(RecordPart):
    """What came out; scores in percent."""

    score: float | None = None
    time_taken: float | None = None
    total_passed: int | None = None
    total_problems: int | None = None
    difficulty_scores: Mapping[str, float] | None = None
    failed_tasks: tuple[str, ...] | None = None
    counts: Mapping[str, int] | None = None  # verdict -> answers
    reused_answers: int | None = None  # taken from earlier runs
    warnings: tuple[str, ...] | None = None  # why the result may not be what it looks like
    part: Mapping[str, Any] | None = None  # seed, asked, of: what a race asked of the whole set
    race: Mapping[str, Any] | None = None  # of a run that a race stopped: goal, rival, why, interval
    script_further: Mapping[str, Any] | None = field(default=None, metadata={"name": "further"})


@dataclass(frozen=True, eq=False, repr=False)
class RunTelemetry(RecordPart):
    """What the run cost."""

    vram_before_mb: float | None = None
    vram_peak_mb: float | None = None
    vram_after_mb: float | None = None
    vram_residue_mb: float | None = None
    vram_taken_by_others_mb: float | None = None
    cpu_taken_by_others_percent: float | None = None
    cpu_pressure_percent: float | None = None
    ram_peak_mb: float | None = None
    cpu_percent_mean: float | None = None
    energy_wh: float | None = None
    energy_above_idle_wh: float | None = None
    energy_source: str | None = None
    power_w_mean: float | None = None
    temperature_c_max: float | None = None
    throttled: bool | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost: float | None = None  # in US dollars
    cost_source: str | None = None
    cost_date: str | None = None
    tokens_per_second: float | None = None
    prompt_tokens_per_second: float | None = None
    time_to_first_token_s: float | None = None
    draft_acceptance_percent: float | None = None  # of the guessed tokens, by draft model or prompt look-up
    server_start_s: float | None = None
    model_cached_percent: float | None = None  # of the model's file, when its server was started
    server_stop_s: float | None = None
    server_restarts: int | None = None
    server_silent_s: float | None = None
    script_s: float | None = None
    rounds: tuple[Mapping[str, Any], ...] | None = None  # of a race: each start's load and script seconds


@dataclass(frozen=True, eq=False, repr=False)
class RunProblemSet(RecordPart):
    """Which problems were asked."""

    name: str | None = None
    version: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class RunModelFile(RecordPart):
    """The model's file, all its parts counted as one."""

    path: str | None = None
    parts: int | None = None
    size_bytes: int | None = None
    architecture: str | None = None
    name: str | None = None
    quantization: str | None = None
    parameters: int | None = None
    layers: int | None = None
    context_length: int | None = None
    sha256: str | None = None
    kind: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class RunServer(RecordPart):
    """The server as it really was."""

    kind: str | None = None
    base_url: str | None = None
    model: str | None = None
    version: str | None = None
    command: tuple[str, ...] | None = None
    device: str | None = None
    start_s: float | None = None
    chosen_because: str | None = None
    warnings: tuple[str, ...] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class RunMachine(RecordPart):
    """What the run's speed hangs on."""

    gpu: str | None = None
    vram_mb: float | None = None
    driver: str | None = None
    cpu: str | None = None
    cores: int | None = None
    ram_mb: float | None = None
    os: str | None = None
    box: str | None = None  # its name in a cluster

    def is_as_fast_as(self, other: RunMachine) -> bool:
        """Whether times that were measured on one tell of the other."""
        return (self.gpu, self.cpu) == (other.gpu, other.cpu)


PARTS: Mapping[str, type[RecordPart]] = {
    "config": RunConfig,
    "results": RunResults,
    "telemetry": RunTelemetry,
    "problem_set": RunProblemSet,
    "model_file": RunModelFile,
    "server": RunServer,
    "machine": RunMachine,
}


P = TypeVar("P", bound=RecordPart)


def read_part(kind: type[P], record: Mapping[str, Any]) -> P:
    """The part of a record, however old; each fact is read at its first access."""
    part = object.__new__(kind)
    part.__dict__["record"] = record
    return part


def part_as_record(part: RecordPart) -> dict[str, Any]:
    """The record with what was changed since it was read."""
    record = dict(part.record)
    if len(part.__dict__) == 1:  # only the record
        return record
    for name, (attribute, read) in _FIELDS[type(part)].items():
        if attribute in part.__dict__:  # others were never accessed, so they still equal the record
            value = part.__dict__[attribute]
            if value != read(record.get(name)):
                record[name] = value
    return record


def _fields_of(kind: type[RecordPart]) -> dict[str, tuple[str, Callable[[object], Any]]]:
    """A record's name -> the field that it becomes, and what reads it."""
    return {
        one.metadata.get("name", one.name): (one.name, READERS[str(one.type)])
        for one in fields(kind)
        if one.name != "record"
    }


_FIELDS: Mapping[type[RecordPart], dict[str, tuple[str, Callable[[object], Any]]]] = {
    kind: _fields_of(kind) for kind in PARTS.values()
}


class _FactOnDemand:
    """Reads a fact of a part from its record at the first access."""

    def __init__(self, recorded_as: str, attribute: str, read: Callable[[object], Any]) -> None:
        self._recorded_as, self._attribute, self._read = recorded_as, attribute, read

    def __get__(self, part: RecordPart | None, _owner: type[RecordPart]) -> Any:
        if part is None:
            return None
        value = part.record.get(self._recorded_as)
        if value is not None:
            value = self._read(value)
        part.__dict__[self._attribute] = value
        return value


for _kind, _fields in _FIELDS.items():
    for _recorded_as, (_attribute, _read) in _fields.items():
        setattr(_kind, _attribute, _FactOnDemand(_recorded_as, _attribute, _read))
