"""bench_runner.py report: everything in one file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from benchkit.commands.options import history_option, scoring_options

SUFFIXES = {
    ".md": "markdown",
    ".html": "html",
    ".htm": "html",
    ".txt": "text",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".pdf": "pdf",
}

OF_ROWS = ("csv", "jsonl")


@click.command()
@click.argument("names", nargs=-1, metavar="[MODEL|RUN]…")
@click.option(
    "--format",
    "style",
    type=click.Choice(tuple(dict.fromkeys(SUFFIXES.values()))),
    help="Default: by the output's ending; html without one.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="F", help="Default: report.html; - is stdout."
)
@click.option("--benchmark", help="Only runs of this one.")
@click.option("--baseline", metavar="MODEL|RUN", help="Judge all others against this one, not every pair.")
@click.option("--repeats", is_flag=True, help="Average each model over all its runs with the same settings.")
@click.option(
    "--anyway", is_flag=True, help="Show runs together that differ in problems or sampling, marked."
)
@click.option("--attempts", is_flag=True, help="CSV and JSONL: one row a problem, not one a run.")
@scoring_options
@history_option
def command(style: str | None, output: Path | None, history: str, **asked: Any) -> None:
    """Table, verdicts, charts, what failed, and the codes of flipped problems in one file.

    CSV and JSONL hold every run of the models, the failed ones too.
    """
    from benchkit.errors import UsageError
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.history import open_store
    from benchkit.telling.reports import get_format
    from benchkit.telling.reports.material import Material
    from benchkit.telling.reports.writing import write

    chosen = style or _style_of(output)
    if asked["attempts"] and chosen not in OF_ROWS:
        raise UsageError(f"--attempts is for rows: add --format {' or '.join(OF_ROWS)}")
    content = get_format(chosen).render(Material(Catalog(open_store(history)), **asked))
    if output == Path("-"):
        sys.stdout.buffer.write(content)
        return
    place = output or Path("report").with_suffix(_suffix(chosen))
    write(place, content)
    click.echo(f"{place}: {len(content):,} bytes")


def _style_of(output: Path | None) -> str:
    """By the output's ending; another kind of file's is a mistake, not a wish for HTML under that name."""
    from benchkit.errors import UsageError

    suffix = output.suffix.lower() if output else ""
    if suffix and suffix not in SUFFIXES:
        pictures = "; charts as pictures: bench_runner.py leaderboard visualize --format png"
        raise UsageError(
            f"{output}: no report has the ending {suffix}: take one of {', '.join(SUFFIXES)}, "
            f"or name a --format{pictures if suffix in ('.png', '.svg') else ''}"
        )
    return SUFFIXES.get(suffix, "html")


def _suffix(style: str) -> str:
    return next(suffix for suffix, name in SUFFIXES.items() if name == style)
