"""The flags that choose contest problems, shared by run_lcb.py and evaluate_lcb.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from benchkit.errors import UsageError
from benchkit.problems.base import ProblemSet
from benchkit.problems.livecodebench import Window, load_contest, parse_day

FLAGS: tuple[Callable[[Any], Any], ...] = (
    click.option("--problems-file", "files", type=click.Path(path_type=Path), multiple=True, metavar="F",
                 help="An official .jsonl file; repeat it for several."),
    click.option("--start-date", metavar="YYYY-MM-DD", help="From this day on."),
    click.option("--end-date", metavar="YYYY-MM-DD", help="Up to this whole day."),
    click.option("--difficulty", multiple=True, type=click.Choice(["easy", "medium", "hard"])),
    click.option("--platform", multiple=True, type=click.Choice(["leetcode", "atcoder", "codeforces"])),
)  # fmt: skip


def problem_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(FLAGS):
        function = option(function)
    return function


def choose_problems(
    files: tuple[Path, ...],
    start_date: str | None,
    end_date: str | None,
    difficulty: tuple[str, ...],
    platform: tuple[str, ...],
    limit: int | None = None,
) -> ProblemSet:
    if not files:
        raise UsageError("no problems: name a LiveCodeBench file with --problems-file, such as test6.jsonl")
    window = Window(
        parse_day(start_date, "--start-date") if start_date else None,
        parse_day(end_date, "--end-date") if end_date else None,
        difficulty,
        platform,
    )
    return load_contest(files, window).select(limit=limit)
