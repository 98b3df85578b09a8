"""run_eval.py as a person or the runner starts it, against a stand-in that gives known answers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.loaded_interpreter import run_script
from tests.stand_ins.chat_server import ChatServer, Do, Turn, chat_server, question_of
from tests.support import ROOT, wait_until

PROBLEMS = ROOT / "demo" / "problems.jsonl"
ROWS = [json.loads(line) for line in PROBLEMS.read_text().splitlines()]
QUICK = ("--retries", "0")

Run = Callable[..., subprocess.CompletedProcess[str]]


def start(*arguments: str | Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run_eval.py"), *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )


def run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_script("run_eval.py", *arguments, env=environment)


def ask(
    server: ChatServer, folder: Path, *arguments: str | Path, **environment: str
) -> subprocess.CompletedProcess[str]:
    contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", folder)
    return run(*contract, "--problems-file", PROBLEMS, *arguments, **environment)


def problem_in(question: str) -> dict[str, Any]:
    """The problem that a question is about."""
    return next(row for row in ROWS if row["prompt"].strip() in question)


def asked_for(turn: Turn) -> dict[str, Any]:
    return problem_in(turn.question)


def canonical(turn: Turn) -> None:
    row = asked_for(turn)
    turn.answer(f"Here it is:\n```python\n{row['prompt']}{row['canonical_solution']}```")


def but_for(task_id: str, do: Do) -> Do:
    """Right answers to all problems but one."""
    return lambda turn: (do if asked_for(turn)["task_id"] == task_id else canonical)(turn)


def verdicts(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "verdicts.jsonl").read_text().splitlines()]
    return {row["task_id"]: row for row in rows}


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error, in the command's own name: a traceback would end otherwise."""
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("run_eval.py: ")
    return line


def test_right_answers_score_a_hundred_percent(tmp_path: Path) -> None:
    """The whole contract at once: printed summary, summary.json, verdicts, answers, events, exit code 0."""
    out = tmp_path / "out"

    def unhurried(turn: Turn) -> None:
        """Takes as long as it takes another question to be asked meanwhile."""
        wait_until(lambda: server.busiest > 1)
        canonical(turn)

    with chat_server(unhurried, slots=3) as server:
        done = ask(server, out, BENCH_EVENTS=str(tmp_path / "events"))
    assert done.returncode == 0, done.stderr
    printed = done.stdout.splitlines()
    assert printed[0].startswith("Results: problems (sha256 ")
    assert printed[1].startswith("pass@1: 100.00% (20/20), 95% interval 83.9–100.0")
    assert printed[3] == "Failed tasks: none"
    summary = json.loads((out / "summary.json").read_text())
    assert (summary["score"], summary["prompt_style"], summary["parallel"]) == (100.0, "plain", 3)
    assert summary["sandbox"]["level"]
    assert {row["verdict"] for row in verdicts(out).values()} == {"passed"}
    assert len((out / "answers.jsonl").read_text().splitlines()) == 20
    events = [json.loads(line) for line in (tmp_path / "events").read_text().splitlines()]
    told = [event["event"] for event in events if event["event"] != "heartbeat"]  # those come as time passes
    assert told == ["start", *["problem"] * 20, "end"]
    assert 1 < server.busiest <= 3
    assert server.connections <= 3 + 1  # one for each slot, one for the questions about the server


def test_a_content_filter_is_told_with_the_verdict(tmp_path: Path) -> None:
    """The verdict's line says that the server ended the answer, and so does the summary."""
    with chat_server(but_for("Demo/3", lambda turn: turn.answer("", finish="content_filter"))) as server:
        done = ask(server, tmp_path / "out")
    assert done.returncode == 0, done.stderr
    filtered = verdicts(tmp_path / "out")["Demo/3"]
    assert filtered["verdict"] == "empty"
    assert filtered["detail"] == "the server's content filter ended the answer; no code in the answer"
    assert filtered["finish_reason"] == "content_filter"
    assert "1 answer was ended by the server's content filter" in done.stdout


def test_check_and_dry_run_ask_nothing(tmp_path: Path) -> None:
    """Both work with nobody at the address; --dry-run prints the prompts word by word."""
    nobody = (
        "--base-url",
        "http://127.0.0.1:1/v1",
        "--output-dir",
        tmp_path / "out",
        "--problems-file",
        PROBLEMS,
    )
    checked = run(*nobody, "--check")
    assert checked.returncode == 0, checked.stderr
    shown = run(*nobody, "--dry-run")
    assert shown.returncode == 0
    assert all(row["prompt"].strip() in shown.stdout for row in ROWS)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--tempratur", "1"], "Did you mean '--temperature'?"),
        (["--prompt", "plane"], "did you mean plain?"),
        (["--dataset", "humanevil"], "did you mean humaneval?"),
        (["--parallel", "many"], "'many' is neither 'auto' nor a number from 1 up"),
        (["--extra-body", "{"], "not JSON"),
        (["--problems-file", "/nowhere.jsonl"], "/nowhere.jsonl"),
        (["--problems-file", PROBLEMS, "--task", "Demo/77"], "no task Demo/77"),
        (["--problems-file", PROBLEMS, "--pass-at", "5"], "--samples-per-problem 5"),
        (
            ["--problems-file", PROBLEMS, "--mode", "completion", "--prompt", "simple-evals"],
            "--mode completion",
        ),
        (["--problems-file", PROBLEMS, "--base-url", ""], "--base-url is missing"),
        (["--problems-file", PROBLEMS, "--base-url", "http://127.0.0.1:1"], "--output-dir is missing"),
        (["--samples", "a", "--rejudge", "b"], "choose one"),
        (["--temperature", "nan"], "nan is no number to reckon with"),
        (["--stall-timeout", "inf"], "inf is no number to reckon with"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments: list[str | Path], said: str) -> None:
    """Exit code 2 and a line that names the thing and, where there is one, the likely meaning."""
    done = run(*arguments)
    assert done.returncode == 2
    assert said in last_line(done)
    assert len(done.stderr.strip().splitlines()) == 1


def test_one_problem_beyond_the_context_is_truncated(tmp_path: Path) -> None:
    """A prompt too long for the server costs that problem, not the run."""
    too_long = but_for("Demo/3", lambda turn: turn.error(400, "too long", "exceed_context_size_error"))
    with chat_server(too_long) as server:
        done = ask(server, tmp_path)
    assert done.returncode == 0, done.stderr
    assert verdicts(tmp_path)["Demo/3"]["verdict"] == "truncated"
    assert json.loads((tmp_path / "summary.json").read_text())["total_passed"] == 19


@pytest.mark.parametrize(
    ("text", "finish", "verdict"),
    [
        ("```python\ndef shelf_pos", "length", "truncated"),
        ("", "stop", "empty"),
        ("I do not know.", "stop", "empty"),
    ],
)
def test_no_code_is_told_from_a_spent_budget(tmp_path: Path, text: str, finish: str, verdict: str) -> None:
    """An answer cut off at its budget is `truncated`, one without code is `empty`."""
    with chat_server(but_for("Demo/0", lambda turn: turn.answer(text, finish))) as server:
        assert ask(server, tmp_path, "--limit", "2").returncode == 0
    assert verdicts(tmp_path)["Demo/0"]["verdict"] == verdict


def test_a_whole_answer_at_the_budget_still_passes(tmp_path: Path) -> None:
    """Code that is complete passes though the model rambled on to its budget, and the row says so."""

    def ramble(turn: Turn) -> None:
        row = asked_for(turn)
        turn.answer(f"```python\n{row['prompt']}{row['canonical_solution']}```\nAnd on, and on", "length")

    with chat_server(ramble) as server:
        assert ask(server, tmp_path, "--limit", "1").returncode == 0
    row = verdicts(tmp_path)["Demo/0"]
    assert (row["verdict"], row["finish_reason"]) == ("passed", "length")


def test_a_failed_request_is_not_the_models_fault(tmp_path: Path) -> None:
    """One 500 is `infrastructure`, out of the score, and is asked again by the next command."""
    with chat_server(but_for("Demo/5", lambda turn: turn.error(500, "bug"))) as server:
        done = ask(server, tmp_path, *QUICK)
    assert done.returncode == 0, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert (summary["score"], summary["total_problems"]) == (100.0, 19)
    assert summary["counts"]["infrastructure"] == 1
    with chat_server(canonical) as server:
        ask(server, tmp_path, *QUICK)
    assert [problem_in(question_of(body))["task_id"] for body in server.bodies] == ["Demo/5"]


def test_a_parameter_that_the_server_refuses_is_left_out_and_told(tmp_path: Path) -> None:
    """Askers are threads of their own: they tell it under the command's name, and the run goes on."""

    def takes_no_seed(turn: Turn) -> None:
        if "seed" in turn.body:
            return turn.error(400, "'seed' is not supported", "invalid_request_error")
        return canonical(turn)

    with chat_server(takes_no_seed) as server:
        done = ask(server, tmp_path, "--limit", "1", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert "run_eval.py: seed is left out from now on" in done.stderr


@pytest.mark.parametrize(
    ("do", "said"),
    [
        (
            lambda turn: turn.error(401, "Invalid API Key"),
            "401 (Invalid API Key): put the key into OPENAI_API_KEY",
        ),
        (lambda turn: turn.error(404, "model 'm' not found"), "404 (model 'm' not found): check --base-url"),
        (lambda turn: turn.error(500, "bug"), "500 (bug)"),
        (lambda turn: turn.status(200, "<html><body>It works!</body></html>"), "a web page came"),
        (lambda turn: turn.status(200, {"choices": []}), "no choice"),
    ],
    ids=["401", "404", "500", "html", "no choices"],
)
def test_a_server_that_never_answers_ends_the_run(tmp_path: Path, do: Do, said: str) -> None:
    """Exit code 1 and the cause in one line, whatever the sort of refusal."""
    with chat_server(do) as server:
        done = ask(server, tmp_path, *QUICK)
    assert done.returncode == 1
    assert said in last_line(done)


def test_a_refusal_in_the_middle_keeps_what_was_answered(tmp_path: Path) -> None:
    """The key runs out after five answers: one line, exit code 1; the next command asks only the others."""
    with chat_server(
        lambda turn: canonical(turn) if turn.number <= 5 else turn.error(401, "expired")
    ) as server:
        done = ask(server, tmp_path, "--parallel", "1")
    assert done.returncode == 1
    assert "401 (expired)" in last_line(done)
    with chat_server(canonical) as server:
        done = ask(server, tmp_path)
    assert (done.returncode, len(server.bodies)) == (0, 15)


def test_nobody_at_the_address_is_one_line(tmp_path: Path) -> None:
    """Exit code 1, and the address that was tried."""
    done = run("--base-url", "http://127.0.0.1:1/v1", "--output-dir", tmp_path, "--problems-file", PROBLEMS)
    assert done.returncode == 1
    assert "nobody answers at http://127.0.0.1:1/v1" in last_line(done)


def test_after_a_kill_nothing_is_asked_twice(tmp_path: Path) -> None:
    """SIGKILL in the middle: the same command goes on, and only requests in flight are repeated."""

    def slow(turn: Turn) -> None:
        time.sleep(0.1)
        canonical(turn)

    with chat_server(slow, slots=2) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", tmp_path)
        process = start(*contract, "--problems-file", PROBLEMS)
        wait_until(lambda: len(server.bodies) >= 8)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        done = ask(server, tmp_path)
        times = Counter(problem_in(question_of(body))["task_id"] for body in server.bodies)
    assert done.returncode == 0, done.stderr
    assert len(times) == 20
    assert sum(times.values()) <= 20 + 2
    assert "100.00% (20/20)" in done.stdout


def test_an_interrupt_exits_with_130(tmp_path: Path) -> None:
    """Ctrl-C while the server is silent ends the command at once, in one line."""
    over = threading.Event()
    with chat_server(lambda _: over.wait(200)) as server:
        contract = ("--base-url", server.base_url, "--model", "m", "--output-dir", tmp_path)
        process = start(*contract, "--problems-file", PROBLEMS)
        wait_until(lambda: bool(server.bodies))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=100)  # the server would be silent for twice as long
        over.set()
    assert (process.returncode, err.strip().splitlines()[-1]) == (130, "run_eval.py: interrupted")


def test_other_sampling_asks_again_and_says_so(tmp_path: Path) -> None:
    """Answers at another temperature are set aside, never mixed in; the model's hash counts, not its name."""
    with chat_server(canonical) as server:
        ask(server, tmp_path, "--limit", "2", BENCH_MODEL_SHA256="ab")
        again = ask(server, tmp_path, "--limit", "2", "--model", "renamed", BENCH_MODEL_SHA256="ab")
        assert len(server.bodies) == 2
        warmer = ask(server, tmp_path, "--limit", "2", "--temperature", "0.5", BENCH_MODEL_SHA256="ab")
        other = ask(server, tmp_path, "--limit", "2", "--temperature", "0.5", BENCH_MODEL_SHA256="cd")
    assert again.returncode == 0
    assert "another sampling: kept as answers.1.jsonl" in warmer.stderr
    assert "another model: kept as answers.2.jsonl" in other.stderr
    assert len(server.bodies) == 6


def test_several_samples_give_pass_at_k(tmp_path: Path) -> None:
    """Each sample is asked with a seed of its own, and the estimate is the unbiased one."""
    seeds: list[int] = []

    def half(turn: Turn) -> None:
        seeds.append(turn.body["seed"])
        if turn.body["seed"] % 2:
            turn.answer(f"```python\ndef {asked_for(turn)['entry_point']}(*_): return ...\n```")
        else:
            canonical(turn)

    with chat_server(half) as server:
        sampled = (
            "--samples-per-problem",
            "4",
            "--seed",
            "10",
            "--pass-at",
            "1",
            "--pass-at",
            "2",
            "--limit",
            "2",
        )
        done = ask(server, tmp_path, *sampled)
    assert done.returncode == 0, done.stderr
    assert sorted(seeds) == [10, 10, 11, 11, 12, 12, 13, 13]
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert summary["pass_at_k"] == pytest.approx({"pass@1": 50.0, "pass@2": 100 * 5 / 6}, abs=0.01)


def test_a_prefilled_answer_is_put_together(tmp_path: Path) -> None:
    """The lm-eval style begins the answer itself; a model that only goes on is judged on the whole."""
    with chat_server(lambda turn: turn.answer(f"{asked_for(turn)['canonical_solution']}```")) as server:
        done = ask(server, tmp_path, "--prompt", "lm-eval", "--limit", "3")
    assert "100.00% (3/3)" in done.stdout
    again = run("--rejudge", tmp_path, "--problems-file", PROBLEMS, "--limit", "3")
    assert "100.00% (3/3)" in again.stdout


def test_raw_completions_are_judged(tmp_path: Path) -> None:
    """--mode completion sends the code as text, and what follows it is its body."""

    def go_on(turn: Turn) -> None:
        turn.answer(next(row["canonical_solution"] for row in ROWS if row["prompt"] == turn.body["prompt"]))

    with chat_server(go_on) as server:
        done = ask(server, tmp_path, "--mode", "completion", "--limit", "3")
    assert "100.00% (3/3)" in done.stdout


def test_saved_answers_need_no_model(tmp_path: Path) -> None:
    """--samples judges a file, --rejudge an earlier run; both without an address, and to the same score."""
    with chat_server(but_for("Demo/7", lambda turn: turn.answer("no idea"))) as server:
        ask(server, tmp_path / "asked")
    rejudged = run(
        "--rejudge", tmp_path / "asked", "--problems-file", PROBLEMS, "--output-dir", tmp_path / "again"
    )
    assert "95.00% (19/20)" in rejudged.stdout
    assert verdicts(tmp_path / "again")["Demo/7"]["verdict"] == "empty"
    samples = tmp_path / "samples.jsonl"
    rows = ({"task_id": row["task_id"], "completion": row["canonical_solution"]} for row in ROWS)
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    judged = run("--samples", samples, "--problems-file", PROBLEMS)
    assert "100.00% (20/20)" in judged.stdout, judged.stderr
    too_many = run("--samples", samples, "--problems-file", PROBLEMS, "--pass-at", "2")
    assert too_many.returncode == 2
    assert last_line(too_many).endswith(f"--pass-at 2 needs 2 samples of each problem; {samples} has 1")


@pytest.mark.parametrize(
    ("problem_set", "said"),
    [
        ({"name": "humaneval+", "version": "v0.0.7"}, "unknown version of humaneval+ 'v0.0.7'"),
        ({"name": "mine", "version": None}, "came from a file (mine); name them with --problems-file"),
        ({}, "does not tell its problems; name them with --problems-file"),
    ],
)
def test_a_run_is_judged_again_on_the_problems_that_it_asked(
    tmp_path: Path, problem_set: dict[str, Any], said: str
) -> None:
    """--rejudge takes the very version of an official set; a file of one's own must be named."""
    (tmp_path / "answers.key.json").write_text(json.dumps({"problem_set": problem_set}))
    done = run("--rejudge", tmp_path)
    assert done.returncode == 2
    assert said in last_line(done)


def test_the_parts_of_the_composite_stand_in_the_summary(tmp_path: Path) -> None:
    """Quality of what passed and the counts behind it, response times of all; how efficiency is had."""
    short = ("--limit", "3", "--task", "Demo/0,Demo/1,Demo/2")
    with chat_server(but_for("Demo/2", lambda turn: turn.answer("no idea"))) as server:
        done = ask(server, tmp_path / "run", *short)
    assert done.returncode == 0, done.stderr
    assert (
        "Quality: 75.0 of 100 (75 equals the references), 95% interval 75.0–75.0, 2 problems" in done.stdout
    )
    parts = json.loads((tmp_path / "run" / "summary.json").read_text())["further"]["parts"]
    assert parts["quality"]["points"] == {"Demo/0": 75.0, "Demo/1": 75.0}
    assert sorted(parts["speed"]["seconds"]) == ["Demo/0", "Demo/1", "Demo/2"]
    assert parts["efficiency"] == {"why": "not measured: --efficiency measures it"}
    counted = [json.loads(line) for line in (tmp_path / "run" / "measures.jsonl").read_text().splitlines()]
    assert sorted(row["task_id"] for row in counted) == ["Demo/0", "Demo/1"]
    assert all(row["quality"]["complexity"] == row["quality"]["reference"]["complexity"] for row in counted)


@pytest.mark.parametrize("where", ["a file", "no folder can be made"])
def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path, where: str) -> None:
    """Said before anything is asked, with exit code 1."""
    (tmp_path / "file").write_text("")
    folder = tmp_path / "file" if where == "a file" else Path("/proc/nowhere")
    with chat_server(canonical) as server:
        done = ask(server, folder)
    assert (done.returncode, server.bodies) == (1, [])
    assert f"cannot write {folder}" in last_line(done)


def test_a_full_disk_keeps_what_fitted(tmp_path: Path) -> None:
    """The folder's disk fills up in the middle: one line; with room again the same command goes on."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=16k", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    try:
        with chat_server(canonical) as server:
            done = ask(server, folder)
            assert done.returncode == 1
            assert "No space left on device; what was answered so far is kept" in last_line(done)
            kept = (folder / "answers.jsonl").read_bytes().count(b'"finish_reason": "stop"')
            assert kept > 0
            subprocess.run(["mount", "-o", "remount,size=1m", folder], check=True)
            before = len(server.bodies)
            done = ask(server, folder)
        assert done.returncode == 0, done.stderr
        assert len(server.bodies) - before <= 20 - kept + 1
        assert "100.00% (20/20)" in done.stdout
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_no_sandbox_at_all_must_be_meant() -> None:
    """--sandbox none without --i-understand is refused before anything runs."""
    done = run("--sandbox", "none", "--problems-file", PROBLEMS, "--check")
    assert done.returncode == 2
    assert "--i-understand" in done.stderr
