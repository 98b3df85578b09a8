"""run_eval.py --dataset multipl-e-…, as a person starts it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stand_ins.chat_server import chat_server
from tests.test_run_eval import QUICK, last_line, run, verdicts

TESTS = """\
const assert = require('node:assert');


function test() {
  let candidate = twice;
  assert.deepEqual(candidate(2),4);
}

test();"""
ROW = {
    "name": "HumanEval_0_twice",
    "language": "js",
    "prompt": "//Twice x.\nfunction twice(x){\n",
    "tests": TESTS,
    "stop_tokens": ["\nfunction ", "\n//"],
}


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    path = tmp_path / "humaneval-js.jsonl"
    path.write_text(json.dumps(ROW) + "\n")
    return path


@pytest.mark.parametrize("short", ["js", "ts", "cpp", "go", "rs"])
def test_a_set_without_an_address_says_what_file_it_needs(short: str) -> None:
    """One line, before anything is asked."""
    done = run("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--dataset", f"multipl-e-{short}")
    assert done.returncode == 2
    assert f"multipl-e-{short} has no official download: name its file, humaneval-{short}.jsonl" in last_line(
        done
    )


def test_a_model_is_asked_and_judged_in_javascript(problems: Path, tmp_path: Path) -> None:
    """From the question to the verdict, with the toolchain's version in the summary."""
    out = tmp_path / "out"
    with chat_server(lambda turn: turn.answer(f"```js\n{ROW['prompt']}  return 2 * x;\n}}\n```")) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", out)
        done = run(*contract, "--dataset", "multipl-e-js", "--problems-file", problems, *QUICK)
    assert done.returncode == 0, done.stderr
    assert verdicts(out)["HumanEval_0_twice"]["verdict"] == "passed"
    summary = json.loads((out / "summary.json").read_text())
    assert set(summary["further"]["judging"]["toolchains"]) == {"javascript"}


def test_a_raw_completion_ends_where_the_problem_says(problems: Path) -> None:
    """Its own stop tokens are sent, not those of the language."""
    arguments = ("--problems-file", problems, "--mode", "completion", "--dry-run")
    done = run("--base-url", "http://127.0.0.1:9/v1", "--model", "m", *arguments)
    assert str(ROW["stop_tokens"]) in done.stdout


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"language": "ts"}, "line 1: not as this form has it: the language is 'ts', not 'js'"),
        ({"tests": None}, "line 1: not as this form has it: the field 'tests' must be text"),
        ({"stop_tokens": "\n}"}, "the field 'stop_tokens' must be a list of texts"),
    ],
)
def test_a_row_that_does_not_fit_is_named(tmp_path: Path, changes: dict[str, object], why: str) -> None:
    """The file, its line, and what is wrong there."""
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(ROW | changes) + "\n")
    contract = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m")
    done = run(*contract, "--dataset", "multipl-e-js", "--problems-file", path)
    assert done.returncode == 2
    assert why in last_line(done)


def test_a_missing_toolchain_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """With the command that brings it; the model is not asked once."""
    path = tmp_path / "humaneval-cpp.jsonl"
    path.write_text(json.dumps(ROW | {"language": "cpp"}) + "\n")
    with chat_server(lambda turn: turn.answer("")) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", tmp_path / "out")
        done = run(*contract, "--problems-file", path, *QUICK, PATH=str(tmp_path))
        assert not server.bodies
    assert "g++ is not installed: sudo apt install g++" in last_line(done)
    assert done.returncode == 2
