"""Verdicts on answers, and what they add up to.

base.py          Judged, one sample's verdict
answering.py     judges one answer: extracts the code and runs it; verdicts that need no run
saved.py         judges saved answers: samples files and earlier runs
generations.py   the same for LiveCodeBench's own forms of answers; eval_all.py writes its form of verdicts
summary.py       pass@k, intervals, counts, flips, the ten slowest; text.py shows them to people
composite/       quality and efficiency of passing answers, beside the verdicts
REFERENCES.md    where our verdicts differ from the reference tools', and why

A script does, from as many threads as it likes:

    judge = open_judge(problem_set, sandbox)  # of benchkit.judging.judges
    tally.add(judge_answer(judge, problem, response, sample=0, truncated=False))  # a Tally(problem_set)
    print(as_text(tally.summary() | {"time_taken": …}))

and for saved answers `judge_saved(judge, problem_set, read_samples(path, problem_set), threads)`, or
`read_run(folder, problem_set)` in place of `read_samples`.
"""

from __future__ import annotations

from benchkit.judging.judges import Judge, Judgement, open_judge
from benchkit.judging.scoring.answering import judge_answer
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.saved import judge_saved, read_run, read_samples
from benchkit.judging.scoring.summary import Tally
from benchkit.judging.scoring.text import as_text

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
