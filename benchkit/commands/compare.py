"""bench_runner.py compare: which model is better, and is it true?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from benchkit.commands.options import history_option, scoring_options
from benchkit.numbers import above_0
from benchkit.telling.comparison.page import FORMAT_NAMES
from benchkit.terminal import how_many

if TYPE_CHECKING:
    from benchkit.telling.comparison.selection import Section
    from benchkit.telling.history.base import Store


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
@scoring_options
@click.option("--codes", is_flag=True, help="Both codes of each problem on which models disagree.")
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
    weights: str | None,
    without: tuple[str, ...],
    baseline_run: str | None,
    codes: bool,
    history: str,
) -> None:
    """Models side by side, and for each pair what their scores prove.

    Without names: the latest good run of each model. A MODEL stands for its latest good run.
    """
    from benchkit.errors import UsageError
    from benchkit.telling.comparison import columns as known
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.composite import scored, scoring_of
    from benchkit.telling.comparison.judgements import with_judgements
    from benchkit.telling.comparison.page import pages, rendered
    from benchkit.telling.comparison.selection import sections
    from benchkit.telling.history import open_store
    from benchkit.telling.tables.width import terminal_width

    sort_by = known.find(sort)
    wanted = (*names, baseline) if names and baseline and baseline not in names else names
    if codes and style != "table":
        raise UsageError("--codes is for the terminal: leave out --format; `report` has the codes as HTML")
    catalog = Catalog(store := open_store(history))
    compared = sections(catalog, wanted, benchmark, repeats=repeats, anyway=anyway, stopped=True)
    computed = {*known.PART_COLUMNS, *known.FIGURE_COLUMNS}
    if weights or without or baseline_run or {sort_by, *known.chosen(columns)} & computed:
        scoring = scoring_of(catalog, weights, without, baseline_run)
        compared = [scored(one, scoring) for one in compared]
    compared = [with_judgements(one, catalog) for one in compared]
    click.echo(rendered(pages(compared, baseline, sort_by, columns, margin), style, terminal_width()))
    if codes:
        _show_codes(compared, store)


def _show_codes(compared: Sequence[Section], store: Store) -> None:
    from benchkit.telling.comparison.tiers import by_score
    from benchkit.telling.reports.codes import code_lines
    from benchkit.telling.reports.flips import flips
    from benchkit.telling.tables.width import terminal_width

    for section in compared:
        flipped = list(flips(by_score(section.contestants), store))
        click.echo(f"\n{section.title}: models disagree on {how_many(len(flipped), 'problem')}")
        for flip in flipped:
            click.echo("\n" + "\n".join(code_lines(flip, terminal_width())))
