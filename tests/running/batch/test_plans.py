"""Plans: what they may say, what they become, and how they are refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from benchkit.commands.batch import _raw_plan
from benchkit.errors import UsageError
from benchkit.running.batch.checks import command_of, script_problems
from benchkit.running.batch.expand import Expansion, expand
from benchkit.running.batch.models import matching_files
from benchkit.running.batch.planfile import PlanProblems, make_plan, read_plan
from benchkit.running.plan import plan_run
from benchkit.running.runner.check import values
from benchkit.runs import run_of
from benchkit.settings import RunSettings, recorded
from benchkit.strict_documents import read_yaml
from benchkit.telling.comparison.conditions import conditions, differing
from benchkit.verdict import Status
from tests.running.batch.support import write_plan
from tests.serving.gguf.writing import write
from tests.support import F16, QUANTIZED, ROOT, Bench

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
    assert told.value.problems == [
        "the plan: unknown key 'benchmark': did you mean benchmarks?",
        "models: unknown key 'gpu_layer': did you mean gpu_layers?",
        "no benchmarks in the plan",
        "models: x.gguf matches no GGUF file",
    ]


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
        assert expected in "\n".join(told.value.problems)


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("gpu_layers", "most", "auto, all or a number of layers"),
        ("gpu_layers", -1, "auto, all or a number of layers"),
        ("context", 0, "a whole number from 1"),
        ("parallel", 1.5, "auto or a whole number from 1"),
        ("server", "llama", "one of auto, "),
        ("server_args", 5, "a list of words"),
        ("cache_type", "q3", "one of f32, "),
        ("llama_server", "/no/such/program", "a program"),
        ("strict", "no", "true or false"),
        ("temperature", "warm", "a number from 0"),
        ("temperature", True, "a number from 0"),
        ("temperature", float("inf"), "a number from 0"),
        ("timeout", 0, "a number of seconds"),
        ("seed", "x", "a whole number"),
    ],
)
@pytest.mark.parametrize("where", ["defaults", "models", "benchmarks", "matrix"])
def test_a_value_that_does_not_fit_is_told_with_what_would(
    where: str, name: str, value: object, wanted: str
) -> None:
    """Each setting's value is checked wherever in the plan it stands, and told once."""
    plan: dict[str, Any] = {"models": [{"path": str(F16)}, str(QUANTIZED)], "benchmarks": [{"name": "demo"}]}
    match where:
        case "defaults":
            plan["defaults"] = {name: value}
        case "matrix":
            plan["matrix"] = {name: [value]}
        case _:
            plan[where][0][name] = value
    with pytest.raises(PlanProblems) as told:
        expanded(plan)
    (problem,) = told.value.problems
    assert problem.startswith(f"{where}: {name}: {value!r} is not {wanted}")


@pytest.mark.parametrize(
    ("where", "entry", "wanted"),
    [
        ("models", {"path": ["a.gguf"]}, "path: ['a.gguf'] is not a text"),
        ("models", {"path": ""}, "path: '' is not a text"),
        ("models", {"path": str(F16), "name": 4}, "name: 4 is not a text"),
        ("models", {"base_url": "localhost:80", "name": "x"}, "base_url: 'localhost:80' is not an address"),
        ("models", {"path": str(F16), "base_url": "http://x/v1"}, "not both"),
        ("models", {"path": "${NO-NAME}/x.gguf"}, "matches no GGUF file"),
        ("models", {"path": "~nobody-here/x.gguf"}, "matches no GGUF file"),
        ("benchmarks", {"name": True}, "name: True is not a text"),
        ("benchmarks", {"name": "demo", "script": ["x"]}, "script: ['x'] is not a text"),
        ("benchmarks", {"name": "demo", "args": {"a": 1}}, "args: {'a': 1} is not a list of words"),
        ("benchmarks", {"name": "demo", "args": [None]}, "args: [None] is not a list of words"),
        ("benchmarks", {"name": "demo", "script": "true", "shell": "no"}, "shell: 'no' is not true or false"),
        ("benchmarks", {"name": "demo", "score_path": [1]}, "score_path: [1] is not a text"),
        ("benchmarks", {"name": "demo", "timeout": float("inf")}, "timeout: inf is not a number of seconds"),
    ],
)
def test_nothing_is_taken_for_what_it_is_not(where: str, entry: dict[str, Any], wanted: str) -> None:
    """A list is no name, "no" is not false, an address without its scheme is none: told, once."""
    with pytest.raises(PlanProblems) as told:
        expanded({"models": [str(F16)], "benchmarks": ["demo"], where: [entry]})
    (problem,) = told.value.problems
    assert wanted in problem


def test_a_value_that_does_not_fit_hides_no_other_problem() -> None:
    """What is wrong in the defaults does not keep the models and the benchmarks from being looked at."""
    with pytest.raises(PlanProblems) as told:
        expanded(
            {
                "defaults": {"timeout": "long"},
                "models": [str(F16)],
                "benchmarks": ["humaneval"],
                "matrix": {"temperature": ["hot"]},
            }
        )
    assert len(told.value.problems) == 3
    assert "human_eval" in told.value.problems[-1]


@pytest.mark.parametrize(
    ("benchmark", "said"),
    [
        ({"name": "mine", "script": "no-such-script.py", "parser": "json"}, "script not found"),
        ({"name": "mine", "script": "echo", "parser": "jsn"}, "json"),
        ({"name": "mine", "script": "echo"}, "--parser"),
        ({"script": "echo", "parser": "json"}, "needs a name"),
        ({"name": "mine", "script": "echo {temperature}", "parser": "human_eval"}, "--temperature"),
    ],
)
def test_benchmarks_that_cannot_run_are_refused(benchmark: dict[str, str], said: str) -> None:
    """Unknown parsers, missing scripts and placeholders without a value are the plan's problems."""
    try:
        entries = expanded({"models": [str(F16)], "benchmarks": [benchmark]}).entries
        problems = script_problems(entry.planned() for entry in entries)
    except PlanProblems as told:
        problems = told.problems
    assert said in "\n".join(problems)


def test_each_script_is_asked_for_its_own_check_once(bench: Bench, tmp_path: Path) -> None:
    """Before the first server, whatever the number of runs; what several scripts say is told together."""
    write_plan(
        tmp_path,
        models=[str(F16), str(QUANTIZED)],
        benchmarks=[
            {"name": "demo", "args": ["--no-such-flag"]},
            {"name": "human_eval", "args": ["--problems-file", "nowhere.jsonl"]},
        ],
    )
    done = bench("batch", "plan.yaml")
    assert done.returncode == 2
    assert done.stderr.count("--no-such-flag") == 1
    assert done.stderr.count("nowhere.jsonl") == 1
    assert "2 problems" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_however_many_problems_there_are_all_are_told(bench: Bench, tmp_path: Path) -> None:
    """Forty problems are forty lines."""
    write_plan(tmp_path, models=[f"no-{number}.gguf" for number in range(40)], benchmarks=["demo"])
    done = bench("batch", "plan.yaml")
    assert done.returncode == 2
    assert sum("matches no GGUF file" in line for line in done.stderr.splitlines()) == 40


def test_a_benchmark_that_was_mistyped_is_not_blamed_on_the_models(bench: Bench) -> None:
    """What was typed without a plan is told of the command line, whichever flag it came from."""
    done = bench("batch", "--models", str(F16), "--benchmarks", "dmo")
    assert done.returncode == 2
    assert "the command line: unknown benchmark 'dmo'" in done.stderr
    assert "--models" not in done.stderr


def test_words_of_the_defaults_the_benchmark_and_the_model_add_up() -> None:
    """A model's own flags do not take away the benchmark's; what comes later wins with the script."""
    found = expanded(
        {
            "defaults": {"top_p": 0.9, "server_args": "--threads 2"},
            "models": [{"path": str(F16), "args": ["--limit", 5], "server_args": ["--flash-attn", "on"]}],
            "benchmarks": [{"name": "demo", "args": "--prompt 'simple-evals'", "seed": 7}],
        }
    )
    settings = found.entries[0].settings
    assert settings.script_args == (
        "--top-p",
        "0.9",
        "--prompt",
        "simple-evals",
        "--seed",
        "7",
        "--limit",
        "5",
    )
    assert settings.server_args == ("--threads", "2", "--flash-attn", "on")


def test_an_endpoint_is_one_whatever_the_defaults_say() -> None:
    """A server in the defaults is for the files of the plan."""
    endpoint = {"base_url": "http://127.0.0.1:9/v1", "name": "far"}
    raw = {"defaults": {"server": "xllamacpp"}, "models": [endpoint, str(F16)], "benchmarks": ["demo"]}
    assert [entry.settings.server for entry in expanded(raw).entries] == ["endpoint", "xllamacpp"]


def test_a_model_that_is_in_the_plan_twice_shows_by_what_it_differs() -> None:
    """The same file with other settings is another run, and looks like one."""
    models = [{"path": str(F16), "gpu_layers": 0}, {"path": str(F16), "gpu_layers": 2}]
    found = expanded({"models": models, "benchmarks": ["demo"]})
    assert [entry.place for entry in found.entries] == ["layers=0", "layers=2"]


def test_what_tells_runs_apart_shows_no_key() -> None:
    """A key among the flags is masked, as a list of words and as one text."""
    flags = ["--api-key sk-not-for-eyes", ["--api-key", "sk-not-for-eyes"], "--limit 3"]
    benchmarks = [{"name": "demo", "args": words} for words in flags]
    found = expanded({"models": [str(F16)], "benchmarks": benchmarks})
    assert [entry.place for entry in found.entries] == ["args=--api-key,***", "args=--limit,3"]


def test_of_the_benchmarks_that_share_a_server_the_longest_answer_counts() -> None:
    """One context serves them all, also one that says nothing of its answers' length."""
    benchmarks = [{"name": "demo", "max_tokens": 300}, "human_eval"]
    found = expanded({"models": [str(F16)], "benchmarks": benchmarks})
    assert {entry.settings.answer_tokens for entry in found.entries} == {1024}


def test_a_plan_of_nothing_but_projectors_is_refused(tmp_path: Path) -> None:
    """What was left out is told where nothing is left."""
    write(tmp_path / "mmproj.gguf", {"general.architecture": "clip"}, {"v.blk": ((64, 64), 0)})
    with pytest.raises(PlanProblems) as told:
        expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert "left out" in "\n".join(told.value.problems)


def test_the_first_plan_is_written_for_the_files_that_are_here(bench: Bench, tmp_path: Path) -> None:
    """--init finds the models below this folder; its plan can be tried at once, and is never overwritten."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / 'one: "a".gguf').write_bytes(F16.read_bytes())
    (tmp_path / "models" / "two\n\udcff.gguf").write_bytes(F16.read_bytes())
    write(tmp_path / "mmproj.gguf", {"general.architecture": "clip"}, {"v.blk": ((64, 64), 0)})
    done = bench("batch", "--init")
    assert "plan.yaml: 2 models" in done.stdout
    assert "left out" in done.stderr
    tried = bench("batch", "plan.yaml", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert 'one: "a"' in tried.stdout
    assert "two��" in tried.stdout
    assert bench("batch", "--init").returncode == 2


def test_without_a_plan_the_runs_flags_say_it(bench: Bench) -> None:
    """--models and --benchmarks with a run's flags; flags of the scripts are passed on."""
    flags = ["--models", str(F16.parent / "demo-[fq]*.gguf"), "--benchmarks", "demo,human_eval", "--dry-run"]
    done = bench("batch", *flags, "--temperature", "0.3", "--limit", "3")
    assert done.returncode == 0, done.stderr
    assert "4 runs, 4 to do" in done.stdout


def test_the_runs_flags_become_settings_of_all_runs() -> None:
    """What a plan says in its defaults and benchmarks, the run's own flags say without one."""
    flags = ["--llama-server", sys.executable, "--server-arg=-t", "--server-arg=1", "--timeout", "9"]
    flags += ["--script", "echo {model}", "--parser", "json", "--score-path", "a.b", "--limit", "3"]
    first, second = expanded(_raw_plan([str(F16)], ["one", "two"], flags)).entries
    assert (first.settings.llama_server, second.settings.timeout_s) == (Path(sys.executable), 9.0)
    assert (second.settings.server_args, first.settings.script_args) == (("-t", "1"), ("--limit", "3"))
    assert (first.settings.script, second.settings.score_path) == ("echo {model}", "a.b")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan.yaml", "--temperature", "0.3"], "defaults"),
        (["plan.yaml", "--retry-faild"], "--retry-faild"),
        (["plan.yaml", "--models", "x.gguf"], "choose one"),
        (["--models", "x.gguf"], "--benchmarks"),
        (["--models", "x.gguf", "--benchmarks", "demo", "--name", "y", "--json"], "--name, --json"),
        (["--models", "x.gguf", "--benchmarks", "demo", "--benchmark", "lcb"], "--benchmark: "),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["plan.yaml", "--until", "seven"], "--until"),
        (["--init", "new.yaml", "--dry-run"], "without --dry-run"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(
    arguments: list[str], said: str, bench: Bench, tmp_path: Path
) -> None:
    """Nothing is ignored in silence: exit code 2 and the word that is wrong."""
    write_plan(tmp_path, models=[str(F16)], benchmarks=["demo"])
    done = bench("batch", *arguments)
    assert done.returncode == 2
    assert said in done.stderr


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
    """A folder's models: split ones once, damaged ones kept, projectors and dead links left out and said."""
    (tmp_path / "unmounted.gguf").symlink_to("/nowhere/x.gguf")
    (tmp_path / "one.gguf").write_bytes(F16.read_bytes())
    (tmp_path / "broken.gguf").write_bytes(b"GGUF")
    (tmp_path / "s-00001-of-00002.gguf").write_bytes(F16.read_bytes())
    (tmp_path / "s-00002-of-00002.gguf").write_bytes(F16.read_bytes())
    (tmp_path / "t-00002-of-00003.gguf").write_bytes(F16.read_bytes())  # its first part is missing
    write(tmp_path / "mmproj.gguf", {"general.architecture": "clip"}, {"v.blk": ((64, 64), 0)})
    found = expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert sorted(entry.settings.name or "" for entry in found.entries) == [
        "broken",
        "one",
        "s-00001-of-00002",
        "t-00002-of-00003",
    ]
    assert sorted(note.split(" is a ")[1] for note in found.notes) == [
        "link to nothing: left out",
        "projector file, not a model: left out",
    ]


def test_models_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    """Two files of one name in two folders get their folder's name too."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.gguf").write_bytes(F16.read_bytes())
    found = expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert [entry.settings.name for entry in found.entries] == ["a/m", "b/m"]


def test_a_name_is_longer_where_one_folder_is_not_enough(tmp_path: Path) -> None:
    """Folders of one name in two places, and a file named as another one is."""
    for folder in ("a/gguf", "b/gguf"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "m.gguf").write_bytes(F16.read_bytes())
    models = [str(tmp_path), {"path": str(F16), "name": "demo-q2_k"}, str(QUANTIZED)]
    names = [entry.settings.name for entry in expanded({"models": models, "benchmarks": ["demo"]}).entries]
    assert names == ["a/gguf/m", "b/gguf/m", "demo-q2_k", "demo/demo-q2_k"]


def test_one_name_for_two_files_is_refused() -> None:
    """In the history they would be one model."""
    models = [{"path": str(F16.parent / "demo-[fq]*.gguf"), "name": "same"}]
    with pytest.raises(PlanProblems, match="2 files are named same"):
        expanded({"models": models, "benchmarks": ["demo"]})


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


def test_make_run_takes_a_folder_of_json_files(tmp_path: Path) -> None:
    """`make run CONFIG_DIR=DIR` is a batch of the folder's models; without a folder it says what to name."""

    def make(*words: str) -> subprocess.CompletedProcess[str]:
        command = ["make", "-o", "install", "-C", str(ROOT), "run", *words]
        return subprocess.run(command, capture_output=True, text=True)

    assert "make run CONFIG_DIR=DIR: name the folder" in make().stderr
    told = make(f"CONFIG_DIR={tmp_path}")
    assert (told.returncode, f"{tmp_path} holds no .json files" in told.stderr) == (2, True)


def test_what_is_wrong_in_a_folder_of_json_files_is_told_with_the_files_name(tmp_path: Path) -> None:
    """Files that are no JSON, lack benchmarks or hold unknown keys are all told at once."""
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "a-twice.json").write_text('{"path": "x.gguf", "path": "y.gguf"}')
    (tmp_path / "b.json").write_text(json.dumps({"path": str(F16), "bench": ["demo"]}))
    (tmp_path / "c.json").write_text(
        json.dumps({"path": str(F16), "benchmarks": ["demo"], "options": {"x": 1}})
    )
    with pytest.raises(PlanProblems) as told:
        expand(read_plan(tmp_path), BASE)
    text = "\n".join(told.value.problems)
    for said in (
        "a.json is not JSON",
        "the key 'path' is there twice",
        "b.json: no benchmarks",
        "did you mean benchmarks?",
        "c.json: options: ",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("models: [", "YAML"),
        ("- a\n- b\n", "plan"),
        ("", "plan"),
        ("models: []\nbenchmarks: [demo]\n", "no models"),
        ("models:\n\t- a.gguf\n", "line 2, column 1: "),
        ("models: [a.gguf]\nmodels: [b.gguf]\n", "line 2, column 1: the key 'models' is there twice"),
        ("models: &all [*all]\nbenchmarks: [demo]\n", "YAML"),
    ],
)
def test_a_file_that_is_no_plan(text: str, said: str, tmp_path: Path) -> None:
    """What is not YAML, or no plan, is told as such."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        expand(read_plan(path), BASE)


def test_a_key_that_comes_with_an_anchor_may_be_said_anew() -> None:
    """Only a key that is written twice in one place is refused, however anchors are nested."""
    text = "a: &a {t: 0}\nb:\n  - x: &b {<<: *a, t: 1}\nc: {<<: *b, t: 2}\n"
    assert read_yaml(text) == {"a": {"t": 0}, "b": [{"x": {"t": 1}}], "c": {"t": 2}}


def test_what_is_written_in_yaml_is_what_is_meant(tmp_path: Path) -> None:
    """No clock becomes a number of seconds, no 010 an 8, no date anything else; anchors may be used."""
    (tmp_path / "plan.yaml").write_text(
        f"""
        models:
          - &file {{path: "{F16}", name: 010, temperature: 0.50}}
          - {{<<: *file, max_tokens: 1_000}}
        benchmarks:
          - {{name: demo, args: [--from, 2025-02-01, --seed, 007, --share, 1e-1], timeout: 7:00}}
        """
    )
    plan = read_plan(tmp_path / "plan.yaml")
    assert plan.problems == ("benchmarks: timeout: '7:00' is not a number of seconds",)
    assert [model["name"] for model in plan.models] == ["010", "010"]
    first, second = expand(replace(plan, problems=()), BASE).entries
    assert (first.settings.temperature, second.settings.max_tokens) == (0.5, 1000)
    assert first.settings.script_args == ("--from", "2025-02-01", "--seed", "007", "--share", "1e-1")


@pytest.mark.parametrize("name", ["one-night", "quantizations", "mixed"])
def test_the_examples_are_plans(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each example reads as a plan with models and benchmarks."""
    monkeypatch.setenv("MODELS", "/models")
    plan = read_plan(ROOT / "examples" / f"{name}.yaml")
    assert plan.models
    assert plan.benchmarks
    assert plan.problems == ()


def test_limits_and_weights_have_groups_of_their_own() -> None:
    """`execution` and `scoring` are settings of every run: of each test program, and of the composite."""
    raw = {
        "models": [str(F16)],
        "benchmarks": ["demo", {"name": "mine", "script": "echo", "parser": "lcb", "test_memory": "2g"}],
        "execution": {"timeout": 5, "memory_limit": "512MB", "cpu_limit": 1},
        "scoring": {
            "weights": {"correctness": 0.40, "speed": 0.20, "quality": 0.25, "efficiency": 0.15},
        },
    }
    demo, mine = (entry.settings for entry in expanded(raw).entries)
    assert (demo.test_timeout, demo.test_memory, demo.test_cpus) == (5.0, "512m", 1.0)
    assert mine.test_memory == "2048m"
    assert demo.weights == "correctness=0.4,speed=0.2,quality=0.25,efficiency=0.15"
    words = values(plan_run(demo))
    assert [words[name] for name in ("test_timeout", "test_memory", "test_cpus")] == ["5.0", "512m", "1.0"]
    assert recorded(demo)["weights"] == demo.weights


def test_limits_must_be_equal_to_compare() -> None:
    """Runs with another time or memory for each test program do not stand in one table."""
    asked = (RunSettings(test_timeout=5.0), RunSettings(test_memory="512m"), RunSettings(test_cpus=0.5))
    runs = [
        run_of(id="r", timestamp="", benchmark="b", model="m", status=Status.OK, config=recorded(one))
        for one in (RunSettings(), *asked)
    ]
    told = differing((str(place), conditions(run)) for place, run in enumerate(runs))
    assert told.keys() == {"time limit of a test", "memory limit of a test", "processor limit of a test"}
    assert told["memory limit of a test"] == {"unknown": ["0", "1", "3"], "512m": ["2"]}


@pytest.mark.parametrize(
    ("group", "said"),
    [
        (
            {"execution": {"memory_limit": "lots"}},
            "execution: memory_limit: 'lots' is not an amount of memory",
        ),
        ({"execution": {"memory_limit": 512}}, "execution: memory_limit: 512 is not an amount of memory"),
        ({"execution": {"memory_limit": "-5m"}}, "execution: memory_limit: '-5m' is not an amount of memory"),
        ({"execution": {"memory_limit": "4k"}}, "such as 512m or 2g, 16m at least"),
        ({"execution": {"timeout": 0}}, "execution: timeout: 0 is not a number of seconds"),
        ({"execution": {"cpu_limit": "many"}}, "execution: cpu_limit: 'many' is not a number above 0"),
        ({"execution": {"memory": "1g"}}, "execution: unknown key 'memory': did you mean memory_limit?"),
        ({"execution": 5}, "execution: 5 should be names with values"),
        (
            {"scoring": {"weights": {"correctness": 0.9}}},
            "scoring: weights: correctness=0.9 add up to 0.9, not to 1",
        ),
        ({"scoring": {"weights": {"correctness": 2, "speed": -1}}}, "weights: speed: -1 is no number from 0"),
        (
            {"scoring": {"weights": {"correctnes": 1}}},
            "weights: unknown part 'correctnes': known are correctness",
        ),
        ({"scoring": {"weights": [0.5, 0.5]}}, "weights: [0.5, 0.5] names none; write correctness=0.25"),
        ({"scoring": {"weights": {}}}, "weights: {} names none"),
        ({"scoring": {"weight": {}}}, "scoring: unknown key 'weight': did you mean weights?"),
    ],
)
def test_limits_and_weights_of_nonsense_are_one_line(group: dict[str, Any], said: str) -> None:
    """It names the group, the key and what the value is not."""
    with pytest.raises(PlanProblems) as told:
        expanded({"models": [str(F16)], "benchmarks": ["demo"], **group})
    (line,) = told.value.problems
    assert said in line


def test_benchmarks_may_stand_beside_a_plan_that_names_none(tmp_path: Path) -> None:
    """On the command line, for a file as for a folder; a plan with its own refuses others."""
    plan, folder = tmp_path / "plan.yaml", tmp_path / "models"
    folder.mkdir()
    plan.write_text(json.dumps({"models": [str(F16)]}))
    (folder / "a.json").write_text(json.dumps({"path": str(F16)}))
    for path in (plan, folder):
        named = [
            entry.settings.benchmark
            for entry in expand(read_plan(path, ["demo", "human_eval"]), BASE).entries
        ]
        assert named == ["demo", "human_eval"]
    plan.write_text(json.dumps({"models": [str(F16)], "benchmarks": ["demo"]}))
    with pytest.raises(UsageError, match="names its benchmarks itself: leave --benchmarks out"):
        read_plan(plan, ["human_eval"])
    with pytest.raises(PlanProblems, match="no benchmarks in the plan"):
        expanded({"models": [str(F16)]})


def test_what_a_script_is_told_otherwise_is_checked_of_its_own() -> None:
    """One of two places that judge may be wrong; models and folders make no difference."""
    plan = plan_run(replace(BASE, benchmark="demo", model=F16))
    elsewhere = [
        replace(plan, settings=replace(plan.settings, **changes))
        for changes in ({"sandbox_on": "alpha"}, {"sandbox_on": "beta"}, {"test_timeout": 1.0})
    ]
    assert len({command_of(one) for one in (plan, *elsewhere)}) == 4
    same = replace(plan, id="other", settings=replace(plan.settings, model=QUANTIZED))
    assert command_of(same) == command_of(plan)


def test_a_path_that_cannot_be_looked_at_is_the_plans_problem(tmp_path: Path) -> None:
    """A model, a judge or the plan itself: the line names it, and says why."""
    name, why = "x" * 300, os.strerror(errno.ENAMETOOLONG)
    with pytest.raises(PlanProblems) as told:
        expanded({"models": [name, str(F16)], "benchmarks": ["demo"], "judge": name})
    assert told.value.problems == [
        f"models: {name} cannot be read: {why}",
        f"judge: {name} cannot be read: {why}",
    ]
    plans = {name: why, "loop": os.strerror(errno.ELOOP), "nul\0": "embedded null byte"}
    (tmp_path / "loop").symlink_to("loop")
    for name, why in plans.items():
        with pytest.raises(UsageError, match=f"cannot read the plan .*{name}: {why}"):
            read_plan(tmp_path / name)


def test_a_model_that_cannot_be_looked_at_leaves_the_others_in(tmp_path: Path) -> None:
    """Of a folder the ones that can be served run; what was left out is told."""
    (tmp_path / "loop.gguf").symlink_to("loop.gguf")
    (tmp_path / "whole.gguf").write_bytes(F16.read_bytes())
    found = expanded({"models": [str(tmp_path)], "benchmarks": ["demo"]})
    assert [entry.settings.name for entry in found.entries] == ["whole"]
    assert found.notes == (f"{tmp_path}/loop.gguf cannot be read: {os.strerror(errno.ELOOP)}: left out",)


def test_a_folder_that_vanishes_while_models_are_looked_for_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others work in it meanwhile; what is there is found."""
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "m.gguf").write_bytes(F16.read_bytes())
    looking = os.scandir

    def scandir(path: Any) -> Any:
        if str(path) == str(tmp_path / "a") and (tmp_path / "a").exists():
            shutil.rmtree(tmp_path / "a")
        return looking(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert matching_files(str(tmp_path)) == [tmp_path / "b" / "m.gguf"]
