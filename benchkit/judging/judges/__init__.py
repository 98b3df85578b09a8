"""The judges: each decides the verdict on code for one form of problem.

base.py          Judgement, and the Protocol that every judge offers
tested.py        by a problem's own test (HumanEval, MBPP)
differential.py  by the canonical solution's outputs (the + sets), which expected.py keeps; oracles.py and
                 loose.py say which outputs are the same
multipl_e.py     by tests that end one whole program (MultiPL-E), which whole_programs.py and go_programs.py
                 put together
contest.py       contest answers by stdin and stdout, and contest_calls.py by calls; contest_output.py says
                 what is right
recipes.py       runs programs in any language, built first where they must be
machine.py       how slow this machine is, and what its Python has
llm/             no Judge: a model says what no run can tell, about answers that were judged
turns.py         a timeout is judged a second time, alone
kept.py          in a run of several rounds: what was judged before is not judged again
shortened.py     a value in a line

To judge a new form of problem: a file here with a class that offers `Judge`, and one line in JUDGES.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.asking.problems.livecodebench import ContestProblem
from benchkit.asking.problems.multipl_e import WholeProgramProblem
from benchkit.judging.judges.base import Judge, Judgement
from benchkit.judging.judges.contest import ContestJudge
from benchkit.judging.judges.differential import DifferentialJudge
from benchkit.judging.judges.multipl_e import WholeProgramJudge
from benchkit.judging.judges.tested import TestedJudge
from benchkit.judging.sandbox import NOTHING_ASKED, AskedLimits, Sandbox

__all__ = ["JUDGES", "Judge", "Judgement", "open_judge"]

JUDGES: Mapping[type[Problem], Callable[[Sandbox, ProblemSet, AskedLimits], Judge]] = {
    TestedProblem: lambda sandbox, _problem_set, asked: TestedJudge(sandbox, asked),
    DifferentialProblem: DifferentialJudge,
    WholeProgramProblem: WholeProgramJudge,
    ContestProblem: lambda sandbox, _problem_set, asked: ContestJudge(sandbox, asked=asked),
}


def open_judge(problem_set: ProblemSet, sandbox: Sandbox, asked: AskedLimits = NOTHING_ASKED) -> Judge:
    """The judge for the form of these problems."""
    return JUDGES[type(problem_set.problems[0])](sandbox, problem_set, asked)
