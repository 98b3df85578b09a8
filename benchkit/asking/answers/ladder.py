"""The rungs, from the surest kind of answer to the last resort; each gives code or None."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from benchkit.asking.answers.fences import Fence
from benchkit.languages import Language

MOST_LONGER = 3
MOST_FENCES = 100  # an answer with more goes round in circles


class Rung(StrEnum):
    """Which step of the ladder gave the code; stored with each verdict."""

    LABELLED_FENCE = "labelled fence"  # the last block labelled as the language that defines the entry point
    FENCE_WITH_ENTRY_POINT = "fence with entry point"  # the last block of any label that does
    ANY_FENCE = "any fence"  # the last block, those labelled as the language before others
    BARE_CODE = "bare code"
    BODY = "body"  # put under the prompt's signature
    CONTINUATION = "continuation"  # raw completion: the prompt and what follows it
    GIVEN = "given"  # a samples file holds the code itself
    NONE = "none"


@dataclass(frozen=True)
class AnswerInContext:
    """The answer without its reasoning, and what was asked for."""

    text: str
    fences: list[Fence]
    prompt: str
    entry_point: str | None
    language: Language

    @property
    def labelled(self) -> list[Fence]:
        """The blocks that are labelled as the language that was asked for."""
        return [fence for fence in self.fences if fence.label in self.language.labels]

    def starts_in(self, text: str) -> int | None:
        """Where the text sets out to define what was asked for."""
        return self.language.syntax.definition_start(text, self.entry_point)

    def defines(self, code: str) -> bool:
        """Whether this is whole code that defines what was asked for."""
        return self.language.syntax.defines(code, self.entry_point)

    def completed(self, code: str) -> str:
        """The code with what it needs of the answer's other blocks and of the prompt."""
        blocks = [fence.code for fence in self.fences]
        return self.language.syntax.completed(code, blocks, self.prompt, self.entry_point)


def try_rungs(asked: AnswerInContext) -> tuple[str, Rung]:
    """The code of the first rung that holds, and which it was."""
    for rung, step in STEPS:
        code = step(asked)
        if code and code.strip():
            return code, rung
    return "", Rung.NONE


def _labelled(asked: AnswerInContext) -> str | None:
    return _last_defining(asked.labelled, asked)


def _with_entry_point(asked: AnswerInContext) -> str | None:
    return _last_defining(asked.fences, asked)


def _last_defining(among: list[Fence], asked: AnswerInContext) -> str | None:
    for fence in reversed(among):
        code = _whole(fence, asked)
        if code is not None:
            return asked.completed(code)
    for fence in reversed(among):
        if asked.starts_in(fence.code) is not None:
            return fence.code  # a mistake in it is the model's own
    return None


def _whole(fence: Fence, asked: AnswerInContext) -> str | None:
    """The block's code where it defines the entry point; first as it is, then longer, then without prose."""
    if asked.entry_point is None or asked.entry_point in fence.code:
        for code in (fence.code, *(longer.code for longer in islice(fence.longer(), MOST_LONGER))):
            if asked.defines(code):
                return code
        code = asked.language.syntax.longest_code(fence.code)
        if asked.defines(code):
            return code
    return None


def _body_in_fence(asked: AnswerInContext) -> str | None:
    for fence in _last_block(asked):
        if asked.language.syntax.may_be_body(fence.code):
            return asked.language.syntax.under_signature(asked.prompt, fence.code, asked.entry_point)
    return None


def _any_fence(asked: AnswerInContext) -> str | None:
    if asked.starts_in(asked.text) is not None:
        return None  # outside of the fences, that is: the next rung has it
    best = _last_block(asked)
    return asked.completed(best[0].code) if best else None


def _last_block(asked: AnswerInContext) -> list[Fence]:
    """The last block that is labelled as the language, or else the last of all."""
    return (asked.labelled or asked.fences)[-1:]


def _bare_code(asked: AnswerInContext) -> str | None:
    syntax, text = asked.language.syntax, asked.text
    definition = asked.starts_in(text)
    begun = [text[start:] for start in (syntax.code_start(text), definition) if start is not None]
    for candidate in (*begun, syntax.indented_definition(text, asked.entry_point)):
        code = syntax.longest_code(candidate)
        if asked.defines(code):
            return asked.completed(syntax.without_last_words(code))
    return begun[-1] if definition is not None else None  # a mistake in it is the model's own


def _body(asked: AnswerInContext) -> str | None:
    indented = asked.language.syntax.body_start(asked.text)
    for body in (asked.text, asked.text[indented:] if indented is not None else ""):
        program = asked.language.syntax.under_signature(asked.prompt, body, asked.entry_point)
        if program:
            return program
    return None


STEPS: tuple[tuple[Rung, Callable[[AnswerInContext], str | None]], ...] = (
    (Rung.LABELLED_FENCE, _labelled),
    (Rung.FENCE_WITH_ENTRY_POINT, _with_entry_point),
    (Rung.BODY, _body_in_fence),
    (Rung.ANY_FENCE, _any_fence),
    (Rung.BARE_CODE, _bare_code),
    (Rung.BODY, _body),
)
