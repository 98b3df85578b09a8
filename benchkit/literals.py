"""Values that are one of a few words; apart from the records, so that a help text starts without those."""

from __future__ import annotations

from typing import Literal, get_args

Parallel = int | Literal["auto"]
GpuLayers = int | Literal["auto", "all"]
ScoreScale = Literal["percent", "fraction"]
SCORE_SCALES: tuple[ScoreScale, ...] = get_args(ScoreScale)
