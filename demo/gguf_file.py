"""Writes a trained network as a GGUF file: F16, or Q2_K where rows allow it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import gguf
import numpy as np
import torch
from bpe import END, Tokenizer
from gguf import GGMLQuantizationType as Kind
from network import Llama, Shape
from numpy.typing import NDArray

TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
Weights = Mapping[str, NDArray[np.float32]]


def weights_of(network: Llama) -> dict[str, NDArray[np.float32]]:
    return {name: tensor.detach().numpy() for name, tensor in network.state_dict().items()}


def write(
    path: Path, shape: Shape, tokenizer: Tokenizer, weights: Weights, kinds: Mapping[str, Kind]
) -> None:
    writer = gguf.GGUFWriter(path, "llama")
    _describe(writer, path.stem, shape, kinds)
    _add_tokenizer(writer, tokenizer)
    for tensor, values in weights.items():
        kind = kinds[tensor]
        writer.add_tensor(tensor, encoded(values, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def read(path: Path, network: Llama) -> Llama:
    """The network with the weights of the file, as coarse as they are there."""
    tensors = gguf.GGUFReader(path).tensors
    exact = {tensor.name: gguf.quants.dequantize(tensor.data, tensor.tensor_type) for tensor in tensors}
    shapes = {name: parameter.shape for name, parameter in network.state_dict().items()}
    network.load_state_dict({name: torch.tensor(exact[name]).reshape(shapes[name]) for name in exact})
    return network


def _describe(writer: gguf.GGUFWriter, name: str, shape: Shape, kinds: Mapping[str, Kind]) -> None:
    writer.add_name(name)
    writer.add_license("apache-2.0")
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.hidden)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    coarse = Kind.Q2_K in kinds.values()
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q2_K if coarse else gguf.LlamaFileType.MOSTLY_F16)
    writer.add_quantization_version(gguf.GGML_QUANT_VERSION)


def _add_tokenizer(writer: gguf.GGUFWriter, tokenizer: Tokenizer) -> None:
    ordinary = len(tokenizer.tokens) - 2
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokenizer.tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * ordinary + [gguf.TokenType.CONTROL] * 2)
    writer.add_token_merges([" ".join(merge) for merge in tokenizer.merges])
    writer.add_eos_token_id(tokenizer.number[END])
    writer.add_pad_token_id(tokenizer.number[END])
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)


def encoded(values: NDArray[np.float32], kind: Kind) -> NDArray[np.generic]:
    return _q2_k(values) if kind == Kind.Q2_K else gguf.quants.quantize(values, kind)


def _q2_k(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Blocks of 256: two bits a weight, a scale and a minimum of four bits each for every 16 weights."""
    groups = values.reshape(-1, 16, 16)
    least = np.minimum(groups.min(-1), 0)
    scales, scale = _four_bits((groups.max(-1) - least) / 3)
    minima, minimum = _four_bits(-least)
    step = scale * scales
    shifted = groups + (minimum * minima)[..., None]
    levels = np.divide(shifted, step[..., None], out=np.zeros_like(shifted), where=step[..., None] > 0)
    levels = np.clip(np.rint(levels), 0, 3).astype(np.uint8).reshape(-1, 2, 4, 32)
    packed = levels[:, :, 0] | levels[:, :, 1] << 2 | levels[:, :, 2] << 4 | levels[:, :, 3] << 6
    nibbles = scales.astype(np.uint8) | minima.astype(np.uint8) << 4
    factors = np.concatenate((scale, minimum), axis=1).astype(np.float16).view(np.uint8)
    blocks = np.concatenate((nibbles, packed.reshape(-1, 64), factors), axis=1)
    return blocks.reshape(*values.shape[:-1], -1)


def _four_bits(amounts: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Whole numbers to 15 for a block's amounts, and the factor (exact in 16 bits) that brings them back."""
    factor = (amounts.max(-1, keepdims=True) / 15).astype(np.float16).astype(np.float32)
    steps = np.divide(amounts, factor, out=np.zeros_like(amounts), where=factor > 0)
    return np.clip(np.rint(steps), 0, 15), factor
