"""What can be tuned: settings by stages, and which of them fit into memory at all."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchkit.errors import UsageError
from benchkit.records import GpuLayers
from benchkit.serving.gguf import ModelFacts, layers_that_fit, least_cpu_moe, memory_needed, read_model_facts
from benchkit.serving.gguf.container import read_container
from benchkit.serving.gguf.memory import DRIVER_BYTES
from benchkit.serving.telemetry.room import Room
from benchkit.settings import SLOTS
from benchkit.terminal import how_many

_MB = 1 << 20
SLOT_STEPS = (1, 2, 4, 8, 16)
SLOTS_STAGE = "slots"
DRAFT = "draft"
KV_FLAGS = ("--cache-type-k", "--cache-type-v")
MICRO_BATCH = 512  # the engine's own: a shorter prompt is one micro-batch whatever its size
ROUNDED = 128  # tokens: files of one family are padded to different sizes, and llama.cpp takes that


@dataclass(frozen=True)
class Candidate:
    """One way to serve the model; flags that are not there have the engine's default."""

    slots: int = SLOTS
    gpu_layers: GpuLayers = "auto"
    flags: tuple[tuple[str, str], ...] = ()

    def with_flag(self, flag: str, value: str) -> Candidate:
        return replace(self, flags=(*(one for one in self.flags if one[0] != flag), (flag, value)))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(word for flag in self.flags for word in flag)

    @property
    def may_change_answers(self) -> bool:
        """Other KV types are not as exact."""
        return any(flag == KV_FLAGS[0] for flag, _ in self.flags)

    def value(self, flag: str, default: str) -> str:
        return dict(self.flags).get(flag, default)

    def __str__(self) -> str:
        layers = [] if self.gpu_layers == "auto" else [f"{self.gpu_layers} layers"]
        return ", ".join(
            [
                how_many(self.slots, "slot"),
                *layers,
                *(f"{flag} {Path(value).name}" for flag, value in self.flags),
            ]
        )


@dataclass(frozen=True)
class TuningLimits:
    """What the model may take here, and what it is."""

    room: Room
    facts: ModelFacts
    context: int  # of a slot
    draft: Path | None = None
    prompt_tokens: int = 300

    def fits(self, one: Candidate) -> bool:
        """By the estimate, which is why most bad settings are never started."""
        kinds = (one.value("--cache-type-k", "f16"), one.value("--cache-type-v", "f16"))
        cpu_moe = int(one.value("--n-cpu-moe", "0"))
        draft = one.value("--model-draft", "")
        beside = memory_needed(read_model_facts(Path(draft)), self.context, one.slots) if draft else None
        on_gpu = beside.gpu if beside else 0
        layers = self._layers(one, kinds, on_gpu)
        need = memory_needed(self.facts, self.context, one.slots, kinds, layers, cpu_moe)
        gpu, ram = need.gpu, need.ram
        if beside is not None:
            gpu, ram = (gpu + on_gpu, ram) if layers else (gpu, ram + on_gpu + beside.ram)
        has_vram = self.room.vram_mb is None or gpu + DRIVER_BYTES * bool(gpu) <= self.room.vram_mb * _MB
        return has_vram and ram <= self.room.ram_mb * _MB

    def _layers(self, one: Candidate, kinds: tuple[str, str], taken: int) -> GpuLayers:
        """Left to itself the engine puts as many on the GPU as it has room for."""
        if self.room.vram_mb is None:
            return 0
        if one.gpu_layers != "auto":
            return one.gpu_layers
        free = int(self.room.vram_mb * _MB) - taken
        return layers_that_fit(free, self.facts, self.context, one.slots, kinds)


def refuse_what_never_fits(box: TuningLimits, path: Path) -> None:
    """Where not even one slot with all layers in RAM has room."""
    need = memory_needed(box.facts, box.context, 1, ("f16", "f16"), 0)
    if need.ram > box.room.ram_mb * _MB + (box.room.vram_mb or 0.0) * _MB:
        raise UsageError(
            f"{path.name} does not fit: it needs {need.ram / 1e9:.1f} GB, and "
            f"{(box.room.ram_mb + (box.room.vram_mb or 0.0)) * _MB / 1e9:.1f} GB are free on this box"
        )


def refuse_other_vocabulary(model: Path, draft: Path) -> None:
    """A draft model guesses in the tokens of the model, or it is of no use."""
    one, other = (_vocabulary(path) for path in (model, draft))
    if one[0] != other[0] or abs(one[1] - other[1]) > ROUNDED:
        raise UsageError(
            f"--draft {draft.name} has another vocabulary ({other[1]:,} tokens, {other[0]}) "
            f"than {model.name} ({one[1]:,}, {one[0]}): take a small model of the same family"
        )


def _vocabulary(path: Path) -> tuple[str, int]:
    container = read_container(path)
    width = container.metadata.get(f"{container.metadata.get('general.architecture')}.embedding_length") or 1
    tokens = next((one.elements for one in container.tensors if one.name == "token_embd.weight"), 0)
    return str(container.metadata.get("tokenizer.ggml.model")), tokens // int(width)


def first_candidate(box: TuningLimits) -> Candidate:
    """The runner's defaults, with what a GPU has no room for left out of it."""
    vram = box.room.vram_mb
    one = Candidate()
    while one.slots > 1 and vram is None and not box.fits(one):
        one = replace(one, slots=one.slots // 2)
    return one


def stages(box: TuningLimits, has_gpu: bool) -> Iterator[tuple[str, Sequence[tuple[str, str | int]]]]:
    """What is tried one after the other, each from the best so far: a name, and its values."""
    if has_gpu:
        yield "placing", _placings(box)
    yield "threads", [("--threads", count) for count in _thread_counts()]
    yield SLOTS_STAGE, ()  # SLOT_STEPS, all of them on one server
    yield "threads with these slots", [("--threads", count) for count in _thread_counts()]
    yield "flash attention", [("--flash-attn", "off")]  # "auto" has it on where the engine can
    if box.prompt_tokens > MICRO_BATCH:
        yield "micro-batch", [("--ubatch-size", "256"), ("--ubatch-size", "2048")]
    yield "look-up in the prompt", [("--spec-type", "ngram-simple")]
    if box.draft is not None:
        yield "draft model", [(DRAFT, str(box.draft))]
    yield "KV types (may change answers)", [("kv", "q8_0")]


def _placings(box: TuningLimits) -> list[tuple[str, str | int]]:
    """All layers on the GPU; of a mixture of experts, as few experts in RAM as will do."""
    free = int((box.room.vram_mb or 0.0) * _MB)
    placings: list[tuple[str, str | int]] = [("gpu_layers", "all")]
    moe = least_cpu_moe(free, box.facts, box.context, SLOTS)
    if moe:
        placings += [("--n-cpu-moe", moe), ("--n-cpu-moe", min(len(box.facts.layers), moe + 2))]
    fitting = layers_that_fit(free, box.facts, box.context, SLOTS)
    if 0 < fitting <= len(box.facts.layers):
        placings.append(("gpu_layers", fitting))
    return placings


def _thread_counts() -> list[int]:
    import psutil

    logical = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else psutil.cpu_count() or 1
    physical = min(logical, psutil.cpu_count(logical=False) or logical)
    return sorted({logical, physical, max(1, physical // 2), max(1, physical - 1)})


def applied(one: Candidate, name: str, value: str | int) -> Candidate:
    """The candidate with one thing changed."""
    if name == "gpu_layers":
        return replace(one, gpu_layers=value if isinstance(value, int) else "all")
    if name == "kv":
        return one.with_flag(KV_FLAGS[0], str(value)).with_flag(KV_FLAGS[1], str(value))
    if name == DRAFT:  # which by itself is loaded and never asked
        return one.with_flag("--model-draft", str(value)).with_flag("--spec-type", "draft-simple")
    if name == "--n-cpu-moe":
        one = replace(one, gpu_layers="all")
    return one.with_flag(name, str(value))
