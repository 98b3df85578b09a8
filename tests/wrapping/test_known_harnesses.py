"""Harnesses by their names: what would be started, and what is told before anything is."""

from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest

from benchkit.benchmarks import BENCHMARKS
from benchkit.running.display import PlainDisplay
from benchkit.running.plan import plan_run
from benchkit.running.runner import execute_all
from benchkit.settings import RunSettings
from parsers import PARSERS
from tests.support import F16, Bench, runs_in

PROGRAMS = {
    "evalplus": "evalplus.evaluate", "lm_eval": "lm_eval", "inspect": "inspect", "llama_bench": "llama-bench",
}  # fmt: skip
ENOUGH = {"lm_eval": ["--tasks", "x"], "inspect": ["x.py"]}


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """A PATH with programs of the harnesses' names, which tell what they were given."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for program in PROGRAMS.values():
        (folder / program).write_text('#!/bin/sh\necho "$0 got $*"\n')
        (folder / program).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_dry_run_shows_the_line(name: str, bench: Bench, installed: str, tmp_path: Path) -> None:
    """The harness's whole command is shown, further flags at its end, and nothing is started."""
    done = bench("--model", F16, "--benchmark", name, *ENOUGH.get(name, []), "--more", "7", "--dry-run",
                 PATH=installed)  # fmt: skip
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if line.startswith("script"))
    assert PROGRAMS[name] in line
    assert line.endswith("--more 7")
    assert "{" not in line
    model = str(F16) if name == "llama_bench" else "demo-f16"
    assert model in line
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_harness_that_is_not_installed(name: str, bench: Bench, tmp_path: Path) -> None:
    """The command that brings it is named within a second; no server was started, nothing is recorded."""
    alone = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_CACHE_HOME": "", "LLAMA_SERVER": ""}
    done = bench("--model", F16, "--benchmark", name, *ENOUGH.get(name, []), **alone)
    assert done.returncode == 2
    assert f"{PROGRAMS[name]} is not installed: {BENCHMARKS[name].brought_by}" in done.stderr
    assert not (tmp_path / "runs").exists()
    assert runs_in(tmp_path) == []


def test_a_harness_in_a_line_of_ones_own_is_known_too(bench: Bench, tmp_path: Path) -> None:
    """Typed with --script, a known harness that is not there is still told with what brings it."""
    done = bench("--model", F16, "--benchmark", "mine", "--parser", "evalplus", "--script",
                 "evalplus.evaluate --dataset mbpp", PATH="/usr/bin:/bin", HOME=str(tmp_path),
                 XDG_CACHE_HOME="")  # fmt: skip
    assert done.returncode == 2
    assert " -m pip install evalplus" in done.stderr


@pytest.mark.parametrize("name", ENOUGH)
def test_a_harness_that_must_be_told_what_to_ask(name: str, bench: Bench, installed: str) -> None:
    """Without a task nothing is loaded; what is missing is told."""
    done = bench("--model", F16, "--benchmark", name, PATH=installed)
    assert done.returncode == 2
    assert BENCHMARKS[name].asks_for in done.stderr


@pytest.mark.parametrize(
    ("name", "flags", "shown"),
    [
        ("lm_eval", ["--temperature", "0.7"], "--gen_kwargs temperature=0.7 --tasks x"),
        ("lm_eval", ["--max-tokens", "99"], "--gen_kwargs max_gen_toks=99 --tasks x"),
        ("inspect", ["--max-tokens", "99"], "--display plain --max-tokens 99 x.py"),
        ("inspect", ["--name", "OLMo2"], "--model openai-api/openai/OLMo2 "),
        ("llama_bench", ["--gpu-layers", "3"], "-ngl 3 "),
        ("llama_bench", [], "-ngl 999 "),
    ],
)
def test_settings_are_handed_on(
    name: str, flags: list[str], shown: str, bench: Bench, installed: str
) -> None:
    """What somebody set reaches the harness in its own words, what nobody set does not."""
    done = bench("--model", F16, "--benchmark", name, *flags, *ENOUGH.get(name, []), "--dry-run",
                 PATH=installed)  # fmt: skip
    assert shown in done.stdout


def test_llama_bench_needs_a_file(bench: Bench, installed: str) -> None:
    """An endpoint has no file that llama-bench could load."""
    done = bench("--base-url", "http://127.0.0.1:9/v1", "--name", "x", "--benchmark", "llama_bench",
                 PATH=installed)  # fmt: skip
    assert done.returncode == 2
    assert "--model" in done.stderr


def test_no_server_for_what_loads_the_model_itself(bench: Bench, installed: str, tmp_path: Path) -> None:
    """Its failure is a failed run with the model's facts, and no server's log is there."""
    done = bench("--model", F16, "--benchmark", "llama_bench", PATH=installed)
    assert done.returncode == 1
    (run,) = runs_in(tmp_path)
    assert run["error"].startswith("no result")
    assert (run["model_file"]["architecture"], run["server"]) == ("llama", {})
    assert f"got -m {F16} -ngl 999" in (Path(run["artifacts"]) / "output.log").read_text()
    assert not list(Path(run["artifacts"]).glob("server*"))


def test_files_of_a_former_run_are_not_this_ones(bench: Bench, tmp_path: Path) -> None:
    """A result file that lies where the harness writes, and is older than the run, is never its result."""
    program = tmp_path / "harness"
    old = json.dumps({"eval": {"HumanEval/0": [{"base_status": "pass", "plus_status": "pass"}]}})
    program.write_text(
        f"#!/bin/sh\necho '{old}' > \"$1/old_eval_results.json\"\n"
        'touch -d "1 hour ago" "$1/old_eval_results.json"\necho done\n'
    )
    program.chmod(0o755)
    done = bench("--model", F16, "--benchmark", "evalplus", "--server", "xllamacpp", "--script",
                 f"{program} {{output_dir}}")  # fmt: skip
    assert done.returncode == 1
    (run,) = runs_in(tmp_path)
    assert (run["status"], run["results"]["score"]) == ("failed", None)
    assert "looked for a file *eval_results.json of this run" in run["error"]
    assert (Path(run["artifacts"]) / "output.log").read_text() == "done\n"


def test_a_harness_that_only_writes_files(bench: Bench, tmp_path: Path) -> None:
    """Printing nothing is no failure where the result file is there."""
    results = json.dumps({"eval": {"HumanEval/0": [{"base_status": "pass", "plus_status": "fail"}]}})
    (tmp_path / "quiet.sh").write_text(f"#!/bin/sh\necho '{results}' > \"$1/x_eval_results.json\"\n")
    (tmp_path / "quiet.sh").chmod(0o755)
    done = bench("--model", F16, "--benchmark", "evalplus", "--server", "xllamacpp", "--script",
                 "./quiet.sh {output_dir}")  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = runs_in(tmp_path)
    assert (run["results"]["score"], run["results"]["base_score"]) == (0.0, 100.0)


COUNT_SERVERS = """import os, psutil, sys
commands = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
print("servers", sum("xllamacpp_child" in command and "FOLDER" in command for command in commands))
"""


def test_a_server_makes_room_for_it_and_comes_back(tmp_path: Path) -> None:
    """Among runs that share a server, one that loads the model itself has the machine for itself."""
    (tmp_path / "model.gguf").symlink_to(F16)
    (tmp_path / "count.py").write_text(COUNT_SERVERS.replace("FOLDER", str(tmp_path)))
    settings = RunSettings(
        benchmark="mine", model=tmp_path / "model.gguf", script=str(tmp_path / "count.py"), parser="regex",
        score_pattern=r"servers (?P<score>\d+)", server="xllamacpp", runs_dir=tmp_path / "runs",
        history=tmp_path / "history.json",
    )  # fmt: skip
    order = ("mine", "llama_bench", "mine")
    plans = [plan_run(replace(settings, benchmark=name)) for name in order]
    runs = [ended.run for ended in execute_all(plans, PlainDisplay(BytesIO(), StringIO()))]
    assert [run.error for run in runs] == [None] * 3
    assert [run.results.score != 0 for run in runs] == [True, False, True]
    assert [bool(run.server.record) for run in runs] == [True, False, True]
    assert {run.model_file.sha256 for run in runs} == {runs[0].model_file.sha256}


def test_every_known_harness_has_its_parser() -> None:
    """The parser that a known benchmark names exists."""
    assert {benchmark.parser for benchmark in BENCHMARKS.values()} <= set(PARSERS)
