"""What a planned run will take: memory from the GGUF's own metadata, time from this machine's history."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any

from benchkit.errors import BenchError
from benchkit.files import real_path
from benchkit.records import GpuLayers, Run, Status
from benchkit.run_parts import RunMachine, read_part
from benchkit.running.batch.expand import Entry
from benchkit.running.judging import without_run
from benchkit.running.plan import find_benchmark
from benchkit.running.runner.check import ALL_LAYERS
from benchkit.running.runner.host import default_context
from benchkit.serving.gguf import ModelFacts, layers_that_fit, memory_needed, read_model_facts
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.telemetry.room import Room
from benchkit.settings import SLOTS

_MB = 1 << 20
TOO_SMALL = "too small"


@dataclass(frozen=True)
class _File:
    path: Path
    signature: tuple[int, int, int]  # inode, size and time


@dataclass(frozen=True)
class _Load:
    """A model as it is to be loaded."""

    file: _File
    context: int  # of each slot
    slots: int
    kv_types: tuple[str, str]
    gpu_layers: GpuLayers
    cpu_moe: int = 0
    draft: _File | None = None
    draft_kv_types: tuple[str, str] = ("f16", "f16")


@dataclass(frozen=True)
class Estimate:
    """Memory and time that one run is expected to take; None is unknown."""

    vram_mb: float | None = None
    ram_mb: float | None = None
    mark: str = ""  # what of it does not fit
    seconds: float | None = None
    start_s: float = 0.0  # its server's start, shared with others


class Estimator:
    """Knows the runs of this machine, and answers for many entries."""

    def __init__(self, runs: Iterable[Run], machine: Mapping[str, Any]) -> None:
        self._machine = read_part(RunMachine, machine)
        self._seconds: dict[Any, list[float]] = defaultdict(list)
        self._per_byte: dict[Any, list[float]] = defaultdict(list)
        self._starts: dict[str, list[float]] = defaultdict(list)
        for run in runs:
            self.learn(run)

    def learn(self, run: Run) -> None:
        if run.status is not Status.OK or not run.machine.is_as_fast_as(self._machine):
            return
        seconds, path = run.results.time_taken, str(run.config.path)
        asked = (run.benchmark, without_run(run.config.script_args or ()))
        if run.telemetry.server_start_s is not None:
            self._starts[path].append(run.telemetry.server_start_s)
        if seconds is None:
            return
        self._seconds[(asked, path)].append(seconds)
        if size := run.model_file.size_bytes:
            self._per_byte[asked].append(seconds / size)

    def expect(self, entry: Entry, room: Room | None = None) -> Estimate:
        """Its time, and its memory where the free room is given."""
        settings = entry.settings
        path = str(real_path(settings.model)) if settings.model else "None"
        words = (*find_benchmark(settings).args, *settings.script_args)
        asked = (settings.benchmark, without_run(words))
        seconds = self._time(asked, path, entry)
        start = median(self._starts.get(path) or [0.0])
        return Estimate(*(expected_memory(entry, room) if room else (None, None, "")), seconds, start)

    def _time(self, asked: Any, path: str, entry: Entry) -> float | None:
        """This model's own times, else the times of others scaled by the size of the file."""
        if own := self._seconds.get((asked, path)):
            return median(own)
        others = self._per_byte.get(asked)
        return median(others) * entry.model.size_bytes if others and entry.model else None


def expected_memory(entry: Entry, room: Room) -> tuple[float | None, float | None, str]:
    if entry.model is None:
        return None, None, ""
    settings = entry.settings
    context = settings.context or default_context(entry.model, settings.answer_tokens or settings.max_tokens)
    words = settings.server_args
    slots = SLOTS if settings.parallel == "auto" else settings.parallel
    draft = _word(words, *DRAFT_FLAGS)
    sizes = (context, slots, _kv_types(words))
    try:
        load = _Load(
            _file(entry.model.path), *sizes, settings.gpu_layers, _cpu_moe(words),
            _file(Path(draft)) if draft else None, _draft_kv_types(words),
        )  # fmt: skip
        return _needed(load, room)
    except (BenchError, KeyError, ValueError, OSError):
        return None, None, ""


@lru_cache(4096)  # a sweep asks the same of the same file again and again
def _needed(load: _Load, room: Room) -> tuple[float | None, float, str]:
    facts = _facts(load.file)
    sizes = (load.context, load.slots, load.kv_types)
    layers: GpuLayers = load.gpu_layers
    free = None if room.vram_mb is None else int(room.vram_mb * _MB)
    if free is None:
        layers = 0  # all of it lies in RAM
    elif load.gpu_layers == "auto":
        layers = layers_that_fit(free, facts, *sizes)
    need = memory_needed(facts, *sizes, layers, load.cpu_moe)
    if load.draft is not None:  # it lies beside the model, all of it, with a cache of its own
        its_sizes = (load.context, load.slots, load.draft_kv_types)
        beside = memory_needed(_facts(load.draft), *its_sizes, "all" if layers else 0)
        need = replace(need, gpu=need.gpu + beside.gpu, ram=need.ram + beside.ram)
    marks = []
    if free is not None and need.gpu and need.gpu + DRIVER_BYTES > free:
        marks.append(f"VRAM {TOO_SMALL}")
    elif free is not None and load.gpu_layers == "auto" and int(layers) <= len(facts.layers):
        marks.append(f"{layers} of {len(facts.layers) + 1} layers fit")
    if need.ram > room.ram_mb * _MB:
        marks.append(f"RAM {TOO_SMALL}")
    return None if free is None else need.gpu / _MB, need.ram / _MB, ", ".join(marks)


@lru_cache(1024)
def _facts(file: _File) -> ModelFacts:
    return read_model_facts(file.path)


def _file(path: Path) -> _File:
    """As it is now: a page that is open for weeks sees files replaced."""
    status = path.stat()
    return _File(path, (status.st_ino, status.st_size, status.st_mtime_ns))


DRAFT_FLAGS = ("-md", "--model-draft", "--spec-draft-model")


def _kv_types(server_args: Sequence[str]) -> tuple[str, str]:
    return (
        _word(server_args, "--cache-type-k", "-ctk") or "f16",
        _word(server_args, "--cache-type-v", "-ctv") or "f16",
    )


def _draft_kv_types(server_args: Sequence[str]) -> tuple[str, str]:
    """The model's own types are not the draft model's."""
    return (
        _word(server_args, "--spec-draft-type-k", "--cache-type-k-draft", "-ctkd") or "f16",
        _word(server_args, "--spec-draft-type-v", "--cache-type-v-draft", "-ctvd") or "f16",
    )


def _cpu_moe(server_args: Sequence[str]) -> int:
    """Of how many layers the experts are to stay in RAM."""
    if "--cpu-moe" in server_args or "-cmoe" in server_args:
        return ALL_LAYERS
    return int(_word(server_args, "--n-cpu-moe", "-ncmoe") or 0)


def _word(server_args: Sequence[str], *flags: str) -> str | None:
    """The value of the last of these flags, behind it or behind its equals sign."""
    words = [part for word in server_args for part in (word.split("=", 1) if word[:1] == "-" else [word])]
    places = [place for place, word in enumerate(words[:-1]) if word in flags]
    return words[places[-1] + 1] if places else None
