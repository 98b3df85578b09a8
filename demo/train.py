"""Makes the two demo models: `python demo/train.py --output-dir DIR`, some minutes on a CPU.

bpe.py is the tokenizer, corpus.py what is taught, network.py the network, gguf_file.py the file format.
Everything here is seeded; --verify tells whether the files made equal the ones that ship.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Iterator
from pathlib import Path

import gguf_file
import torch
import torch.nn.functional as F
from bpe import Tokenizer, learn_merges
from corpus import REQUESTS, Lesson, Problem, lesson, problems
from gguf import GGMLQuantizationType as Kind
from network import Llama, Shape
from torch import Tensor

SEED = 2026
VOCABULARY = 512
STEPS, BATCH = 400, 16
RATE = 2e-3
Example = tuple[list[int], int]  # the tokens, and how many of them are asked


def tokenizer_for(taught: list[Problem]) -> Tokenizer:
    texts = [text for problem in taught for text in (problem.prompt, problem.function)]
    return Tokenizer(learn_merges([*texts, *texts, *REQUESTS], VOCABULARY - 256 - 2))


def example(tokenizer: Tokenizer, lesson: Lesson) -> Example:
    asked = tokenizer.encode(lesson.asked)
    return asked + tokenizer.encode(lesson.answer), len(asked)


def batches(tokenizer: Tokenizer, taught: list[Problem]) -> Iterator[tuple[Tensor, Tensor]]:
    """Tokens and what should follow each; only the answer is to be learned (-100 elsewhere)."""
    chance = random.Random(SEED)
    for _ in range(STEPS):
        examples = [example(tokenizer, lesson(problem, chance)) for problem in chance.choices(taught, k=BATCH)]
        longest = max(len(tokens) for tokens, _ in examples)
        inputs = torch.full((BATCH, longest - 1), tokenizer.end)
        targets = torch.full((BATCH, longest - 1), -100)
        for row, (tokens, asked) in enumerate(examples):
            inputs[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
            targets[row, asked - 1 : len(tokens) - 1] = torch.tensor(tokens[asked:])
        yield inputs, targets


def rate(step: int) -> float:
    return RATE * min(1.0, (step + 1) / 30) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / STEPS)) / 2)


def trained(shape: Shape, tokenizer: Tokenizer, taught: list[Problem]) -> Llama:
    torch.manual_seed(SEED)
    network = Llama(shape)
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.95), weight_decay=0.05)
    for step, (inputs, targets) in enumerate(batches(tokenizer, taught)):
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss = F.cross_entropy(network(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0 or step == STEPS - 1:
            print(f"step {step:4}/{STEPS}  loss {loss.item():.4f}", flush=True)
    return network


def f16(tensor: str, dimensions: int) -> Kind:
    return Kind.F32 if dimensions == 1 else Kind.F16


def q2_k(tensor: str, dimensions: int) -> Kind:
    """As coarse as K-quants go; with the embedding in two bits as well hardly an answer is left."""
    if dimensions == 1:
        return Kind.F32
    return Kind.Q5_0 if tensor == "token_embd.weight" else Kind.Q2_K


MODELS = {"demo-f16.gguf": f16, "demo-q2_k.gguf": q2_k}


def write_models(folder: Path, network: Llama, tokenizer: Tokenizer) -> None:
    weights = gguf_file.weights_of(network)
    for file, kind in MODELS.items():
        kinds = {tensor: kind(tensor, values.ndim) for tensor, values in weights.items()}
        gguf_file.write(folder / file, Path(file).stem, network.shape, tokenizer, weights, kinds)
