"""bench_runner.py cache: the answers that runs have kept, which --reuse takes where a request is equal."""

from __future__ import annotations

from pathlib import Path

import click

from benchkit.commands.options import runs_dir_option
from benchkit.terminal import counted, how_many


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The answers that runs have kept, which --reuse takes where the whole request is equal."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command()
@runs_dir_option
def stats(runs_dir: Path) -> None:
    """How many answers there are to take, and of how many runs."""
    from benchkit.reuse import REQUEST, cleared_until, kept_answers

    _check_is_there(runs_dir)
    until, runs, size, requests, cleared = cleared_until(runs_dir), 0, 0, set(), 0
    for kept in kept_answers(runs_dir):
        runs += 1
        size += kept.path.stat().st_size if kept.path.exists() else 0
        for _, row in kept.rows():
            if kept.is_cleared(row, until):
                cleared += 1
            else:
                requests.add(row[REQUEST])
    click.echo(f"{runs_dir}: {how_many(runs, 'run')} with answers, {size / 1e6:.1f} MB")
    click.echo(f"{how_many(len(requests), 'request')} whose answers --reuse takes")
    if cleared:
        click.echo(
            f"{counted(cleared, 'answer was cleared and is', 'answers were cleared and are')} not taken"
        )


@command.command("clear")
@runs_dir_option
def clear_answers(runs_dir: Path) -> None:
    """Take no answer that is there now; the runs keep theirs, and nothing is deleted."""
    import time

    from benchkit.errors import UsageError
    from benchkit.reuse import clear

    _check_is_there(runs_dir)
    try:
        clear(runs_dir, time.time())
    except OSError as error:
        raise UsageError(
            f"answers in {runs_dir} cannot be cleared: {error.strerror}; whoever may write there can do it"
        ) from None
    click.echo(f"{runs_dir}: --reuse takes no answer from before now; the runs keep theirs")


def _check_is_there(runs_dir: Path) -> None:
    from benchkit.errors import UsageError

    if not runs_dir.is_dir():
        raise UsageError(f"there is no folder {runs_dir}: name the one with the runs by --runs-dir")
