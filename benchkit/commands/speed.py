"""bench_runner.py speed MODEL: how fast it reads and writes, at depths and with several at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from benchkit.commands.options import history_option, runs_dir_option
from benchkit.commands.setting_flags import served_model, serving_options


class Numbers(click.ParamType[tuple[int, ...]]):
    """`0,4k,16k`: whole numbers, k for 1,024."""

    name = "N,N,…"

    def __init__(self, least: int) -> None:
        self._least = least

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        return tuple(dict.fromkeys(self._number(word, param, ctx) for word in str(value).split(",")))

    def _number(self, word: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        digits, factor = (word[:-1], 1024) if word[-1:] in ("k", "K") else (word, 1)
        if not digits.strip().isdecimal() or int(digits) * factor < self._least:
            self.fail(f"{word!r} is no whole number from {self._least}, such as 4096 or 4k", param, ctx)
        return int(digits) * factor


@click.command(params=serving_options())
@click.argument("model", metavar="MODEL")
@click.option("--depth", type=Numbers(0), default="0", show_default=True, help="Tokens before the answer.")
@click.option("--slots", type=Numbers(1), default="1", show_default=True, help="Requests at once.")
@click.option("--tokens", type=click.IntRange(min=2), default=64, show_default=True, help="Of each answer.")
@history_option
@runs_dir_option
def command(
    model: str,
    depth: tuple[int, ...],
    slots: tuple[int, ...],
    tokens: int,
    history: str,
    runs_dir: Path,
    **options: Any,
) -> None:
    """Prompt and generation speed of a GGUF file, or of a model by its name with --base-url.

    By the server's own timings and by our clock, three times each; again where other programs disturbed it.
    """
    from benchkit.running.tuning.speed import Wanted, measure_speed
    from benchkit.running.tuning.tables import speed_table
    from benchkit.telling.tables.width import terminal_width
    from benchkit.terminal import say

    settings = served_model(model, options, history=history, runs_dir=runs_dir)
    report = measure_speed(settings, Wanted(depth, slots, tokens), say)
    click.echo(speed_table(report, terminal_width()))
    say(f"recorded as {report.run.id} in {history}")
