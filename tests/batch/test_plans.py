"""Plans: what they may say, what they become, and how they are refused."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from benchkit.batch.expand import Expansion, expand
from benchkit.batch.planfile import PlanProblems, make_plan, read_plan
from benchkit.errors import UsageError
from benchkit.plan import RunSettings
from tests.gguf.writing import write
from tests.support import F16, QUANTIZED, ROOT

BASE = RunSettings(benchmark="")


def expanded(raw: object) -> Expansion:
    return expand(make_plan(raw, "plan.yaml"), BASE)


def test_a_plan_is_models_times_benchmarks_times_matrix() -> None:
    """Two models, two benchmarks and two temperatures are eight runs."""
    found = expanded(
        {
            "models": [str(F16), str(QUANTIZED)],
            "benchmarks": ["demo", {"name": "mine", "script": "echo", "parser": "human_eval"}],
            "matrix": {"temperature": [0.0, 0.8]},
        }
    )
    assert len(found.entries) == 8
    assert len({entry.key for entry in found.entries}) == 8


def test_runs_that_share_a_server_stand_side_by_side() -> None:
    """Settings of the server split the order, settings of the sampling do not."""
    found = expanded(
        {
            "models": [str(F16), str(QUANTIZED)],
            "benchmarks": ["demo"],
            "matrix": {"temperature": [0.0, 0.8], "gpu_layers": [0, "all"]},
        }
    )
    servers = [entry.server_key for entry in found.entries]
    changes = sum(one != other for one, other in pairwise(servers))
    assert changes == 3  # four servers: two models, with and without the GPU


def test_a_models_own_settings_win_over_the_defaults() -> None:
    """defaults < benchmark < model < matrix."""
    found = expanded(
        {
            "defaults": {"gpu_layers": 1, "max_tokens": 10, "temperature": 0.1},
            "models": [{"path": str(F16), "gpu_layers": 3}],
            "benchmarks": [{"name": "demo", "max_tokens": 20}],
            "matrix": {"temperature": [0.5]},
        }
    )
    settings = found.entries[0].settings
    assert (settings.gpu_layers, settings.max_tokens, settings.temperature) == (3, 20, 0.5)


def test_a_cache_type_becomes_the_servers_arguments() -> None:
    """A sweep over cache types needs no knowledge of the server's flags."""
    found = expanded({"models": str(F16), "benchmarks": "demo", "matrix": {"cache_type": ["q8_0"]}})
    assert found.entries[0].settings.server_args == ("--cache-type-k", "q8_0", "--cache-type-v", "q8_0")


def test_all_problems_are_told_at_once() -> None:
    """Unknown keys come with the nearest known one, and no problem hides another."""
    with pytest.raises(PlanProblems) as told:
        expanded({"models": [{"path": "x.gguf", "gpu_layer": 3}], "benchmark": ["demo"]})
    text = f"{told.value}\n{told.value.log}"
    assert "gpu_layers" in text
    assert "benchmarks" in text


def test_models_benchmarks_and_values_that_make_no_sense_are_all_told() -> None:
    """A pattern without a file, an unknown benchmark and a wrong value are told together."""
    with pytest.raises(PlanProblems) as told:
        expanded(
            {
                "models": ["no/*.gguf", str(F16)],
                "benchmarks": ["humaneval", {"name": "demo", "context": "big"}],
            }
        )
    for expected in ("no/*.gguf", "human_eval", "context"):
        assert expected in told.value.log


def test_variables_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """${VAR} and ${env.VAR} come from the environment."""
    monkeypatch.setenv("MODEL_FILE", str(F16))
    monkeypatch.setenv("BENCHMARK", "demo")
    found = expanded({"models": ["${MODEL_FILE}"], "benchmarks": ["${env.BENCHMARK}"]})
    assert found.entries[0].settings.model == F16.resolve()


def test_a_variable_that_is_not_set_is_named() -> None:
    """An unknown variable is a problem of the plan, never an empty text."""
    with pytest.raises(PlanProblems, match="NO_SUCH_VARIABLE_HERE"):
        expanded({"models": ["${NO_SUCH_VARIABLE_HERE}/x.gguf", str(F16)], "benchmarks": ["demo"]})


def test_a_folder_counts_split_models_once_and_leaves_projectors_out(tmp_path: Path) -> None:
    """A folder's models: split ones once, projectors left out and said, damaged ones kept."""
    (tmp_path / "one.gguf").write_bytes(F16.read_bytes())
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    (tmp_path / "s-00001-of-00002.gguf").write_bytes(F16.read_bytes())
    (tmp_path / "s-00002-of-00002.gguf").write_bytes(F16.read_bytes())
    write(tmp_path / "mmproj.gguf", {"general.architecture": "clip"}, {"v.blk": ((64, 64), 0)})
    found = expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert sorted(entry.settings.name or "" for entry in found.entries) == [
        "broken",
        "one",
        "s-00001-of-00002",
    ]
    assert any("projector" in note for note in found.notes)


def test_models_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    """Two files of one name in two folders get their folder's name too."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.gguf").write_bytes(F16.read_bytes())
    found = expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert [entry.settings.name for entry in found.entries] == ["a/m", "b/m"]


def test_a_changed_file_is_a_new_run(tmp_path: Path) -> None:
    """The same plan on a replaced model file is not the run that was done."""
    path = tmp_path / "m.gguf"
    path.write_bytes(F16.read_bytes())
    before = expanded({"models": [str(path)], "benchmarks": ["demo"]}).entries[0].key
    path.write_bytes(QUANTIZED.read_bytes())
    assert expanded({"models": [str(path)], "benchmarks": ["demo"]}).entries[0].key != before


def test_a_folder_of_json_files_is_a_plan(tmp_path: Path) -> None:
    """One JSON file a model: name, provider URL, benchmarks and options."""
    (tmp_path / "far.json").write_text(
        json.dumps(
            {
                "name": "gpt-oss",
                "provider_url": "http://127.0.0.1:9/v1",
                "benchmarks": ["demo"],
                "options": {"temperature": 0.2},
            }
        )
    )
    (tmp_path / "near.json").write_text(json.dumps({"path": str(F16), "benchmarks": ["demo"]}))
    far, near = expand(read_plan(tmp_path), BASE).entries
    assert (far.settings.server, far.settings.base_url) == ("endpoint", "http://127.0.0.1:9/v1")
    assert (far.settings.temperature, near.settings.model) == (0.2, F16.resolve())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: [", "YAML"),
        ("- a\n- b\n", "plan"),
        ("", "plan"),
        ("models: []\nbenchmarks: [demo]\n", "no models"),
    ],
)
def test_a_file_that_is_no_plan(text: str, said: str, tmp_path: Path) -> None:
    """What is not YAML, or no plan, is told as such."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        expand(read_plan(path), BASE)


@pytest.mark.parametrize("name", ["one-night", "quantizations", "mixed"])
def test_the_examples_are_plans(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example reads as a plan with models and benchmarks."""
    monkeypatch.setenv("MODELS", "/models")
    plan = read_plan(ROOT / "examples" / f"{name}.yaml")
    assert plan.models
    assert plan.benchmarks
