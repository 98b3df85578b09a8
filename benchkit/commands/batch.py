"""bench_runner.py batch: many models, many benchmarks, unattended."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit.commands.options import history_option, runs_dir_option
from benchkit.commands.typos import DASHES, PassesFlagsOn
from benchkit.errors import Interrupted, UsageError
from benchkit.numbers import above_0
from benchkit.racing import GOALS
from benchkit.settings import RunSettings, with_environment
from benchkit.terminal import how_many

if TYPE_CHECKING:
    from benchkit.racing import Goal
    from benchkit.running.batch.expand import Expansion
    from benchkit.running.batch.planfile import Plan


class BatchCommand(PassesFlagsOn):
    """Leaves the `--` before the scripts' flags among the run's flags."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        place = args.index(DASHES) if DASHES in args else len(args)
        return super().parse_args(ctx, [*args[:place], *([DASHES] if args[place:] else []), *args[place:]])


@click.command(cls=BatchCommand, context_settings={"ignore_unknown_options": True, "max_content_width": 110})
@click.argument("plan_path", metavar="[PLAN.yaml|FOLDER]", required=False, type=click.Path(path_type=Path))
@click.option("--models", multiple=True, help="Instead of a plan: paths, globs or folders; repeatable.")
@click.option("--benchmarks", help="Names, separated by commas, where no plan names them.")
@click.option("--init", is_flag=True, help="Write a first plan for the GGUF files below this folder.")
@click.option("--dry-run", is_flag=True, help="What would run, the memory and the time it needs.")
@click.option("--retry-failed", is_flag=True, help="Run again what failed; what is done stays done.")
@click.option("--race", metavar="GOAL", help=f"Stop models that cannot be wanted any more: {GOALS}.")
@click.option("--finish", is_flag=True, help="What a race has stopped goes on to its end.")
@click.option(
    "--prefetch",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="Read the next model's file while another runs; auto: not from a network file system.",
)
@click.option("--if-busy", type=click.Choice(["refuse", "wait"]), default="refuse", show_default=True)
@click.option("--until", metavar="HH:MM", help="Start nothing that is not expected to end by then.")
@click.option(
    "--max-cost", type=above_0(), metavar="USD", help="Ask nothing more that could pass this in all."
)
@click.option(
    "--concurrent-models",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="So many models of providers side by side; nothing that this machine serves.",
)
@click.option("--cluster", metavar="ADDRESS", help="Run it on the boxes of the cluster whose head is there.")
@click.option("--notify-command", metavar="CMD", help="Gets the summary on its standard input.")
@click.option("--notify-failures", is_flag=True, help="Notify at each failure too.")
@history_option
@runs_dir_option
@click.argument("run_flags", nargs=-1, type=click.UNPROCESSED, metavar="[RUN'S FLAGS]…")
def command(**options: Any) -> int:
    """Run a plan: every model with every benchmark, each served once, everything recorded.

    The same command goes on where it was stopped. Notifications also go to the addresses in BENCH_NTFY_URL
    and BENCH_WEBHOOK_URL. Exit codes: 0 all ran, 1 some failed, 2 wrong usage, 130 interrupted.
    """
    if options["init"]:
        return _init(options)
    with _problems_listed():
        return _plan_or_run(options)


def _plan_or_run(options: dict[str, Any]) -> int:
    expansion = _expansion(options)
    goal = _goal(options["race"]) or expansion.race
    goal = None if options["finish"] else goal
    if options["cluster"] and goal is not None:
        raise UsageError("a race is run on one box: leave out either it or --cluster")
    if options["cluster"] and any(entry.judged is not None for entry in expansion.entries):
        raise UsageError(
            "a batch on the boxes of a cluster judges nothing: leave `judge` out of the plan; afterwards: "
            "bench_runner.py judge RUN… --judge MODEL"
        )
    for note in expansion.notes:
        print(note, file=sys.stderr)
    if options["dry_run"]:
        from benchkit.running.batch.preview import preview

        print(preview(expansion.entries, options["history"]))
        if goal is not None:
            print(
                f"A race for {goal}: these are the times of whole runs; `power --race` tells what it saves."
            )
        return 0
    return _run(expansion, options, goal)


def _init(options: dict[str, Any]) -> int:
    from benchkit.running.batch.models import find_models
    from benchkit.running.batch.starter import write_starter_plan

    path = _nothing_but_a_name(options) or Path("plan.yaml")
    searched = find_models(".")
    for note in searched.left_out:
        print(note, file=sys.stderr)
    write_starter_plan(searched.files, path)
    next_command = f"bench_runner.py batch {shlex.quote(str(path))} --dry-run"
    print(f"{path}: {how_many(len(searched.files), 'model')}. Next: {next_command}")
    return 0


def _nothing_but_a_name(options: dict[str, Any]) -> Path | None:
    context = click.get_current_context()
    path: Path | None = options["plan_path"]
    given = [one for one in context.command.params if _was_given(context, one.name or "")]
    others = [one.opts[0] for one in given if isinstance(one, click.Option) and one.name != "init"]
    others += [str(word) for word in (path or "", *options["run_flags"]) if str(word).startswith("-")]
    if others:
        raise UsageError(f"--init takes nothing but the new plan's name: without {' '.join(others)}")
    return path


def _expansion(options: dict[str, Any]) -> Expansion:
    from benchkit.running.batch.expand import expand

    base = RunSettings(benchmark="", history=options["history"], runs_dir=options["runs_dir"])
    # A plan names its models itself; and no run may cost more than all together.
    base = replace(with_environment(base), model=None, max_cost=options["max_cost"])
    return expand(_plan(options), base)


@contextmanager
def _problems_listed() -> Iterator[None]:
    """Each on a line of its own, however many they are."""
    from benchkit.running.batch.planfile import PlanProblems

    try:
        yield
    except PlanProblems as error:
        if len(error.problems) > 1:
            print(*error.problems, sep="\n", file=sys.stderr)
        raise


def _plan(options: dict[str, Any]) -> Plan:
    from benchkit.running.batch.planfile import make_plan, read_plan

    path, models, benchmarks = options["plan_path"], options["models"], options["benchmarks"]
    if path is not None and not str(path).startswith("-"):
        if models:
            raise UsageError("a plan and --models: choose one")
        if options["run_flags"]:
            given = " ".join(options["run_flags"])
            raise UsageError(f"with a plan, what all runs share goes into its `defaults`, not here: {given}")
        return read_plan(path, _names(benchmarks))
    if not models or not benchmarks:
        raise UsageError("name a plan, or --models and --benchmarks; --init writes a first plan")
    flags = [str(path), *options["run_flags"]] if path is not None else list(options["run_flags"])
    return make_plan(_raw_plan(models, _names(benchmarks), flags), "the command line")


def _names(benchmarks: str | None) -> list[str]:
    return [name.strip() for name in (benchmarks or "").split(",") if name.strip()]


def _raw_plan(models: Sequence[str], benchmarks: Sequence[str], flags: Sequence[str]) -> dict[str, Any]:
    """The run's own flags become settings of all runs, the others go to the scripts."""
    from benchkit.commands.run import command as run_command
    from benchkit.settings import BENCHMARK_PLAN_KEYS, PLAN_KEYS

    given = _given_flags(flags)
    judge = {"judge": given.pop("judge")} if "judge" in given else {}
    args = {"args": list(words)} if (words := given.pop("script_args", ())) else {}
    settings = {name: given.pop(key.field) for name, key in PLAN_KEYS.items() if key.field in given}
    of_benchmarks = {name: key.field for name, key in BENCHMARK_PLAN_KEYS.items() if name != "name"}
    shared = {name: given.pop(field) for name, field in of_benchmarks.items() if field in given}
    if given:
        names = ", ".join(one.opts[0] for one in run_command.params if one.name in given)
        raise UsageError(f"{names}: not for all runs alike; a plan says it for one model or one benchmark")
    named = [{"name": name, **shared, **args} for name in benchmarks]
    return {"models": list(models), "benchmarks": named, "defaults": settings, **judge}


def _given_flags(flags: Sequence[str]) -> dict[str, Any]:
    """What was typed, by the settings' names."""
    from benchkit.commands.run import command as run_command

    nobody = "the benchmarks are named elsewhere"
    context = run_command.make_context("batch", ["--benchmark", nobody, *flags], resilient_parsing=False)
    given = {name: value for name, value in context.params.items() if _was_given(context, name)}
    if given["benchmark"] == nobody:
        del given["benchmark"]
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: Any) -> Any:
    """As a plan's file would hold it."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value


def _was_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _goal(text: str | None) -> Goal | None:
    from benchkit.racing import Goal

    try:
        return None if text is None else Goal.parse(text)
    except ValueError:
        raise UsageError(f"--race {text}: give {GOALS}") from None


def _run(expansion: Expansion, options: dict[str, Any], goal: Goal | None) -> int:
    from benchkit.running.batch.options import BatchOptions, Prefetch, next_time_of_day
    from benchkit.running.batch.run import run_batch
    from benchkit.running.orders import OnLostBox

    batch_options = BatchOptions(
        history=options["history"],
        until=None if options["until"] is None else next_time_of_day(options["until"]),
        retry_failed=options["retry_failed"],
        race=goal,
        finish=options["finish"],
        prefetch=Prefetch(options["prefetch"]),
        wait=options["if_busy"] == "wait",
        max_cost=options["max_cost"],
        concurrent_models=options["concurrent_models"],
        cluster=options["cluster"],
        on_lost_box=expansion.on_lost_box or OnLostBox.MOVE,
        notify_command=options["notify_command"],
        notify_failures=options["notify_failures"],
    )
    ledger = run_batch(expansion.entries, batch_options)
    if ledger.interrupted:
        return Interrupted.exit_code
    return 0 if ledger.all_ok else 1
