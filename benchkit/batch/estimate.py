"""What a planned run will take: memory from the GGUF's own metadata, time from this machine's history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

from benchkit.batch.expand import Entry
from benchkit.errors import BenchError
from benchkit.gguf import memory_needed, read_model_facts
from benchkit.records import Run, Status
from benchkit.runner.host import default_context


@dataclass(frozen=True)
class Expected:
    vram_mb: float | None = None
    ram_mb: float | None = None
    seconds: float | None = None


class Estimator:
    """Looks into the history once, then answers for many entries."""

    def __init__(self, runs: Iterable[Run], machine: Mapping[str, Any]) -> None:
        self._seconds: dict[tuple[str, str], list[float]] = {}
        self._per_byte: dict[str, list[float]] = {}
        for run in runs:
            if run.status is Status.OK and _same_machine(run.machine, machine):
                self._learn(run)

    def _learn(self, run: Run) -> None:
        seconds = run.results.get("time_taken")
        if not isinstance(seconds, int | float):
            return
        self._seconds.setdefault((run.benchmark, str(run.config.get("path"))), []).append(seconds)
        size = run.model_file.get("size_bytes")
        if size:
            self._per_byte.setdefault(run.benchmark, []).append(seconds / size)

    def expect(self, entry: Entry) -> Expected:
        memory = _memory(entry)
        return Expected(*memory, seconds=self._time(entry))

    def _time(self, entry: Entry) -> float | None:
        """This model's own times, else the times of others scaled by the size of the file."""
        benchmark = entry.settings.benchmark
        own = self._seconds.get((benchmark, str(entry.settings.model)))
        if own:
            return median(own)
        others = self._per_byte.get(benchmark)
        return median(others) * entry.model.size_bytes if others and entry.model else None


def _same_machine(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return all(one.get(part) == other.get(part) for part in ("gpu", "cpu"))


def _memory(entry: Entry) -> tuple[float | None, float | None]:
    if entry.model is None:
        return None, None
    settings = entry.settings
    context = settings.context or default_context(entry.model, settings.answer_tokens or settings.max_tokens)
    kv_types = _kv_types(settings.server_args)
    try:
        need = _needed(entry.model.path, context, settings.parallel, kv_types, settings.gpu_layers)
    except (BenchError, KeyError):
        return None, None
    return need.gpu / 2**20, need.ram / 2**20


# A sweep asks the same of the same file again and again.
_facts = cache(read_model_facts)


def _needed(path: Path, context: int, slots: int, kv_types: tuple[str, str], gpu_layers: Any) -> Any:
    return memory_needed(_facts(path), context, slots, kv_types, gpu_layers)


def _kv_types(server_args: Sequence[str]) -> tuple[str, str]:
    def kind(*flags: str) -> str:
        places = [place for place, word in enumerate(server_args[:-1]) if word in flags]
        return server_args[places[-1] + 1] if places else "f16"

    return kind("--cache-type-k", "-ctk"), kind("--cache-type-v", "-ctv")
