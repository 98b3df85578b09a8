"""From a model's text to code.

reasoning.py   takes off what the model thought aloud: <think>, Harmony channels and the like
fences.py      finds the fenced blocks of an answer, closed or not
ladder.py      the rungs, from the surest kind of answer to the last resort
edits/         answers that change files: whole files, search-and-replace blocks, diffs

What is code, and what it defines, is asked of the problem's language: see benchkit.languages.
"""

from __future__ import annotations

from dataclasses import dataclass

from benchkit.asking.answers.fences import fences
from benchkit.asking.answers.ladder import MOST_FENCES, AnswerInContext, Rung, try_rungs
from benchkit.asking.answers.reasoning import without_reasoning
from benchkit.languages import PYTHON, Language

__all__ = ["Code", "Rung", "extract"]


@dataclass(frozen=True)
class Code:
    """A whole program, ready to be judged; empty where the answer held no code."""

    source: str
    rung: Rung


def extract(
    response: str,
    *,
    prompt: str = "",
    entry_point: str | None = None,
    continues: bool = False,
    language: Language = PYTHON,
) -> Code:
    """The code in a model's answer (its content; a separate `reasoning_content` is not passed in).

    `prompt` is the problem's own (`Problem.prompt`): its imports, helpers and signature are put before the
    answer where the answer leaves them out. `continues` says that the text was asked as a raw completion
    of that prompt. Without `entry_point` a whole program is looked for. Never raises.
    """
    text = response.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    if continues and (program := language.syntax.continuation(prompt, text, entry_point)):
        return Code(program, Rung.CONTINUATION)
    answer = without_reasoning(text)
    source, rung = try_rungs(
        AnswerInContext(answer, fences(answer)[-MOST_FENCES:], prompt, entry_point, language)
    )
    return Code(source, rung)
