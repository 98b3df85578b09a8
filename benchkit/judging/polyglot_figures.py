"""A polyglot run in the figures of aider's leaderboard, under its names, and how far the two compare."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchkit.asking.tasks import Catalogue, Task
from benchkit.asking.tasks.polyglot import COMMIT, EXERCISES
from benchkit.verdict import Verdict

LAZY = re.compile(r"^\+? *(?:#|//).*? \.\.\. ", re.MULTILINE)
REFLECTIONS = 3  # that aider allows a try
OURS = ("exercises", "commit", "reflections", "without_passing_starters", "by_language")
NOT_WELL_FORMED = (Verdict.MALFORMED, Verdict.EMPTY)


@dataclass(frozen=True)
class Try:
    """One answer to one exercise."""

    verdict: Verdict
    response: str
    output: str  # of building and testing it
    truncated: bool
    seconds: float
    cost: float | None
    number: int = 1  # of the try; an answer that was given back and its correction have the same


@dataclass
class Figures:
    """Adds tries up; the last of an exercise comes last."""

    tries: dict[str, list[Try]] = field(default_factory=dict)

    def add(self, exercise: str, one: Try) -> None:
        self.tries.setdefault(exercise, []).append(one)

    def as_record(self, catalogue: Catalogue, most_tries: int, reflections: int = 0) -> dict[str, Any]:
        """Aider's figures, then ours beside them."""
        judged = {
            name: tries for name, tries in self.tries.items() if tries[-1].verdict != Verdict.INFRASTRUCTURE
        }
        answers = [one for tries in judged.values() for one in tries]
        costs = [one.cost for one in answers if one.cost is not None]
        malformed = [name for name, tries in judged.items() if any(_is_malformed(one) for one in tries)]
        return {
            "exercises": f"{len(judged)}/{EXERCISES}",
            "commit": catalogue.version,
            "reflections": reflections,
            **{f"pass_rate_{number}": _rate(judged, number) for number in range(1, most_tries + 1)},
            "percent_cases_well_formed": _percent(len(judged) - len(malformed), len(judged)),
            "num_malformed_responses": sum(map(_is_malformed, answers)),
            "lazy_comments": sum(len(LAZY.findall(one.response)) for one in answers),
            "syntax_errors": sum("SyntaxError" in one.output for one in answers),
            "indentation_errors": sum("IndentationError" in one.output for one in answers),
            "exhausted_context_windows": sum(one.truncated for one in answers),
            "test_timeouts": sum(one.verdict == Verdict.TIMEOUT for one in answers),
            "seconds_per_case": round(sum(one.seconds for one in answers) / len(judged), 1)
            if judged
            else None,
            "total_cost": round(sum(costs), 6) if costs else None,
            "without_passing_starters": _without_starters(judged, catalogue.problems, most_tries),
            "by_language": _by_language(judged, most_tries),
        }


def figures_as_text(record: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a summary."""
    count, total = record["exercises"].split("/")
    names = [name for name in record if name not in OURS]
    yield f"As aider counts: {count} of {total} exercises"
    yield from (f"  {name}: {'n/a' if record[name] is None else record[name]}" for name in names)
    rates = [name for name in names if name.startswith("pass_rate_")]
    for language, row in record["by_language"].items():
        yield f"  {language}: {row['exercises']} exercises, " + ", ".join(
            f"{name} {row[name]}" for name in rates
        )
    without = record["without_passing_starters"]
    if without["exercises"] != int(count):
        left = int(count) - without["exercises"]
        yield f"  without the {left} whose starter passes: " + ", ".join(f"{n} {without[n]}" for n in rates)
    if record["commit"] is None:
        yield f"  not to be laid beside a score of commit {COMMIT[:7]}: this checkout is another one"
    given_back = record["reflections"]
    if record["num_malformed_responses"] and given_back != REFLECTIONS:
        yield (
            f"  not to be laid beside a score of aider's: malformed answers are given back {given_back} times"
            f" a try, there {REFLECTIONS} times (--reflections {REFLECTIONS})"
        )
    if count != total:
        yield f"  not to be laid beside a score over all {total}: {int(total) - int(count)} are not in it"


def _is_malformed(one: Try) -> bool:
    return one.verdict in NOT_WELL_FORMED


def _rate(tries: Mapping[str, Sequence[Try]], number: int) -> float | None:
    passed = sum(
        any(one.verdict == Verdict.PASSED and one.number <= number for one in each) for each in tries.values()
    )
    return _percent(passed, len(tries))


def _percent(part: int, whole: int) -> float | None:
    return round(100 * part / whole, 1) if whole else None


def _rates(tries: Mapping[str, Sequence[Try]], most: int) -> dict[str, Any]:
    return {"exercises": len(tries), **{f"pass_rate_{n}": _rate(tries, n) for n in range(1, most + 1)}}


def _without_starters(tries: Mapping[str, Sequence[Try]], tasks: Sequence[Task], most: int) -> dict[str, Any]:
    passing = {task.id for task in tasks if task.starter_passes}
    return _rates({name: each for name, each in tries.items() if name not in passing}, most)


def _by_language(tries: Mapping[str, Sequence[Try]], most: int) -> dict[str, Any]:
    languages = sorted({name.partition("/")[0] for name in tries})
    return {
        language: _rates(
            {name: each for name, each in tries.items() if name.partition("/")[0] == language}, most
        )
        for language in languages
    }
