"""A tiny llama that real engines load and serve."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.serving.gguf.writing import Shape, write_model

TINY = Shape(embedding=32, heads=2, kv_heads=2, feed_forward=64, vocabulary=259)


def write_tiny_gguf(path: Path, *, architecture: str = "llama", layers: int = 2) -> Path:
    """Write the model and return its path."""
    ends = {"tokenizer__ggml__bos_token_id": 1, "tokenizer__ggml__eos_token_id": 2}
    return write_model(path, replace(TINY, architecture=architecture, layers=layers), **ends)
