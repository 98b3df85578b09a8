"""What the decisions on an answer add up to, and what all answers of a run do."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchkit.judging.judges.llm.rubrics import DIMENSIONS, Item
from benchkit.judging.judges.llm.subjects import Subject
from benchkit.judging.judges.llm.votes import Decision
from benchkit.statistics import points_interval


@dataclass(frozen=True)
class Sheet:
    """One answer as it was judged."""

    subject: Subject
    decisions: tuple[Decision, ...] = ()
    why_not: str = ""  # why it was not judged at all
    failed_by_server: bool = False  # no vote brought any answer: nothing that the judge did wrong
    tokens: int = 0

    @property
    def dimensions(self) -> dict[str, float]:
        """Points of each dimension of which anything is decided: the share of yes, in percent."""
        answers: dict[str, list[bool]] = defaultdict(list)
        for one in self.decisions:
            if one.answer is not None:
                answers[one.item.dimension].append(one.answer)
        return {name: 100 * fmean(answers[name]) for name in DIMENSIONS if name in answers}

    @property
    def points(self) -> float | None:
        """The mean of its dimensions, each counting the same; None where nothing is decided."""
        known = self.dimensions
        return fmean(known.values()) if known else None

    def decision_on(self, item: Item) -> Decision | None:
        return next((one for one in self.decisions if one.item.id == item.id), None)

    def answer_to(self, item: Item) -> bool | None:
        decision = self.decision_on(item)
        return decision.answer if decision else None

    def as_record(self) -> dict[str, Any]:
        """Its line in the file of rationales."""
        points = self.points
        return {
            "task_id": self.subject.task_id,
            "sample": self.subject.sample,
            "rubric": self.subject.rubric,
            "points": None if points is None else round(points, 2),
            "dimensions": {name: round(value, 2) for name, value in self.dimensions.items()},
            **({"why": self.why_not} if self.why_not else {}),
            "items": [one.as_record() for one in self.decisions],
        }


def told_decisions(items: Iterable[Item], known: Mapping[str, bool]) -> list[Decision]:
    """The items that ran code answers; those whose run did not take place are left out."""
    return [
        Decision(item, known[item.told_by], told_by=item.told_by)
        for item in items
        if item.told_by is not None and item.told_by in known
    ]


def summed(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """What the record of a judging run keeps: points, their interval, agreement and abstentions."""
    points = [one.points for one in sheets if one.points is not None]
    voted = [one for sheet in sheets for one in sheet.decisions if one.told_by is None]
    agreements = [one.agreement for one in voted if one.agreement is not None]
    causes = Counter(str(one.why) for one in voted if one.why is not None)
    interval = points_interval(points)
    return {
        "points": round(fmean(points), 4) if points else None,
        "interval": interval and [round(end, 4) for end in interval],
        "dimensions": _means(sheets),
        "answers": {
            "judged": len(points),
            "not_judged": dict(Counter(s.why_not for s in sheets if s.why_not)),
        },
        "items": {
            "asked": len(voted),
            "yes": sum(one.answer is True for one in voted),
            "no": sum(one.answer is False for one in voted),
            "abstentions": dict(sorted(causes.items())),
        },
        "agreement": round(fmean(agreements), 4) if agreements else None,
        "by_answer": {_name(one): round(one.points, 2) for one in sheets if one.points is not None},
    }


def _name(sheet: Sheet) -> str:
    """The task, and of several samples the sample."""
    sample = sheet.subject.sample
    return f"{sheet.subject.task_id} {sample}" if sample else sheet.subject.task_id


def _means(sheets: Sequence[Sheet]) -> dict[str, float]:
    values: dict[str, list[float]] = defaultdict(list)
    for sheet in sheets:
        for name, value in sheet.dimensions.items():
            values[name].append(value)
    return {name: round(fmean(values[name]), 2) for name in DIMENSIONS if name in values}
