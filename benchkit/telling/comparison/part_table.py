"""The parts of the composite as a table, and what must be known to read it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchkit.contract import Figure, ScorePart
from benchkit.telling.comparison.columns import (
    BY_NAME,
    JUDGE_COLUMN,
    NOT_AVAILABLE,
    PART_COLUMNS,
    UNCALIBRATED,
)
from benchkit.telling.comparison.judgements import shown_judgement
from benchkit.telling.comparison.parts import Composite
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.tables.columns import Column
from benchkit.terminal import how_many

_OVER = {
    ScorePart.CORRECTNESS: "",
    ScorePart.SPEED: "response times, 100 is the baseline's, 0 ten times as much",
    ScorePart.QUALITY: "75 equals the reference solutions",
    ScorePart.EFFICIENCY: "100 equals the reference solutions, 0 is the time limit",
    Figure.MAINTAINABILITY: "radon's index of passing answers in Python; no part of the overall",
    Figure.CYCLOMATIC: "radon's mean complexity of functions, in Python; no part of the overall",
    Figure.COVERAGE: "the percentage of the reference that a model's own tests run; no part of the overall",
}


def part_table(rows: Sequence[Contestant]) -> tuple[Column[Contestant], ...]:
    """The model and its parts; empty where nothing is known but what the score says already."""
    known = [one.composite for one in rows if one.composite is not None]
    parts = PART_COLUMNS if any(one.says_more for one in known) else ()
    judge = (JUDGE_COLUMN,) if any(one.judgements for one in rows) else ()
    return (BY_NAME["model"], *parts, *judge) if parts or judge else ()


def part_remarks(rows: Sequence[Contestant], columns: Sequence[Column[Contestant]]) -> list[str]:
    """What the shown parts mean here, over which problems, and why one is not available."""
    shown = [part for part in (*ScorePart, *Figure) if BY_NAME[part] in columns]
    known = [(one.label, one.composite) for one in rows if one.composite is not None]
    said = []
    for part in shown:
        scores = [(label, composite.score(part)) for label, composite in known]
        problems = sorted({score.problems for _, score in scores if score.points is not None})
        if problems and _OVER[part]:
            over = f"over {how_many(problems[-1], 'problem')}"
            shared = " that all have in common" if len(known) > 1 else ""
            said.append(f"{part}: {_OVER[part]}; {over}{shared}")
        reasons = dict.fromkeys(score.why for _, score in scores if score.points is None)
        for why in reasons:
            who = ", ".join(label for label, score in scores if score.points is None and score.why == why)
            said.append(f"{part} is {NOT_AVAILABLE} for {who}: {why}")
    if known and BY_NAME["overall"] in columns:
        weights = ", ".join(f"{part} {100 * weight:.3g}%" for part, weight in known[0][1].weights.items())
        said.append(f"overall: {weights}; it ranks nobody: what is proven stands below")
        said += _without_overall(known)
    if JUDGE_COLUMN in columns:
        said += _judge_remarks(rows)
    return said


def _without_overall(known: Sequence[tuple[str, Composite]]) -> Iterator[str]:
    """What would have to be left out for all to have one; nothing where correctness itself is unknown."""
    unknown = {part for _, one in known for part in one.weights if one.points(part) is None}
    if unknown and ScorePart.CORRECTNESS not in unknown:
        words = " ".join(f"--without {part}" for part in ScorePart if part in unknown)
        who = ", ".join(label for label, one in known if one.overall is None)
        yield f"overall is {NOT_AVAILABLE} for {who}: a part of it is ({words} leaves it out)"


def _judge_remarks(rows: Sequence[Contestant]) -> list[str]:
    """Whose word it is, and what it is worth."""
    shown = [(one.label, judgement) for one in rows if (judgement := shown_judgement(one)) is not None]
    judges = sorted({judgement.judge for _, judgement in shown})
    said = (
        [f"judge: what {' or '.join(judges)} said of the code; it stands apart, in no overall"]
        if judges
        else []
    )
    for why in dict.fromkeys(judgement.uncalibrated for _, judgement in shown if judgement.uncalibrated):
        who = ", ".join(label for label, judgement in shown if judgement.uncalibrated == why)
        said.append(f"{UNCALIBRATED} {who}: the judge is uncalibrated, its points prove nothing: {why}")
    said += [
        f"{label}: judged by {judgement.judge}, of the same family ({judgement.related})"
        for label, judgement in shown
        if judgement.related
    ]
    first = shown[0][1].identity if shown else None
    if first is not None and any(first.difference(one.identity) for _, one in shown):
        said.append("points of different judges are not compared, even where they have one name")
    return said
