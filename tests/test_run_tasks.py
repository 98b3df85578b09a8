"""run_tasks.py as a person or the runner starts it, against a stand-in that gives known answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import run_tasks
from benchkit.asking.tasks import load_catalogue
from benchkit.errors import BenchError, UsageError
from benchkit.judging.task_replays import GivenAnswers
from tests.loaded_interpreter import run_script
from tests.stand_ins.chat_server import ChatServer, Turn, chat_server
from tests.support import ROOT

CATALOGUE = ROOT / "demo" / "tasks"
PYTHON, JAVASCRIPT = "python_easy_clamp", "javascript_easy_clamp"
FILE = {PYTHON: "clamp.py", JAVASCRIPT: "clamp.mjs"}
WRONG = (
    "clamp.py\n```python\ndef clamp(value, low, high):\n    return 0\n\ndef total(values):\n    return 0\n```"
)


def run(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return run_script("run_tasks.py", *arguments, env=env)


def of_ours(*arguments: str | Path, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return run("--catalogue", CATALOGUE, *arguments, env=env)


def ask(server: ChatServer, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return of_ours("--base-url", server.base_url, "--model", "m", "--output-dir", folder, *arguments)


def solution(task: str) -> str:
    return (CATALOGUE / task / "solution" / FILE[task]).read_text()


def solved(turn: Turn) -> None:
    task = PYTHON if "(Python)" in turn.question else JAVASCRIPT
    turn.answer(f"{FILE[task]}\n```\n{solution(task)}```")


def verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]
    return {row["task_id"]: row for row in rows}


def test_tasks_are_asked_judged_and_kept(tmp_path: Path) -> None:
    """Verdicts, summary, and for each attempt the prompt, the answer, its patch, its output and its files."""
    with chat_server(solved) as server:
        done = ask(server, tmp_path, "--tasks", PYTHON, JAVASCRIPT)
    assert done.returncode == 0, done.stderr
    assert "pass@1: 100.00% (2/2)" in done.stdout
    assert {row["verdict"] for row in verdicts(tmp_path).values()} == {"passed"}
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["further"]["groups"]["language"]["python"]["score"] == 100
    assert summary["further"]["judging"]["toolchains"]["python"].startswith("3.")
    attempt = tmp_path / "attempts" / f"{PYTHON}__m__sample00"
    assert "Write two functions" in (attempt / "prompt.txt").read_text()
    assert "def clamp" in (attempt / "response.txt").read_text()
    assert (attempt / "files" / "clamp.py").read_text() == solution(PYTHON)
    assert len(json.loads((attempt / "verdict.json").read_text())["each_check"]) == 8
    for name in ("stdout.log", "stderr.log"):
        assert (attempt / name).exists()
    assert json.loads((tmp_path / "latest_summary.json").read_text())["score"] == 100
    assert json.loads((tmp_path / f"{PYTHON}_latest.json").read_text())[0]["verdict"] == "passed"
    patch = (attempt / "patch.diff").read_bytes()
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "clamp.py").write_bytes((CATALOGUE / PYTHON / "workspace" / "clamp.py").read_bytes())
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, check=True)
    assert (tmp_path / "clamp.py").read_text() == solution(PYTHON)


def test_the_same_command_asks_nothing_twice(tmp_path: Path) -> None:
    """What was answered is judged again, not asked again."""
    with chat_server(solved) as server:
        ask(server, tmp_path, "--task", PYTHON)
        again = ask(server, tmp_path, "--task", PYTHON)
        assert len(server.bodies) == 1
    assert "1 of them answered before" in again.stderr
    assert "100.00% (1/1)" in again.stdout


def test_the_next_round_of_a_race_tests_its_new_answers_alone(tmp_path: Path) -> None:
    """What was tested in the round before keeps its verdict and its times."""
    both = ("--tasks", PYTHON, JAVASCRIPT)
    with chat_server(solved) as server:
        assert ask(server, tmp_path, *both, "--part", "1:1").returncode == 0
        kept = tmp_path / "judged.jsonl"
        kept.write_text(re.sub(r'"test_s": [^,]+', '"test_s": 77', kept.read_text()))
        done = ask(server, tmp_path, *both, "--part", "1:2")
    assert "100.00% (2/2)" in done.stdout
    assert Counter(row["test_s"] == 77 for row in verdicts(tmp_path).values()) == {True: 1, False: 1}


def test_a_second_try_sees_the_output_of_the_tests(tmp_path: Path) -> None:
    """In the same chat; both verdicts are in the record, and resume asks neither again."""

    def at_second(turn: Turn) -> None:
        if len(turn.body["messages"]) == 1:
            turn.answer(WRONG)
        else:
            solved_with_feedback.append(turn.body["messages"])
            turn.answer(f"clamp.py\n```\n{solution(PYTHON)}```")

    solved_with_feedback: list[list[dict[str, str]]] = []
    with chat_server(at_second) as server:
        done = ask(server, tmp_path, "--task", PYTHON, "--tries", "2", "--feedback-lines", "12")
        ask(server, tmp_path, "--task", PYTHON, "--tries", "2", "--feedback-lines", "12")
        assert len(server.bodies) == 2
    assert done.returncode == 0, done.stderr
    row = verdicts(tmp_path)[PYTHON]
    assert (row["verdict"], row["first_try"], row["try"]) == ("passed", "wrong", 2)
    assert json.loads((tmp_path / "summary.json").read_text())["further"]["solved_at_first_try"] == 0
    attempt = tmp_path / "attempts" / f"{PYTHON}__m__sample00"
    assert json.loads((attempt / "try1" / "verdict.json").read_text())["verdict"] == "wrong"
    assert json.loads((attempt / "verdict.json").read_text())["verdict"] == "passed"
    _, answered, told = solved_with_feedback[0]
    assert answered["content"] == WRONG
    assert "checks failed" in told["content"]
    assert "lines left out" in told["content"]
    assert "/tmp/" not in told["content"]


def test_an_answer_is_replayed_offline() -> None:
    """From a text or a file; nobody is asked."""
    wrong = of_ours("--task", PYTHON, "--response-text", WRONG)
    assert wrong.returncode == 0
    assert "0.00% (0/1)" in wrong.stdout
    assert "Verdicts: 1 wrong" in wrong.stdout


@pytest.mark.parametrize(
    ("answer", "further", "why"),
    [
        (WRONG, (), f"{PYTHON}: wrong: 7 of 8 checks failed, such as "),
        (WRONG, (), "; --output-dir DIR keeps what it printed\n"),
        (WRONG, ("--output-dir", "kept"), f"; see ./bench_runner.py show kept --attempt {PYTHON}\n"),
        ("clamp = max", (), "; an answer's code stands between lines of ```, as a model writes it\n"),
        (f"clamp.py\n```\n{solution(PYTHON)}```", (), ""),
    ],
)
def test_an_answer_that_is_tried_alone_is_told_why_it_fails(
    answer: str,
    further: tuple[str, ...],
    why: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The reason and the next step are on stderr; nothing is there of one that passes."""
    monkeypatch.chdir(tmp_path)
    chosen = ["--catalogue", str(CATALOGUE), "--task", PYTHON, "--response-text", answer, *further]
    run_tasks.command.main(chosen, prog_name="run_tasks.py", standalone_mode=False)
    told = capsys.readouterr().err
    assert why in told
    assert bool(why) == (f"{PYTHON}: " in told)


def test_an_earlier_run_is_judged_again(tmp_path: Path) -> None:
    with chat_server(solved) as server:
        ask(server, tmp_path, "--task", PYTHON)
    again = of_ours("--task", PYTHON, "--rejudge", tmp_path)
    assert "100.00% (1/1)" in again.stdout


@pytest.mark.parametrize(
    "row",
    [
        {"a": 1},
        {"task_id": ["x"], "sample": 0, "response": ""},
        {"task_id": PYTHON, "sample": "first", "response": ""},
        {"task_id": PYTHON, "sample": 0, "response": None},
    ],
)
def test_what_is_no_answer_of_ours_is_told_with_its_line(row: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "answers.jsonl").write_text("\n" + json.dumps(row) + "\n")
    with pytest.raises(UsageError, match=r"answers\.jsonl, line 2: no answer of ours"):
        GivenAnswers(rejudge=tmp_path).read(load_catalogue(CATALOGUE))


def test_several_models_are_asked_one_after_the_other(tmp_path: Path) -> None:
    with chat_server(solved) as server:
        contract = ("--base-url", server.base_url, "--output-dir", tmp_path)
        done = of_ours(*contract, "--task", PYTHON, "--models", "a/one", "two", "--samples", "2")
        asked = [request["model"] for request in server.bodies]
    assert done.returncode == 0, done.stderr
    assert asked == ["a/one", "a/one", "two", "two"]
    assert (tmp_path / "a-one" / "summary.json").exists()
    assert (tmp_path / "two" / "attempts" / f"{PYTHON}__two__sample01").is_dir()


def test_dry_run_prints_the_exact_prompt_and_asks_nothing() -> None:
    done = of_ours("--task", PYTHON, "--dry-run", "--answer", "edits", "--include-tests")
    assert done.returncode == 0
    for part in ("def clamp(value, low, high):", "<<<<<<< SEARCH", "class ClampTest"):
        assert part in done.stdout


def test_verify_ends_with_its_count() -> None:
    done = of_ours("--verify", "--task", PYTHON)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("1 passed, 0 failed\n")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("--task", "python_easy_clmp"), "did you mean python_easy_clamp?"),
        (("--language", "cobol"), "no task of tasks is cobol"),
        (("--response-text", "x"), "an answer belongs to one task, and 8 are chosen"),
        (("--task", PYTHON, "--response-file", "/no/such"), "--response-file /no/such cannot be read"),
        (("--task", PYTHON, "--rejudge", "/no/such"), "there is no answers.jsonl in it"),
        (("--catalogue", "/no/such"), "the catalogue /no/such cannot be read"),
        (("--task", PYTHON), "--base-url is missing"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(arguments: tuple[str, ...], line: str) -> None:
    done = of_ours(*arguments)
    assert done.returncode == 2, done.stderr
    assert line in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 2
    assert "Traceback" not in done.stderr


def test_what_has_no_toolchain_here_is_told_in_one_line(tmp_path: Path) -> None:
    """And is no failure: a machine with nothing but Python tries what it can."""
    (tmp_path / "python3").symlink_to(sys.executable)
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path)}
    done = of_ours("--check", "--base-url", "http://127.0.0.1:9/v1", "--model", "m", env=bare)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "not tried here" in line]
    names = line.partition("score: ")[2].partition(";")[0].split(", ")
    assert {"cpp", "rust"} <= set(names)  # `make toolchains` may have brought the others
    assert "python" not in names


def test_a_limit_is_for_all_models_of_the_command(tmp_path: Path) -> None:
    """The second model is asked no more than what the first has left of the sum."""
    asked: Counter[str] = Counter()

    def answer(turn: Turn) -> None:  # each costs 0.001
        asked[str(turn.body["model"])] += 1
        turn.answer("no code", usage={"prompt_tokens": 10, "completion_tokens": 100})

    with chat_server(answer) as server:
        words = (
            "--base-url",
            server.base_url,
            "--models",
            "one",
            "two",
            "--output-dir",
            str(tmp_path / "out"),
        )
        flags = (
            "--samples",
            "3",
            "--max-tokens",
            "100",
            "--price",
            "0,10",
            "--max-cost",
            "0.0045",
            "--parallel",
            "1",
        )
        task = ("--catalogue", str(CATALOGUE), "--task", PYTHON)
        with pytest.raises(BenchError, match=r"1 of 2 models could not be asked: two: --max-cost 0\.0045"):
            run_tasks.command.main([*words, *flags, *task], "run_tasks.py", standalone_mode=False)
    assert asked == {"one": 3, "two": 1}
