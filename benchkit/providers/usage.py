"""What a reply tells of tokens and cost. Where each number stands is part of a provider's row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from benchkit.json_values import number

Places = tuple[str, ...]
"""Where a number may stand in a reply's `usage`, the first that is there counts: `a.b` is b inside a."""


@dataclass(frozen=True)
class UsagePlaces:
    """Where the numbers stand. The names are those of Usage."""

    prompt_tokens: Places = ("prompt_tokens",)
    completion_tokens: Places = ("completion_tokens",)
    cached_tokens: Places = ("prompt_tokens_details.cached_tokens",)
    cache_write_tokens: Places = ("prompt_tokens_details.cache_write_tokens",)
    reasoning_tokens: Places = ("completion_tokens_details.reasoning_tokens",)
    cost: Places = ()


OPENAI_USAGE = UsagePlaces()


@dataclass(frozen=True)
class Usage:
    """What one answer took; None is unknown, which is not 0."""

    prompt_tokens: int | None = None  # all of them, those from the provider's cache included
    completion_tokens: int | None = None  # all of them, those of thoughts included
    cached_tokens: int | None = None  # of the prompt's: read from the provider's cache
    cache_write_tokens: int | None = None  # of the prompt's: written into it, where that costs extra
    reasoning_tokens: int | None = None  # of the completion's
    cost: float | None = None  # in US dollars, as the reply itself says it


def read_usage(usage: Mapping[str, Any], places: UsagePlaces = OPENAI_USAGE) -> Usage:
    """The numbers of a reply's `usage`; one that is none, or below 0, is unknown."""
    by_field = {one.name: _first_number(usage, getattr(places, one.name)) for one in fields(Usage)}
    counts = {
        name: None if value is None else int(value) for name, value in by_field.items() if name != "cost"
    }
    return Usage(**counts, cost=None if by_field["cost"] is None else float(by_field["cost"]))


def _first_number(usage: Mapping[str, Any], places: Places) -> float | None:
    return next((value for place in places if (value := _number_at(usage, place)) is not None), None)


def _number_at(usage: Mapping[str, Any], place: str) -> float | None:
    value: Any = usage
    for name in place.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    known = number(value)
    return known if known is not None and known >= 0 else None
