"""What the composite says of one contestant: four parts from 0 to 100, and their weighted mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from benchkit.contract import Figure, ScorePart
from benchkit.statistics import Interval

NOT_MEASURED = "it was judged before this was measured: --rejudge judges its answers again"


@dataclass(frozen=True)
class PartScore:
    """One part; without points, `why` says why it is not available."""

    points: float | None = None
    interval: Interval | None = None  # at 95%, in points
    problems: int = 0
    why: str = ""

    def as_record(self) -> dict[str, Any]:
        return {
            "points": self.points,
            "interval": self.interval and [round(end, 4) for end in self.interval],
            "problems": self.problems,
            **({"why": self.why} if self.points is None else {}),
        }


@dataclass(frozen=True)
class Composite:
    """All parts of one contestant, as they are beside these others and under these weights."""

    parts: Mapping[ScorePart, PartScore]
    weights: Mapping[ScorePart, float]  # of the parts that count; they add up to 1
    figures: Mapping[Figure, PartScore] = field(default_factory=dict)  # of other tools: never weighed

    @property
    def overall(self) -> float | None:
        """None where a part that counts is not available."""
        known = [(weight, self.parts[part].points) for part, weight in self.weights.items()]
        if any(points is None for _, points in known):
            return None
        return sum(weight * points for weight, points in known if points is not None)

    def score(self, part: ScorePart | Figure) -> PartScore:
        return self.figures[part] if isinstance(part, Figure) else self.parts[part]

    def points(self, part: ScorePart) -> float | None:
        return self.parts[part].points

    @property
    def says_more(self) -> bool:
        """Whether a part beyond correctness is known."""
        return any(
            one.points is not None for part, one in self.parts.items() if part != ScorePart.CORRECTNESS
        )

    def as_record(self) -> dict[str, Any]:
        overall = self.overall
        return {
            **{str(part): one.as_record() for part, one in self.parts.items()},
            "overall": None if overall is None else round(overall, 4),
            **{str(name): one.as_record() for name, one in self.figures.items() if one.points is not None},
            "weights": {str(part): round(weight, 6) for part, weight in self.weights.items()},
        }
