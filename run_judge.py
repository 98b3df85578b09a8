#!/usr/bin/env python3
"""A model as a judge: of a run's answers, and first of all of itself, on answers whose truth is known."""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

from dataclasses import replace
from pathlib import Path

import click

from benchkit.asking.script import Settings, asking_flags, say
from benchkit.contract import JudgeRun

MAX_TOKENS = 4000
TEMPERATURE = 0.7
"""Votes that are all alike are one vote: at 0 most servers answer every seed the same."""
PATH = click.Path(path_type=Path)


@click.command(help=__doc__)
@click.option("--run", type=PATH, metavar="DIR", help="Judge the answers of the run in this folder.")
@click.option("--against", type=PATH, metavar="DIR", help="… beside those of this one, in both orders.")
@click.option(
    "--known", is_flag=True, help="Judge answers whose truth is known: whether the judge is any good."
)
@click.option("--tune", is_flag=True, help="Improve the prompt on such answers, if it gains on others.")
@click.option(
    "--catalogue", type=PATH, metavar="DIR", help="… to the tasks of this folder [default: tasks/]."
)
@click.option("--bars", metavar="NAME=N,…", help="… and what its measures must reach, such as kappa=0.5.")
@click.option(
    "--votes", type=click.IntRange(min=1), default=JudgeRun.VOTES, show_default=True, help="On each answer."
)
@click.option("--rubrics", type=PATH, metavar="DIR", help="The questions [default: rubrics/ beside this].")
@click.option("--program", type=PATH, metavar="FILE", help="What `judge tune` made of the prompt.")
@asking_flags(max_tokens=MAX_TOKENS)
def command(
    settings: Settings,
    run: Path | None,
    against: Path | None,
    known: bool,
    tune: bool,
    catalogue: Path | None,
    bars: str | None,
    votes: int,
    rubrics: Path | None,
    program: Path | None,
) -> None:
    from benchkit.judging.judge_evaluation import Court, judge_run, need_run
    from benchkit.judging.judges.llm.engine import import_dspy
    from benchkit.judging.judges.llm.program import read_state
    from benchkit.judging.judges.llm.rubrics import FOLDER, read_rubrics

    court = Court(read_rubrics(rubrics or FOLDER), votes, read_state(program) if program else {})
    if known:
        from benchkit.asking.tasks import load_catalogue
        from benchkit.judging.judge_check import JudgeCheck, KnownTasks, check_judge
        from benchkit.judging.judges.llm.checking.bars import read_bars

        check = JudgeCheck(court, KnownTasks(load_catalogue(catalogue)), read_bars(bars))
        import_dspy()
        return check_judge(check, _with_seeds(settings))
    import_dspy()
    if tune:
        from benchkit.asking.tasks import load_catalogue
        from benchkit.judging.judge_check import KnownTasks
        from benchkit.judging.judge_tuning import tune_judge

        return tune_judge(court, KnownTasks(load_catalogue(catalogue)), _with_seeds(settings))
    if settings.check and run is None:  # whose answers they will be is not known yet
        return None
    if against is not None:
        from benchkit.judging.judge_pairing import compare_runs

        return compare_runs(court, _with_seeds(settings), need_run(run), need_run(against, "--against"))
    return judge_run(court, _with_seeds(settings), need_run(run))


def _with_seeds(settings: Settings) -> Settings:
    """Each vote has a seed of its own, at a temperature at which seeds matter.

    A person's default temperature is for models that write: here only what was typed counts.
    """
    source = click.get_current_context().get_parameter_source("temperature")
    chosen = source is not click.core.ParameterSource.DEFAULT
    sampling = settings.sampling
    seed = 0 if sampling.seed is None else sampling.seed
    temperature = sampling.temperature if chosen else TEMPERATURE
    if temperature == 0:
        say("at --temperature 0 all votes on an answer are the same: --votes 1 costs less")
    return replace(settings, sampling=replace(sampling, seed=seed, temperature=temperature))


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "run_judge.py")


if __name__ == "__main__":
    main()
