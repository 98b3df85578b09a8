"""Verdicts, and what they add up to.

base.py        Judgement, Judged and the Judge that every form of problem has
answering.py   one answer to one Judged: extract, judge, and the verdicts that need no run (empty, truncated)
saved.py       samples files and earlier runs: judging what was answered before
summary.py     pass@k, intervals, counts, flips, the ten slowest; as a mapping and as text

A script does, from as many threads as it likes:

    judge = open_judge(problem_set, sandbox)
     tally.add(judge_answer(judge, problem, response, sample=0, truncated=False))  # a Tally(problem_set)
    print(as_text(tally.summary() | {"time_taken": …}))

and for saved answers `judge_saved(judge, problem_set, read_samples(path, problem_set), threads)`, or
`read_run(folder, problem_set)` in place of `read_samples`.
"""

from __future__ import annotations

from typing import Any

from benchkit.problems.base import ProblemSet
from benchkit.scoring.answering import judge_answer
from benchkit.scoring.base import Judge, Judged, Judgement
from benchkit.scoring.saved import judge_saved, read_run, read_samples
from benchkit.scoring.summary import Tally, as_text

__all__ = [
    "Judge",
    "Judged",
    "Judgement",
    "Tally",
    "as_text",
    "judge_answer",
    "judge_saved",
    "open_judge",
    "read_run",
    "read_samples",
]


def open_judge(problem_set: ProblemSet, sandbox: Any) -> Judge:
    """The judge for this form of problems, working on a benchkit.sandbox.Sandbox."""
    raise NotImplementedError
