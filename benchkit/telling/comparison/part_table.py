"""The parts of the composite as a table, and what must be known to read it."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.contract import ScorePart
from benchkit.telling.comparison.columns import BY_NAME, NOT_AVAILABLE, PART_COLUMNS
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.tables.columns import Column

_OVER = {
    ScorePart.CORRECTNESS: "",
    ScorePart.SPEED: "response times, 100 is the baseline's, 0 ten times as much",
    ScorePart.QUALITY: "75 equals the reference solutions",
    ScorePart.EFFICIENCY: "100 equals the reference solutions, 0 is the time limit",
}


def part_table(rows: Sequence[Contestant]) -> tuple[Column[Contestant], ...]:
    """The model and its parts; empty where nothing is known but what the score says already."""
    known = [one.composite for one in rows if one.composite is not None]
    return (BY_NAME["model"], *PART_COLUMNS) if any(one.says_more for one in known) else ()


def part_remarks(rows: Sequence[Contestant], columns: Sequence[Column[Contestant]]) -> list[str]:
    """What the shown parts mean here, over which problems, and why one is not available."""
    shown = [part for part in ScorePart if BY_NAME[part] in columns]
    known = [(one.label, one.composite) for one in rows if one.composite is not None]
    said = []
    for part in shown:
        scores = [(label, composite.parts[part]) for label, composite in known]
        problems = sorted({score.problems for _, score in scores if score.points is not None})
        if problems and _OVER[part]:
            shared = f"over {problems[-1]} problem{'s' * (problems[-1] != 1)} that all have in common"
            said.append(f"{part}: {_OVER[part]}; {shared}")
        reasons = dict.fromkeys(score.why for _, score in scores if score.points is None)
        for why in reasons:
            who = ", ".join(label for label, score in scores if score.points is None and score.why == why)
            said.append(f"{part} is {NOT_AVAILABLE} for {who}: {why}")
    if known and BY_NAME["overall"] in columns:
        weights = ", ".join(f"{part} {100 * weight:g}%" for part, weight in known[0][1].weights.items())
        said.append(f"overall: {weights}; it ranks nobody: what is proven stands below")
    return said
