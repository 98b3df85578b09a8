"""bench_runner.py compare: which model is better, and is it true?"""

from __future__ import annotations

from pathlib import Path

import click

FORMATS = ("table", "markdown", "html", "csv", "tsv", "json", "latex")


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL|RUN]…")
@click.option("--benchmark", help="Only runs of this one.")
@click.option("--baseline", metavar="MODEL|RUN", help="Judge all others against this one, not every pair.")
@click.option("--sort", default="score", show_default=True, metavar="COLUMN", help="The best first.")
@click.option("--columns", metavar="A,B,…", help="Just these columns, in this order.")
@click.option("--format", "style", type=click.Choice(FORMATS), default="table", show_default=True)
@click.option(
    "--margin",
    type=click.FloatRange(min=0, min_open=True),
    default=5.0,
    show_default=True,
    help="Points within which models count as equivalent.",
)
@click.option("--repeats", is_flag=True, help="Average each model over all its runs with the same settings.")
@click.option(
    "--anyway", is_flag=True, help="Show runs together that differ in problems or sampling, marked."
)
@click.option(
    "--history", type=click.Path(path_type=Path), default=Path("benchmark_results.json"), show_default=True
)
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
    history: Path,
) -> None:
    """Models side by side, and for each pair what their scores prove.

    Without names: the latest good run of each model. A MODEL stands for its latest good run.
    """
    from benchkit.comparison import columns as known
    from benchkit.comparison.catalog import Catalog
    from benchkit.comparison.page import page, rendered
    from benchkit.comparison.selection import sections
    from benchkit.comparison.tables import terminal_width
    from benchkit.comparison.verdicts import against, verdicts

    sort_by = known.find(sort)
    known.chosen(columns)
    wanted = (*names, baseline) if names and baseline and baseline not in names else names
    pages = []
    for section in sections(Catalog(history), wanted, benchmark, repeats=repeats, anyway=anyway):
        against_this = against(section, baseline) if baseline else None
        pages.append(page(section, verdicts(section, against_this, margin), sort_by, columns))
    click.echo(rendered(pages, style, terminal_width()))
