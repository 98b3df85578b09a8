"""Models that judge code, each with a bias of its own, on a real socket of this machine.

They speak the chat completions of https://platform.openai.com/docs/api-reference/chat/streaming, as
chat_server.py does, and read a question by the marks that DSPy's JSON adapter puts before its inputs
(https://dspy.ai/learn/programming/adapters/). What is right about a piece of code is a test's function.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.stand_ins.chat_server import Do, Turn

IsRight = Callable[[str], bool]
"""Whether the code does what its task asks for; a bug is what a test put into it."""
CHECKED = "does_the_task"
REMARK = re.compile(r"^\s*(#|//|/\*|\*|<!--)")


@dataclass(frozen=True)
class Asked:
    """A question as it arrives."""

    items: tuple[str, ...]  # their ids
    codes: tuple[str, ...]  # one, or two to be compared
    seed: int
    examples: int = 0  # of answers, before the question

    @property
    def is_pair(self) -> bool:
        return len(self.codes) == 2


def read(turn: Turn) -> Asked:
    found = re.split(r"\[\[ ## (\w+) ## \]\]\n", turn.question)
    parts = {name: text.strip("\n") for name, text in zip(found[1::2], found[2::2], strict=True)}
    items = tuple(re.findall(r"[«\"']?\b([a-z][a-z0-9_]*): [A-Z]", parts.get("items", "")))
    examples = sum(message["role"] == "assistant" for message in turn.body.get("messages", ()))
    codes = (parts[name] for name in ("code", "first", "second") if name in parts)
    plain = tuple(one.partition("\n\nRespond with")[0] for one in codes)
    return Asked(items, plain, turn.body.get("seed") or 0, examples)


def code_line(code: str) -> str:
    """A line that stands in the code and is no remark."""
    lines = [line for line in code.splitlines() if line.strip() and not line.startswith("===")]
    return next((line.strip() for line in lines if not REMARK.match(line) and len(line.strip()) > 3), "")


def said(asked: Asked, answers: Mapping[str, str], evidence: str | None = None) -> str:
    """The reply's text: each item with its answer, and a line of the code as evidence."""
    line = code_line(asked.codes[0]) if evidence is None else evidence
    entries = [
        {"item": name, "reason": "it is so", "evidence": line, "answer": answer}
        for name, answer in answers.items()
    ]
    return json.dumps({"answers": entries})


Judges = Callable[[Asked], str]
"""The text with which a judge answers."""


def judging(answer: Judges, finish: str = "stop") -> Do:
    """A server's behaviour: it judges what is to be judged, and tells who asks nothing that it is there."""

    def do(turn: Turn) -> None:
        asked = read(turn)
        if asked.items:
            turn.answer(answer(asked), finish=finish)
        else:
            message = {"role": "assistant", "content": "I am here."}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            turn.status(200, {"choices": [choice], "usage": {"prompt_tokens": 1, "completion_tokens": 3}})

    return do


def good(is_right: IsRight) -> Do:
    """Looks at the code alone: whatever remarks, names and lengths are, its answers stay."""
    return judging(lambda asked: said(asked, honest(asked, is_right)))


def honest(asked: Asked, is_right: IsRight) -> dict[str, str]:
    """The answer to each item by the code alone."""
    right = [is_right(code) for code in asked.codes]
    if asked.is_pair:
        better = "same" if right[0] == right[1] else "first" if right[0] else "second"
        return dict.fromkeys(asked.items, better)
    checked = "yes" if right[0] else "no"
    return {name: checked if name == CHECKED else "yes" for name in asked.items}


def constant(answer: str) -> Do:
    """The same answer to every item, whatever the code."""
    return judging(lambda asked: said(asked, dict.fromkeys(asked.items, answer)))


def prose() -> Do:
    """Has an opinion, and no answers."""
    return judging(lambda _asked: "I have looked at the code, and on the whole I like it.")


def truncates(is_right: IsRight) -> Do:
    """Ends in the middle of its answer, at the token budget."""

    def half(asked: Asked) -> str:
        text = said(asked, honest(asked, is_right))
        return text[: len(text) // 2]

    return judging(half, finish="length")


def prefers_first(is_right: IsRight) -> Do:
    """Of two codes the one that stands first; alone, each is judged by what it is."""
    return judging(lambda asked: said(asked, _of_pair(asked, is_right, "first")))


def prefers_longer(is_right: IsRight) -> Do:
    """Of two codes the longer; alone, each is judged by what it is."""

    def answer(asked: Asked) -> str:
        longer = "first" if asked.is_pair and len(asked.codes[0]) > len(asked.codes[1]) else "second"
        return said(asked, _of_pair(asked, is_right, longer))

    return judging(answer)


def _of_pair(asked: Asked, is_right: IsRight, preferred: str) -> dict[str, str]:
    return dict.fromkeys(asked.items, preferred) if asked.is_pair else honest(asked, is_right)


def swayed_by(mark: str, is_right: IsRight, answer: str = "yes") -> Do:
    """The same answer to every item where this text stands in the code: an order, a claim, a name."""

    def swayed(asked: Asked) -> str:
        marked = not asked.is_pair and mark in asked.codes[0]
        return said(asked, dict.fromkeys(asked.items, answer) if marked else honest(asked, is_right))

    return judging(swayed)


def wavers(is_right: IsRight, from_seed: int) -> Do:
    """Another answer under later seeds."""

    def answer(asked: Asked) -> str:
        answers = honest(asked, is_right)
        if asked.seed >= from_seed and not asked.is_pair:
            answers = {name: "no" if word == "yes" else "yes" for name, word in answers.items()}
        return said(asked, answers)

    return judging(answer)


def learns(is_right: IsRight) -> Do:
    """Says yes to all, until it is shown examples."""

    def answer(asked: Asked) -> str:
        return said(asked, honest(asked, is_right) if asked.examples else dict.fromkeys(asked.items, "yes"))

    return judging(answer)
