"""The dialects. A new one is a file with a class after providers.base.Dialect, and a line in DIALECTS."""

from __future__ import annotations

from collections.abc import Mapping

from benchkit.providers.base import Dialect
from benchkit.providers.dialects.anthropic import Anthropic
from benchkit.providers.dialects.openai import OpenAi
from benchkit.providers.preset import Provider

DIALECTS: Mapping[str, Dialect] = {"openai": OpenAi(), "anthropic": Anthropic()}


def dialect_of(provider: Provider) -> Dialect:
    return DIALECTS[provider.dialect]
