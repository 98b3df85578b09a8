"""bench_runner.py import FILE…: results that somebody made without us, taken into the history."""

from __future__ import annotations

from pathlib import Path

import click

from benchkit.commands.options import history_option


@click.command()
@click.argument("sources", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE|FOLDER…")
@click.option("--benchmark", help="Its name in the history; default: the parser's.")
@click.option("--model", help="Who was measured.")
@click.option("--parser", help="Who wrote it: evalplus, lm_eval, …; default: the one whose form it is.")
@history_option
def command(
    sources: tuple[Path, ...], benchmark: str | None, model: str | None, parser: str | None, history: str
) -> None:
    """Take results made elsewhere into the history, their origin noted; what is there already stays alone.

    A harness's result file, its folder (which may hold each problem's verdict beside it), what it printed, or
    a history or run of bench_runner itself.
    """
    from benchkit.telling.history import open_store
    from benchkit.telling.history.adding import add, holds_records
    from benchkit.telling.history.recognizing import writer_of

    store = open_store(history)
    for source in sources:
        known = parser is not None or not source.exists() or holds_records(source)
        writer = parser if known else writer_of(source)
        added = add(store, source, parser=writer, benchmark=benchmark, model=model)
        for run in added:
            score = run.results.score
            score_text = "no score" if score is None else f"score {score:.2f}"
            click.echo(f"{source}: {run.benchmark} on {run.model}, {score_text}, added as {run.id}")
        if not added:
            click.echo(f"{source}: all of it is in {history} already")
