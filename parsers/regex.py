"""A parser without code: a regular expression with named groups, for `--parser regex --score-pattern '…'`.

Groups: `score` (percent, or as --score-scale says) or `fraction` (0 to 1), `passed`, `total`, `time`
(seconds); others become metrics.
"""

from __future__ import annotations

import re

from benchkit.errors import UsageError
from benchkit.records import Results, ScoreScale
from parsers.harness import Harness, count, percent, scaled, share
from parsers.matching import FLAGS, last_match
from parsers.text import plain

_NAMED = ("score", "fraction", "passed", "total", "time")


class RegexParser(Harness):
    takes_half_lines = True

    def __init__(self, pattern: str, scale: ScoreScale | None = None) -> None:
        self.looked_for = f"the pattern {pattern!r}"
        self.pattern, self.scale = pattern, scale
        try:
            groups = re.compile(pattern, FLAGS).groupindex.keys()
        except re.error as error:
            raise UsageError(f"--score-pattern {pattern!r} is no regular expression: {error}") from None
        if scale and "score" not in groups:
            raise UsageError(f"--score-scale {scale}: --score-pattern {pattern!r} has no group (?P<score>…)")
        if not groups & {"score", "fraction"} and not groups >= {"passed", "total"}:
            raise UsageError(
                f"--score-pattern {pattern!r} names no score: give it a group (?P<score>…) in percent, "
                "(?P<fraction>…) from 0 to 1, or both (?P<passed>…) and (?P<total>…)"
            )

    def from_text(self, output: str) -> Results | None:
        text = "\n".join(plain(line) for line in re.split(r"[\r\n]+", output))
        groups = last_match(self.pattern, text)
        return None if groups is None else _results(groups, self.scale)


def _results(groups: dict[str, str], scale: ScoreScale | None) -> Results:
    passed, total = (count(groups[name], name) if name in groups else None for name in ("passed", "total"))
    warnings: tuple[str, ...] = ()
    if "score" in groups:
        score, warnings = scaled(groups["score"], scale)
    elif "fraction" in groups:
        score = percent(groups["fraction"], scale=100)
    else:
        score = share(count(groups["passed"], "passed"), count(groups["total"], "total"))
    if passed is not None and total is not None:
        share(passed, total)
    return Results(
        score=score,
        total_passed=passed,
        total_problems=total,
        time_taken=float(groups["time"]) if "time" in groups else None,
        metrics={name: text for name, text in groups.items() if name not in _NAMED},
        warnings=warnings,
    )
