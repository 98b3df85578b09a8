"""Numbers that a flag takes."""

from __future__ import annotations

import math
import re
from typing import Any

import click


class Finite(click.FloatRange):
    """A range of numbers; NaN and infinity, which pass every comparison or none, are refused."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is no number to reckon with", param, ctx)
        return number


class Memory(click.ParamType[int]):
    """`512m`, `2g`, `1.5 GiB`: an amount of memory, as so many MiB."""

    name = "SIZE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            return memory_mib(value)
        except ValueError:
            self.fail(f"{value!r} is not {MEMORY_WANTED}", param, ctx)


_MEMORY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s*([kmgt])(?:i?b)?", re.IGNORECASE)
_MIB = {"k": 1 / 1024, "m": 1.0, "g": 1024.0, "t": 1024.0 * 1024}
LEAST_MIB = 16
MEMORY_WANTED = f"an amount of memory such as 512m or 2g, {LEAST_MIB}m at least"


def memory_mib(text: str) -> int:
    """The MiB of an amount of memory; ValueError where it is none, or less than a program can start with."""
    match = _MEMORY.fullmatch(text.strip())
    amount = int(float(match[1]) * _MIB[match[2].lower()]) if match else 0
    if amount < LEAST_MIB:
        raise ValueError(text)
    return amount


def above_0(to: float | None = None) -> Finite:
    return Finite(0, to, min_open=True)
