"""What replies tell of tokens and cost, in the forms that the providers document."""

from __future__ import annotations

from typing import Any

import pytest

from benchkit.providers import Usage, find_provider, read_usage

# As in each provider's documentation, which its row names.
OPENAI = {
    "prompt_tokens": 19,
    "completion_tokens": 10,
    "prompt_tokens_details": {"cached_tokens": 4},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
OPENROUTER = {
    "prompt_tokens": 194,
    "completion_tokens": 2,
    "cost": 0.00095,
    "cost_details": {"upstream_inference_cost": None},
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 100},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
DEEPSEEK = {
    "prompt_tokens": 10,
    "completion_tokens": 12,
    "prompt_cache_hit_tokens": 6,
    "prompt_cache_miss_tokens": 4,
    "completion_tokens_details": {"reasoning_tokens": 7},
}


@pytest.mark.parametrize(
    ("provider", "usage", "expected"),
    [
        ("openai", OPENAI, Usage(19, 10, cached_tokens=4, reasoning_tokens=3)),
        ("openrouter", OPENROUTER, Usage(194, 2, 0, 100, 0, 0.00095)),
        ("deepseek", DEEPSEEK, Usage(10, 12, cached_tokens=6, reasoning_tokens=7)),
        ("openai", {"prompt_tokens": 1, "cost": 5.0}, Usage(1)),  # OpenAI tells no cost
        ("local", {"completion_tokens": 2}, Usage(None, 2)),
    ],
)
def test_each_number_is_found_where_the_provider_puts_it(
    provider: str, usage: dict[str, Any], expected: Usage
) -> None:
    assert read_usage(usage, find_provider(provider).usage) == expected


@pytest.mark.parametrize(
    "odd", [None, "12", True, -1, float("nan"), float("inf"), 10**30, 10**400, [], {"a": 1}]
)
def test_what_is_no_number_is_unknown_and_never_0(odd: Any) -> None:
    usage = {"prompt_tokens": odd, "cost": odd, "completion_tokens_details": odd}
    assert read_usage(usage, find_provider("openrouter").usage) == Usage()
