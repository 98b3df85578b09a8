"""What the benchmark scripts' commands have in common: ask and judge, judge saved answers, tell the result.

It stands above the rooms of the scripts' wing and puts them together; what is asked, and in which words, is
for the script.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

import click

from benchkit.asking.script import Answer, Question, ScriptOutput, Settings, say
from benchkit.asking.script.output import usage_text
from benchkit.contract import PARTS
from benchkit.errors import UsageError
from benchkit.judging.own_faults import detail_of_bug
from benchkit.judging.problem_judging import AskedSandbox
from benchkit.numbers import Memory, above_0
from benchkit.terminal import counted, how_many
from benchkit.verdict import Verdict

if TYPE_CHECKING:
    from benchkit.asking.problems import ProblemSet
    from benchkit.judging.problem_judging import OpenJudging, ProblemJudging
    from benchkit.judging.sandbox import Isolation
    from benchkit.judging.scoring import Judge, Judged
    from benchkit.judging.scoring.saved import SavedAnswers


FLAGS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--sandbox", default="auto", show_default=True, metavar="LEVEL", help="How the code is locked in."
    ),
    click.option("--i-understand", is_flag=True, help="With --sandbox none: it runs with your rights."),
    click.option("--workers", type=click.IntRange(min=1), help="Judged at once [default: one a core]."),
    click.option(
        "--sandbox-on",
        metavar="ADDRESS",
        help="The boxes of this cluster judge: its head's HOST or HOST:PORT.",
    ),
    click.option(
        "--test-timeout", type=above_0(), metavar="SECONDS", help="Of each test program [default: the set's]."
    ),
    click.option(
        "--test-memory", type=Memory(), help="Of each test program, like 512m [default: the set's]."
    ),
    click.option(
        "--test-cpus",
        type=above_0(),
        metavar="N",
        help="Its processor time: what so many processors give within its seconds [default: the set's].",
    ),
)


EFFICIENCY = click.option(
    "--efficiency", is_flag=True, help="Time passing answers on heavy inputs too, after all are judged."
)


def judging_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command the flags of every script that runs a model's code."""

    @wraps(function)
    def command(
        sandbox: str,
        workers: int | None,
        sandbox_on: str | None,
        i_understand: bool,
        test_timeout: float | None,
        test_memory: int | None,
        test_cpus: float | None,
        **options: Any,
    ) -> Any:
        if sandbox == "none" and not i_understand:
            raise UsageError("--sandbox none runs a model's code with your rights: add --i-understand")
        if sandbox == "none" and sandbox_on is not None:
            raise UsageError("--sandbox-on: boxes judge in isolation only: leave out --sandbox none")
        if sandbox_on is not None:
            from benchkit.link.wire import head_address

            head_address(sandbox_on)  # a wrong one is told before the problems are read, or fetched
        from benchkit.judging.sandbox import AskedLimits  # a script's help needs none

        limits = AskedLimits(test_timeout, test_memory, test_cpus)
        return function(**options, asked_sandbox=AskedSandbox(sandbox, workers, limits, sandbox_on))

    decorated = command
    for option in reversed(FLAGS):
        decorated = option(decorated)
    return decorated


@dataclass(frozen=True)
class Evaluation:
    """One command of a benchmark script."""

    problem_set: ProblemSet
    settings: Settings
    open_judging: OpenJudging  # its sandbox is started; calling it waits until that is there
    pass_at: tuple[int, ...] = ()
    asked_how: Mapping[str, Any] = field(
        default_factory=dict
    )  # prompt_style, mode: part of the journal's key
    efficiency: bool = False  # whether passing answers are timed on heavy inputs
    begun: float = field(default_factory=time.monotonic)


def refuse_large_k(pass_at: Sequence[int], samples: int) -> None:
    k = max(pass_at, default=1)
    if k > samples:
        raise UsageError(f"--pass-at {k} needs --samples-per-problem {k} or more, not {samples}")


def show_prompts(questions: Iterable[Question]) -> None:
    """The exact prompts, each problem's once."""
    for question in questions:
        if question.sample:
            continue
        for role, text in question.prompt.parts:
            click.echo(f"=== {question.task_id} · {role}\n{text}")
        if question.prompt.stop:
            click.echo(f"=== {question.task_id} · stop: {list(question.prompt.stop)}")


def check(evaluation: Evaluation, what: str) -> None:
    """Everything that can be wrong before a model is there."""
    place = evaluation.open_judging(evaluation.problem_set).place
    say(f"{what} of {evaluation.problem_set.name}, sandbox {place}: all is ready")


def ask_and_judge(evaluation: Evaluation, questions: Sequence[Question]) -> None:
    """Ask what is not answered yet, judge while asking, and tell the result."""
    from benchkit.asking.client.asking import Asking
    from benchkit.judging.scoring import Tally
    from benchkit.judging.scoring.composite.problems import ProblemComposite

    settings, problem_set = evaluation.settings, evaluation.problem_set
    asking = Asking(settings)
    depends_on = {"problem_set": problem_set.as_record(), **evaluation.asked_how}
    judging = evaluation.open_judging(problem_set)
    judge = judging.judge
    tally, output = Tally(problem_set), ScriptOutput(settings.output_dir, len(questions), evaluation.begun)
    composite = ProblemComposite(problem_set)
    with (
        _remembering(judging, evaluation) as remembering,
        closing(asking.run(questions, depends_on, partial(_judged, remembering), judging.workers)) as judged,
    ):
        for row, answer in judged:
            tally.add(row)
            output.add(row, answer)
            composite.add(row)
    facts = {**evaluation.asked_how, **asking.facts(), **problem_set.part_as_record(asking.left_out)}
    ks = evaluation.pass_at or tuple(sorted({1, settings.samples}))
    output.stop_clock()
    parts = composite.measure(settings.output_dir, judging.sandbox, say, efficiency=evaluation.efficiency)
    summary = _with({"judging": dict(judge.conditions()), PARTS: parts}, tally.summary(ks))
    _finish(output, summary, facts, judging.isolation)


@contextmanager
def _remembering(judging: ProblemJudging, evaluation: Evaluation) -> Iterator[Judge]:
    """The judge; of a run that is done in rounds, one that judges nothing twice."""
    from benchkit.judging.judges.kept import KeptJudge
    from benchkit.judging.kept import open_kept_verdicts

    conditions = {
        "problem_set": evaluation.problem_set.as_record(),
        "judging": judging.conditions(),
        "sandbox": judging.isolation.as_record(),
        "limits": asdict(judging.limits),
    }
    settings = evaluation.settings
    with open_kept_verdicts(settings.need_folder(), conditions, goes_on=settings.part is not None) as kept:
        yield judging.judge if kept is None else KeptJudge(judging.judge, kept)


def _judged(judge: Judge, question: Question, answer: Answer) -> Judged:
    from benchkit.judging.scoring import Judged, judge_answer

    if answer.failure is not None:
        return Judged(question.task_id, question.sample, Verdict.INFRASTRUCTURE, answer.failure)
    try:
        judged = judge_answer(
            judge,
            question.task,
            answer.response,
            sample=question.sample,
            truncated=answer.truncated,
            continues=question.prompt.mode == "completion",
            tokens=answer.completion_tokens,
            further=answer.facts(),
        )
    except Exception as error:
        detail = detail_of_bug(error)
        return Judged(question.task_id, question.sample, Verdict.INFRASTRUCTURE, detail)
    if not answer.note or judged.verdict is Verdict.PASSED:
        return judged
    return replace(judged, detail=f"{answer.note}; {judged.detail}")


def judge_samples(evaluation: Evaluation, samples: SavedAnswers) -> list[Judged]:
    """Judge what was answered before and tell the result; the rows are for scripts that write more."""
    from benchkit.judging.scoring import Tally, judge_saved
    from benchkit.judging.scoring.composite.problems import ProblemComposite

    problem_set = evaluation.problem_set
    rows: list[Judged] = []
    if (k := max(evaluation.pass_at, default=1)) > samples.fewest:
        raise UsageError(
            f"--pass-at {k} needs {k} samples of each problem; {samples.path} has {samples.fewest}"
        )
    if unknown := samples.unknown:
        ids = counted(len(unknown), "id is", "ids are")
        say(f"{ids} not among the problems and passed over, such as {unknown[0]}")
    if missing := samples.missing:
        problems = counted(len(missing), "problem without a sample is", "problems without a sample are")
        say(f"{problems} no part of the score, such as {missing[0]}")
    if evaluation.settings.check:
        check(evaluation, how_many(samples.count, "sample"))
        return rows
    judging = evaluation.open_judging(problem_set)
    judge = judging.judge
    tally, composite = Tally(problem_set), ProblemComposite(problem_set)
    output = ScriptOutput(evaluation.settings.output_dir, samples.count, evaluation.begun)
    for row in judge_saved(judge, problem_set, samples, judging.workers):
        tally.add(row)
        output.add(row)
        composite.add(row)
        rows.append(row)
    output.stop_clock()
    folder = evaluation.settings.output_dir
    parts = composite.measure(folder, judging.sandbox, say, efficiency=evaluation.efficiency)
    further = {"judging": dict(judge.conditions()), PARTS: parts}
    summary = _with(further, tally.summary(evaluation.pass_at or (1,)))
    _finish(output, summary, {"samples": str(samples.path)}, judging.isolation)
    return rows


def _with(further: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, Any]:
    return {**summary, "further": {**summary["further"], **further}}


def _finish(
    output: ScriptOutput, summary: Mapping[str, Any], facts: Mapping[str, Any], isolation: Isolation
) -> None:
    """summary.json, and the summary for people."""
    from benchkit.judging.scoring import as_text

    for warning in isolation.warnings:
        say(warning)
    whole = output.finish({**summary, **facts, "sandbox": isolation.as_record()})
    click.echo("\n".join(filter(None, (as_text(whole), usage_text(whole)))))
