"""What is handed from stage to stage: frozen dataclasses of plain data, standard library only.

A fact nobody knows is None, never an invented value. What the history keeps of a run is in runs.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchkit.literals import GpuLayers as GpuLayers
from benchkit.literals import ScoreScale as ScoreScale
from benchkit.verdict import Status as Status
from benchkit.verdict import Verdict as Verdict

ENDPOINT = "endpoint"  # the kind of server that somebody else started

if TYPE_CHECKING:
    from benchkit.runs import Run as Run
else:

    def __getattr__(name: str) -> type:
        """`Run`, with its many typed parts, is made when it is first used: a command's help needs none."""
        if name != "Run":
            raise AttributeError(f"module {__name__} has no attribute {name}")
        from benchkit.runs import Run

        return Run


@dataclass(frozen=True)
class ModelFile:
    """A GGUF file, all its parts counted as one."""

    path: Path
    parts: tuple[Path, ...]
    size_bytes: int
    architecture: str | None = None
    name: str | None = None
    quantization: str | None = None
    parameters: int | None = None
    layers: int | None = None
    context_length: int | None = None
    sha256: str | None = None
    kind: str = "model"  # or "projector", "vocabulary", "adapter"…: what no server can serve by itself


@dataclass(frozen=True)
class ServerRequest:
    """The server as asked for."""

    kind: str
    name: str
    log: Path
    model: ModelFile | None = None  # None only for an endpoint
    gpu_layers: GpuLayers = "auto"
    context: int | None = None  # per slot
    parallel: int = 1
    extra_args: tuple[str, ...] = ()
    base_url: str | None = None
    api_key: str | None = None  # of a server that runs already
    provider: str | None = None  # whose address it is, where somebody says so
    key_variable: str | None = None  # where its key is, where that is not the provider's own
    new_key: str | None = None  # what one that we start shall ask its clients for, where its engine can
    llama_server: Path | None = None
    start_timeout_s: float | None = None
    strict: bool = False


@dataclass(frozen=True)
class ServerFacts:
    """The server as it really is."""

    kind: str
    base_url: str  # ends in /v1
    model: str  # the name to send as "model"
    version: str | None = None
    command: tuple[str, ...] = ()
    pids: tuple[int, ...] = ()
    layers_offloaded: int | None = None
    layers_total: int | None = None
    context_per_slot: int | None = None
    slots: int | None = None
    kv_types: tuple[str, str] | None = None
    chat_template_sha256: str | None = None
    device: str | None = None
    start_s: float | None = None
    chosen_because: str | None = None
    warnings: tuple[str, ...] = ()
    further: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Telemetry:
    """What a run cost, sampled on the runner's side."""

    vram_before_mb: float | None = None
    vram_peak_mb: float | None = None
    vram_after_mb: float | None = None
    ram_peak_mb: float | None = None
    cpu_percent_mean: float | None = None
    energy_wh: float | None = None
    energy_above_idle_wh: float | None = None
    energy_source: str | None = None  # "counter" or "integrated power"
    power_w_mean: float | None = None
    temperature_c_max: float | None = None
    throttled: bool | None = None
    vram_taken_by_others_mb: float | None = None
    cpu_taken_by_others_percent: float | None = None  # of all processors that we may use
    cpu_pressure_percent: float | None = None  # of the time: some process was ready and got no processor
    devices: tuple[Mapping[str, Any], ...] = ()


DISTURBED_FROM_PERCENT = 5.0  # less than this changes a speed by less than runs differ anyway


def speed_is_disturbed(taken_by_others_percent: float | None, pressure_percent: float | None) -> bool:
    """Whether other programs took so much of the processor that the speed is not the model's.

    On a machine with idle processors left nobody waits, whatever others take: then it is not disturbed.
    """
    if taken_by_others_percent is None or taken_by_others_percent < DISTURBED_FROM_PERCENT:
        return False
    return pressure_percent is None or pressure_percent >= DISTURBED_FROM_PERCENT


@dataclass(frozen=True)
class Progress:
    """How far a benchmark script is."""

    done: int
    total: int | None = None
    passed: int | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True)
class RaceNow:
    """How a race stands, in which models are asked in rounds and the losers are stopped."""

    goal: str
    round: int  # from 1
    models: int  # that entered
    running: int  # that are left
    problems: int | None = None  # of the whole set; None until the first round has told


@dataclass(frozen=True)
class Results:
    """A benchmark's outcome as a parser read it; score in percent."""

    score: float | None
    total_passed: int | None = None
    total_problems: int | None = None
    time_taken: float | None = None
    difficulty_scores: Mapping[str, float] = field(default_factory=dict)
    failed_tasks: tuple[str, ...] = ()
    metrics: Mapping[str, Any] = field(default_factory=dict)
    problem_set: Mapping[str, Any] | None = None  # name, version, sha256
    verdicts: Mapping[str, tuple[Verdict, ...]] = field(default_factory=dict)  # task id -> one a sample
    warnings: tuple[str, ...] = ()  # why the result may not be what it looks like
