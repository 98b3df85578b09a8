"""Plans that name providers: which runs they become, and what is told of mistakes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.errors import UsageError
from benchkit.running.batch.expand import Entry, expand
from benchkit.running.batch.planfile import PlanProblems, make_plan, read_plan
from benchkit.running.plan import plan_run
from benchkit.settings import RunSettings

SPECIFIED = """
models:
  - name: "gpt-4"
    provider: "openai"
    api_key: "${OPENAI_API_KEY}"
  - name: "claude-3-opus"
    provider: "anthropic"
    api_key: "${ANTHROPIC_API_KEY}"
  - name: "your-fine-tuned-model"
    provider: "local"
    endpoint: "http://localhost:8000"
execution:
  timeout: 5
  memory_limit: "512m"
  cpu_limit: 1
scoring:
  weights: {correctness: 0.40, speed: 0.20, quality: 0.25, efficiency: 0.15}
"""
SECRET = "sk-proj-Zq7Zq7Zq7"


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-Zq7Zq7Zq7")
    for name in ("OPENAI_BASE_URL", "OPENROUTER_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def entries(raw: Any) -> tuple[Entry, ...]:
    return expand(make_plan(raw, "plan.yaml"), RunSettings()).entries


def entry(**model: Any) -> RunSettings:
    (only,) = entries({"models": [model], "benchmarks": ["demo"]})
    return only.settings


def problems(**model: Any) -> str:
    with pytest.raises(PlanProblems) as raised:
        entry(**model)
    return "\n".join(raised.value.problems)


def test_the_plan_of_the_specification(tmp_path: Path) -> None:
    """Word for word, with --benchmarks beside it: three models, each at its own address."""
    (tmp_path / "plan.yaml").write_text(SPECIFIED)
    plan = read_plan(tmp_path / "plan.yaml", ["human_eval"])
    found = [one.settings for one in expand(plan, RunSettings()).entries]
    assert [(one.name, one.provider, one.provider_model, one.base_url) for one in found] == [
        ("openai/gpt-4", "openai", "gpt-4", "https://api.openai.com/v1"),
        ("anthropic/claude-3-opus", "anthropic", "claude-3-opus", "https://api.anthropic.com/v1"),
        ("your-fine-tuned-model", "local", None, "http://localhost:8000/v1"),
    ]
    assert {one.server for one in found} == {"endpoint"}
    assert SECRET not in repr(found)


def test_ways_to_name_one_model_are_one_run() -> None:
    """The prefix in a path, provider and name, and a folder's file: the same key in the journal."""
    by_path = {"path": "openai/gpt-4"}
    by_name = {"name": "gpt-4", "provider": "openai"}
    with_key = {"name": "gpt-4", "provider": "openai", "api_key": "${OPENAI_API_KEY}"}
    plans = [{"models": [one], "benchmarks": ["demo"]} for one in (by_path, by_name, with_key)]
    assert len({entries(plan)[0].key for plan in plans}) == 1
    assert len(entries({"models": [by_path, by_name], "benchmarks": ["demo"]})) == 1


def test_one_name_at_two_providers_is_two_models() -> None:
    models = [{"name": "gpt-4", "provider": "openai"}, {"path": "openai/gpt-4@http://127.0.0.1:9/v1"}]
    found = entries({"models": [models[0], {"name": "gpt-4", "provider": "vllm"}], "benchmarks": ["demo"]})
    assert [one.settings.name for one in found] == ["openai/gpt-4", "vllm/gpt-4"]
    assert entry(**models[1]).base_url == "http://127.0.0.1:9/v1"


def test_a_name_of_the_persons_own() -> None:
    """`provider_model` is the name there, `name` that in the history."""
    found = entry(name="mine", provider="openai", provider_model="ft:gpt-4:me")
    assert (found.name, found.provider_model) == ("mine", "ft:gpt-4:me")


def test_a_file_wins_over_a_prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is named like a provider is searched for models."""
    (tmp_path / "openai" / "models").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert "openai/models matches no GGUF file" in problems(path="openai/models")


@pytest.mark.parametrize(
    ("model", "told"),
    [
        ({"name": "m", "provider": "opnai"}, "unknown provider 'opnai': did you mean openai? known are"),
        ({"path": "opnai/gpt-4"}, "unknown provider 'opnai': did you mean openai? known are"),
        ({"name": "m", "provider": "openrouter"}, "OpenRouter needs a key: set OPENROUTER_API_KEY"),
        ({"name": "m", "provider": "openai", "api_key": "${NO_SUCH_KEY}"}, "no variable NO_SUCH_KEY"),
        ({"name": "m", "provider": "openai", "api_key": SECRET}, "api_key: write ${NAME}, the variable"),
        ({"name": "m", "provider": "anthropic", "api_key": "${OPENAI_API_KEY}"}, "holds a key of OpenAI"),
        ({"name": "m", "provider": "local"}, "provider local has no address of its own: add its endpoint"),
        ({"name": "m", "provider": "vllm", "endpoint": "localhost"}, "is not an address like http://"),
        ({"provider": "openai"}, "needs a path, or a name with its provider, endpoint or base_url"),
        ({"name": "m", "endpoint": "http://a", "base_url": "http://b"}, "which are the same: leave one out"),
        ({"path": "openai/"}, "names no model: write openai/NAME"),
    ],
)
def test_mistakes_are_told_before_anything_starts(model: dict[str, Any], told: str) -> None:
    """One line each that names the thing; a key is never part of it."""
    lines = problems(**model)
    assert told in lines
    assert SECRET not in lines


def test_a_folder_of_json_files(tmp_path: Path) -> None:
    """`endpoint` and `provider` as in a plan; all mistakes at once, each with its file."""

    def write(file: str, **model: str) -> None:
        (tmp_path / file).write_text(json.dumps({**model, "benchmarks": "demo"}))

    write("a.json", name="m", endpoint="http://host")
    write("b.json", name="gpt-4", provider="openai")
    found = expand(read_plan(tmp_path), RunSettings()).entries
    assert [one.settings.base_url for one in found] == ["http://host/v1", "https://api.openai.com/v1"]
    write("c.json", name="m", provider="openrouter")
    write("d.json", name="m", api_key=SECRET)
    with pytest.raises(PlanProblems) as raised:
        expand(read_plan(tmp_path), RunSettings())
    assert len(raised.value.problems) == 3
    assert SECRET not in "".join(raised.value.problems)


def test_a_server_that_we_start_is_none_of_a_provider() -> None:
    with pytest.raises(UsageError, match="--server xllamacpp starts a server, provider openai names one"):
        plan_run(RunSettings(model=Path("openai/gpt-4"), benchmark="demo", server="xllamacpp"))
