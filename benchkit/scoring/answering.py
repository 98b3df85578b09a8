"""One answer to one Judged: extract the code, judge it, and the verdicts that need no run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchkit.problems.base import Problem
from benchkit.scoring.base import Judge, Judged


def judge_answer(
    judge: Judge,
    problem: Problem,
    response: str,
    *,
    sample: int = 0,
    truncated: bool = False,
    continues: bool = False,
    tokens: int | None = None,
    further: Mapping[str, Any] | None = None,
) -> Judged:
    """The verdict on a model's answer.

    `truncated` says that the model hit its token budget: the answer is judged all the same, since its code
    may be whole, and is `truncated` unless it passes. `continues` is for raw completions.
    """
    raise NotImplementedError
