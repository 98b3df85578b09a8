"""A tiny llama of random weights, written as a GGUF file with nothing but struct: real engines load it."""

from __future__ import annotations

import random
import struct
from pathlib import Path

STRING, ARRAY, UINT32, INT32, FLOAT32 = 8, 9, 4, 5, 6
EMBEDDING, FEED_FORWARD, HEADS, VOCABULARY = 32, 64, 2, 259
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
ALIGNMENT = 32


def write_tiny_gguf(
    path: Path, *, architecture: str = "llama", layers: int = 2, context: int = 2048, name: str = "tiny"
) -> Path:
    """Write the model and return its path."""
    tensors = _tensors(layers)
    values = _metadata(architecture, layers, context, name)
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values)) + b"".join(values)
    infos, data = b"", b""
    for tensor, shape in tensors.items():
        infos += _text(tensor) + struct.pack("<I", len(shape))
        infos += struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", 0, len(data))
        data += _padded(_weights(tensor, shape))
    path.write_bytes(_padded(head + infos) + data)
    return path


def _metadata(architecture: str, layers: int, context: int, name: str) -> list[bytes]:
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256
    numbers = {
        "context_length": context,
        "embedding_length": EMBEDDING,
        "block_count": layers,
        "feed_forward_length": FEED_FORWARD,
        "attention.head_count": HEADS,
        "attention.head_count_kv": HEADS,
        "rope.dimension_count": EMBEDDING // HEADS,
    }
    return [
        _value("general.architecture", STRING, _text(architecture)),
        _value("general.name", STRING, _text(name)),
        *(_value(f"{architecture}.{key}", UINT32, struct.pack("<I", n)) for key, n in numbers.items()),
        _value(f"{architecture}.attention.layer_norm_rms_epsilon", FLOAT32, struct.pack("<f", 1e-5)),
        _value("tokenizer.ggml.model", STRING, _text("llama")),
        _value("tokenizer.ggml.tokens", ARRAY, _array(STRING, [_text(token) for token in tokens])),
        _value("tokenizer.ggml.scores", ARRAY, _array(FLOAT32, [struct.pack("<f", 0.0)] * len(tokens))),
        _value("tokenizer.ggml.token_type", ARRAY, _array(INT32, [struct.pack("<i", k) for k in kinds])),
        _value("tokenizer.ggml.bos_token_id", UINT32, struct.pack("<I", 1)),
        _value("tokenizer.ggml.eos_token_id", UINT32, struct.pack("<I", 2)),
    ]


def _tensors(layers: int) -> dict[str, tuple[int, ...]]:
    square, up, down = (EMBEDDING, EMBEDDING), (EMBEDDING, FEED_FORWARD), (FEED_FORWARD, EMBEDDING)
    block = {
        "attn_norm": (EMBEDDING,),
        "attn_q": square,
        "attn_k": square,
        "attn_v": square,
        "attn_output": square,
        "ffn_norm": (EMBEDDING,),
        "ffn_gate": up,
        "ffn_up": up,
        "ffn_down": down,
    }
    whole: dict[str, tuple[int, ...]] = {"token_embd.weight": (EMBEDDING, VOCABULARY)}
    for layer in range(layers):
        whole |= {f"blk.{layer}.{tensor}.weight": shape for tensor, shape in block.items()}
    return whole | {"output_norm.weight": (EMBEDDING,), "output.weight": (EMBEDDING, VOCABULARY)}


def _weights(tensor: str, shape: tuple[int, ...]) -> bytes:
    count = shape[0] * (shape[1] if len(shape) > 1 else 1)
    dice = random.Random(tensor)
    return struct.pack(f"<{count}f", *(dice.uniform(-0.5, 0.5) for _ in range(count)))


def _value(key: str, kind: int, data: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + data


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IQ", kind, len(items)) + b"".join(items)


def _text(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)
