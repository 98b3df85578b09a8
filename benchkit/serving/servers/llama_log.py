"""Parses llama.cpp's log of a load: layers really offloaded, buffers, the KV cache's types, devices."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

PREFIX = re.compile(r"^\d+\.\d+\.\d+\.\d+ [A-Z] (?:\w{3,4} {1,2}(?= *\w+\S*:))? *")
OFFLOADED = re.compile(r"offloaded (\d+)/(\d+) layers to GPU")
BUFFER = re.compile(r"load_tensors: +(\S+) model buffer size = +([\d.]+) MiB")
KV_BUFFER = re.compile(r"_kv_cache\w*: +(\S+) KV buffer size = +([\d.]+) MiB")
COMPUTE_BUFFER = re.compile(r": +(\S+) compute buffer size = +([\d.]+) MiB")
KV_TYPES = re.compile(r"K \((\w+)\): .*V \((\w+)\):")
DEVICE = re.compile(r"  - (\S+) *: (.+) \((\d+) MiB, (\d+) MiB free\)")
USING_DEVICE = re.compile(r"using device (\S+) \((.+?)\).* - (\d+) MiB free")
PROJECTED = re.compile(r"projected to use (\d+) MiB of device memory vs\. (\d+) MiB of free device memory")
SLOTS = re.compile(r"n_slots = (\d+), n_ctx_slot = (\d+)")
CONTEXT = re.compile(r"llama_context: n_ctx_seq +(?:\(|= )(\d+)")
ON_CPU = re.compile(r"CPU|Host|BLAS|AMX|REPACK", re.IGNORECASE)


@dataclass(frozen=True)
class LoadLog:
    """Facts read from one server's log; None where it has no such line."""

    layers_offloaded: int | None = None
    layers_total: int | None = None
    kv_types: tuple[str, str] | None = None
    context_per_slot: int | None = None
    devices: dict[str, str] = field(default_factory=dict)  # GPUs it can see: CUDA0 -> its name
    free_vram_mb: float | None = None  # on those, before loading
    projected_mb: float | None = None  # what llama.cpp thought it would need there
    buffers_mb: dict[str, float] = field(default_factory=dict)  # "CUDA0 model" -> MiB

    @property
    def device(self) -> str | None:
        """Where the weights lie: "CUDA0 (NVIDIA …)", "CPU"; None if no weights were loaded."""
        places = [name.split()[0] for name in self.buffers_mb if name.endswith(" model")]
        gpus = [place for place in places if not ON_CPU.search(place)]
        named = [f"{gpu} ({self.devices[gpu]})" if gpu in self.devices else gpu for gpu in gpus]
        return " + ".join(named) or ("CPU" if places else None)


def read_log(text: str) -> LoadLog:
    offloaded = _last(OFFLOADED, text)
    kinds = _last(KV_TYPES, text)
    slots, context = _last(SLOTS, text), _last(CONTEXT, text)
    devices, free = _devices(text)
    projected = _last(PROJECTED, text)
    return LoadLog(
        layers_offloaded=int(offloaded[0]) if offloaded else None,
        layers_total=int(offloaded[1]) if offloaded else None,
        kv_types=(kinds[0], kinds[1]) if kinds else None,
        context_per_slot=int(slots[1]) if slots else int(context[0]) if context else None,
        devices=devices,
        free_vram_mb=float(projected[1]) if projected else free,
        projected_mb=float(projected[0]) if projected else None,
        buffers_mb=_buffers(text),
    )


def without_prefix(line: str) -> str:
    """A log line without its time, level and module."""
    return PREFIX.sub("", line).strip()


def _last(pattern: re.Pattern[str], text: str) -> tuple[str, ...] | None:
    """The groups of the last match: llama.cpp loads once without weights to measure, then in earnest."""
    matches = list(pattern.finditer(text))
    return matches[-1].groups() if matches else None


def _devices(text: str) -> tuple[dict[str, str], float | None]:
    """The GPUs by name, and how much was free on all of them."""
    seen = {m[0]: (m[1], float(m[2])) for m in USING_DEVICE.findall(text)}
    seen |= {m[0]: (m[1], float(m[3])) for m in DEVICE.findall(text)}
    gpus = {name: device for name, device in seen.items() if not ON_CPU.search(name)}
    free = sum(amount for _, amount in gpus.values()) if gpus else None
    return {name: description for name, (description, _) in gpus.items()}, free


def _buffers(text: str) -> dict[str, float]:
    purposes = {"model": BUFFER, "KV": KV_BUFFER, "compute": COMPUTE_BUFFER}
    return {
        f"{place} {purpose}": float(size)
        for purpose, pattern in purposes.items()
        for place, size in pattern.findall(text)
    }
