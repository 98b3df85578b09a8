"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

DEFAULT_HISTORY = "benchmark_results.json"


class HistoryPlace(click.ParamType[str]):
    """The path or URL of a history; of a URL the scheme must be one that is known."""

    name = "path|url"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        if ":" in str(value):
            from benchkit.telling.history.stores import open_store

            open_store(value)  # refuses an address that can be none; nothing is read yet
        return str(value)


_SCORING = (
    click.option(
        "--weights",
        metavar="PART=SHARE,…",
        help="Of the overall: correctness=40,speed=20,quality=25,efficiency=15 where nobody says otherwise.",
    ),
    click.option("--without", multiple=True, metavar="PART", help="Leave it out of the overall; repeatable."),
    click.option(
        "--baseline-run", metavar="MODEL|RUN", help="Measure speed against this one, not the fastest."
    ),
)


def scoring_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """How the composite is computed."""
    for option in reversed(_SCORING):
        command = option(command)
    return command


history_option = click.option(
    "--history",
    type=HistoryPlace(),
    metavar="PATH|URL",
    default=DEFAULT_HISTORY,
    show_default=True,
    envvar="BENCH_HISTORY",
    show_envvar=True,
)
runs_dir_option = click.option(
    "--runs-dir", type=click.Path(path_type=Path), default=Path("runs"), show_default=True
)
