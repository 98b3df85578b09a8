"""The flags that choose contest problems, shared by run_lcb.py and evaluate_lcb.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import Any

import click

from benchkit.asking.problems.contest_releases import NAMES, releases
from benchkit.asking.problems.fetching import fetch_release
from benchkit.asking.problems.livecodebench import ContestSet, Window, load_contest, parse_day
from benchkit.asking.script import RandomPart, say
from benchkit.errors import UnknownName, UsageError

FLAGS: tuple[Callable[[Any], Any], ...] = (
    click.option("--problems-file", "files", multiple=True, metavar="F",
                 help="An official .jsonl file, or a release such as v6, v5_v6, release_v5; repeatable."),
    click.option("--start-date", metavar="YYYY-MM-DD", help="From this day on."),
    click.option("--end-date", metavar="YYYY-MM-DD", help="Up to this whole day."),
    click.option("--difficulty", multiple=True, type=click.Choice(["easy", "medium", "hard"])),
    click.option("--platform", multiple=True, type=click.Choice(["leetcode", "atcoder", "codeforces"])),
)  # fmt: skip


def problem_flags(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a click command these flags; the function gets their values as one argument, `choice`."""

    @wraps(function)
    def command(**options: Any) -> Any:
        choice = ContestChoice(**{one.name: options.pop(one.name) for one in fields(ContestChoice)})
        return function(choice=choice, **options)

    decorated = command
    for option in reversed(FLAGS):
        decorated = option(decorated)
    return decorated


@dataclass(frozen=True)
class ContestChoice:
    """The values of these flags."""

    files: tuple[str, ...]
    start_date: str | None
    end_date: str | None
    difficulty: tuple[str, ...]
    platform: tuple[str, ...]

    @property
    def window(self) -> Window:
        return Window(
            parse_day(self.start_date, "--start-date") if self.start_date else None,
            parse_day(self.end_date, "--end-date") if self.end_date else None,
            self.difficulty,
            self.platform,
        )


def choose_problems(choice: ContestChoice, limit: int | None, part: RandomPart | None = None) -> ContestSet:
    """The problems asked for, their tests read and checked: a bad one must not show hours later."""
    if not choice.files:
        raise UsageError("no problems: give --problems-file an official file (test6.jsonl) or release (v6)")
    window = choice.window
    paths = [path for given in choice.files for path in _paths(given)]
    chosen = load_contest(paths, window).select(limit=limit).take_part(part)
    chosen.check_tests()
    return chosen


def _paths(given: str) -> list[Path]:
    """The file of that name, or the files of the release of that name, fetched once."""
    path = Path(given)
    if path.exists() or len(path.parts) != 1 or path.suffix:
        return [path]
    if given not in NAMES:
        raise UnknownName("problems file or release", given, NAMES)
    return [fetch_release(release, say) for release in releases(given)]
