"""How much memory a llama.cpp server will take, before it is started.

The weights and the KV cache follow from the file to the byte; the compute buffers are an estimate that
tests compare with what a real server prints.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchkit.records import GpuLayers
from benchkit.serving.gguf.model import Layer, ModelFacts
from benchkit.serving.gguf.types import TENSOR_TYPES

MICRO_BATCH = 512  # llama.cpp's default: so many tokens of a prompt are computed at a time
DRIVER_BYTES = 512 << 20  # what a GPU's driver and its libraries take in a process, and a little air
_CELLS = 256  # a context is rounded up to whole multiples of this
_TYPES = {name.lower(): block_bytes / block for name, block, block_bytes in TENSOR_TYPES.values()}


@dataclass(frozen=True)
class MemoryEstimate:
    """Bytes by purpose, then by place."""

    weights: int
    kv_cache: int
    compute: int
    gpu: int
    ram: int


def memory_needed(
    facts: ModelFacts,
    context: int,
    slots: int = 1,
    kv_types: tuple[str, str] = ("f16", "f16"),
    gpu_layers: GpuLayers = "all",
    cpu_moe: int = 0,
) -> MemoryEstimate:
    """What a server takes; `context` is for each slot, and "auto" counts as all layers.

    The experts of the first `cpu_moe` layers stay in the computer's memory, wherever the layers are.
    """
    caches = [_cache_bytes(layer, context, slots, kv_types) for layer in facts.layers]
    compute = _compute_bytes(facts, context)
    weights = facts.input_bytes + sum(layer.weight_bytes for layer in facts.layers) + facts.output_bytes
    gpu = _gpu_bytes(facts, caches, gpu_layers, cpu_moe) + (compute if gpu_layers else 0)
    copied = facts.tied_bytes if gpu_layers else 0
    total = weights + copied + sum(caches) + compute
    return MemoryEstimate(weights + copied, sum(caches), compute, gpu, total - gpu)


def layers_that_fit(
    free_bytes: int,
    facts: ModelFacts,
    context: int,
    slots: int = 1,
    kv_types: tuple[str, str] = ("f16", "f16"),
) -> int:
    """The most GPU layers that fit into so many free bytes, as `--gpu-layers` counts them."""
    usable = free_bytes - DRIVER_BYTES
    for asked in range(len(facts.layers) + 1, 0, -1):
        if memory_needed(facts, context, slots, kv_types, asked).gpu <= usable:
            return asked
    return 0


def least_cpu_moe(
    free_bytes: int,
    facts: ModelFacts,
    context: int,
    slots: int = 1,
    kv_types: tuple[str, str] = ("f16", "f16"),
) -> int | None:
    """Of how many layers the experts must stay in RAM for all layers to fit; None where that cannot help."""
    usable = free_bytes - DRIVER_BYTES
    if not any(layer.expert_bytes for layer in facts.layers):
        return None
    for count in range(len(facts.layers) + 1):
        if memory_needed(facts, context, slots, kv_types, "all", count).gpu <= usable:
            return count
    return None


def _gpu_bytes(facts: ModelFacts, caches: list[int], gpu_layers: GpuLayers, cpu_moe: int) -> int:
    """llama.cpp counts from the end: the output is the first "layer" to move, the model's first the last."""
    count = len(facts.layers)
    asked = count + 1 if isinstance(gpu_layers, str) else min(gpu_layers, count + 1)
    if not asked:
        return 0
    moved = range(count + 1 - asked, count)
    layers = sum(facts.layers[index].weight_bytes + caches[index] for index in moved)
    layers -= sum(facts.layers[index].expert_bytes for index in moved if index < cpu_moe)
    return layers + facts.output_bytes + facts.tied_bytes


def _cache_bytes(layer: Layer, context: int, slots: int, kv_types: tuple[str, str]) -> int:
    tokens = _round_up(context, _CELLS)
    if layer.window:
        tokens = min(tokens, _round_up(layer.window + MICRO_BATCH, _CELLS))
    keys, values = (_TYPES[kind.lower()] for kind in kv_types)
    a_token = layer.key_values * keys + layer.value_values * values
    return int(slots * (tokens * a_token + layer.state_values * 4))


def _compute_bytes(facts: ModelFacts, context: int) -> int:
    """The largest moment of one micro-batch: a layer's activations and the attention's mask."""
    cached = max((layer.key_values + layer.value_values for layer in facts.layers), default=0)
    activations = 3 * facts.feed_forward + 3 * facts.embedding + cached
    mask = _round_up(context, _CELLS)
    return MICRO_BATCH * (activations * 4 + mask * 2)


def _round_up(number: int, multiple: int) -> int:
    return -(-number // multiple) * multiple
