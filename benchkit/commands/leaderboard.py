"""bench_runner.py leaderboard: the models of one history, in tiers, with notes and charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from benchkit.commands.compare import command as compare
from benchkit.commands.options import history_option
from benchkit.commands.report import command as report
from benchkit.numbers import above_0
from benchkit.terminal import how_many

BENCHMARK = click.option("--benchmark", help="Only runs of this one.")


@click.group(context_settings={"max_content_width": 110}, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """The models of one history, the best first, as far as that is known."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())


@command.command("list")
@BENCHMARK
@click.option("--fits", type=above_0(), metavar="GB", help="Best that fits in it.")
@click.option("--tag", help="Only entries with this tag.")
@click.option("--json", "as_json", is_flag=True)
@history_option
def list_models(
    benchmark: str | None, fits: float | None, tag: str | None, as_json: bool, history: str
) -> None:
    """Tiers of models that cannot be told apart, the Pareto front, quantization ladders."""
    import json

    from benchkit.telling.comparison.board import as_records, as_text, boards
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.history import open_store
    from benchkit.telling.tables.width import terminal_width

    all_boards = boards(Catalog(open_store(history)), benchmark, fits, tag)
    if as_json:
        click.echo(
            json.dumps(
                [record for one in all_boards for record in as_records(one)], ensure_ascii=False, indent=1
            )
        )
    else:
        click.echo("\n\n".join(as_text(one, terminal_width()) for one in all_boards))


@command.command()
@history_option
def models(history: str) -> None:
    """Every model that was ever run, with its last good score."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.models import model_rows
    from benchkit.telling.history import open_store

    for row in model_rows(Catalog(open_store(history))):
        click.echo(row.as_line())


@command.command("history")
@click.argument("model")
@BENCHMARK
@history_option
def history_of(model: str, benchmark: str | None, history: str) -> None:
    """All runs of one MODEL, the oldest first."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.models import history_rows
    from benchkit.telling.history import open_store

    for row in history_rows(Catalog(open_store(history)), model, benchmark):
        click.echo(row.as_line())


@command.command()
@click.argument("source", metavar="RUN|FILE|FOLDER")
@click.option("--parser", help="Who wrote the file: human_eval, lcb, … Not needed for records of ours.")
@click.option("--benchmark", help="Its name in the history; default: the parser's.")
@click.option("--model", help="Who was measured.")
@click.option("--note", help="A sentence to remember.")
@click.option("--tag", "tags", multiple=True, help="A word to find it by; repeatable.")
@history_option
def add(source: str, note: str | None, tags: tuple[str, ...], history: str, **origin: Any) -> None:
    """Add a results file, or a note and tags to a run that is there."""
    from benchkit.errors import UsageError
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.selection import choose
    from benchkit.telling.history import open_store
    from benchkit.telling.history.adding import add as add_runs

    store = open_store(history)
    if Path(source).exists():
        added = add_runs(store, Path(source), **origin)
        ids = [run.id for run in added]
        click.echo(f"added {how_many(len(ids), 'run')} to {history}: {', '.join(ids) or 'all were there'}")
    else:
        ids = [entry.id for entry in choose(Catalog(store), (source,))]
        if not (note or tags):
            raise UsageError(f"{source} is in {history} already: give it a --note or a --tag")
    for run_id in ids if note or tags else ():
        click.echo(f"{run_id}: {store.annotate(run_id, note, tags).in_words()}")


@command.command()
@click.argument("run_id", metavar="RUN")
@click.option("--yes", is_flag=True, help="Do not ask.")
@history_option
def delete(run_id: str, yes: bool, history: str) -> None:
    """Take one run out of the history; what lies in its folder stays."""
    from benchkit.telling.history import find_run, open_store

    store = open_store(history)
    run = find_run(store, run_id)
    score = run.results.score
    click.echo(f"{run.id}: {run.model} on {run.benchmark}, {run.timestamp}, score {score}", err=True)
    if not yes and not _agreed(f"Delete it from {history}?"):
        click.echo("nothing was deleted")
        return
    store.delete(run.id)
    click.echo(f"deleted {run.id}" + (f"; its files stay in {run.artifacts}" if run.artifacts else ""))


def _agreed(question: str) -> bool:
    """Whether the answer is yes; no answer at all, as from a script, is a wrong use."""
    import sys

    from benchkit.errors import UsageError

    click.echo(f"{question} [y/N]: ", nl=False, err=True)
    answer = sys.stdin.readline()
    if not answer:
        click.echo(err=True)
        raise UsageError("nobody answered and nothing was deleted: --yes deletes without asking")
    return answer.strip().lower() in ("y", "yes")


@command.command()
@click.argument("names", nargs=-1, metavar="[MODEL|RUN]…")
@click.option(
    "--output", type=click.Path(path_type=Path), default=Path("charts"), show_default=True, metavar="DIR"
)
@click.option("--format", "style", type=click.Choice(("svg", "png", "pdf")), default="svg", show_default=True)
@BENCHMARK
@click.option("--anyway", is_flag=True, help="Also runs that differ in problems or sampling.")
@history_option
def visualize(
    names: tuple[str, ...], output: Path, style: str, benchmark: str | None, anyway: bool, history: str
) -> None:
    """Draw every chart there are data for into a folder."""
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.history import open_store
    from benchkit.telling.reports.gallery import write_charts

    for path in write_charts(
        Catalog(open_store(history)), names, benchmark, anyway=anyway, folder=output, style=style
    ):
        click.echo(path)


command.add_command(compare, "compare")
command.add_command(report, "report")
