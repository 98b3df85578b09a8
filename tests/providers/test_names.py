"""A model's name with its provider before it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchkit.errors import UnknownName, UsageError
from benchkit.providers import PROVIDERS, Provider, find_remote_model, provider_of_url
from benchkit.providers.names import remote_model


@pytest.mark.parametrize("name", PROVIDERS)
def test_each_provider_is_found_by_its_prefix(name: str) -> None:
    """The rest of the name, slashes and all, is the model's name there; address and key are the row's."""
    row = PROVIDERS[name]
    found = find_remote_model(f"{name}/maker/model-1", environment={})
    assert found is not None
    assert (found.model, found.base_url, found.key_variable) == (
        "maker/model-1",
        row.base_url,
        row.key_variable,
    )
    assert found.name == f"{name}/maker/model-1"


@pytest.mark.parametrize(
    "url", ["http://host:8000", "http://host:8000/v1/", "http://host:8000/v1/chat/completions"]
)
def test_an_address_may_stand_behind_the_name(url: str) -> None:
    """With its path or without; a variable with an address counts where none is typed."""
    found = find_remote_model(f"vllm/maker/model@{url}", environment={})
    assert found is not None
    assert (found.model, found.base_url) == ("maker/model", "http://host:8000/v1")
    set_by_variable = find_remote_model("vllm/maker/model", environment={"VLLM_BASE_URL": url})
    assert set_by_variable is not None
    assert set_by_variable.base_url == "http://host:8000/v1"


def test_an_at_sign_that_begins_no_address_is_part_of_the_name() -> None:
    found = find_remote_model("openai/model@2024-08", environment={})
    assert found is not None
    assert found.model == "model@2024-08"


def test_a_path_that_exists_wins_over_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "openai").mkdir()
    (tmp_path / "openai" / "gpt-4").write_bytes(b"GGUF")
    monkeypatch.chdir(tmp_path)
    assert find_remote_model("openai/gpt-4") is None
    assert find_remote_model("openai/gpt-5") is not None


def test_files_of_a_folder_that_is_named_like_a_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pattern means files, and so does a file that is missing where the folder is there."""
    (tmp_path / "mistral").mkdir()
    monkeypatch.chdir(tmp_path)
    assert find_remote_model("mistral/*.gguf") is None
    assert find_remote_model("mistral/gone.gguf") is None
    assert find_remote_model("openai/*") is None
    assert find_remote_model("mistral/codestral") is not None
    assert find_remote_model("llama-server/model.gguf") is not None


def test_a_name_that_no_file_can_have_is_a_models() -> None:
    for name in ("m" * 5000, "a\0b"):
        found = find_remote_model(f"openai/{name}", environment={})
        assert found is not None
        assert found.model == name


@pytest.mark.parametrize(
    "text", ["model.gguf", "models/model.gguf", "gpt-4", "/openai/x", "opnai/model.gguf"]
)
def test_what_names_no_provider_is_none(text: str) -> None:
    assert find_remote_model(text, environment={}) is None


@pytest.mark.parametrize("text", ["opnai/gpt-4", "open-router/google/gemini-pro", "antropic/claude"])
def test_a_typing_error_in_the_prefix_is_told_with_the_nearest(text: str) -> None:
    with pytest.raises(UnknownName, match=r"unknown provider .* did you mean (openai|openrouter|anthropic)"):
        find_remote_model(text, environment={})


@pytest.mark.parametrize("text", ["vllm/x@http://", "vllm/x@http:"])
def test_an_address_without_a_host_is_none(text: str) -> None:
    """It is no part of the model's name, also where a path has lost its slashes."""
    with pytest.raises(UsageError, match="is no address"):
        find_remote_model(text, environment={})


def test_a_prefix_alone_names_no_model() -> None:
    with pytest.raises(UsageError, match="names no model: write openai/NAME"):
        find_remote_model("openai/", environment={})


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host/v1", "http://", "http://host:99999/v1"])
def test_an_address_that_is_none_says_how_one_looks(url: str) -> None:
    with pytest.raises(UsageError, match="is no address: it looks like http"):
        remote_model("vllm", "model", url, environment={})
    if "://" in url:
        with pytest.raises(UsageError, match="is no address: it looks like http"):
            find_remote_model(f"vllm/model@{url}", environment={})
    with pytest.raises(UsageError, match=r"\$VLLM_BASE_URL .* is no address"):
        remote_model("vllm", "model", environment={"VLLM_BASE_URL": url})


def test_a_local_provider_needs_an_endpoint() -> None:
    with pytest.raises(UsageError, match="provider local has no address of its own: add its endpoint"):
        remote_model("local", "model", environment={})


@pytest.mark.parametrize("row", [row for row in PROVIDERS.values() if not row.is_local], ids=lambda r: r.name)
def test_an_address_tells_its_provider(row: Provider) -> None:
    assert provider_of_url(row.base_url) is row


def test_an_address_of_nobody_known_has_the_row_of_any() -> None:
    assert provider_of_url("http://127.0.0.1:8080/v1").name == "local"
