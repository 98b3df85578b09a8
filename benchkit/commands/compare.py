"""bench_runner.py compare: which model is better, and is it true?"""

from __future__ import annotations

import click

from benchkit.commands.options import history_option
from benchkit.numbers import above_0
from benchkit.telling.comparison.page import FORMAT_NAMES


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL|RUN]…")
@click.option("--benchmark", help="Only runs of this one.")
@click.option("--baseline", metavar="MODEL|RUN", help="Judge all others against this one, not every pair.")
@click.option("--sort", default="score", show_default=True, metavar="COLUMN", help="The best first.")
@click.option("--columns", metavar="A,B,…", help="Just these columns, in this order.")
@click.option("--format", "style", type=click.Choice(FORMAT_NAMES), default="table", show_default=True)
@click.option(
    "--margin",
    type=above_0(),
    default=5.0,
    show_default=True,
    help="Points within which models count as equivalent.",
)
@click.option("--repeats", is_flag=True, help="Average each model over all its runs with the same settings.")
@click.option(
    "--anyway", is_flag=True, help="Show runs together that differ in problems or sampling, marked."
)
@history_option
def command(
    names: tuple[str, ...],
    benchmark: str | None,
    baseline: str | None,
    sort: str,
    columns: str | None,
    style: str,
    margin: float,
    repeats: bool,
    anyway: bool,
    history: str,
) -> None:
    """Models side by side, and for each pair what their scores prove.

    Without names: the latest good run of each model. A MODEL stands for its latest good run.
    """
    from benchkit.telling.comparison import columns as known
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.page import pages, rendered
    from benchkit.telling.comparison.selection import sections
    from benchkit.telling.history import open_store
    from benchkit.telling.tables.width import terminal_width

    sort_by = known.find(sort)
    known.chosen(columns)
    wanted = (*names, baseline) if names and baseline and baseline not in names else names
    compared = sections(Catalog(open_store(history)), wanted, benchmark, repeats=repeats, anyway=anyway)
    click.echo(rendered(pages(compared, baseline, sort_by, columns, margin), style, terminal_width()))
