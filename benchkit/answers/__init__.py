"""From a model's text to code.

reasoning.py   takes off what the model thought aloud: <think>, Harmony channels and the like
fences.py      finds the fenced blocks of an answer, closed or not
ladder.py      the rungs, from the surest kind of answer to the last resort
gluing.py      puts a body under its signature, and the prompt's imports and helpers before an answer
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Code", "Rung", "extract"]


class Rung(StrEnum):
    """Which step of the ladder gave the code; stored with each verdict."""

    LABELLED_FENCE = "labelled fence"  # the last ```python block that defines the entry point
    FENCE_WITH_ENTRY_POINT = "fence with entry point"
    ANY_FENCE = "any fence"
    BARE_CODE = "bare code"
    BODY = "body"  # put under the prompt's signature
    CONTINUATION = "continuation"  # raw completion: the prompt and what follows it
    GIVEN = "given"  # a samples file says what the code is
    NONE = "none"


@dataclass(frozen=True)
class Code:
    """A whole program, ready to be judged; empty where the answer held no code."""

    source: str
    rung: Rung


def extract(
    response: str, *, prompt: str = "", entry_point: str | None = None, continues: bool = False
) -> Code:
    """The code in a model's answer (its content; a separate `reasoning_content` is not passed in).

    `prompt` is the problem's own (`Problem.prompt`): its imports, helpers and signature are put before the
    answer where the answer leaves them out. `continues` says that the text was asked as a raw completion
    of that prompt. Without `entry_point` a whole program is looked for. Never raises.
    """
    raise NotImplementedError
