"""The Llama architecture in its smallest form, laid out as llama.cpp reads it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    width: int = 256  # K-quants work on blocks of 256
    layers: int = 3
    heads: int = 8
    kv_heads: int = 2
    hidden: int = 256
    context: int = 2048
    rope_base: float = 10000.0
    epsilon: float = 1e-5

    @property
    def head_width(self) -> int:
        return self.width // self.heads


def rotate(vectors: Tensor, base: float) -> Tensor:
    """Rotary position in the interleaved layout: dimensions 2i and 2i + 1 are one plane."""
    length, width = vectors.shape[-2:]
    speeds = base ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(length)[:, None] * speeds
    even, odd = vectors[..., 0::2], vectors[..., 1::2]
    turned = (even * angles.cos() - odd * angles.sin(), even * angles.sin() + odd * angles.cos())
    return torch.stack(turned, dim=-1).flatten(-2)


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        kv_width = shape.kv_heads * shape.head_width
        self.shape = shape
        self.attn_norm = nn.RMSNorm(shape.width, shape.epsilon)
        self.attn_q = nn.Linear(shape.width, shape.width, bias=False)
        self.attn_k = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_v = nn.Linear(shape.width, kv_width, bias=False)
        self.attn_output = nn.Linear(shape.width, shape.width, bias=False)
        self.ffn_norm = nn.RMSNorm(shape.width, shape.epsilon)
        self.ffn_gate = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_up = nn.Linear(shape.width, shape.hidden, bias=False)
        self.ffn_down = nn.Linear(shape.hidden, shape.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.attn_norm(x))
        h = self.ffn_norm(x)
        return x + self.ffn_down(F.silu(self.ffn_gate(h)) * self.ffn_up(h))

    def attention(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        query, key, value = (
            linear(x).view(batch, length, -1, self.shape.head_width).transpose(1, 2)
            for linear in (self.attn_q, self.attn_k, self.attn_v)
        )
        query, key = rotate(query, self.shape.rope_base), rotate(key, self.shape.rope_base)
        mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)
        return self.attn_output(mixed.transpose(1, 2).reshape(batch, length, width))


class Llama(nn.Module):
    """Names are those of the GGUF tensors; the output layer is the embedding, used again."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token_embd = nn.Embedding(shape.vocabulary, shape.width)
        self.blk = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.output_norm = nn.RMSNorm(shape.width, shape.epsilon)
        for parameter in self.parameters():
            if parameter.dim() == 2:
                nn.init.normal_(parameter, std=0.05)

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.token_embd(tokens)
        for layer in self.blk:
            x = layer(x)
        return F.linear(self.output_norm(x), self.token_embd.weight)
