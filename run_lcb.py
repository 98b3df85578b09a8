#!/usr/bin/env python3
"""LiveCodeBench: ask a model the problems of a span of dates, and judge its programs."""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.client.contest_prompts import CONTEST_STYLES, contest_prompt
from benchkit.asking.problems.contest_flags import ContestChoice, choose_problems, problem_flags
from benchkit.asking.script import Question, Settings, asking_flags
from benchkit.judging.evaluation import (
    Evaluation,
    ask_and_judge,
    check,
    judge_samples,
    judging_flags,
    refuse_large_k,
    show_prompts,
)
from benchkit.judging.problem_judging import AskedSandbox, starting_judging
from benchkit.terminal import how_many

if TYPE_CHECKING:
    from benchkit.asking.problems.livecodebench import ContestSet


@dataclass(frozen=True)
class Choices:
    """What this script has beyond the flags that others share."""

    style: str
    pass_at: tuple[int, ...]
    rejudge: Path | None
    asked_sandbox: AskedSandbox


@click.command(help=__doc__)
@problem_flags
@click.option(
    "--prompt", "style", default="lcb", show_default=True, help=f"The style: {', '.join(CONTEST_STYLES)}."
)
@click.option(
    "--pass-at", type=click.IntRange(min=1), multiple=True, metavar="K", help="Show pass@K; repeat it."
)
@click.option(
    "--rejudge", type=click.Path(path_type=Path), metavar="DIR", help="Judge an earlier run's answers again."
)
@judging_flags
@asking_flags(max_tokens=4000)
def command(settings: Settings, choice: ContestChoice, **options: Any) -> None:
    own = Choices(**options)
    if settings.dry_run:
        problem_set = choose_problems(choice, settings.limit, settings.part)
        return show_prompts(_questions(problem_set, own.style, settings.samples))
    with starting_judging(own.asked_sandbox.for_check(settings.check)) as open_judging:
        problem_set = choose_problems(choice, settings.limit, settings.part)
        asked_how = {"prompt_style": own.style, "mode": "chat"}
        evaluation = Evaluation(problem_set, settings, open_judging, own.pass_at, asked_how)
        if own.rejudge is not None:
            return _rejudge(evaluation, own.rejudge)
        refuse_large_k(own.pass_at, settings.samples)
        questions = _questions(problem_set, own.style, settings.samples)
        if settings.check:
            return check(evaluation, how_many(len(questions), "question"))
        return ask_and_judge(evaluation, questions)


def _questions(problem_set: ContestSet, style: str, samples: int) -> list[Question]:
    """All samples of a problem follow one another: a server that keeps prompts has this one at hand."""
    prompted = [
        (problem, contest_prompt(style, problem.prompt, problem.starter_code, problem.language))
        for problem in problem_set.problems
    ]
    return [
        Question(problem.id, sample, prompt, problem)
        for problem, prompt in prompted
        for sample in range(samples)
    ]


def _rejudge(evaluation: Evaluation, folder: Path) -> None:
    from benchkit.judging.scoring import read_run

    judge_samples(evaluation, read_run(folder, evaluation.problem_set))


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "run_lcb.py")


if __name__ == "__main__":
    main()
