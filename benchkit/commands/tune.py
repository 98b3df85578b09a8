"""bench_runner.py tune MODEL: the flags that serve it fastest on this box."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from benchkit.commands.options import history_option, runs_dir_option
from benchkit.commands.setting_flags import served_model, serving_options

MOST_S = 7 * 24 * 3600.0
_UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


class Duration(click.ParamType[float]):
    """`90s`, `15m`, `1h`."""

    name = "15m"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d+(?:\.\d+)?)([smh]?)", str(value).strip())
        if not match or not float(match[1]):
            self.fail(f"{value!r} is no time such as 90s, 15m or 1h", param, ctx)
        seconds = float(match[1]) * _UNITS[match[2]]
        if seconds > MOST_S:
            self.fail(f"{value!r} is more than {MOST_S / 3600:g}h", param, ctx)
        return seconds


@click.command(params=serving_options())
@click.argument("model", metavar="MODEL")
@click.option("--budget", type=Duration(), default="15m", show_default=True, help="For all of it.")
@click.option("--prompt", type=click.IntRange(min=16), default=300, show_default=True, help="Tokens.")
@click.option("--tokens", type=click.IntRange(min=2), default=128, show_default=True, help="Of an answer.")
@click.option(
    "--draft",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A draft model to try.",
)
@history_option
@runs_dir_option
def command(
    model: str,
    budget: float,
    prompt: int,
    tokens: int,
    draft: Path | None,
    history: str,
    runs_dir: Path,
    **options: Any,
) -> None:
    """Try llama-server's flags on a GGUF file: layers, experts, slots, threads, batches, KV types, drafts.

    Stage by stage from the best so far; what does not fit by the estimate is never started.
    """
    from benchkit.running.tuning.tables import tuned_table
    from benchkit.running.tuning.tune import Workload, tune
    from benchkit.telling.tables.width import terminal_width
    from benchkit.terminal import say

    settings = served_model(model, options, history=history, runs_dir=runs_dir)
    tuned = tune(settings, Workload(prompt, tokens, budget, draft), say)
    click.echo(tuned_table(tuned, terminal_width()))
    say(f"recorded as {tuned.run.id} in {history}")
