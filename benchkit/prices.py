"""What an answer costs, in US dollars: by a price that a person gave, else by the table of genai-prices.

The table comes with that package and lies on this machine: nothing is fetched, and its version is its date. A
price that nobody knows is None, and so is the cost of an answer whose tokens nobody counted; neither is 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

from benchkit.addresses import host_of, is_own_network
from benchkit.errors import UsageError
from benchkit.providers.preset import Provider
from benchkit.providers.table import PROVIDERS

PER = 1_000_000  # prices are for so many tokens
REPLY, GIVEN, TABLE, ENERGY = "reply", "--price", "genai-prices", "energy"
"""Where a cost is from: the reply itself, a person, the table, the electricity of this machine."""
EXAMPLE = "3,15"


@dataclass(frozen=True)
class Tokens:
    """What is paid for; those read from and written into the provider's cache are part of the prompt's."""

    prompt: int
    completion: int
    cached: int = 0
    written: int = 0


class Price(Protocol):
    """A price of one model."""

    # Where it is from, and of which version.
    @property
    def source(self) -> str: ...

    # None where the price does not tell it.
    def cost(self, tokens: Tokens) -> float | None: ...


@dataclass(frozen=True)
class GivenPrice:
    """`IN,OUT` or `IN,OUT,CACHED`: dollars for a million tokens of prompts, of answers, and of the cache."""

    prompt: float
    completion: float
    cached: float | None = None

    @property
    def source(self) -> str:
        return GIVEN

    def cost(self, tokens: Tokens) -> float:
        of_cache = self.prompt if self.cached is None else self.cached
        read = min(tokens.cached, tokens.prompt)
        whole = (tokens.prompt - read) * self.prompt + read * of_cache + tokens.completion * self.completion
        return whole / PER

    def __str__(self) -> str:
        parts = (self.prompt, self.completion, *(() if self.cached is None else (self.cached,)))
        return ",".join(f"{part:g}" for part in parts)


@dataclass(frozen=True)
class TablePrice:
    """The price of a model that the table knows."""

    model: str
    provider: str  # as the table calls it
    source: str = TABLE

    def cost(self, tokens: Tokens) -> float | None:
        from genai_prices import Usage, calc_price

        read = min(tokens.cached, tokens.prompt)
        usage = Usage(
            input_tokens=tokens.prompt,
            output_tokens=tokens.completion,
            cache_read_tokens=read,
            cache_write_tokens=min(tokens.written, tokens.prompt - read),
        )
        try:
            return float(calc_price(usage, self.model, provider_id=self.provider).total_price)
        except (LookupError, ValueError):  # none for tokens such as these
            return None


def in_dollars(value: float) -> str:
    """Cents where they say enough, hundredths of them below a dollar."""
    return f"{value:.2f}" if value >= 1 or value == 0 else f"{value:.4f}"


def read_price(given: Any) -> GivenPrice:
    """The price of a text or a list; UsageError says what is wrong with it."""
    parts = given.split(",") if isinstance(given, str) else given
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError):
        numbers = []
    is_number = bool(numbers) and not any(isinstance(part, bool) for part in parts)
    if not is_number or len(numbers) not in (2, 3) or not all(math.isfinite(n) and n >= 0 for n in numbers):
        raise UsageError(
            f"price {given!r}: give dollars for a million tokens of prompts and of answers, such as {EXAMPLE}"
        )
    return GivenPrice(*numbers)


def may_cost(given: str | None, provider: Provider | None, base_url: str) -> bool:
    """Whether somebody may want money for answers: not a server of one's own that nobody gave a price."""
    if given is not None:
        return True
    if provider is not None and provider.name in PROVIDERS:
        return not provider.is_local
    return not is_own_network(host_of(base_url) or "")


def find_price(
    given: str | None, provider: Provider | None, base_url: str | None, model: str
) -> Price | None:
    """What a person says, else what the table says of this provider's model; None where nobody knows."""
    if given is not None:
        return read_price(given)
    if base_url is None or not may_cost(None, provider, base_url):
        return None  # and the table is not worth its third of a second
    return _from_table(provider.name if provider else "", base_url, model)


def _from_table(provider: str, base_url: str, model: str) -> TablePrice | None:
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    snapshot = get_snapshot()
    if provider == "hf":  # the router's model:provider is in the table as that provider's
        model, _, behind = model.partition(":")
        provider = f"huggingface_{behind}"
    known = {one.id for one in snapshot.providers}
    try:
        if provider in known:
            row, _ = snapshot.find_provider_model(model, None, provider, None)
        else:
            row, _ = snapshot.find_provider_model(model, None, None, base_url)
    except LookupError:
        return None
    return TablePrice(model, row.id, f"{TABLE} {__version__}")
