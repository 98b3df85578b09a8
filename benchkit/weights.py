"""How much each part of the composite counts: `correctness=0.4,speed=0.2,quality=0.25,efficiency=0.15`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchkit.contract import ScorePart
from benchkit.errors import UsageError

WEIGHTED = tuple(map(str, ScorePart))
EXACTLY = 1e-6


def read_weights(given: Any) -> dict[str, float]:
    """The weights of a text or a mapping, in the order of WEIGHTED; UsageError says what is wrong with them.

    They add up to 1, or to 100 as percents; others are refused and not scaled: one was meant to be another.
    """
    named = _from_text(given) if isinstance(given, str) else given
    if not isinstance(named, Mapping) or not named:
        raise UsageError(
            f"weights: {given!r} names none; write {in_words({name: 0.25 for name in WEIGHTED})}"
        )
    if unknown := [name for name in named if name not in WEIGHTED]:
        raise UsageError(f"weights: unknown part {unknown[0]!r}: known are {', '.join(WEIGHTED)}")
    weights = {name: _number(name, named[name]) for name in WEIGHTED if name in named}
    total = sum(weights.values())
    if abs(total - 100) <= 100 * EXACTLY:
        return {name: weight / 100 for name, weight in weights.items()}
    if abs(total - 1) > EXACTLY:
        raise UsageError(f"weights: {in_words(weights)} add up to {total:g}, not to 1 (or 100)")
    return weights


def in_words(weights: Mapping[str, float]) -> str:
    """As `read_weights` reads it."""
    return ",".join(f"{name}={value:g}" for name, value in weights.items())


def _from_text(text: str) -> dict[str, str]:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    return {name.strip(): value for name, _, value in pairs}


def _number(name: str, value: Any) -> float:
    try:
        weight = float(value)
    except (TypeError, ValueError):
        weight = -1.0
    if isinstance(value, bool) or not math.isfinite(weight) or weight < 0:
        raise UsageError(f"weights: {name}: {value!r} is no number from 0 on")
    return weight
