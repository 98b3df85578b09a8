"""Each provider gets its own key and no other."""

from __future__ import annotations

import pytest

from benchkit.errors import UsageError
from benchkit.providers import PROVIDERS, find_provider
from benchkit.providers.keys import key_for_address, key_of
from benchkit.providers.names import remote_model

OPENAI, OPENROUTER, ANTHROPIC = "sk-proj-abc123", "sk-or-v1-abc123", "sk-ant-abc123"


@pytest.mark.parametrize("name", PROVIDERS)
def test_no_key(name: str) -> None:
    """Who needs one is told the variable; others are asked without."""
    remote = remote_model(name, "model", environment={})
    if not remote.provider.needs_key:
        assert key_of(remote, {"OPENAI_API_KEY": OPENAI}) is None
        return
    with pytest.raises(UsageError, match=f"needs a key: set {remote.key_variable}, in the shell, or in the"):
        key_of(remote, {"OPENAI_API_KEY": " "})


def test_a_key_of_another_provider_is_told_without_the_key() -> None:
    remote = remote_model("openrouter", "model", environment={})
    with pytest.raises(UsageError) as raised:
        key_of(remote, {"OPENROUTER_API_KEY": ANTHROPIC})
    assert "OPENROUTER_API_KEY holds a key of Anthropic, and OpenRouter is asked" in str(raised.value)
    assert ANTHROPIC not in str(raised.value)


def test_a_variable_of_the_persons_own() -> None:
    remote = remote_model("openai", "model", key_variable="MY_WORK_KEY", environment={})
    assert key_of(remote, {"MY_WORK_KEY": OPENAI, "OPENAI_API_KEY": "sk-other"}) == OPENAI


@pytest.mark.parametrize(
    ("row", "environment", "key"),
    [
        ("local", {"OPENAI_API_KEY": "abc"}, "abc"),
        ("local", {}, None),
        ("openai", {"OPENAI_API_KEY": OPENAI}, OPENAI),
        ("openrouter", {"OPENAI_API_KEY": OPENROUTER}, OPENROUTER),
        ("openrouter", {"OPENAI_API_KEY": OPENAI, "OPENROUTER_API_KEY": OPENROUTER}, OPENROUTER),
    ],
)
def test_the_key_for_an_address(row: str, environment: dict[str, str], key: str | None) -> None:
    """An address of nobody known gets the key of OPENAI_API_KEY, a known provider only its own."""
    assert key_for_address(find_provider(row), environment) == key


@pytest.mark.parametrize("general", [OPENAI, "sk-of-old-times"])
def test_openais_key_goes_to_no_other_provider(general: str) -> None:
    with pytest.raises(UsageError, match="DeepSeek needs a key of its own: set DEEPSEEK_API_KEY"):
        key_for_address(find_provider("deepseek"), {"OPENAI_API_KEY": general})


def test_what_is_no_key() -> None:
    remote = remote_model("openai", "model", environment={})
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds characters that no key has"):
        key_of(remote, {"OPENAI_API_KEY": "sk-‘quoted’"})
