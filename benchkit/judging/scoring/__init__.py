"""Verdicts, and what they add up to.

base.py          Judgement, Judged and the Judge that every form of problem has
tested.py        judges by a problem's own Python test (HumanEval, MBPP)
differential.py  judges by the canonical solution's outputs (the + sets), which expected.py keeps;
                 oracles.py and loose.py say which outputs are the same
contest.py       judges contest answers by stdin and stdout, and contest_calls.py by calls; contest_output.py
                 says what is right, machine.py how slow this machine is
recipes.py       runs programs in any language, built first where they must be
turns.py         a timeout is judged a second time, alone
answering.py     one answer to one Judged: extract, judge, and the verdicts that need no run
saved.py         samples files and earlier runs: judging what was answered before
generations.py   the same for LiveCodeBench's own forms of answers; eval_all.py writes its form of verdicts
summary.py       pass@k, intervals, counts, flips, the ten slowest; text.py shows them to people,
                 shortened.py a value in a line
REFERENCES.md    where our verdicts differ from the reference tools', and why

A script does, from as many threads as it likes:

    judge = open_judge(problem_set, sandbox)
    tally.add(judge_answer(judge, problem, response, sample=0, truncated=False))  # a Tally(problem_set)
    print(as_text(tally.summary() | {"time_taken": …}))

and for saved answers `judge_saved(judge, problem_set, read_samples(path, problem_set), threads)`, or
`read_run(folder, problem_set)` in place of `read_samples`.

To judge a new form of problem: a file here with a class that offers `Judge`, and one line in open_judge.
"""

from __future__ import annotations

from typing import Any

from benchkit.asking.problems.base import ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.livecodebench import ContestProblem
from benchkit.judging.sandbox import Sandbox
from benchkit.judging.scoring.answering import judge_answer
from benchkit.judging.scoring.base import Judge, Judged, Judgement
from benchkit.judging.scoring.contest import ContestJudge
from benchkit.judging.scoring.differential import DifferentialJudge
from benchkit.judging.scoring.saved import judge_saved, read_run, read_samples
from benchkit.judging.scoring.summary import Tally
from benchkit.judging.scoring.tested import TestedJudge
from benchkit.judging.scoring.text import as_text

__all__ = [
    "Judge",
    "Judged",
    "Judgement",
    "Tally",
    "as_text",
    "circumstances",
    "judge_answer",
    "judge_saved",
    "open_judge",
    "read_run",
    "read_samples",
]


def open_judge(problem_set: ProblemSet, sandbox: Sandbox) -> Judge:
    """The judge for this form of problems."""
    if isinstance(problem_set.problems[0], DifferentialProblem):
        return DifferentialJudge(problem_set, sandbox)
    if isinstance(problem_set.problems[0], ContestProblem):
        return ContestJudge(sandbox)
    return TestedJudge(sandbox)


def circumstances(judge: Judge) -> dict[str, Any]:
    """What the record keeps of how was judged, where that is not the same everywhere."""
    return judge.circumstances() if isinstance(judge, ContestJudge) else {}
