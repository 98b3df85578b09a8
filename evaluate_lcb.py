#!/usr/bin/env python3
"""LiveCodeBench: judge answers that were saved before.

They are taken as a file of LiveCodeBench's own (custom evaluator, _eval_all.json), as .jsonl with a solution
or a response a line, or as a run's output folder. No model is asked: the flags about asking have no effect.
"""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

import json
from pathlib import Path

import click

from benchkit.asking.problems.contest_flags import ContestChoice, choose_problems, problem_flags
from benchkit.asking.script import Settings, asking_flags
from benchkit.asking.script.journal import explained
from benchkit.errors import UsageError
from benchkit.files import atomic_write
from benchkit.judging.evaluation import Evaluation, judge_samples, judging_flags
from benchkit.judging.problem_judging import AskedSandbox, starting_judging

EVAL_ALL = "_eval_all.json"


@click.command(help=__doc__)
@problem_flags
@click.option(
    "--generations", type=click.Path(path_type=Path), required=True, metavar="G", help="The answers."
)
@click.option(
    "--pass-at", type=click.IntRange(min=1), multiple=True, metavar="K", help="Show pass@K; repeat it."
)
@judging_flags
@asking_flags(max_tokens=4000)
def command(
    settings: Settings,
    generations: Path,
    pass_at: tuple[int, ...],
    asked_sandbox: AskedSandbox,
    choice: ContestChoice,
) -> None:
    folder = settings.output_dir
    if folder is None:
        raise UsageError("--output-dir is missing: the folder for verdicts and summary")
    with starting_judging(asked_sandbox.for_check(settings.check)) as open_judging:
        from benchkit.judging.scoring.eval_all import eval_all
        from benchkit.judging.scoring.generations import read_generations

        problem_set = choose_problems(choice, settings.limit)
        answers = read_generations(generations, problem_set)
        judged = judge_samples(Evaluation(problem_set, settings, open_judging, pass_at), answers)
    if not settings.check:
        with explained(folder):
            atomic_write(folder / EVAL_ALL, json.dumps(eval_all(problem_set, answers, judged), indent=1))


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "evaluate_lcb.py")


if __name__ == "__main__":
    main()
