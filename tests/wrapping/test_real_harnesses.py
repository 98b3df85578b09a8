"""evalplus, lm-eval and llama-bench themselves, by their names alone, on a demo model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchkit.records import Progress
from benchkit.running.runner.watch import PrintedProgress
from parsers import get_parser
from tests.support import F16, Bench, runs_in
from tests.wrapping.harness_tasks import path_with, write_for_evalplus, write_for_lm_eval

KEY = "sk-demo-0123456789"
ASKED = ["--model", F16, "--server", "xllamacpp", "--parallel", "2"]
pytestmark = [pytest.mark.heavy, pytest.mark.timeout(300)]  # their imports alone take many seconds


def progress_of(parser: str, run: dict[str, Any]) -> set[Progress]:
    """All states of progress that were seen, its output read again in the pieces it may have come in."""
    output = (Path(run["artifacts"]) / "output.log").read_bytes()
    printed = PrintedProgress(get_parser(parser).progress)
    seen = set()
    for begin in range(0, len(output), 40):
        printed.feed(output[begin : begin + 40])
        seen.add(printed.progress())
    return {progress for progress in seen if progress}


def test_evalplus(bench: Bench, tmp_path: Path) -> None:
    """Its name is enough: verdicts and scores are its own, progress is seen, the key is in no log."""
    path = path_with("evalplus.evaluate")
    problems = write_for_evalplus(tmp_path / "plus.jsonl", 5)
    done = bench(
        *ASKED, "--benchmark", "evalplus", "--max-tokens", "100", timeout=280,
        PATH=path, HUMANEVAL_OVERRIDE_PATH=str(problems), HOME=str(tmp_path), OPENAI_API_KEY=KEY,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (run,) = runs_in(tmp_path)
    (file,) = Path(run["artifacts"]).rglob("*_eval_results.json")
    told = [samples[0] for samples in json.loads(file.read_text())["eval"].values()]
    failed = [one["task_id"] for one in told if {one["base_status"], one["plus_status"]} != {"pass"}]
    assert run["results"]["failed_tasks"] == failed
    assert 0 < len(failed) < len(told) == run["results"]["total_problems"] == 5
    kept = (Path(run["artifacts"]) / "verdicts.jsonl").read_text().splitlines()
    assert [row["task_id"] for row in map(json.loads, kept) if row["verdict"] != "passed"] == failed
    assert run["results"]["score"] == pytest.approx(100 * (1 - len(failed) / 5))
    assert any(0 < (one.done or 0) < 5 for one in progress_of("evalplus", run))
    assert run["model_file"]["quantization"] == "F16"
    assert "no {max_tokens}" in done.stderr
    assert run["config"]["max_tokens"] is None
    assert not [log for log in Path(run["artifacts"]).glob("*.log") if KEY.encode() in log.read_bytes()]


def test_lm_eval(bench: Bench, tmp_path: Path) -> None:
    """With a task of one's own: its score and its samples, settings handed on, further flags at the end."""
    path = path_with("lm_eval")
    write_for_lm_eval(tmp_path, 4)
    done = bench(
        *ASKED, "--benchmark", "lm_eval", "--max-tokens", "150", "--temperature", "0.0",
        "--tasks", "demo_task", "--include_path", tmp_path, timeout=280,
        PATH=path, HF_HUB_OFFLINE="1", HF_DATASETS_OFFLINE="1", HF_HOME=str(tmp_path / "hf"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (run,) = runs_in(tmp_path)
    (file,) = Path(run["artifacts"]).rglob("results_*.json")
    told = json.loads(file.read_text())
    score = told["results"]["demo_task"]["exact_match,first-line"]
    assert 0 < score < 1
    assert run["results"]["score"] == pytest.approx(100 * score)
    assert "demo_task/1" in run["results"]["failed_tasks"]
    assert len(run["results"]["failed_tasks"]) == round(4 * (1 - score))
    assert told["config"]["gen_kwargs"] == {"temperature": 0.0, "max_gen_toks": 150}
    assert (run["config"]["temperature"], run["config"]["max_tokens"]) == (0.0, 150)
    assert Progress(4, 4) in progress_of("lm_eval", run)


def test_llama_bench(bench: Bench, tmp_path: Path) -> None:
    """It loads the model itself: no server is started, its speeds and the model's facts are recorded."""
    path = path_with("llama-bench")
    done = bench(
        "--model", F16, "--benchmark", "llama_bench", "--gpu-layers", "all", "--temperature", "0.0",
        "-p", "64", "-n", "200", "-r", "20", "-t", "1", PATH=path, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    (run,) = runs_in(tmp_path)
    printed = (Path(run["artifacts"]) / "output.log").read_text().splitlines()
    reading, writing = (json.loads(line)["avg_ts"] for line in printed if line.startswith("{"))
    assert (run["status"], run["results"]["score"], run["server"]) == ("ok", None, {})
    assert run["telemetry"]["prompt_tokens_per_second"] == pytest.approx(reading)
    assert run["telemetry"]["tokens_per_second"] == pytest.approx(writing)
    assert run["telemetry"]["ram_peak_mb"] > 1
    assert run["model_file"]["sha256"]
    assert not list(Path(run["artifacts"]).glob("server*"))
    assert Progress(2, 2) in progress_of("llama_bench", run)
