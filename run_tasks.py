#!/usr/bin/env python3
"""Whole tasks in six languages: ask a model to change files that exist, run hidden tests on what it wrote."""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from benchkit.asking.client.target import remote_of
from benchkit.asking.script import Settings, asking_flags, say
from benchkit.asking.script.journal import make_folder
from benchkit.asking.tasks import (
    OURS,
    POLYGLOT,
    Catalogue,
    PolyglotRules,
    TaskChoice,
    find_catalogue,
    load_catalogue,
)
from benchkit.asking.tasks.base import AREAS, DIFFICULTIES
from benchkit.asking.tasks.prompts import FORMS
from benchkit.errors import BenchError, UsageError
from benchkit.judging.evaluation import EFFICIENCY, judging_flags, show_prompts
from benchkit.judging.problem_judging import AskedSandbox
from benchkit.judging.task_bench import TaskJudging, open_bench, open_judging
from benchkit.judging.task_evaluation import TaskRun
from benchkit.judging.task_replays import GivenAnswers, say_why
from benchkit.judging.task_rows import Manner, questions_of
from benchkit.judging.tasks.artifacts import safe_name
from benchkit.providers.lms import alone_in_memory
from benchkit.spending import shared_limit
from benchkit.terminal import how_many, printable_lines

MAX_TOKENS = 8000
FEEDBACK_LINES, FEEDBACK_LINES_OF_OTHERS = 60, 1000
ADVICE = "make toolchains brings Go and Node, bench_runner.py doctor says what brings the others"
SEVERAL = ("--models", "--tasks")  # each takes all words up to the next flag


@dataclass(frozen=True)
class Choices:
    """What this script has beyond the flags that all scripts share."""

    task: tuple[str, ...]
    tasks: tuple[str, ...]
    models: tuple[str, ...]
    language: tuple[str, ...]
    area: tuple[str, ...]
    difficulty: tuple[str, ...]
    shuffle: int | None
    catalogue: Path | None
    answer: str
    include_tests: bool
    install_deps: bool
    tries: int
    feedback_lines: int | None
    strict: bool
    reflections: int
    response_file: Path | None
    response_text: str | None
    rejudge: Path | None
    verify: bool
    browser: bool
    asked_sandbox: AskedSandbox
    efficiency: bool

    def manner_for(self, catalogue: Catalogue) -> Manner:
        lines = self.feedback_lines
        if lines is None:
            of_others = any(task.is_of_others for task in catalogue.problems)
            lines = FEEDBACK_LINES_OF_OTHERS if of_others else FEEDBACK_LINES
        return Manner(self.answer, self.include_tests, self.tries, lines, self.strict, self.reflections)

    @property
    def given(self) -> GivenAnswers:
        return GivenAnswers(self.rejudge, self.response_file, self.response_text)

    def of_tasks(self, limit: int | None) -> TaskChoice:
        ids = [word for given in (*self.task, *self.tasks) for word in given.replace(",", " ").split()]
        return TaskChoice(
            tuple(dict.fromkeys(word for word in ids if word != "all")),
            self.language,
            self.area,
            self.difficulty,
            limit,
            self.shuffle,
        )


class Command(click.Command):
    """Lets `--models A B` stand for `--models A --models B`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, list(_repeated(args)))


def _repeated(args: list[str]) -> list[str]:
    repeated: list[str] = []
    flag = None
    for word in args:
        if word.startswith("-"):
            flag = word if word in SEVERAL else None
        elif flag is not None and repeated[-1] != flag:
            repeated.append(flag)
        repeated.append(word)
    return repeated


@click.command(cls=Command, help=__doc__)
@click.option("--task", multiple=True, metavar="ID", help="Only these; repeat it, or join ids by commas.")
@click.option("--tasks", multiple=True, metavar="ID…", help="all, or several ids.")
@click.option("--models", multiple=True, metavar="NAME…", help="Ask these, one after the other.")
@click.option("--language", multiple=True, metavar="NAME", help="Only tasks in this language; repeat it.")
@click.option("--area", multiple=True, type=click.Choice(AREAS), help="Only tasks of this kind; repeat it.")
@click.option("--difficulty", multiple=True, type=click.Choice(DIFFICULTIES), help="Repeat it for several.")
@click.option("--shuffle", type=int, metavar="SEED", help="Another order, before --limit is applied.")
@click.option(
    "--catalogue",
    "--problems-file",
    type=click.Path(path_type=Path),
    metavar="DIR|FILE",
    help=f"Also a checkout of Aider's polyglot benchmark, or `{POLYGLOT}` to fetch it."
    f" [default: {OURS.name}/ beside this]",
)
@click.option(
    "--answer",
    type=click.Choice(list(FORMS)),
    default="whole",
    show_default=True,
    help="The form of answer that is asked for; any form is understood.",
)
@click.option("--include-tests", is_flag=True, help="Show the model the tests.")
@click.option(
    "--install-deps", is_flag=True, help="Install what tasks declare, before anything is locked in."
)
@click.option("--tries", type=click.IntRange(min=1), default=1, show_default=True, help="Of one answer.")
@click.option(
    "--feedback-lines",
    type=click.IntRange(min=1),
    help="Of the tests' output that the model sees before it tries again."
    f" [default: {FEEDBACK_LINES}; {FEEDBACK_LINES_OF_OTHERS} of a polyglot exercise]",
)
@click.option(
    "--reflections",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="How often a try's malformed answer is given back to be corrected; aider: 3.",
)
@click.option("--strict", is_flag=True, help="Polyglot: run the tests that aider leaves out (xit), too.")
@click.option(
    "--response-file", type=click.Path(path_type=Path), metavar="F", help="Judge this answer; ask nobody."
)
@click.option("--response-text", metavar="T", help="The same, given as text.")
@click.option(
    "--rejudge", type=click.Path(path_type=Path), metavar="DIR", help="Judge an earlier run's answers again."
)
@click.option(
    "--verify", is_flag=True, help="Try the tasks themselves: references pass, everything else fails."
)
@click.option(
    "--browser", is_flag=True, help="Show each page in a browser, too: its tests, a picture, axe's report."
)
@click.option(
    "--samples", "samples_short", type=click.IntRange(min=1), help="--samples-per-problem, in short."
)
@EFFICIENCY
@judging_flags
@asking_flags(max_tokens=MAX_TOKENS)
def command(settings: Settings, samples_short: int | None, **options: Any) -> None:
    choices = Choices(**options)
    if samples_short is not None:
        settings = replace(settings, samples=samples_short)
    catalogue = load_catalogue(find_catalogue(choices.catalogue, say), PolyglotRules(choices.strict))
    chosen = catalogue.choose(choices.of_tasks(settings.limit))
    catalogue = chosen.take_part(settings.part)
    if settings.dry_run:
        return show_prompts(questions_of(catalogue, choices.manner_for(catalogue), settings.samples))
    if choices.verify:
        return _verify(catalogue, choices)
    return _run(catalogue, settings, choices)


def _run(catalogue: Catalogue, settings: Settings, choices: Choices) -> None:
    with open_judging(
        catalogue,
        choices.asked_sandbox.for_check(settings.check),
        install=choices.install_deps,
        browser=choices.browser,
    ) as judging:
        if judging.missing:
            say(f"not tried here, and no part of the score: {', '.join(judging.missing)}; {ADVICE}")
        if settings.check:
            say(f"{how_many(len(catalogue.problems), 'task')}, sandbox {judging.place}: all is ready")
            return
        if choices.given.are_there:
            responses = choices.given.read(catalogue)
            judged = TaskRun(
                catalogue, settings, choices.manner_for(catalogue), judging, choices.efficiency
            ).judge_responses(responses, "replayed")
            if not choices.rejudge:
                say_why(judged[0], settings.output_dir)
            return
        several = _settings_by_model(settings, choices.models)
        with _limited_together(several):
            _ask_all(several, catalogue, choices, judging)


@contextmanager
def _limited_together(several: list[Settings]) -> Iterator[None]:
    """--max-cost is for the command, however many models it asks."""
    most, folder = several[0].max_cost, several[0].need_folder().parent
    if most is None or len(several) < 2:
        yield
        return
    make_folder(folder)
    with shared_limit(folder / "spending.json", most, {}):
        yield


def _ask_all(several: list[Settings], catalogue: Catalogue, choices: Choices, judging: TaskJudging) -> None:
    failures = []
    for one in several:
        try:
            with alone_in_memory(remote_of(one), say):
                TaskRun(
                    catalogue, one, choices.manner_for(catalogue), judging, choices.efficiency
                ).ask_and_judge()
        except BenchError as error:
            if len(several) < 2:
                raise
            failures.append(f"{one.model}: {error}")
            say(failures[-1])
    if failures:
        raise BenchError(f"{len(failures)} of {len(several)} models could not be asked: {failures[0]}")


def _settings_by_model(settings: Settings, models: tuple[str, ...]) -> list[Settings]:
    """Several models' answers lie in a folder each."""
    folder = settings.output_dir or Path("runs") / f"tasks-{datetime.now():%Y%m%d-%H%M%S}"
    if not models:
        return [replace(settings, output_dir=folder)]
    return [replace(settings, model=model, output_dir=folder / safe_name(model)) for model in models]


def _verify(catalogue: Catalogue, choices: Choices) -> None:
    from benchkit.judging.tasks.verify import Known, verify

    if choices.asked_sandbox.boxes is not None:
        raise UsageError("--verify tries tasks on this machine: leave --sandbox-on out")
    asked_sandbox = choices.asked_sandbox
    with open_bench(catalogue, asked_sandbox.level, asked_sandbox.workers, asked_sandbox.limits) as bench:
        passed = failed = 0
        tasks = how_many(len(catalogue.problems), "task")
        say(f"{tasks}; new and changed ones are tried under load, too, and told last")
        for finding in verify(bench.judge, catalogue.problems, bench.sandbox.workers, Known(catalogue.path)):
            click.echo(printable_lines(finding.in_words()))
            passed += finding.passed
            failed += not finding.passed
    click.echo(f"{passed} passed, {failed} failed")
    if failed:
        raise SystemExit(1)


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "run_tasks.py")


if __name__ == "__main__":
    main()
