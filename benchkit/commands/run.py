"""bench_runner.py --model M.gguf --benchmark B: one model, one benchmark, one more line in the history."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchkit import __version__
from benchkit.commands import COMMANDS, PROGRAM
from benchkit.commands.options import DEFAULT_HISTORY, history_option, runs_dir_option
from benchkit.commands.setting_flags import served_model, setting_options
from benchkit.commands.typos import PassesFlagsOn
from benchkit.errors import Interrupted, UsageError
from benchkit.settings import RunSettings, with_environment
from benchkit.verdict import Status

if TYPE_CHECKING:
    from benchkit.records import Run
    from benchkit.running.plan import PlannedRun

EPILOG = f"""\b
Other commands (each has --help):
{chr(10).join(f"  {name:12} {text}" for name, text in COMMANDS.items())}

\b
Exit codes: 0 it ran, whatever the model scored; 1 the run failed (it is recorded, with its cause);
2 wrong usage, nothing was started; 130 interrupted.
"""


@click.command(
    cls=PassesFlagsOn,
    context_settings={"ignore_unknown_options": True, "max_content_width": 110},
    epilog=EPILOG,
    short_help="serve one model, run one benchmark, record the score",
    params=setting_options(),
)
@history_option
@runs_dir_option
@click.option(
    "--judge",
    metavar="MODEL",
    help="Judge its answers afterwards: FILE.gguf, or one such as openrouter/NAME.",
)
@click.option("--json", "as_json", is_flag=True, help="The run's record on stdout, all else on stderr.")
@click.option("--dry-run", is_flag=True, help="Show what would be started; start nothing.")
@click.version_option(__version__, prog_name=PROGRAM, message="%(prog)s %(version)s")
@click.argument("script_args", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT FLAGS]…")
def command(judge: str | None, as_json: bool, dry_run: bool, **options: Any) -> int:
    """Serve a model, run a benchmark against it, and add score, timing and VRAM to the history.

    Flags that are not listed here go to the script untouched, and so does all that stands behind --.
    """
    from benchkit.running.plan import plan_run

    plan = plan_run(_settings(options))
    judging = _judge_settings(judge, plan) if judge is not None else None
    if dry_run:
        from benchkit.running.runner import preview

        print(preview(plan))
        return 0
    from benchkit.running.display import open_display
    from benchkit.running.runner import execute

    run = execute(plan, open_display(output_to_stderr=as_json))
    _tell(run, plan.settings.history, as_json)
    if judging is not None and run.status is Status.OK:
        return _judged(run, judging, as_json)
    return {Status.OK: 0, Status.FAILED: 1, Status.INTERRUPTED: Interrupted.exit_code}[run.status]


def _judge_settings(judge: str, plan: PlannedRun) -> RunSettings:
    """What is wrong with a judge is said before the model that it judges is served."""
    from benchkit.providers.names import find_remote_model
    from benchkit.running.judging import check_judge, why_unreadable

    settings = plan.settings
    if why := why_unreadable(plan.benchmark.name, ours=plan.script.ours):
        raise UsageError(f"--judge: {plan.benchmark.name} cannot be judged: {why}")
    kept = {name: getattr(settings, name) for name in ("llama_server", "gpu_layers", "history", "runs_dir")}
    server = "auto" if settings.base_url or find_remote_model(judge) else settings.server
    own = served_model(judge, {"base_url": None, "server": server, **kept})
    check_judge(own)
    return own


def _judged(run: Run, settings: RunSettings, as_json: bool) -> int:
    """The judge is served when the model that it judges is gone: two beside one another share no GPU."""
    from benchkit.commands.judge import tell
    from benchkit.running.judging import plans_for

    return tell(plans_for([run], settings, ()), [run], output_to_stderr=as_json)


def _settings(options: dict[str, Any]) -> RunSettings:
    settings = with_environment(RunSettings(**options))
    if settings.base_url and settings.server == "auto":
        return replace(settings, server="endpoint")
    return settings


def _showing(run: Run, history: str) -> str:
    from benchkit.rerun import quoted

    place = () if history == DEFAULT_HISTORY else ("--history", history)
    return quoted((PROGRAM, "show", run.id, *place))


def _tell(run: Run, history: str | Path, as_json: bool) -> None:
    from benchkit.terminal import complain, say

    if as_json:
        import json

        from benchkit.telling.history import to_record

        print(json.dumps(to_record(run), ensure_ascii=False))
    where = f"recorded as {run.id} in {history}"
    if run.status is Status.OK:
        say(f"{where}; see it with: {_showing(run, str(history))}")
    else:
        complain(PROGRAM, f"{run.error} ({where}; logs in {run.artifacts})")
