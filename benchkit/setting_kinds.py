"""The kinds of values that settings take: how a plan's value is read, and the type of the command's flag."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import click

from benchkit.addresses import with_version
from benchkit.literals import SCORE_SCALES, GpuLayers, Parallel
from benchkit.numbers import MEMORY_WANTED, Finite, Memory, above_0, memory_mib
from benchkit.serving.servers.kinds import kind_names

Read = Callable[[Any], Any]
"""A plan's value as a run takes it; ValueError or TypeError if it is of another kind, or UsageError."""


@dataclass(frozen=True)
class Kind:
    """One kind of values."""

    read: Read
    wanted: str  # in words, for the line about a value that is not of it
    flag_type: Callable[[], Any] = lambda: str
    is_flag: bool = False
    repeatable: bool = False


class Layers(click.ParamType[GpuLayers]):
    """`auto`, `all` or a number."""

    name = "auto|all|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> GpuLayers:
        if value in ("auto", "all"):
            return cast(GpuLayers, value)
        try:
            layers = int(value)
        except ValueError:
            layers = -1
        if layers < 0:
            self.fail(f"{value!r} is neither auto, all nor a number of layers", param, ctx)
        return layers


class CountOrAuto(click.ParamType[Parallel]):
    """`auto` or a number from 1."""

    name = "auto|N"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Parallel:
        try:
            return _read_count_or_auto(value)
        except (TypeError, ValueError):
            self.fail(f"{value!r} is neither auto nor a whole number from 1", param, ctx)


def number(least: float, of: type[int] | type[float] = float, *, above: bool = False) -> Read:
    def read(value: Any) -> Any:
        result = of(value)
        fits = result > least if above else result >= least
        if isinstance(value, bool) or result != float(value) or not fits or math.isinf(result):
            raise ValueError(value)
        return result

    return read


def choice(*known: str) -> Kind:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(value)
        return str(value)

    return Kind(read, f"one of {', '.join(known)}", lambda: click.Choice(known))


def _read_layers(value: Any) -> int | str:
    return str(value) if value in ("auto", "all") else int(number(0, int)(value))


def _read_count_or_auto(value: Any) -> Parallel:
    return "auto" if value == "auto" else cast(int, number(1, int)(value))


def _read_words(value: Any) -> tuple[str, ...]:
    import shlex  # like the others here, for a plan: a command's help reads no values

    words = shlex.split(value) if isinstance(value, str) else value
    if not isinstance(words, list) or any(type(word) not in (str, int, float) for word in words):
        raise TypeError(value)
    return tuple(str(word) for word in words)


def _read_text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value


def _read_address(value: Any) -> str:
    address = with_version(_read_text(value))
    if address is None:
        raise ValueError(value)
    return address


def _read_head(value: Any) -> str:
    from benchkit.link.wire import head_address

    head_address(_read_text(value))
    return str(value)


def _read_provider(value: Any) -> str:
    from benchkit.providers.table import find_provider

    return find_provider(_read_text(value)).name


def _read_program(value: Any) -> Path:
    import shutil

    path = Path(os.path.expanduser(_read_text(value)))  # noqa: PTH111 - Path's own fails for ~nobody
    if shutil.which(path) is None:
        raise ValueError(value)
    return path


def _read_yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(value)
    return value


def _read_weights(value: Any) -> str:
    from benchkit.weights import in_words, read_weights

    return in_words(read_weights(value))


def _read_price(value: Any) -> str:
    from benchkit.prices import read_price

    return str(read_price(value))


class PriceText(click.ParamType[str]):
    """The price in the same words, however it was written."""

    name = "IN,OUT[,CACHED]"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return _read_price(value)


class WeightsText(click.ParamType[str]):
    """The weights in the same words, however they were written."""

    name = "PART=SHARE,…"

    def convert(self, value: Any, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        return _read_weights(value)


class MemoryText(Memory):
    """The same amount in the same words, however it was written: runs are compared by them."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return f"{super().convert(value, param, ctx)}m"


def _path_type() -> click.Path:
    return click.Path(path_type=Path)


TEXT = Kind(_read_text, "a text (in quotes, where it looks like something else)")
FILE = Kind(_read_text, TEXT.wanted, _path_type)
PROGRAM = Kind(_read_program, "a program", _path_type)
PROVIDER = Kind(_read_provider, "a provider's name")
ADDRESS = Kind(_read_address, "an address like http://localhost:8000/v1")
HEAD = Kind(_read_head, "the address of a cluster's head: HOST or HOST:PORT")
WORDS = Kind(_read_words, "a list of words", repeatable=True)
YES_OR_NO = Kind(_read_yes_or_no, "true or false", is_flag=True)
LAYERS = Kind(_read_layers, "auto, all or a number of layers", Layers)
SERVER = choice(*kind_names())
KEY_USE = choice("always", "never")
COUNT = Kind(number(1, int), "a whole number from 1", lambda: click.IntRange(min=1))
COUNT_OR_AUTO = Kind(_read_count_or_auto, "auto or a whole number from 1", CountOrAuto)
WHOLE = Kind(number(0, int), "a whole number", lambda: click.IntRange(min=0))
SECONDS = Kind(number(0, above=True), "a number of seconds", above_0)
FROM_0 = Kind(number(0), "a number from 0", lambda: Finite(0))
ABOVE_0 = Kind(number(0, above=True), "a number above 0", above_0)
MEMORY = Kind(lambda value: f"{memory_mib(_read_text(value))}m", MEMORY_WANTED, MemoryText)
PRICE = Kind(_read_price, "a price", PriceText)
WEIGHTS = Kind(_read_weights, "weights that add up to 1", WeightsText)
SCORE_SCALE = choice(*SCORE_SCALES)
CACHE_TYPE = choice("f32", "f16", "bf16", "q8_0", "q5_1", "q5_0", "q4_1", "q4_0", "iq4_nl")
