"""evalplus and lm-eval themselves, run by bench_runner.py against a real server with a demo model.

They bring much along, so they live in an environment of their own, ~/.cache/bench_runner/harnesses (python -m
venv, then bin/pip install evalplus "lm_eval[api]"), or BENCH_HARNESSES names their programs' folders.
"""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CACHED = Path.home() / ".cache" / "bench_runner" / "harnesses" / "bin"
PATH = os.pathsep.join([os.environ.get("BENCH_HARNESSES", ""), str(CACHED), os.environ["PATH"]])
pytestmark = pytest.mark.timeout(300)


def test_evalplus_scores_in_the_history_are_its_own(tmp_path: Path) -> None:
    """On the demo problems in HumanEval+'s form, which the demo model mostly solves."""
    problems = tmp_path / "plus.jsonl"
    problems.write_text("".join(json.dumps(problem) + "\n" for problem in _demo_plus(6)))
    run = _run(
        tmp_path,
        "evalplus",
        "evalplus.evaluate --model {model} --dataset humaneval --backend openai --base-url {base_url}"
        " --greedy --root {output_dir} --parallel 1",
        HUMANEVAL_OVERRIDE_PATH=str(problems),
        HOME=str(tmp_path),
    )
    (file,) = tmp_path.rglob("*_eval_results.json")
    told = [samples[0] for samples in json.loads(file.read_text())["eval"].values()]
    passed = [one for one in told if one["base_status"] == one["plus_status"] == "pass"]
    base = [one for one in told if one["base_status"] == "pass"]
    assert run["results"]["total_passed"] == len(passed) > 0
    assert run["results"]["score"] == pytest.approx(100 * len(passed) / len(told))
    assert run["results"]["base_score"] == pytest.approx(100 * len(base) / len(told))
    assert run["results"]["failed_tasks"] == [one["task_id"] for one in told if one not in passed]


def test_lm_eval_scores_in_the_history_are_its_own(tmp_path: Path) -> None:
    """On a local task: the first line of some solutions; one is asked for what nobody would answer."""
    questions = [
        {"question": problem["prompt"], "answer": problem["canonical_solution"].splitlines()[0].strip()}
        for problem in _demo_problems()[:4]
    ]
    questions[1]["answer"] = "nobody would answer this"
    (tmp_path / "docs.jsonl").write_text("".join(json.dumps(question) + "\n" for question in questions))
    (tmp_path / "demo_task.yaml").write_text(TASK.replace("FOLDER", str(tmp_path)))
    run = _run(
        tmp_path,
        "lm_eval",
        f"lm_eval run --model local-completions --tasks demo_task --include_path {tmp_path} {LM_EVAL_FLAGS}",
        HF_HUB_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HOME=str(tmp_path),
    )
    (file,) = tmp_path.rglob("results_*.json")
    told = json.loads(file.read_text())["results"]["demo_task"]["exact_match,first-line"]
    assert 0 < told < 1
    assert run["results"]["score"] == pytest.approx(100 * told)
    assert "demo_task/1" in run["results"]["failed_tasks"]
    assert len(run["results"]["failed_tasks"]) == round(4 * (1 - told))


LM_EVAL_FLAGS = (
    "--output_path {output_dir} --log_samples --model_args model={model},base_url={base_url}/completions,"
    "num_concurrent=1,tokenizer_backend=none,tokenized_requests=False,max_length=1024"
)
TASK = """
task: demo_task
dataset_path: json
dataset_kwargs: {data_files: {test: FOLDER/docs.jsonl}}
test_split: test
output_type: generate_until
doc_to_text: "{{question}}"
doc_to_target: "{{answer}}"
generation_kwargs: {max_gen_toks: 32, temperature: 0, until: ["NEVER"]}
metric_list: [{metric: exact_match, aggregation: mean, higher_is_better: true}]
filter_list:
  - name: first-line
    filter: [{function: regex, regex_pattern: "(\\\\S.*)"}, {function: take_first}]
"""


def _run(tmp_path: Path, harness: str, script: str, **environment: str) -> dict[str, Any]:
    """The record of the run that bench_runner.py made of the harness."""
    if shutil.which(script.split()[0], path=PATH) is None:
        pytest.skip(f"{harness} is not installed: see this file's head")
    command = [
        *(sys.executable, str(ROOT / "bench_runner.py"), "--json"),
        *("--model", str(ROOT / "demo" / "demo-f16.gguf"), "--benchmark", harness, "--parser", harness),
        *("--script", script, "--history", str(tmp_path / "h.json"), "--runs-dir", str(tmp_path / "runs")),
    ]
    ran = subprocess.run(
        command, env={**os.environ, "PATH": PATH, **environment}, capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
    record: dict[str, Any] = json.loads(ran.stdout)
    return record


def _demo_problems() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ROOT / "demo" / "problems.jsonl").read_text().splitlines()]


def _demo_plus(count: int) -> list[dict[str, Any]]:
    """Demo problems in HumanEval+'s form: their first two calls are base inputs, the others extra ones."""
    found = []
    for problem in _demo_problems():
        inputs = _inputs(problem["test"])
        if len(inputs) > 2 and all(isinstance(one, int | str | list) for args in inputs for one in args):
            found.append(
                {
                    **{name: problem[name] for name in ("prompt", "entry_point", "canonical_solution")},
                    **{"task_id": problem["task_id"].replace("Demo", "HumanEval"), "contract": "", "atol": 0},
                    **{"base_input": inputs[:2], "plus_input": inputs[2:]},
                }
            )
    return found[:count]


def _inputs(test: str) -> list[list[Any]]:
    calls = [node for node in ast.walk(ast.parse(test)) if isinstance(node, ast.Call)]
    try:
        return [
            [ast.literal_eval(argument) for argument in call.args]
            for call in calls
            if isinstance(call.func, ast.Name) and call.func.id == "candidate"
        ]
    except ValueError:
        return []
