"""bench_runner.py noise MODEL: how many answers change by themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from benchkit.commands.options import history_option
from benchkit.terminal import how_many

if TYPE_CHECKING:
    from benchkit.records import Run
    from benchkit.telling.comparison.noise import Noise

MOST_NAMED = 10


@click.command()
@click.argument("model")
@click.option("--benchmark", help="Only runs of this one.")
@history_option
def command(model: str, benchmark: str | None, history: str) -> None:
    """From repeated runs of MODEL under the same settings: what two runs differ by through chance alone."""
    from benchkit.errors import UsageError
    from benchkit.telling.comparison.catalog import Catalog
    from benchkit.telling.comparison.facts import set_name
    from benchkit.telling.comparison.noise import noise
    from benchkit.telling.comparison.selection import choose, repeats_of
    from benchkit.telling.history import open_store

    catalog = Catalog(open_store(history))
    lines, missing = [], ""
    for entry in choose(catalog, (model,), benchmark):
        run = catalog.run(entry)
        runs = repeats_of(catalog, run)
        measured = noise(runs, catalog.store)
        if measured is None:
            missing = missing or _why_unknown(model, run, len(runs))
        else:
            lines += _lines(f"{run.model} · {set_name(run)}", len(runs), measured)
    if not lines:
        raise UsageError(missing)
    click.echo("\n".join(lines))


def _why_unknown(model: str, run: Run, runs: int) -> str:
    from benchkit.rerun import command_of_run

    if runs > 1:
        return f"{model}: which problems its {runs} runs solved is not known, no verdicts were kept"
    return f"{model} was run only once with these settings; run it again: {command_of_run(run)}"


def _lines(title: str, runs: int, measured: Noise) -> list[str]:
    from benchkit.statistics import wilson

    samples = how_many(measured.samples, "answer")
    head = f"{title} · {how_many(runs, 'run')}, {samples} a problem · {_scores(measured)}"
    changing, share = len(measured.changing), 100 * len(measured.changing) / measured.problems
    if not changing:
        unseen = 100 * wilson(0, measured.problems)[1]
        return [
            head,
            f"Not one of {measured.problems} problems changed; up to {unseen:.0f}% may all the same (95%).",
        ]
    return [
        head,
        f"{changing} of {measured.problems} problems ({share:.1f}%) did not always get the same verdict; "
        f"two single runs disagree on {100 * measured.disagreement:.1f}%.",
        f"By chance alone two of its runs differ by up to {100 * measured.swing:.1f} points (95%).",
        f"The least sure: {_named(measured.changing)}",
    ]


def _scores(measured: Noise) -> str:
    if measured.deviation is None:
        return f"score {measured.scores[0]:.1f}" if measured.scores else "score unknown"
    mean = sum(measured.scores) / len(measured.scores)
    span = f"{min(measured.scores):.1f} to {max(measured.scores):.1f}"
    return f"scores {span}, mean {mean:.1f}, standard deviation {measured.deviation:.1f} points"


def _named(tasks: Sequence[str]) -> str:
    more = len(tasks) - MOST_NAMED
    return ", ".join(tasks[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
