"""Prices: what a person says, what the table knows, and what nobody knows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from benchkit.errors import UsageError
from benchkit.prices import GivenPrice, Tokens, find_price, read_price
from benchkit.providers import PROVIDERS, provider_of_url

LOCAL_URL = "http://127.0.0.1:8000/v1"


@pytest.mark.parametrize(
    ("given", "price"),
    [
        ("3,15", GivenPrice(3, 15)),
        (" 0.25 , 1.5 ", GivenPrice(0.25, 1.5)),
        ("3,15,0.3", GivenPrice(3, 15, 0.3)),
        ([3, 15], GivenPrice(3, 15)),
        ("0,0", GivenPrice(0, 0)),
    ],
)
def test_a_price_is_two_or_three_numbers(given: Any, price: GivenPrice) -> None:
    """Dollars for a million tokens of prompts, of answers, and of the provider's cache."""
    assert read_price(given) == price
    assert read_price(str(price)) == price


@pytest.mark.parametrize(
    "given", ["cheap", "3", "3,", "3,15,1,1", "-3,15", "nan,1", "inf,1", "3;15", "", None, 5, [True, 1], {}]
)
def test_a_price_of_nonsense_is_one_line(given: Any) -> None:
    """It repeats what was given and shows how one is written."""
    with pytest.raises(UsageError, match=rf"^price {re.escape(repr(given))}: give dollars .*, such as 3,15$"):
        read_price(given)


def test_tokens_from_the_cache_cost_what_the_cache_costs() -> None:
    """They are part of the prompt's; without a price of their own they cost as much as the others."""
    tokens = Tokens(prompt=1_000_000, completion=100_000, cached=600_000)
    assert GivenPrice(3, 15, 0.5).cost(tokens) == pytest.approx(0.4 * 3 + 0.6 * 0.5 + 1.5)
    assert GivenPrice(3, 15).cost(tokens) == pytest.approx(3 + 1.5)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-4o"),
        ("anthropic", "claude-3-opus-20240229"),
        ("openrouter", "google/gemini-2.5-pro"),
        ("groq", "llama-3.3-70b-versatile"),
        ("mistral", "mistral-large-latest"),
        ("deepseek", "deepseek-chat"),
        ("google", "gemini-2.5-flash"),
        ("hf", "meta-llama/Llama-3.3-70B-Instruct:groq"),
    ],
)
def test_the_table_knows_the_providers(provider: str, model: str) -> None:
    """Each by our name of it, also where it is asked through another address; the version is the date."""
    price = find_price(None, PROVIDERS[provider], LOCAL_URL, model)
    assert price is not None
    assert re.fullmatch(r"genai-prices \d+\.\d+.*", price.source)
    less, more = price.cost(Tokens(1000, 100)), price.cost(Tokens(1000, 200))
    assert 0 < (less or 0) < (more or 0) < 1


def test_an_address_is_enough_where_the_table_knows_it() -> None:
    """Also of providers that have no row here."""
    url = "https://api.together.xyz/v1"
    assert find_price(None, provider_of_url(url), url, "meta-llama/Llama-3.3-70B-Instruct-Turbo")


@pytest.mark.parametrize(
    ("provider", "url", "model"),
    [
        ("openai", "https://api.openai.com/v1", "a-model-of-mine"),
        ("hf", "https://router.huggingface.co/v1", "meta-llama/Llama-3.3-70B-Instruct"),
        ("vllm", LOCAL_URL, "gpt-4o"),
        ("ollama", LOCAL_URL, "gpt-4o"),
        (None, LOCAL_URL, "gpt-4o"),
        (None, None, "gpt-4o"),
    ],
)
def test_what_nobody_knows_is_none(provider: str | None, url: str | None, model: str) -> None:
    """A model that is not in the table, a router that chooses, a server of one's own, a file; never 0."""
    row = PROVIDERS[provider] if provider else None
    assert find_price(None, row, url, model) is None
    assert find_price("1,2", row, url, model) == GivenPrice(1, 2)
