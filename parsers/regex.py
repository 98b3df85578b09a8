"""A parser without code: a regular expression with named groups, for `--parser regex --score-pattern '…'`.

Groups: `score` (percent) or `fraction` (0 to 1), `passed`, `total`, `time` (seconds); others become metrics.
"""

from __future__ import annotations

import re
from collections import deque

from benchkit.errors import UsageError
from benchkit.records import Results
from parsers.harness import Harness, count, percent, share
from parsers.text import plain

_NAMED = ("score", "fraction", "passed", "total", "time")


class RegexParser(Harness):
    takes_half_lines = True

    def __init__(self, pattern: str) -> None:
        self.looked_for = f"the pattern {pattern!r}"
        try:
            self.pattern = re.compile(pattern, re.MULTILINE)
        except re.error as error:
            raise UsageError(f"--score-pattern {pattern!r} is no regular expression: {error}") from None
        groups = self.pattern.groupindex.keys()
        if not groups & {"score", "fraction"} and not groups >= {"passed", "total"}:
            raise UsageError(
                f"--score-pattern {pattern!r} names no score: give it a group (?P<score>…) in percent, "
                "(?P<fraction>…) from 0 to 1, or both (?P<passed>…) and (?P<total>…)"
            )

    def from_text(self, output: str) -> Results | None:
        text = "\n".join(plain(line) for line in re.split(r"[\r\n]+", output))
        matches = deque(self.pattern.finditer(text), maxlen=1)
        return (
            _results({name: part for name, part in matches[0].groupdict().items() if part})
            if matches
            else None
        )


def _results(groups: dict[str, str]) -> Results:
    passed, total = (count(groups[name], name) if name in groups else None for name in ("passed", "total"))
    if "score" in groups:
        score = percent(groups["score"])
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
    )
