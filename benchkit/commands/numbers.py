"""Numbers that a flag takes."""

from __future__ import annotations

import math
from typing import Any

import click


class Above0(click.FloatRange):
    """Greater than nothing, up to an end where there is one; NaN and infinity are refused."""

    def __init__(self, to: float | None = None) -> None:
        super().__init__(min=0, max=to, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no number to reckon with", param, ctx)
        return number
