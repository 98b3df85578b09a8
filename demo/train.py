"""Makes the two demo models: `python demo/train.py --output-dir DIR`, some minutes on a CPU.

bpe.py is the tokenizer, corpus.py what is taught, network.py the network, gguf_file.py the file format.
Everything here is seeded; --verify tells whether the files made equal the ones that ship.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import gguf_file
import torch
import torch.nn.functional as F
from bpe import END, Tokenizer, learn_merges
from corpus import REQUESTS, Lesson, Problem, chat, lesson, problems
from gguf import GGMLQuantizationType as Kind
from network import Llama, Shape
from torch import Tensor

SHIPPED = Path(__file__).parent
SEED = 2026
THREADS = 2  # the order of additions, and with it the last bits, hangs on it
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
        examples = [
            example(tokenizer, lesson(problem, chance)) for problem in chance.choices(taught, k=BATCH)
        ]
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


def f16(_tensor: str, dimensions: int) -> Kind:
    return Kind.F32 if dimensions == 1 else Kind.F16


def q2_k(tensor: str, dimensions: int) -> Kind:
    """As coarse as K-quants go, but for what suffers most: with that in two bits hardly an answer is left."""
    if dimensions == 1:
        return Kind.F32
    # Not Q4_0: llama.cpp crashes now and then with one so small on a CPU that has AMX tiles.
    return Kind.Q5_0 if "token_embd" in tensor or "attn_v" in tensor else Kind.Q2_K


MODELS = {"demo-f16.gguf": f16, "demo-q2_k.gguf": q2_k}


def write_models(folder: Path, network: Llama, tokenizer: Tokenizer) -> None:
    weights = gguf_file.weights_of(network)
    folder.mkdir(parents=True, exist_ok=True)
    for file, kind in MODELS.items():
        kinds = {tensor: kind(tensor, values.ndim) for tensor, values in weights.items()}
        gguf_file.write(folder / file, network.shape, tokenizer, weights, kinds)


def recalled(network: Llama, tokenizer: Tokenizer, taught: Iterable[Problem]) -> list[str]:
    """The problems whose answer comes word for word as it was taught, always taking the likeliest token."""
    return [problem.name for problem in taught if _recalls(network, tokenizer, problem)]


def _recalls(network: Llama, tokenizer: Tokenizer, problem: Problem) -> bool:
    asked = chat(f"{REQUESTS[2]}\n```python\n{problem.prompt}```")
    tokens, start = example(tokenizer, Lesson(asked, f"```python\n{problem.function}```{END}"))
    with torch.no_grad():
        likeliest = network(torch.tensor([tokens[:-1]])).argmax(-1)[0]
    return likeliest[start - 1 :].tolist() == tokens[start:]


def same_as_shipped(folder: Path, network: Llama, tokenizer: Tokenizer, taught: list[Problem]) -> bool:
    """Compares byte for byte, and tells for each file of both kinds what it remembers."""
    same = True
    for file in MODELS:
        sums = []
        for path in (folder / file, SHIPPED / file):
            known = recalled(gguf_file.read(path, network), tokenizer, taught)
            sums.append(hashlib.sha256(path.read_bytes()).hexdigest())
            print(f"{path}: sha256 {sums[-1][:12]}, recalls {len(known)} of {len(taught)}: {' '.join(known)}")
        same = same and sums[0] == sums[1]
    print("the files equal the shipped ones" if same else "the files differ from the shipped ones")
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the two demo models.")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument(
        "--verify", action="store_true", help="exit 1 unless the files equal the shipped ones"
    )
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    taught = problems()
    tokenizer = tokenizer_for(taught)
    network = trained(Shape(len(tokenizer.tokens)), tokenizer, taught)
    write_models(options.output_dir, network, tokenizer)
    if not options.verify:
        return 0
    return 0 if same_as_shipped(options.output_dir, network, tokenizer, taught) else 1


if __name__ == "__main__":
    sys.exit(main())
