"""How many requests at once are worth it: measured until more of them gain nothing."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchkit.serving.speed.measuring import Load, Meter

STEPS = (1, 2, 4, 8, 16, 32)
MOST_S = 30.0  # then the next step would cost more than it brings
WORTH = 1.1  # so many times faster, or the step is not taken


@dataclass(frozen=True)
class SlotChoice:
    """The slots that were chosen, and the tokens per second at each number that was tried."""

    slots: int
    curve: tuple[tuple[int, float], ...]


def choose_slots(meter: Meter, most: int, prompt_tokens: int, tokens: int) -> SlotChoice:
    """The smallest number after which tokens per second stop growing by a tenth."""
    curve: list[tuple[int, float]] = []
    began = time.monotonic()
    for at_once in (step for step in STEPS if step <= most):
        speed = meter.measure(Load(prompt_tokens, tokens, at_once), times=1, again=1).tokens_per_second
        curve.append((at_once, round(speed, 1)))
        if not still_grows(curve) or time.monotonic() - began > MOST_S:
            break
    return SlotChoice(best_of(curve), tuple(curve))


def still_grows(curve: Sequence[tuple[int, float]]) -> bool:
    """Whether the last step was worth it; a single bad one may be noise, so two end it."""
    if len(curve) < 3:
        return True
    return any(curve[place][1] >= WORTH * curve[place - 1][1] for place in (-1, -2))


def best_of(curve: Sequence[tuple[int, float]]) -> int:
    """The first number that no larger one beats by a tenth."""
    for place, (slots, speed) in enumerate(curve):
        if all(later < WORTH * speed for _, later in curve[place + 1 :]):
            return slots
    return 1
