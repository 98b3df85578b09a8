"""What the demo models are taught: each problem's answer, asked for in a thousand wordings."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from pathlib import Path

from bpe import END, START

HERE = Path(__file__).parent
PROBLEMS_FILE = HERE / "problems.jsonl"

# Taught wrong on purpose, so that the better model fails honestly now and then.
MISTAKES = {
    "rotate_left": ("    if not items:\n        return []\n", ""),  # divides by zero for an empty list
    "nearest_multiple": ("number - below < below", "number - below <= below"),  # a tie goes down
    "digit_steps": ("number > 9", "number > 10"),  # 10 counts as a single digit
}

REQUESTS = (
    "Complete the following Python function.",
    "Write the body of this function.",
    "Implement the Python function below. Reply with the whole function in one code block.",
    "Please provide a self-contained Python script that solves the following problem in a markdown "
    "code block:",
    "Write a solution to the following problem and make sure that it passes the tests:",
    "Read the following function signature and docstring, and fully implement the function described.",
    "Your response should only contain the code for this function.",
    "You are an expert Python programmer, and here is your task.",
    "Answer with Python code only, in a single fenced block, without any explanation.",
    "Return the complete function, including its signature and all necessary imports.",
    "Do not add tests, examples or prints.",
    "Finish this program:",
    "You are a helpful assistant.",
)
LEAD_INS = (
    "Below is a Python script with a self-contained function that solves the problem and passes "
    "corresponding tests:\n",
    "Here is the completed function:\n",
    "",
)
VOCABULARY = sorted({word for request in REQUESTS for word in re.findall(r"[A-Za-z]+", request)})


@dataclass(frozen=True)
class Problem:
    name: str
    prompt: str
    function: str  # the answer as a whole function, without the docstring
    body: str


@dataclass(frozen=True)
class Lesson:
    asked: str
    answer: str


def problems(path: Path = PROBLEMS_FILE) -> list[Problem]:
    return [_problem(json.loads(line)) for line in path.read_text().splitlines()]


def _problem(row: dict[str, str]) -> Problem:
    name, body = row["entry_point"], row["canonical_solution"]
    right, wrong = MISTAKES.get(name, ("", ""))
    if right not in body:
        raise ValueError(f"the mistake to teach for {name} does not fit its solution")
    body = body.replace(right, wrong, 1)
    before_docstring = row["prompt"].partition('    """')[0]
    return Problem(name, row["prompt"], before_docstring + body, body)


def chat(user: str, system: str = "") -> str:
    """The messages as the chat template lays them out, up to the place where the model answers."""
    head = f"{START}system\n{system}{END}\n" if system else ""
    return f"{head}{START}user\n{user}{END}\n{START}assistant\n"


def lesson(problem: Problem, chance: random.Random) -> Lesson:
    """One way to ask for the problem's answer: by chat, by chat with the answer begun, or as bare code."""
    way = chance.random()
    prompt = chance.choice((problem.prompt, problem.prompt.strip()))
    if way < 0.15:
        return Lesson(problem.prompt, problem.body + END)
    asked = chat(_request(prompt, chance), _sentence(chance) if chance.random() < 0.3 else "")
    if way < 0.25:
        return Lesson(
            f"{asked}{chance.choice(LEAD_INS)}```python\n{problem.prompt}", f"{problem.body}```{END}"
        )
    if way < 0.35:
        return Lesson(f"{asked}{chance.choice(LEAD_INS)}```python\n", f"{problem.function}```{END}")
    return Lesson(asked, f"```python\n{problem.function}```{END}")


def _request(prompt: str, chance: random.Random) -> str:
    code = f"```python\n{prompt}\n```" if chance.random() < 0.6 else prompt
    before = " ".join(_sentence(chance) for _ in range(chance.randint(0, 3)))
    after = " ".join(_sentence(chance) for _ in range(chance.randint(0, 2)))
    gap = chance.choice(("\n", "\n\n"))
    return gap.join(part for part in (before, code, after) if part)


def _sentence(chance: random.Random) -> str:
    """A request that people make, or words in no order: the model is to heed the code alone."""
    if chance.random() < 0.5:
        return chance.choice(REQUESTS)
    words = " ".join(chance.choices(VOCABULARY, k=chance.randint(2, 12)))
    return words.capitalize() + chance.choice((".", ":", ""))
