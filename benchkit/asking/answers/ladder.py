"""The rungs, from the surest kind of answer to the last resort; each gives code or None."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from benchkit.asking.answers.fences import Fence, fences
from benchkit.asking.answers.gluing import under_signature, with_helpers, with_prompt
from benchkit.asking.answers.syntax import (
    LARGEST,
    defines,
    definition,
    indented_definition,
    longest_code,
    looks_defined,
    parsed,
    returns_outside,
    without_last_words,
)

CODE_LINE = re.compile(
    r"^(?:(?:async\s+)?def\s+\w+\s*[(\[]|class\s+\w+\s*[:(]|@\w[\w.]*(?:\(.*)?$"
    r"|from\s+[\w.]+\s+import\s|import\s+[\w.]+(?:\s+as\s+\w+)?(?:\s*,.*)?\s*$"
    r"|[A-Za-z_]\w*\s*(?::[^=\n]+)?=[^=]|(?:try|else|finally)\s*:|(?:if|for|while|with)\s.*:\s*$)",
    re.MULTILINE,
)
INDENTED_LINE = re.compile(r"^(?: {2,}|\t)\S", re.MULTILINE)
MOST_LONGER = 3
MOST_FENCES = 100  # an answer with more goes round in circles


class Rung(StrEnum):
    """Which step of the ladder gave the code; stored with each verdict."""

    LABELLED_FENCE = "labelled fence"  # the last ```python block that defines the entry point
    FENCE_WITH_ENTRY_POINT = "fence with entry point"  # the last block of any label that does
    ANY_FENCE = "any fence"  # the last block, Python before others
    BARE_CODE = "bare code"
    BODY = "body"  # put under the prompt's signature
    CONTINUATION = "continuation"  # raw completion: the prompt and what follows it
    GIVEN = "given"  # a samples file says what the code is
    NONE = "none"


@dataclass(frozen=True)
class Asked:
    """The answer without its reasoning, and what was asked for."""

    text: str
    fences: list[Fence]
    prompt: str
    entry_point: str | None


def climb(text: str, prompt: str, entry_point: str | None) -> tuple[str, Rung]:
    """The code of the first rung that holds, and which it was."""
    asked = Asked(text, fences(text)[-MOST_FENCES:], prompt, entry_point)
    for rung, step in STEPS:
        code = step(asked)
        if code and code.strip():
            return code, rung
    return "", Rung.NONE


def _labelled(asked: Asked) -> str | None:
    return _last_defining([fence for fence in asked.fences if fence.is_python], asked)


def _with_entry_point(asked: Asked) -> str | None:
    return _last_defining(asked.fences, asked)


def _last_defining(among: list[Fence], asked: Asked) -> str | None:
    for fence in reversed(among):
        code = _whole(fence, asked.entry_point)
        if code is not None:
            return _glued(code, asked)
    for fence in reversed(among):
        if looks_defined(fence.code, asked.entry_point):
            return fence.code  # a mistake in it is the model's own
    return None


def _whole(fence: Fence, entry_point: str | None) -> str | None:
    """The block's code where it defines the entry point; first as it is, then longer, then without prose."""
    if looks_defined(fence.code, entry_point) or entry_point is None or entry_point in fence.code:
        for code in (fence.code, *(longer.code for longer in islice(fence.longer(), MOST_LONGER))):
            if defines(code, entry_point):
                return code
        code = longest_code(fence.code)
        if defines(code, entry_point):
            return code
    return None


def _glued(code: str, asked: Asked) -> str:
    return with_prompt(
        asked.prompt, with_helpers(code, [fence.code for fence in asked.fences]), asked.entry_point
    )


def _body_in_fence(asked: Asked) -> str | None:
    for fence in _python_last(asked.fences):
        tree = parsed(fence.code)
        if tree is None or returns_outside(tree):
            return under_signature(asked.prompt, fence.code, asked.entry_point)
    return None


def _any_fence(asked: Asked) -> str | None:
    if looks_defined(asked.text, asked.entry_point):
        return None  # outside of the fences, that is: the next rung has it
    best = _python_last(asked.fences)
    return _glued(best[0].code, asked) if best else None


def _python_last(among: list[Fence]) -> list[Fence]:
    """The last Python block, or else the last of all."""
    python = [fence for fence in among if fence.is_python]
    return (python or among)[-1:]


def _bare_code(asked: Asked) -> str | None:
    meant = definition(asked.text, asked.entry_point)
    begun = [asked.text[start.start() :] for start in (CODE_LINE.search(asked.text), meant) if start]
    for text in (*begun, indented_definition(asked.text, asked.entry_point)):
        code = longest_code(text)
        if defines(code, asked.entry_point):
            return _glued(without_last_words(code), asked)
    return begun[-1] if meant else None  # a mistake in it is the model's own


def _body(asked: Asked) -> str | None:
    indented = INDENTED_LINE.search(asked.text)
    for body in (asked.text, asked.text[indented.start() :] if indented else ""):
        program = under_signature(asked.prompt, body[:LARGEST], asked.entry_point)
        if program:
            return program
    return None


STEPS: tuple[tuple[Rung, Callable[[Asked], str | None]], ...] = (
    (Rung.LABELLED_FENCE, _labelled),
    (Rung.FENCE_WITH_ENTRY_POINT, _with_entry_point),
    (Rung.BODY, _body_in_fence),
    (Rung.ANY_FENCE, _any_fence),
    (Rung.BARE_CODE, _bare_code),
    (Rung.BODY, _body),
)
