"""bench_runner.py history: one history into another one, and whether one is sound."""

from __future__ import annotations

from collections.abc import Sized

import click

from benchkit.commands.options import HistoryPlace, history_option
from benchkit.errors import UsageError
from benchkit.terminal import how_many


def waiting_line(history: str, waiting: Sized) -> str:
    """How many runs are only on this box as yet."""
    return f"runs on this box that wait until {history} takes them: {len(waiting)}"


@click.group(invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Copy a history into another one, such as a file into PostgreSQL, and check one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command()
@click.argument("source", metavar="FROM", type=HistoryPlace())
@click.argument("target", metavar="TO", type=HistoryPlace())
@click.option(
    "--logs", is_flag=True, help="What servers and scripts printed, too; also of runs that are there."
)
def copy(source: str, target: str, logs: bool) -> None:
    """Every run of FROM that TO has not, by its id, with its answers, verdicts and notes.

    Each is a file or a URL such as postgresql://HOST/DATABASE. The same command again goes on where it was
    stopped, and adds only what is new.
    """
    from benchkit.telling.history import open_store
    from benchkit.telling.history.copying import Copied, copy_history
    from benchkit.terminal import say

    opened, to = open_store(source), open_store(target)
    if not opened.heads():
        raise UsageError(f"{source} holds no runs: there is nothing to copy")
    to.check(may_wait=False)

    def report(done: Copied, of: int) -> None:
        say(f"{done.seen} of {of} runs looked at, {done.added} added")

    done = copy_history(opened, to, report, logs=logs)
    more = "".join(
        f", {count} {what}" for count, what in ((done.files, "logs"), (done.notes, "notes")) if count
    )
    print(f"{done.added} of {done.seen} runs added to {target}{more}; {done.seen - done.added} were there")


@command.command()
@history_option
def check(history: str) -> int:
    """Whether each run can be read and is found by what it says; exit code 1 where something is wrong."""
    from benchkit.telling.history import open_store

    store = open_store(history)
    count = 0
    for problem in store.problems():
        count += 1
        print(problem)
    if waiting := store.waiting():
        print(waiting_line(history, waiting))
    problems = how_many(count, "problem") if count else "no problems"
    print(f"{how_many(len(store.heads()), 'run')}, {problems}")
    return 1 if count else 0
