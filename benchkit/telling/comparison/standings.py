"""Who stands where: the Pareto front, quantization ladders, what fits on a card."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchkit.telling.comparison import facts
from benchkit.telling.comparison.selection import Contestant
from benchkit.telling.comparison.tiers import by_score
from benchkit.telling.history.naming import family_of, quantization_of

Measure = Callable[[Contestant], float | None]


def front(contestants: Sequence[Contestant], cost: Measure, *, lower_is_better: bool) -> list[Contestant]:
    """Pareto's: those for which no other has a score as high at a cost as low, and one of them better."""
    points = []
    for one in contestants:
        value = cost(one)
        if value is not None and one.outcomes.score is not None:
            points.append((value if lower_is_better else -value, -one.outcomes.score, one))
    points.sort(key=lambda point: point[:2])
    kept: list[tuple[float, float, Contestant]] = []
    for point in points:
        if not kept or point[1] < kept[-1][1] or point[:2] == kept[-1][:2]:
            kept.append(point)
    return [one for _, _, one in kept]


def vram(one: Contestant) -> float | None:
    return facts.vram_gib(one.run)


def speed(one: Contestant) -> float | None:
    return one.timed.telemetry.tokens_per_second


def energy(one: Contestant) -> float | None:
    return facts.wh_per_solved(one.run)


def cost(one: Contestant) -> float | None:
    return facts.cost_per_solved(one.run)


def undisturbed(measure: Measure) -> Measure:
    """A measure that depends on speed, unknown where other programs changed it: for fronts and charts."""
    return lambda one: None if facts.speed_is_disturbed(one.timed) else measure(one)


def best_that_fits(contestants: Sequence[Contestant], gib: float) -> list[Contestant]:
    """Those whose measured peak stays within so many GiB of VRAM, the best score first."""
    return by_score([one for one in contestants if (peak := vram(one)) is not None and peak <= gib])


@dataclass(frozen=True)
class QuantizationStep:
    """One quantization of a family, against the widest one."""

    contestant: Contestant
    quantization: str
    size_gib: float | None
    loss: float | None  # points below the widest


def family(one: Contestant) -> str:
    """The model's name without its quantization."""
    return family_of(one.run)


def quantization(one: Contestant) -> str:
    """As the file says, else as the name says."""
    return quantization_of(one.run) or "?"


def ladders(contestants: Sequence[Contestant]) -> dict[str, list[QuantizationStep]]:
    """Families of which several quantizations were run, the largest file first."""
    families: dict[str, list[Contestant]] = defaultdict(list)
    for one in contestants:
        families[family(one)].append(one)
    return {name: _rungs(members) for name, members in families.items() if len(members) > 1}


def _rungs(members: Sequence[Contestant]) -> list[QuantizationStep]:
    ordered = sorted(members, key=lambda one: (-(facts.size_gib(one.run) or 0), quantization(one)))
    top = ordered[0].outcomes.score
    return [
        QuantizationStep(
            one,
            quantization(one),
            facts.size_gib(one.run),
            None if top is None or one.outcomes.score is None else top - one.outcomes.score,
        )
        for one in ordered
    ]
