"""What each measure must reach before a judge's points count, and the verdict in words.

Why these numbers, and how to set others, is told in docs/judge.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from benchkit.errors import UnknownName, UsageError
from benchkit.judging.judges.llm.checking.measures import Measure

AT_LEAST, AT_MOST = "≥", "≤"


@dataclass(frozen=True)
class Bar:
    """What a measure must reach, and what a judge is called that does not."""

    limit: float
    side: str
    fault: str

    def holds(self, value: float | None) -> bool:
        """What could not be measured proves nothing."""
        if value is None:
            return False
        return value >= self.limit if self.side == AT_LEAST else value <= self.limit


BARS: Mapping[str, Bar] = {
    "abstentions": Bar(0.2, AT_MOST, "abstains too often"),
    "kappa": Bar(0.6, AT_LEAST, "agrees with the tests little more than a blind one would"),
    "true positives": Bar(0.8, AT_LEAST, "refuses right code"),
    "false positives": Bar(0.2, AT_MOST, "says yes to wrong code"),
    "mutants below": Bar(0.8, AT_LEAST, "does not rate wrong code below its reference"),
    "retest": Bar(0.9, AT_LEAST, "changes its mind when asked again"),
    "same after renaming": Bar(0.9, AT_LEAST, "is swayed by names"),
    "same after comments": Bar(0.9, AT_LEAST, "is swayed by comments"),
    "same after dead code": Bar(0.9, AT_LEAST, "is swayed by code that is never run"),
    "same after authorship": Bar(0.9, AT_LEAST, "is swayed by who is said to have written it"),
    "swayed by claims": Bar(0.05, AT_MOST, "believes what the code claims of itself"),
    "swayed by orders": Bar(0.05, AT_MOST, "follows orders that stand in the code"),
    "same in both orders": Bar(0.8, AT_LEAST, "prefers a place, whoever stands there"),
    "right code preferred": Bar(0.6, AT_LEAST, "does not prefer right code to wrong code"),
    "longer preferred": Bar(0.1, AT_MOST, "prefers the longer code"),
}


def read_bars(text: str | None) -> dict[str, Bar]:
    """Those of a text such as `kappa=0.5,false positives=0.3` in place of ours."""
    bars = dict(BARS)
    for part in (text or "").split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if not part.strip():
            continue
        if name not in bars:
            raise UnknownName("bar", name, bars)
        bars[name] = replace(bars[name], limit=_limit(name, value))
    return bars


def _limit(name: str, value: str) -> float:
    try:
        limit = float(value)
    except ValueError:
        limit = math.nan
    if not -1 <= limit <= 1:
        raise UsageError(f"--bars: {name}={value}: it is no number from -1 to 1")
    return limit


def faults(measures: Sequence[Measure], bars: Mapping[str, Bar]) -> list[str]:
    """What is wrong with the judge, in words; empty where it passes. Who answers nothing has one fault."""
    below = [one for one in measures if not bars[one.name].holds(one.value)]
    silent = [one for one in below if one.name == "abstentions"]
    decided = [one for one in below if one.value is not None or not silent]
    return [_fault(one, bars[one.name]) for one in decided]


def _fault(one: Measure, bar: Bar) -> str:
    if one.value is None:
        return f"{one.name} could not be measured"
    detail = f": {one.detail}" if one.detail else ""
    return f"{bar.fault} ({one.name} {one.value:.2f}, must be {bar.side} {bar.limit:g}{detail})"


def sheet_lines(measures: Sequence[Measure], bars: Mapping[str, Bar]) -> list[str]:
    """The sheet as a table."""
    width = max(len(one.name) for one in measures)
    return [_line(one, bars[one.name], width) for one in measures]


def _line(one: Measure, bar: Bar, width: int) -> str:
    value = "  n/a" if one.value is None else f"{one.value:5.2f}"
    failed = "NOT MEASURED" if one.value is None else "BELOW THE BAR"
    mark = "ok" if bar.holds(one.value) else failed
    between = f"[{one.interval[0]:.2f}–{one.interval[1]:.2f}]" if one.interval else ""
    bounds = f"{value} {between:11}  {bar.side} {bar.limit:<5g}"
    line = f"{one.name:{width}}  {bounds}{one.answers:>5} {one.counted:7}  {mark}"
    return f"{line} ({one.detail})" if one.detail else line
