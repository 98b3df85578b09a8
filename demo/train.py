"""Makes the demo models: `python demo/train.py --output-dir DIR`, some minutes on a CPU.

bpe.py is the tokenizer, corpus.py and task_lessons.py what is taught, network.py the network, gguf_file.py
the file format. Two files know the problems, a third the tasks.
Everything here is seeded; --verify tells whether the files made equal the ones that ship.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import random
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import gguf_file
import torch
import torch.nn.functional as F
from bpe import END, Tokenizer, learn_merges
from corpus import REQUESTS, Lesson, Problem, chat, lesson, problems
from gguf import GGMLQuantizationType as Kind
from network import Llama, Shape
from task_lessons import TaskLesson, task_lessons
from torch import Tensor

SHIPPED = Path(__file__).parent
SEED = 2026
VOCABULARY = 512
RATE = 2e-3
Example = tuple[list[int], int]  # the tokens, and how many of them are asked


@dataclass(frozen=True)
class Course:
    """What one network is taught, and the files that it is written to."""

    files: Mapping[str, Callable[[str, int], Kind]]
    shape: Shape
    tokenizer: Tokenizer
    steps: int
    draw: Callable[[random.Random], list[Lesson]]  # a step's
    exam: Mapping[str, Lesson]  # by name, what must be answered word for word
    threads: int  # the order of additions, and with it the last bits, hangs on it


def course_of_problems() -> Course:
    taught = problems()
    texts = [text for problem in taught for text in (problem.prompt, problem.function)]
    tokenizer = Tokenizer(learn_merges([*texts, *texts, *REQUESTS], VOCABULARY - 256 - 2))

    def draw(chance: random.Random) -> list[Lesson]:
        return [lesson(problem, chance) for problem in chance.choices(taught, k=16)]

    exam = {problem.name: _examined(problem) for problem in taught}
    files = {"demo-f16.gguf": f16, "demo-q2_k.gguf": q2_k}
    return Course(files, Shape(len(tokenizer.tokens)), tokenizer, 400, draw, exam, threads=2)


def _examined(problem: Problem) -> Lesson:
    asked = chat(f"{REQUESTS[2]}\n```python\n{problem.prompt}```")
    return Lesson(asked, f"```python\n{problem.function}```{END}")


def course_of_tasks() -> Course:
    """All in every step, always in the same words: so little needs no more than a small network."""
    taught = task_lessons()
    tokenizer = Tokenizer(learn_merges(map(_whole_text, taught), VOCABULARY - 256 - 2))
    shape = Shape(len(tokenizer.tokens), width=128, layers=2, heads=4, hidden=128)
    lessons = {each.name: each.lesson for each in taught}

    def draw(_chance: random.Random) -> list[Lesson]:
        return [*lessons.values()]

    return Course({"demo-tasks.gguf": f16}, shape, tokenizer, 240, draw, lessons, threads=1)


def _whole_text(taught: TaskLesson) -> str:
    return f"{taught.prompt}\n{taught.answer}"


def example(tokenizer: Tokenizer, lesson: Lesson) -> Example:
    asked = tokenizer.encode(lesson.asked)
    return asked + tokenizer.encode(lesson.answer), len(asked)


def batch(tokenizer: Tokenizer, lessons: Iterable[Lesson]) -> tuple[Tensor, Tensor]:
    """Tokens and what should follow each; only the answer is to be learned (-100 elsewhere)."""
    examples = [example(tokenizer, each) for each in lessons]
    longest = max(len(tokens) for tokens, _ in examples)
    inputs = torch.full((len(examples), longest - 1), tokenizer.end)
    targets = torch.full((len(examples), longest - 1), -100)
    for row, (tokens, asked) in enumerate(examples):
        inputs[row, : len(tokens) - 1] = torch.tensor(tokens[:-1])
        targets[row, asked - 1 : len(tokens) - 1] = torch.tensor(tokens[asked:])
    return inputs, targets


def rate(step: int, steps: int) -> float:
    return RATE * min(1.0, (step + 1) / 30) * (0.02 + 0.98 * (1 + math.cos(math.pi * step / steps)) / 2)


def trained(course: Course) -> Llama:
    torch.set_num_threads(course.threads)
    torch.manual_seed(SEED)
    chance = random.Random(SEED)
    network = Llama(course.shape)
    optimizer = torch.optim.AdamW(network.parameters(), betas=(0.9, 0.95), weight_decay=0.05)
    for step in range(course.steps):
        inputs, targets = batch(course.tokenizer, course.draw(chance))
        for group in optimizer.param_groups:
            group["lr"] = rate(step, course.steps)
        loss = F.cross_entropy(network(inputs).flatten(0, 1), targets.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        if step % 20 == 0 or step == course.steps - 1:
            print(f"step {step:4}/{course.steps}  loss {loss.item():.4f}", flush=True)
    return network


def f16(_tensor: str, dimensions: int) -> Kind:
    return Kind.F32 if dimensions == 1 else Kind.F16


def q2_k(tensor: str, dimensions: int) -> Kind:
    """As coarse as K-quants go, but for what suffers most: with that in two bits hardly an answer is left."""
    if dimensions == 1:
        return Kind.F32
    # Not Q4_0: llama.cpp crashes now and then with one so small on a CPU that has AMX tiles.
    return Kind.Q5_0 if "token_embd" in tensor or "attn_v" in tensor else Kind.Q2_K


def write_models(folder: Path, network: Llama, course: Course) -> None:
    weights = gguf_file.weights_of(network)
    folder.mkdir(parents=True, exist_ok=True)
    for file, kind in course.files.items():
        kinds = {tensor: kind(tensor, values.ndim) for tensor, values in weights.items()}
        gguf_file.write(folder / file, network.shape, course.tokenizer, weights, kinds)


def recalled(network: Llama, course: Course) -> list[str]:
    """What is answered word for word as it was taught, always taking the likeliest token."""
    return [name for name, lesson in course.exam.items() if _recalls(network, course.tokenizer, lesson)]


def _recalls(network: Llama, tokenizer: Tokenizer, lesson: Lesson) -> bool:
    tokens, start = example(tokenizer, lesson)
    with torch.no_grad():
        likeliest = network(torch.tensor([tokens[:-1]])).argmax(-1)[0]
    return likeliest[start - 1 :].tolist() == tokens[start:]


def same_as_shipped(folder: Path, network: Llama, course: Course) -> bool:
    """Compares byte for byte, and tells for each file of both kinds what it remembers."""
    same = True
    for file in course.files:
        sums = []
        for path in (folder / file, SHIPPED / file):
            known = recalled(gguf_file.read(path, network), course)
            sums.append(hashlib.sha256(path.read_bytes()).hexdigest())
            of = f"recalls {len(known)} of {len(course.exam)}: {' '.join(known)}"
            print(f"{path}: sha256 {sums[-1][:12]}, {of}")
        same = same and sums[0] == sums[1]
    return same


def main() -> int:
    parser = argparse.ArgumentParser(description="Makes the demo models.")
    parser.add_argument("--output-dir", type=Path, required=True)
    parser.add_argument(
        "--verify", action="store_true", help="exit 1 unless the files equal the shipped ones"
    )
    options = parser.parse_args()
    torch.use_deterministic_algorithms(True)
    same = True
    for course in (course_of_problems(), course_of_tasks()):
        network = trained(course)
        write_models(options.output_dir, network, course)
        if options.verify:
            same = same_as_shipped(options.output_dir, network, course) and same
    if options.verify:
        print("the files equal the shipped ones" if same else "the files differ from the shipped ones")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
