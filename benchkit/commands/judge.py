"""bench_runner.py judge: a model says of code what no run can tell, once it has proved itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.commands import PROGRAM
from benchkit.commands.options import history_option, runs_dir_option
from benchkit.commands.setting_flags import judge_options, served_model
from benchkit.contract import JudgeRun
from benchkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchkit.records import Run
    from benchkit.running.plan import PlannedRun
    from benchkit.running.runner import EndedRun
    from benchkit.settings import RunSettings

RUNS = "runs"


_votes = click.option(
    "--votes", type=click.IntRange(min=1), default=JudgeRun.VOTES, show_default=True, help="On each answer."
)


class JudgeGroup(click.Group):
    """`judge RUN…` beside `judge check MODEL`: what is no command of it is a run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = [*self.commands, *ctx.help_option_names]
        return super().parse_args(ctx, args if args[:1] and args[0] in own else [RUNS, *args])


@click.group(cls=JudgeGroup)
def command() -> None:
    """A model judges the code of runs by a rubric: what runs can tell is run, the rest is asked.

    \b
    judge RUN… --judge MODEL   the answers of these runs, several votes on each
    judge A B --pairwise …     which of two runs' codes it would keep, in both orders
    judge check MODEL          whether its word is worth anything, on answers whose truth is known
    judge tune MODEL           a better prompt for it, kept where it gains on answers that it did not see

    Each has --help, as in judge RUN --help.
    """


@command.command(RUNS, params=judge_options())
@click.argument("names", nargs=-1, required=True, metavar="RUN|MODEL…")
@click.option("--judge", required=True, metavar="MODEL", help="FILE.gguf, or one such as openrouter/NAME.")
@click.option("--pairwise", is_flag=True, help="Two runs: which code would it keep? Asked in both orders.")
@_votes
@click.option("--rubrics", type=click.Path(path_type=Path), metavar="DIR", help="Other questions than ours.")
@click.option("--program", type=click.Path(path_type=Path), metavar="FILE", help="A tuned prompt.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N answers of each.")
@history_option
@runs_dir_option
def runs_command(
    names: tuple[str, ...],
    judge: str,
    pairwise: bool,
    votes: int,
    rubrics: Path | None,
    program: Path | None,
    limit: int | None,
    **options: Any,
) -> int:
    """Judge the answers of runs; of a model, those of its latest good runs.

    What a judge said before is not asked again: after a failure the same command goes on.
    """
    from benchkit.running.judging import plan_of_pairs, plans_for
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.selection import choose
    from benchkit.telling.history import open_store

    settings = served_model(judge, options)
    catalog = Catalog(open_store(options["history"]))
    chosen = [catalog.run(head) for head in choose(catalog, names)]
    if pairwise:
        _refuse_what_pairs_have_not()
        words = script_words(rubrics=rubrics, limit=limit)
        return tell([plan_of_pairs(chosen, settings, words)], chosen)
    words = script_words(votes=votes, rubrics=rubrics, program=program, limit=limit)
    return tell(plans_for(_with_code(chosen, names), settings, words), chosen)


def _refuse_what_pairs_have_not() -> None:
    context = click.get_current_context()
    given = [
        f"--{name}"
        for name in ("votes", "program")
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE
    ]
    if given:
        raise UsageError(
            f"--pairwise asks about each pair twice, with the plain prompt: leave out {' and '.join(given)}"
        )


def _with_code(runs: Sequence[Run], names: Sequence[str]) -> list[Run]:
    """Of a model's runs those that a judge can read; a run that is named itself is not passed over."""
    from benchkit.running.judging import why_run_unreadable
    from benchkit.terminal import say

    readable = []
    for run in runs:
        if run.id in names or not (why := why_run_unreadable(run)):
            readable.append(run)
        else:
            say(f"{run.id} ({run.benchmark}) is left out: {why}")
    if not readable:
        raise UsageError(f"no run of {' or '.join(names)} can be judged: see bench_runner.py list")
    return readable


@command.command("check", params=judge_options())
@click.argument("model", metavar="MODEL")
@_votes
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only so many tasks [default: 12].")
@click.option("--bars", metavar="NAME=N,…", help="What its measures must reach, such as kappa=0.5.")
@click.option("--catalogue", type=click.Path(path_type=Path), metavar="DIR", help="Other tasks than ours.")
@click.option("--rubrics", type=click.Path(path_type=Path), metavar="DIR", help="Other questions than ours.")
@click.option("--program", type=click.Path(path_type=Path), metavar="FILE", help="A tuned prompt.")
@history_option
@runs_dir_option
def check_command(
    model: str,
    votes: int,
    limit: int | None,
    bars: str | None,
    catalogue: Path | None,
    rubrics: Path | None,
    program: Path | None,
    **options: Any,
) -> int:
    """Measure a judge on answers whose truth is known, before its points count.

    Right answers and wrong ones, the same with other names, comments, claims, orders, and in pairs. Its sheet
    goes into the history; below a bar it is uncalibrated, and its points are shown apart.
    """
    from benchkit.running.judging import judge_settings
    from benchkit.running.plan import plan_run

    words = script_words(
        votes=votes, limit=limit, bars=bars, catalogue=catalogue, rubrics=rubrics, program=program
    )
    return tell([plan_run(judge_settings(served_model(model, options), JudgeRun.CHECK, words))], ())


@command.command("tune", params=judge_options())
@click.argument("model", metavar="MODEL")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only so many tasks [default: 24].")
@click.option("--catalogue", type=click.Path(path_type=Path), metavar="DIR", help="Other tasks than ours.")
@click.option("--rubrics", type=click.Path(path_type=Path), metavar="DIR", help="Other questions than ours.")
@history_option
@runs_dir_option
def tune_command(
    model: str, limit: int | None, catalogue: Path | None, rubrics: Path | None, **options: Any
) -> int:
    """Put examples of a judge's own right answers into its prompt, by DSPy's BootstrapFewShot.

    Half of the tasks are learnt from, the gain is measured on the others, and what gains nothing is not kept.
    """
    from benchkit.running.judging import judge_settings
    from benchkit.running.plan import plan_run

    words = script_words(limit=limit, catalogue=catalogue, rubrics=rubrics)
    return tell([plan_run(judge_settings(served_model(model, options), JudgeRun.TUNE, words))], ())


def script_words(**flags: Any) -> list[str]:
    """What goes on to run_judge.py; paths stay right whatever folder it runs in."""
    given = {name: value for name, value in flags.items() if value is not None}
    places = {name: value.resolve() if isinstance(value, Path) else value for name, value in given.items()}
    return [word for name, value in places.items() for word in (f"--{name.replace('_', '-')}", str(value))]


def tell(plans: Sequence[PlannedRun], judged: Sequence[Run], *, output_to_stderr: bool = False) -> int:
    """Run them, one line for each; the exit code is the worst of them."""
    from benchkit.running.display import open_display
    from benchkit.running.judging import check_plans, family_warning
    from benchkit.running.runner import execute_all
    from benchkit.terminal import say

    for run in judged:
        if warning := family_warning(plans[0].name, run.model):
            say(warning)
    check_plans(plans)
    display = open_display(output_to_stderr=output_to_stderr)
    return max((_told(ended, plans[0].settings) for ended in execute_all(plans, display)), default=1)


def _why_doubted(run: Run, settings: RunSettings) -> str:
    """Why the judge's word does not count yet; empty where it does, or where it judged itself."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.judgements import why_uncalibrated
    from benchkit.telling.history import open_store

    if run.benchmark not in (JudgeRun.CODE, JudgeRun.PAIRS):
        return ""
    return why_uncalibrated(Catalog(open_store(settings.history)), run)


def _told(ended: EndedRun, settings: RunSettings) -> int:
    from benchkit.errors import Interrupted
    from benchkit.terminal import complain, say
    from benchkit.verdict import Status

    run = ended.run
    where = f"recorded as {run.id} in {settings.history}"
    if run.status is Status.OK:
        say(f"{where}; logs and reasons: {run.artifacts}")
        if why := _why_doubted(run, settings):
            say(f"warning: the judge is uncalibrated, its points prove nothing: {why}")
        return 0
    complain(f"{PROGRAM} judge", f"{run.error} ({where}; logs in {run.artifacts})")
    return Interrupted.exit_code if run.status is Status.INTERRUPTED else 1
