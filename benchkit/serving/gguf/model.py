"""A model from all the parts of its GGUF file."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchkit.errors import ModelFileError, UsageError
from benchkit.records import ModelFile
from benchkit.serving.gguf.container import GgufHeader, Tensor, read_container
from benchkit.serving.gguf.types import FILE_TYPES

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf$")
_EXPERTS = re.compile(r"^blk\.\d+\.ffn_(?:up|down|gate|gate_up)_(?:ch|)exps")
_MAX_LAYERS = 1024  # twice of what llama.cpp takes
_PARTS_NAMED = 3
_GUESSED = 1024  # a bit in general.file_type: the quantization was not known to the writer
# Every n-th layer sees the whole context, the others a window; llama.cpp derives these from the architecture.
_WINDOW_PERIOD = {
    "afmoe": 4, "cohere2": 4, "exaone-moe": 4, "exaone4": 4, "gemma2": 2, "gemma3": 6, "gemma3n": 5,
    "gpt-oss": 2, "llama4": 4, "mellum": 4, "olmo2": 4, "plamo3": 8, "smallthinker": 4,
}  # fmt: skip


@dataclass(frozen=True)
class Layer:
    """What one layer costs: its weights, and the values it remembers of each token or each sequence."""

    weight_bytes: int
    expert_bytes: int = 0  # of these: what --n-cpu-moe leaves in the computer's memory
    key_values: int = 0  # numbers kept for each token of the context
    value_values: int = 0
    window: int | None = None  # only so many of the latest tokens are kept
    state_values: int = 0  # numbers kept for each sequence whatever its length


@dataclass(frozen=True)
class ModelFacts:
    """What an estimate of a server's memory stands on."""

    layers: tuple[Layer, ...]
    input_bytes: int  # the token embeddings: they stay in the computer's memory
    output_bytes: int  # the last projection and its norm: the "layer" after the last
    tied_bytes: int  # where the embeddings serve as the last projection too: the copy that a GPU gets
    embedding: int
    feed_forward: int  # of a mixture of experts: that of all experts one token goes through


def read_model_file(path: Path) -> ModelFile:
    """The facts of a GGUF file, all its parts counted as one; an error names the fault and the next step."""
    parts = _read_parts(path)
    metadata, tensors = parts[0].metadata, [tensor for part in parts for tensor in part.tensors]
    keys = _Keys(metadata)
    return ModelFile(
        path=parts[0].path,
        parts=tuple(part.path for part in parts),
        size_bytes=sum(part.size_bytes for part in parts),
        architecture=keys.architecture,
        name=metadata.get("general.name"),
        quantization=_quantization(metadata, tensors),
        parameters=sum(tensor.elements for tensor in tensors) or None,
        layers=keys.number("block_count") or None,
        context_length=keys.number("context_length") or None,
        kind=_kind(metadata, tensors),
    )


def read_model_facts(path: Path) -> ModelFacts:
    """What `memory_needed` asks of a model; ModelFileError where the file holds no layers."""
    parts = _read_parts(path)
    keys = _Keys(parts[0].metadata)
    tensors = [tensor for part in parts for tensor in part.tensors]
    count = keys.number("block_count")
    if not 0 < count <= min(len(tensors), _MAX_LAYERS):
        raise ModelFileError(f"{path} names no layers: it is not a language model")
    sizes, experts = _sizes(tensors), _expert_sizes(tensors)
    tied = all(tensor.name != "output.weight" for tensor in tensors)
    return ModelFacts(
        layers=tuple(
            replace(_layer(keys, index, count, sizes[str(index)]), expert_bytes=experts[str(index)])
            for index in range(count)
        ),
        input_bytes=sizes["input"],
        output_bytes=sizes["output"],
        tied_bytes=sizes["token_embd"] if tied else 0,
        embedding=keys.number("embedding_length"),
        feed_forward=max(
            keys.number("feed_forward_length"),
            keys.number("expert_used_count") * keys.number("expert_feed_forward_length"),
        ),
    )


def _read_parts(path: Path) -> list[GgufHeader]:
    try:
        os.fsencode(path).decode()
        return _parts(Path(path))
    except UnicodeDecodeError as error:
        raise ModelFileError(f"{path}: no engine takes a path that is not UTF-8: rename it") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def _parts(path: Path) -> list[GgufHeader]:
    if path.is_dir():
        raise UsageError(f"{path} is a folder: name a .gguf file in it")
    match = _PART.match(path.name)
    if not match:
        return [_whole(path)]
    count = int(match["count"])
    stem = match["stem"]
    names = [path.with_name(f"{stem}-{number:05}-of-{count:05}.gguf") for number in range(1, count + 1)]
    missing = [name.name for name in names if not name.exists()]
    if len(missing) == count:
        raise _no_such_file(path)
    if missing:
        more = f" and {len(missing) - _PARTS_NAMED:,} more" if len(missing) > _PARTS_NAMED else ""
        named = ", ".join(missing[:_PARTS_NAMED]) + more
        raise ModelFileError(f"{path}: part missing: {named}: put it beside the others")
    return [read_container(name) for name in names]


def _whole(path: Path) -> GgufHeader:
    if not path.exists():
        raise _no_such_file(path)
    container = read_container(path)
    parts = container.metadata.get("split.count", 0)
    if isinstance(parts, int) and parts > 1:
        raise ModelFileError(
            f"{path} is one part of {parts}: give the parts their names back, …-00001-of-0000N.gguf"
        )
    return container


def _no_such_file(path: Path) -> UsageError:
    return UsageError(f"{path}: no such file: check the path")


def _kind(metadata: Mapping[str, Any], tensors: Sequence[Tensor]) -> str:
    stated = metadata.get("general.type", "model")
    if metadata.get("general.architecture") == "clip" or stated == "mmproj":
        return "projector"
    if stated == "model" and not tensors:
        return "vocabulary"
    return str(stated)


def _quantization(metadata: Mapping[str, Any], tensors: Sequence[Tensor]) -> str | None:
    """The name that the file gives itself, else the type of most of its weights."""
    stated = metadata.get("general.file_type")
    if isinstance(stated, int) and stated & ~_GUESSED in FILE_TYPES and not stated & _GUESSED:
        return FILE_TYPES[stated]
    weights: Counter[str] = Counter()
    for tensor in tensors:
        weights[tensor.type] += tensor.elements
    return weights.most_common(1)[0][0] if weights else None


def _sizes(tensors: Sequence[Tensor]) -> Counter[str]:
    """Bytes of each layer by its number, of the input, of the output, and of token_embd by itself."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        first, *rest = tensor.name.split(".")
        if first == "blk":
            place = rest[0]
        else:
            place = "input" if "token" in first or first == "position_embd" else "output"
        sizes[place] += tensor.size_bytes
        if tensor.name == "token_embd.weight":
            sizes["token_embd"] = tensor.size_bytes
    return sizes


def _expert_sizes(tensors: Sequence[Tensor]) -> Counter[str]:
    """Bytes of each layer's experts, which llama.cpp finds by their names as well."""
    sizes: Counter[str] = Counter()
    for tensor in tensors:
        if _EXPERTS.search(tensor.name):
            sizes[tensor.name.split(".")[1]] += tensor.size_bytes
    return sizes


class _Keys:
    """The metadata under the model's architecture; a fact may be one number or one for each layer."""

    def __init__(self, metadata: Mapping[str, Any]) -> None:
        self.metadata = metadata
        self.architecture = metadata.get("general.architecture")

    def number(self, key: str, layer: int = 0) -> int:
        value = self.metadata.get(f"{self.architecture}.{key}", 0)
        if isinstance(value, tuple):
            value = value[layer] if layer < len(value) else 0
        return value if isinstance(value, int) else 0

    def slides(self, layer: int) -> bool:
        """Whether this layer keeps a window of the latest tokens only."""
        pattern = self.metadata.get(f"{self.architecture}.attention.sliding_window_pattern")
        if isinstance(pattern, tuple):
            return layer < len(pattern) and bool(pattern[layer])
        usual = _WINDOW_PERIOD.get(str(self.architecture), 1)
        period = self.number("attention.sliding_window_pattern") or usual
        return bool(layer % period < period - 1)


def _layer(keys: _Keys, index: int, count: int, weight_bytes: int) -> Layer:
    if _is_recurrent(keys, index):
        return Layer(weight_bytes, state_values=_state_values(keys))
    if index >= count - keys.number("attention.shared_kv_layers"):
        return Layer(weight_bytes)  # it reads what an earlier layer keeps
    window = keys.number("attention.sliding_window") if keys.slides(index) else 0
    heads = keys.number("attention.head_count", index)
    kv_heads = keys.number("attention.head_count_kv", index) or heads
    own = "_swa" if window and keys.number("attention.key_length_swa") else ""
    even = keys.number("embedding_length") // heads if heads else 0
    key_length = keys.number(f"attention.key_length{own}") or even
    value_length = keys.number(f"attention.value_length{own}") or even
    if keys.number("attention.key_length_mla"):
        value_length = 0  # multi-head latent attention: the values are part of the keys
    return Layer(
        weight_bytes,
        key_values=kv_heads * key_length,
        value_values=kv_heads * value_length,
        window=window or None,
    )


def _is_recurrent(keys: _Keys, index: int) -> bool:
    if not keys.number("ssm.state_size"):
        return False
    interval = keys.number("full_attention_interval")
    if interval:
        return (index + 1) % interval != 0
    return keys.number("attention.head_count_kv", index) == 0


def _state_values(keys: _Keys) -> int:
    state, inner = keys.number("ssm.state_size"), keys.number("ssm.inner_size")
    convolution = max(keys.number("ssm.conv_kernel") - 1, 0)
    return convolution * (inner + 2 * keys.number("ssm.group_count") * state) + state * inner
