"""bench_runner.py list: the runs in the history, one line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from benchkit.commands.options import history_option

if TYPE_CHECKING:
    from benchkit.records import Run
    from benchkit.telling.tables.columns import Column


@click.command()
@history_option
@click.option("--json", "as_json", is_flag=True, help="The records as they stand in the history, as a list.")
def command(history: str, as_json: bool) -> None:
    """The runs in the history, the newest last."""
    from benchkit.telling.history import open_store, to_record
    from benchkit.terminal import print_json_list

    store = open_store(history)
    if as_json:
        print_json_list(to_record(run) for run in store.runs())
    elif runs := store.find().runs:
        print(_table(runs))
    else:
        print(f"no runs in {history} yet: bench_runner.py --model FILE.gguf --benchmark human_eval")


def _columns() -> tuple[Column[Run], ...]:
    """What a list shows of a run; what a narrow terminal has no room for, `show` prints."""
    from operator import attrgetter

    from benchkit.telling.tables.columns import Column

    return (
        Column("id", "id", 0, attrgetter("id")),
        Column("timestamp", "timestamp", 8, attrgetter("timestamp")),
        Column("benchmark", "benchmark", 3, attrgetter("benchmark")),
        Column("model", "model", 0, attrgetter("model"), shrinks=24),
        Column("status", "status", 2, attrgetter("status")),
        Column("score", "score", 1, attrgetter("results.score"), form=_figure, figures=True),
        Column("solved", "solved", 4, attrgetter("results.total_passed"), form=_figure, figures=True),
        Column("of", "of", 5, attrgetter("results.total_problems"), form=_figure, figures=True),
        Column("time_s", "time_s", 7, attrgetter("results.time_taken"), form=_figure, figures=True),
        Column("error", "error", 6, attrgetter("error"), shrinks=16),
    )


def _figure(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def _table(runs: Sequence[Run]) -> str:
    from benchkit.telling.tables.text import as_fitted_text
    from benchkit.telling.tables.width import terminal_width

    table, left_out = as_fitted_text(_columns(), runs, terminal_width())
    names = ", ".join(column.name for column in left_out)
    return f"{table}\n\nno room for: {names} (show RUN and --json have them)" if left_out else table
