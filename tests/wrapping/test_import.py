"""bench_runner.py import: results made elsewhere, whoever wrote them."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest

from benchkit.errors import UsageError
from benchkit.telling.history.adding import holds_records
from benchkit.telling.history.recognizing import writer_of
from tests.support import ROOT, Bench, runs_in

LEFT = ROOT / "tests" / "parsers" / "left_behind"
WRITERS = {
    "aider/stats.txt": "aider",
    "aider/2026-11-20-10-00-00--demo": "aider",
    "bigcode/evaluation_results.json": "bigcode",
    "bigcode/printed.txt": "bigcode",
    "evalplus/two.txt": "evalplus",
    "evalplus/base_eval_results.json": "evalplus",
    "human_eval_official/samples.jsonl_results.jsonl": "human_eval_official",
    "human_eval_official/printed.txt": "human_eval_official",
    "inspect/demo.eval": "inspect",
    "inspect/epochs.json": "inspect",
    "lcb_runner/scores.txt": "lcb_runner",
    "lcb_runner/Scenario.codegeneration_1_0.2_eval_all.json": "lcb_runner",
    "llama_bench/bench.csv": "llama_bench",
    "llama_bench/bench.json": "llama_bench",
    "llama_bench/bench.jsonl": "llama_bench",
    "llama_bench/bench.md": "llama_bench",
    "llama_eval/llama-eval-state.json": "llama_eval",
    "llama_eval/printed.txt": "llama_eval",
    "lm_eval/results_2026-11-21T10-18-35.531823.json": "lm_eval",
    "lm_eval/group.txt": "lm_eval",
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_writer_is_found(name: str) -> None:
    """Exactly one parser reads what a harness left behind, as a file, as printed text or as a folder."""
    assert writer_of(LEFT / name) == WRITERS[name]


def test_what_our_own_scripts_printed_is_theirs(tmp_path: Path) -> None:
    """Both have one form: it is that of run_eval.py, and --parser lcb says otherwise."""
    text = "Results: problems\npass@1: 85.00% (17/20)\nFailed tasks: a, b, c\n"
    (tmp_path / "output.log").write_text(text)
    assert writer_of(tmp_path / "output.log") == "human_eval"


def test_a_results_file_becomes_a_run(bench: Bench, tmp_path: Path) -> None:
    """Its score, verdicts and origin are in the history; a second import adds nothing."""
    file = LEFT / "evalplus" / "one_eval_results.json"
    first = bench("import", file, "--model", "M")
    assert first.returncode == 0, first.stderr
    assert "evalplus on M, score 40.00" in first.stdout
    assert "already" in bench("import", file, "--model", "M").stdout
    moved = shutil.copy(file, tmp_path / "moved_eval_results.json")
    assert "already" in bench("import", moved, "--model", "M").stdout
    assert bench("import", file, "--model", "N", "--benchmark", "humaneval").returncode == 0
    one, other = runs_in(tmp_path)
    assert (one["model"], one["benchmark"], one["results"]["score"]) == ("M", "evalplus", 40.0)
    assert len(one["results"]["failed_tasks"]) == 3
    assert one["config"]["origin"] == str(file)
    assert (other["model"], other["benchmark"]) == ("N", "humaneval")
    compared = bench("compare", "--anyway", "M", "N").stdout
    assert compared.count("40.0") >= 2, compared


def test_a_file_is_read_as_itself(bench: Bench, tmp_path: Path) -> None:
    """Other results beside the file are not its own."""
    for name in ("one_eval_results.json", "two_eval_results.json"):
        shutil.copy(LEFT / "evalplus" / name, tmp_path)
    done = bench("import", "one_eval_results.json", "two_eval_results.json", "--model", "M")
    assert done.returncode == 0, done.stderr
    assert [run["results"]["score"] for run in runs_in(tmp_path)] == [40.0, 70.0]


def test_a_folder_brings_the_verdicts(bench: Bench, tmp_path: Path) -> None:
    """lm-eval's samples lie beside its results: the folder has both."""
    folder = tmp_path / "lm"
    folder.mkdir()
    for name in (
        "results_2026-11-21T10-18-35.531823.json",
        "samples_demo_a_2026-11-21T10-18-35.531823.jsonl",
    ):
        shutil.copy(LEFT / "lm_eval" / name, folder)
    assert bench("import", folder, "--model", "M").returncode == 0
    (run,) = runs_in(tmp_path)
    assert run["results"]["total_problems"] == 5
    assert len(run["results"]["failed_tasks"]) == 3


def test_a_history_of_ours_needs_no_names(bench: Bench, tmp_path: Path) -> None:
    """Another history is taken in whole, once."""
    other = tmp_path / "other"
    assert bench("import", LEFT / "aider" / "stats.txt", "--model", "M", "--history", other).returncode == 0
    assert holds_records(other)
    assert "aider on M" in bench("import", other).stdout
    assert "already" in bench("import", other).stdout
    assert len(runs_in(tmp_path)) == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "reads it"),
        ("hello\n", "reads it"),
        ('{"eval": {"HumanEval/0": [{"base_st', "reads it"),
    ],
    ids=["empty", "of nobody", "cut short"],
)
def test_what_nobody_reads_is_refused(content: str, said: str, bench: Bench, tmp_path: Path) -> None:
    """One line that names the file and --parser; nothing is added."""
    (tmp_path / "x_eval_results.json").write_text(content)
    done = bench("import", "x_eval_results.json", "--model", "M")
    assert done.returncode == 2
    for word in ("x_eval_results.json", said, "--parser"):
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert runs_in(tmp_path) == []


@pytest.mark.parametrize("arguments", [["absent.json"], [], [str(LEFT / "aider" / "stats.txt")]])
def test_wrong_usage(arguments: list[str], bench: Bench, tmp_path: Path) -> None:
    """A missing file, no file at all, no model named: exit code 2 and nothing added."""
    done = bench("import", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert runs_in(tmp_path) == []


@pytest.mark.parametrize("parser", ["json", "regex"])
def test_a_parser_that_needs_a_setting(parser: str, bench: Bench) -> None:
    """Import has no flag for it, and names none."""
    done = bench("import", LEFT / "aider" / "stats.txt", "--model", "M", "--parser", parser)
    assert done.returncode == 2
    assert f"parser {parser} reads only what a run prints" in done.stderr


def test_several_that_fit_are_named(tmp_path: Path) -> None:
    """What two parsers read is not guessed at."""
    both = (LEFT / "aider" / "stats.txt").read_text() + (LEFT / "llama_eval" / "printed.txt").read_text()
    (tmp_path / "both.txt").write_text(both)
    with pytest.raises(UsageError, match="aider and llama_eval"):
        writer_of(tmp_path / "both.txt")


@pytest.mark.parametrize("named", [[], ["--parser", "lm_eval"]], ids=["found by itself", "named"])
def test_a_score_that_cannot_be_is_told_by_the_parser(named: list[str], bench: Bench, tmp_path: Path) -> None:
    """Whose file it is can be seen: the reason is told, here a score that is no number."""
    results = {"results": {"t": {"acc,none": float("nan")}}, "configs": {}}
    (tmp_path / "results_1.json").write_text(json.dumps(results))
    done = bench("import", "results_1.json", "--model", "M", *named)
    assert done.returncode == 1
    assert re.search(r"results_1.json: no result: looked for .*, but the score is nan", done.stderr)
    assert "the benchmark printed" not in done.stderr
    assert runs_in(tmp_path) == []
