"""Writes small GGUF files, whole ones that llama.cpp loads and any kind of broken one."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

ALIGNMENT = 32
F32, F16, Q8_0 = 0, 1, 8
_BYTES_EACH = {F32: 4.0, F16: 2.0, Q8_0: 34 / 32}
Tensors = Mapping[str, tuple[tuple[int, ...], int]]  # name: shape and type


@dataclass(frozen=True)
class Shape:
    """A transformer's measures."""

    architecture: str = "llama"
    layers: int = 2
    embedding: int = 64
    heads: int = 4
    kv_heads: int = 2
    feed_forward: int = 128
    vocabulary: int = 300
    context: int = 2048
    tied: bool = False
    experts: int = 0  # of each layer, two of them used for a token


def string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def value(found: Any) -> bytes:
    """A metadata value with its kind in front; integers as u32, lists by their first element."""
    if isinstance(found, list):
        kinds = {bool: (7, "?"), int: (5, "i"), float: (6, "f"), str: (8, "")}
        kind, letter = kinds[type(found[0])]
        items = b"".join(string(one) if letter == "" else struct.pack(f"<{letter}", one) for one in found)
        return struct.pack("<IIQ", 9, kind, len(found)) + items
    if isinstance(found, str):
        return struct.pack("<I", 8) + string(found)
    if isinstance(found, float):
        return struct.pack("<If", 6, found)
    return struct.pack("<II", 4, found)


def header(metadata: Mapping[str, Any], tensors: Tensors) -> tuple[bytes, int]:
    """The bytes up to the weights, padded; and how many bytes of weights follow."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata))
    out += b"".join(string(key) + value(found) for key, found in metadata.items())
    offset = 0
    for name, (shape, kind) in tensors.items():
        out += string(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        offset += -(-int(prod(shape) * _BYTES_EACH[kind]) // ALIGNMENT) * ALIGNMENT
    return out + bytes(-len(out) % ALIGNMENT), offset


def write(path: Path, metadata: Mapping[str, Any], tensors: Tensors) -> Path:
    """A file whose weights are all zero; sparse, so that it may be huge."""
    start, weights = header(metadata, tensors)
    path.write_bytes(start)
    with path.open("r+b") as file:
        file.truncate(len(start) + weights)
    return path


def write_model(path: Path, shape: Shape = Shape(), **further: Any) -> Path:
    """A model that llama-server loads; `further` metadata is given with `__` for a dot."""
    extra = {key.replace("__", "."): found for key, found in further.items()}
    return write(path, metadata_of(shape) | extra, tensors_of(shape))


def metadata_of(shape: Shape) -> dict[str, Any]:
    named = shape.architecture
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    pieces += [f"t{number}" for number in range(shape.vocabulary - len(pieces))]
    return {
        "general.architecture": named,
        "general.name": "all zero",
        "general.file_type": 1,
        f"{named}.block_count": shape.layers,
        f"{named}.context_length": shape.context,
        f"{named}.embedding_length": shape.embedding,
        f"{named}.feed_forward_length": shape.feed_forward,
        f"{named}.attention.head_count": shape.heads,
        f"{named}.attention.head_count_kv": shape.kv_heads,
        f"{named}.attention.layer_norm_rms_epsilon": 1e-5,
        **_expert_counts(shape),
        "tokenizer.ggml.model": "llama",
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.scores": [0.0] * shape.vocabulary,
        "tokenizer.ggml.token_type": [2, 3, 3] + [6] * 256 + [1] * (shape.vocabulary - 259),
    }


def tensors_of(shape: Shape) -> dict[str, tuple[tuple[int, ...], int]]:
    wide, narrow = shape.embedding, shape.embedding // shape.heads * shape.kv_heads
    tensors: dict[str, tuple[tuple[int, ...], int]] = {
        "token_embd.weight": ((wide, shape.vocabulary), F16),
        "output_norm.weight": ((wide,), F32),
    }
    if not shape.tied:
        tensors["output.weight"] = ((wide, shape.vocabulary), F16)
    for number in range(shape.layers):
        within = {
            "attn_norm": ((wide,), F32),
            "attn_q": ((wide, wide), F16),
            "attn_k": ((wide, narrow), F16),
            "attn_v": ((wide, narrow), F16),
            "attn_output": ((wide, wide), F16),
            "ffn_norm": ((wide,), F32),
            **_feed_forward(shape),
        }
        if shape.architecture == "gemma3":
            head = wide // shape.heads
            within |= {"post_attention_norm": ((wide,), F32), "post_ffw_norm": ((wide,), F32)}
            within |= {"attn_q_norm": ((head,), F32), "attn_k_norm": ((head,), F32)}
        tensors |= {f"blk.{number}.{name}.weight": place for name, place in within.items()}
    return tensors


def _expert_counts(shape: Shape) -> dict[str, int]:
    named = shape.architecture
    return {f"{named}.expert_count": shape.experts, f"{named}.expert_used_count": 2} if shape.experts else {}


def _feed_forward(shape: Shape) -> Tensors:
    wide, inner = shape.embedding, shape.feed_forward
    if not shape.experts:
        return {
            "ffn_gate": ((wide, inner), F16),
            "ffn_up": ((wide, inner), F16),
            "ffn_down": ((inner, wide), F16),
        }
    return {
        "ffn_gate_inp": ((wide, shape.experts), F32),
        "ffn_gate_exps": ((wide, inner, shape.experts), F16),
        "ffn_up_exps": ((wide, inner, shape.experts), F16),
        "ffn_down_exps": ((inner, wide, shape.experts), F16),
    }
