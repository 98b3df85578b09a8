"""run_lcb.py and evaluate_lcb.py as a person or the runner starts them."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchkit.records import ServerRequest
from benchkit.serving.gguf import read_model_file
from benchkit.serving.servers import serve
from parsers import get_parser
from tests.contest_files import PUBLIC, Attack, packed, pickled, row, write
from tests.loaded_interpreter import run_script
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import F16, XLLAMACPP_ON_ONE_THREAD, Bench, runs_in

METHOD = {
    "platform": "leetcode",
    "question_id": "3000",
    "question_title": "Two more",
    "difficulty": "hard",
    "question_content": "Add two.",
    "starter_code": "class Solution:\n    def add(self, n: int) -> int:\n        ",
    "metadata": json.dumps({"func_name": "add"}),
    "public_test_cases": json.dumps([{"input": "1", "output": "3", "testtype": "functional"}]),
}
PRIVATE = packed([{"input": "5", "output": "6", "testtype": "stdin"}])
RIGHT = {
    "abc1_a": "print(int(input()) + 1)",
    "3000": "class Solution:\n    def add(self, n):\n        return n + 2",
}
UNEQUAL = [{"question_id": "abc1_a", "code_list": ["x"]}, {"question_id": "3000", "code_list": []}]
BACKWARDS = ("--start-date", "2025-02-02", "--end-date", "2025-02-01")
ONLY_PUBLIC = {"abc1_a": "print(2)", "3000": RIGHT["3000"]}


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    """A program of January with private tests, and a function of March with public ones only."""
    return write(
        tmp_path / "p.jsonl", row(1, "2025-01-05", private_test_cases=PRIVATE), row(2, "2025-03-09", **METHOD)
    )


def summary_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "summary.json").read_text())
    return found


def evaluated(problems: Path, generations: Any, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """evaluate_lcb.py on these generations, into the folder `out` beside the problems."""
    path = problems.parent / "generations.json"
    path.write_text(generations if isinstance(generations, str) else json.dumps(generations))
    out = problems.parent / "out"
    return run_script(
        "evaluate_lcb.py", "--problems-file", problems, "--generations", path, "--output-dir", out, *more
    )


def answer(turn: Turn) -> None:
    """Solves what it is asked, and thinks aloud before."""
    system, question = (message["content"] for message in turn.body["messages"])
    assert "correct program" in system
    code = RIGHT["3000"] if "class Solution" in question else RIGHT["abc1_a"]
    turn.answer(f"<think>```python\nprint(0)\n```</think>\n```python\n{code}\n```")


def test_run_lcb_asks_judges_and_tells(problems: Path, tmp_path: Path) -> None:
    """Both kinds of problem are asked in their form and judged; files, printed text and parser agree."""
    out = tmp_path / "out"
    with chat_server(answer) as server:
        done = run_script(
            "run_lcb.py", "--base-url", server.base_url, "--output-dir", out, "--problems-file", problems
        )
    assert done.returncode == 0, done.stderr
    summary = summary_of(out)
    assert (summary["score"], summary["total_problems"]) == (100.0, 2)
    assert summary["difficulty_scores"] == {"easy": 100.0, "hard": 100.0}
    assert set(summary["further"]["judging"]["libraries"]) == {"numpy", "sortedcontainers"}
    assert "By month: 2025-01 100.00% (1/1), 2025-03 100.00% (1/1)" in done.stdout
    assert "Public tests only" not in done.stdout
    parser = get_parser("lcb")
    from_text, from_files = parser.parse(done.stdout, None), parser.parse("", out)
    assert from_text.difficulty_scores == from_files.difficulty_scores == summary["difficulty_scores"]
    assert from_text.score == from_files.score == 100.0
    assert from_text.failed_tasks == from_files.failed_tasks == ()


def test_a_window_a_platform_and_public_tests_only(problems: Path, tmp_path: Path) -> None:
    """Only what was chosen is asked; a summary on public tests only says so, and can be parsed."""
    out = tmp_path / "out"
    with chat_server(answer) as server:
        done = run_script(
            "run_lcb.py", "--base-url", server.base_url, "--output-dir", out, "--problems-file", problems,
            "--start-date", "2025-03-09", "--end-date", "2025-03-09", "--platform", "leetcode",
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(server.bodies) == 1
    assert "Public tests only" in done.stdout
    assert get_parser("lcb").parse(done.stdout, None).score == 100.0
    assert summary_of(out)["problem_set"]["version"].endswith("public tests only")


def test_rejudging_and_a_dry_run_ask_nothing(problems: Path, tmp_path: Path) -> None:
    """A run's answers are judged again, by both scripts; --dry-run shows the prompts."""
    out = tmp_path / "out"
    with chat_server(answer) as server:
        run_script(
            "run_lcb.py", "--base-url", server.base_url, "--output-dir", out, "--problems-file", problems
        )
    again = run_script(
        "run_lcb.py", "--problems-file", problems, "--rejudge", out, "--output-dir", tmp_path / "again"
    )
    assert "pass@1: 100.00% (2/2)" in again.stdout, again.stderr
    folder = run_script(
        "evaluate_lcb.py", "--problems-file", problems, "--generations", out, "--output-dir", tmp_path / "ev"
    )
    assert "pass@1: 100.00% (2/2)" in folder.stdout, folder.stderr
    shown = run_script("run_lcb.py", "--problems-file", problems, "--dry-run").stdout
    assert "=== abc1_a · system" in shown
    assert "standard input" in shown
    assert "def add(self, n: int) -> int:" in shown
    refused = run_script("run_lcb.py", "--problems-file", problems, "--dry-run", "--prompt", "rude")
    assert "unknown prompt style 'rude'" in refused.stderr


def test_the_runner_records_a_run(problems: Path, bench: Bench, tmp_path: Path) -> None:
    """From the demo model through a real server into the history, with scores by difficulty."""
    one_thread = [f"--server-arg={word}" for word in XLLAMACPP_ON_ONE_THREAD]
    done = bench(
        "--model", F16, "--gpu-layers", "40", "--benchmark", "lcb", "--script", "run_lcb.py",
        "--server", "xllamacpp", *one_thread, "--problems-file", problems, "--temperature", "0.0",
        "--max-tokens", "40",
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (recorded,) = runs_in(tmp_path)
    assert set(recorded["results"]["difficulty_scores"]) == {"easy", "hard"}
    assert set(recorded["results"]["failed_tasks"]) == {"abc1_a", "3000"}


def test_a_real_server_is_asked(problems: Path, tmp_path: Path) -> None:
    """Against xllamacpp with the demo model: an honest nought, with tokens and times."""
    model = read_model_file(F16)
    request = ServerRequest(
        "xllamacpp", "demo", tmp_path / "log", model, gpu_layers=0, context=2048, start_timeout_s=60,
        extra_args=XLLAMACPP_ON_ONE_THREAD,
    )  # fmt: skip
    with serve(request, lambda _: None) as server:
        base_url = server.facts.base_url
        done = run_script(
            "run_lcb.py", "--base-url", base_url, "--output-dir", tmp_path / "out", "--max-tokens", "40",
            "--problems-file", problems,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    summary = summary_of(tmp_path / "out")
    assert summary["score"] == 0
    assert summary["completion_tokens"] > 0


@pytest.mark.parametrize("form", ["custom", "eval_all", "lines"])
def test_saved_answers_of_each_form_are_judged(form: str, problems: Path) -> None:
    """The custom evaluator's form, _eval_all.json without its code, and lines of ours mean the same."""
    forms = {
        "custom": [{"question_id": name, "code_list": [code]} for name, code in ONLY_PUBLIC.items()],
        "eval_all": [
            {"question_id": name, "code_list": [], "output_list": [f"So:\n```python\n{code}\n```"]}
            for name, code in ONLY_PUBLIC.items()
        ],
        "lines": "".join(
            json.dumps({"task_id": name, "solution": code}) + "\n" for name, code in ONLY_PUBLIC.items()
        ),
    }
    done = evaluated(problems, forms[form])
    assert done.returncode == 0, done.stderr
    out = problems.parent / "out"
    assert summary_of(out)["failed_tasks"] == ["abc1_a"]
    verdicts = [json.loads(line) for line in (out / "verdicts.jsonl").read_text().splitlines()]
    assert {verdict["task_id"]: verdict["verdict"] for verdict in verdicts} == {
        "abc1_a": "wrong",
        "3000": "passed",
    }
    assert {entry["question_id"]: entry["code_list"][0].strip() for entry in written(out)} == ONLY_PUBLIC


def written(out: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((out / "_eval_all.json").read_text())
    return found


def test_what_is_written_has_the_official_shape(problems: Path) -> None:
    """Every field that LiveCodeBench's score script reads is there, and can be judged again."""
    codes = {"3000": [RIGHT["3000"], "x"], "abc1_a": ["print(0)", RIGHT["abc1_a"]]}
    done = evaluated(problems, [{"question_id": name, "code_list": code} for name, code in codes.items()])
    assert "Pass@1" not in done.stderr
    first, second = written(problems.parent / "out")
    assert (first["question_id"], first["graded_list"], first["pass@1"]) == ("3000", [True, False], 0.5)
    assert (second["contest_date"], second["platform"], second["difficulty"]) == (
        "2025-01-05T00:00:00",
        "atcoder",
        "easy",
    )
    assert json.loads(second["metadata"][0])["error_code"] == -2
    assert json.loads(first["metadata"][1])["error_code"] == -4
    assert first["starter_code"] == METHOD["starter_code"]
    parsed = get_parser("lcb_runner").parse("", problems.parent / "out")
    assert parsed.score == summary_of(problems.parent / "out")["score"] == 50.0
    again = evaluated(problems, written(problems.parent / "out"))
    assert "pass@1: 50.00% (1/2)" in again.stdout


def test_unknown_and_missing_ids_are_told(problems: Path) -> None:
    """One line says what is passed over, one what is left out of the score."""
    done = evaluated(problems, [{"question_id": name, "code_list": ["x"]} for name in ("abc1_a", "nobody")])
    assert done.returncode == 0
    assert "1 id is not among the problems and passed over, such as nobody" in done.stderr
    assert "1 problem without a sample is no part of the score, such as 3000" in done.stderr


@pytest.mark.parametrize(
    ("generations", "said"),
    [
        (UNEQUAL, "abc1_a has 1 answers and 3000 0"),
        ([{"question_id": "abc1_a", "code_list": []}], "are empty"),
        ([{"question_id": "abc1_a", "code_list": "x"}], "must be lists of texts"),
        ([{"question_id": "abc1_a", "code_list": ["x"]}] * 2, "abc1_a is there twice"),
        ([{"task_id": "abc1_a"}], "no 'question_id'"),
        ([{"question_id": "nobody", "code_list": ["x"]}], "no answer in"),
        ([], "holds no answers"),
        ("[{", "is no JSON"),
        ("\ufeff[]", "holds no answers"),
        ("", "is empty"),
        ("7", "holds no JSON object"),
        ('{"task_id": "abc1_a"}', "no answer there"),
        ('{"task_id": "nobody", "solution": "x"}', "no sample in"),
    ],
)  # fmt: skip
def test_generations_that_cannot_be_used(generations: Any, said: str, problems: Path) -> None:
    """One line names the file and what is wrong; nothing is judged and nothing written."""
    done = evaluated(problems, generations)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (problems.parent / "out").exists()


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"private_test_cases": packed([{**PUBLIC[0], "testtype": "odd"}])}, "unknown testtype 'odd'"),
        ({"private_test_cases": pickled(Attack())}, "it asks for posix.system"),
        ({"private_test_cases": "AAAA"}, "neither JSON nor base64"),
        ({"public_test_cases": json.dumps([{"input": "1"}])}, "field 'output' is missing"),
        ({**METHOD, "public_test_cases": json.dumps([{"input": "x", "output": "1"}])}, "Expecting value"),
        ({**METHOD, "public_test_cases": json.dumps([{"input": "[" * 9999, "output": "1"}])}, "recursion"),
        ({"public_test_cases": json.dumps([{**PUBLIC[0], "input": "\ud800"}])}, "surrogates not allowed"),
        ({"public_test_cases": "[7]"}, "no attribute"),
        ({"contest_date": "2025-02-30T00:00:00"}, "no date"),
        ({"question_id": 7}, "must be text"),
    ],
)  # fmt: skip
def test_problems_that_cannot_be_used_are_told_before_a_model_is_asked(
    bad: dict[str, Any], said: str, tmp_path: Path
) -> None:
    """--check finds it, in one line with file and line number; no code of a pickle runs."""
    path = write(tmp_path / "p.jsonl", row(1), row(2, **bad))
    done = run_script("run_lcb.py", "--problems-file", path, "--check", folder=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert f"{path}, line 2" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--problems-file", "nowhere.jsonl"), "nowhere.jsonl"),
        (("--problems-file", "release_v9"), "unknown problems file or release 'release_v9'"),
        ((), "no problems: give --problems-file"),
        (("--problems-file", "{problems}", "--start-date", "soon"), "--start-date soon is no date"),
        (("--problems-file", "{problems}", *BACKWARDS), "is after --end-date"),
        (("--problems-file", "{problems}", "--start-date", "2026-01-01"), "from 2025-01-05 to 2025-03-09"),
        (("--problems-file", "{problems}", "--difficulty", "grim"), "'grim' is not one of"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("script", ["run_lcb.py", "evaluate_lcb.py"])
def test_choices_that_make_no_sense(
    script: str, arguments: tuple[str, ...], said: str, problems: Path
) -> None:
    """Both scripts refuse them in one line that tells the next step."""
    if script == "evaluate_lcb.py":
        arguments += ("--generations", str(problems), "--output-dir", str(problems.parent / "out"))
    done = run_script(script, *(argument.replace("{problems}", str(problems)) for argument in arguments))
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
