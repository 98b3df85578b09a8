"""bench_runner.py judge: judging runs are runs of the history, and tell with the runs that they judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import click
import pytest

from benchkit.commands.judge import command
from benchkit.errors import BenchError
from benchkit.judging.judges.llm.rubrics import FOLDER
from benchkit.telling.comparison.families import families_of, related_by
from benchkit.telling.history import open_store
from tests.judging.judges.llm.judged_runs import RIGHT, WRONG, is_right, needs_dspy, write_run
from tests.judging.judges.llm.test_check import known_answers
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import Turn, chat_server
from tests.support import F16, Bench, runs_in
from tests.telling.history.runs import a_run

RELATED = {
    ("Qwen2.5-Coder-7B-Q4_K_M", "openrouter/qwen/qwen3-max"): "qwen",
    ("DeepSeek-R1-Distill-Qwen-7B", "deepseek-chat"): "deepseek",
    ("CodeLlama-7b", "Meta-Llama-3-8B"): "llama",
    ("gpt-oss-20b", "openai/o3-mini"): "gpt",
    ("demo-f16", "demo-f16"): "demo-f16",
    ("demo-f16", "demo-q2_k"): "",
    ("yield-coder", "Yi-34B"): "",
    ("Mixtral-8x7B", "codestral-latest"): "mistral",
}


@pytest.mark.parametrize(("one", "other"), RELATED)
def test_families_are_known_by_names(one: str, other: str) -> None:
    """A distilled model is of both its families; a word that only begins alike is of none."""
    assert related_by(one, other) == RELATED[one, other]
    assert families_of("DeepSeek-R1-Distill-Qwen-7B") == {"deepseek", "qwen"}


@pytest.fixture
def judged_history(tmp_path: Path) -> Path:
    """A history with a run of two answers, as a script of ours left them."""
    folder = write_run(tmp_path / "runs" / "r-1", {"Demo/0": RIGHT, "Demo/1": WRONG})
    store = open_store(str(tmp_path / "benchmark_results.json"))
    store.append(a_run("r-1", benchmark="demo", model="qwen-2b", artifacts=str(folder)))
    return tmp_path


@needs_dspy
@pytest.mark.heavy
def test_a_run_is_judged_and_shown_with_the_reasons(bench: Bench, judged_history: Path) -> None:
    """As one more run in the history; `compare` shows it apart and doubted, `show` item by item."""
    with chat_server(judges.good(is_right)) as server:
        asked = ("--judge", "stand-in", "--base-url", server.base_url)
        done = bench("judge", "r-1", *asked)
        assert done.returncode == 0, done.stderr
        assert "Results: 94.4 points over 2 answers" in done.stdout
        again = bench("judge", "r-1", *asked)
        assert "6 answers were taken from earlier runs" in again.stdout
        judge = f"stand-in at {urlsplit(server.base_url).netloc.replace('127.0.0.1', 'localhost')}"
    judging = runs_in(judged_history)[1]
    assert (judging["benchmark"], judging["model"], judging["status"]) == ("judge", "stand-in", "ok")
    assert judging["results"]["further"]["judge"]["run"] == "r-1"
    compared = bench("compare", "--columns", "model,judge").stdout
    assert "94.4" in compared
    assert "the judge is uncalibrated, its points prove nothing: it was never checked" in compared
    assert "stand-in  " not in compared  # a judge is no contestant
    shown = bench("show", "r-1").stdout
    assert f"{judge}: 94.4 points" in shown
    rationale = bench("show", "r-1", "--attempt", "Demo/1", PAGER="cat").stdout
    assert "functionality: Does the code do everything that the task asks for" in rationale
    assert "? no – it is so · code: def add(a, b):" in rationale
    report = bench("report", "--format", "text", "--output", "-").stdout
    assert f"qwen-2b judged by {judge}: 94.4 points" in report


@needs_dspy
@pytest.mark.heavy
def test_a_judge_of_the_same_family_is_warned_of(bench: Bench, judged_history: Path) -> None:
    """Before it is asked, and whenever its points are shown."""

    def name_the_model(turn: Turn, path: str) -> bool:
        if path == "/v1/models":
            turn.status(200, {"data": [{"id": "qwen-72b"}]})
        return path == "/v1/models"

    with chat_server(judges.good(is_right)) as server:
        server.get = name_the_model
        done = bench("judge", "r-1", "--judge", "qwen-72b", "--base-url", server.base_url)
    assert done.returncode == 0, done.stderr
    assert "warning: qwen-72b judges qwen-2b, both of the family qwen" in done.stderr
    assert "of the same family (qwen)" in bench("compare", "--columns", "model,judge").stdout
    assert runs_in(judged_history)[1]["model"] == "qwen-72b"


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_passed_its_check_is_shown_without_a_doubt(bench: Bench, judged_history: Path) -> None:
    """Its sheet is in the history; with another rubric its points are doubted again."""
    shutil.copytree(FOLDER, judged_history / "other")
    (judged_history / "other" / "backend.yaml").open("a").write("# of my own\n")
    truth = known_answers(12)
    with chat_server(
        judges.good(lambda code: is_right(code) if "def add" in code else truth(code))
    ) as server:
        at = ("--base-url", server.base_url)
        checked = bench("judge", "check", "stand-in", "--limit", "6", "--votes", "1", *at)
        assert checked.returncode == 0, checked.stderr
        assert "Verdict: calibrated" in checked.stdout
        bench("judge", "r-1", "--judge", "stand-in", "--votes", "1", *at)
        compared = bench("compare", "--columns", "model,judge").stdout
        assert "94.4" in compared
        assert "uncalibrated" not in compared
        bench("judge", "r-1", "--judge", "stand-in", "--votes", "1", "--rubrics", "other", *at)
        doubted = bench("compare", "--columns", "model,judge").stdout
    with chat_server(judges.constant("yes")) as other:
        asked = ("--judge", "stand-in", "--base-url", other.base_url, "--votes", "1")
        elsewhere = bench("judge", "r-1", *asked).stderr
    check = runs_in(judged_history)[1]
    assert (check["benchmark"], check["model"], check["results"]["score"]) == (
        "judge_check",
        "stand-in",
        100.0,
    )
    assert check["results"]["further"]["judge"]["calibrated"] is True
    assert f"its check, {check['id']}, asked otherwise: backend" in doubted
    assert f"its check, {check['id']}, was of the model at localhost:" in elsewhere


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_failed_its_check_is_doubted_by_its_fault(bench: Bench, judged_history: Path) -> None:
    """The fault is told wherever its points are, and set bars stand in its sheet."""
    with chat_server(judges.constant("yes")) as server:
        at = ("--base-url", server.base_url)
        checked = bench(
            "judge", "check", "stand-in", "--limit", "3", "--votes", "1", "--bars", "retest=0.5", *at
        )
        assert checked.returncode == 0, checked.stderr
        bench("judge", "r-1", "--judge", "stand-in", "--votes", "1", *at)
    assert runs_in(judged_history)[1]["results"]["further"]["judge"]["bars"]["retest"] == "≥ 0.5"
    compared = bench("compare", "--columns", "model,judge").stdout
    assert "says yes to wrong code (false positives 1.00, must be ≤ 0.2)" in compared


@needs_dspy
@pytest.mark.heavy
def test_two_runs_are_judged_beside_one_another(bench: Bench, judged_history: Path) -> None:
    """In both orders; the result says whose word it is, and that nobody has checked it."""
    folder = write_run(judged_history / "runs" / "r-2", {"Demo/0": WRONG, "Demo/1": WRONG})
    store = open_store(str(judged_history / "benchmark_results.json"))
    store.append(a_run("r-2", benchmark="demo", model="llama-2b", artifacts=str(folder)))
    with chat_server(judges.good(is_right)) as server:
        at = ("--judge", "stand-in", "--base-url", server.base_url)
        done = bench("judge", "r-1", "r-2", "--pairwise", *at)
        assert done.returncode == 0, done.stderr
        assert "Results: r-1 gets 75.0% of what was decided against r-2" in done.stdout
        assert "the judge is uncalibrated, its points prove nothing: it was never checked" in done.stderr
        alone = bench("judge", "r-1", "--pairwise", *at)
        assert alone.returncode == 2
        assert "--pairwise compares two runs, and 1 is named" in alone.stderr
    assert runs_in(judged_history)[2]["benchmark"] == "judge_pairs"
    assert "judge_pairs" not in bench("compare").stdout


NOWHERE = "http://127.0.0.1:9/v1"
REFUSED = {
    "no such run": (("r-9", "--judge", "j", "--base-url", NOWHERE), "no model or run 'r-9'"),
    "no such file": (("r-1", "--judge", "none.gguf"), "none.gguf"),
    "no judge": (("r-1",), "--judge"),
    "no run": (("--judge", "j"), "RUN"),
    "nothing at all": ((), "RUN"),
    "an empty name": (("r-1", "--judge", ""), "the model's name is empty: give FILE.gguf"),
    "an empty name at an address": (("r-1", "--judge", " ", "--base-url", NOWHERE), "name is empty"),
    "nobody to be checked": (("check", ""), "the model's name is empty"),
    "a server to be started at an address": (
        ("r-1", "--judge", "j", "--base-url", NOWHERE, "--server", "xllamacpp"),
        "leave one out",
    ),
    "a model without answers": (
        ("judge-7b", "--judge", "j", "--base-url", NOWHERE),
        "no run of judge-7b can be judged",
    ),
    "one run of two": (("r-1", "--judge", "j", "--base-url", NOWHERE, "--pairwise"), "and 1 is named"),
    "votes on pairs": (
        ("r-1", "r-1", "--judge", "j", "--base-url", NOWHERE, "--pairwise", "--votes", "3", "--program", "p"),
        "leave out --votes and --program",
    ),
}
REFUSED_BY_SCRIPT = {
    "no address": (("r-1", "--judge", "j", "--base-url", "box"), "--base-url box is no address"),
    "an unknown bar": (("check", str(F16), "--bars", "kapa=1"), "unknown bar 'kapa'"),
    "no such catalogue": (("check", str(F16), "--catalogue", "none"), "none"),
    "a rubric with an item twice": (
        ("r-1", "--judge", str(F16), "--rubrics", "twice"),
        "this id is there twice",
    ),
    "no such rubrics": (("r-1", "--judge", str(F16), "--rubrics", "none"), "--rubrics"),
    "no such program": (("r-1", "--judge", str(F16), "--program", "none.json"), "--program"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_judged_is_refused_in_one_line(
    case: str, judged_history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is started, and nothing is recorded."""
    monkeypatch.chdir(judged_history)
    store = open_store("benchmark_results.json")
    store.append(a_run("j-1", benchmark="judge_check", model="judge-7b"))
    words, said = REFUSED[case]
    with pytest.raises((BenchError, click.ClickException)) as refused:
        command.main([*words], standalone_mode=False)
    error = refused.value
    text = error.format_message() if isinstance(error, click.ClickException) else str(error)
    assert said in text
    assert "\n" not in text
    assert len(runs_in(judged_history)) == 2


@needs_dspy
@pytest.mark.heavy
@pytest.mark.parametrize("case", REFUSED_BY_SCRIPT)
def test_what_the_script_refuses_is_told_in_one_line(case: str, bench: Bench, judged_history: Path) -> None:
    """Nothing is started, and nothing is recorded; a person sees a line and the exit code for wrong usage."""
    shutil.copytree(FOLDER, judged_history / "twice")
    rubric = judged_history / "twice" / "backend.yaml"
    rubric.write_text(rubric.read_text().replace("id: edges", "id: does_the_task"))
    words, said = REFUSED_BY_SCRIPT[case]
    done = bench("judge", *words)
    assert done.returncode == 2, done.stderr
    assert said in done.stderr
    assert done.stderr.count("\n") == 1
    assert len(runs_in(judged_history)) == 1


@pytest.mark.heavy
def test_without_dspy_the_command_names_what_brings_it(bench: Bench, judged_history: Path) -> None:
    """In one line, before a model is served or asked; nothing is recorded."""
    (judged_history / "hidden" / "dspy").mkdir(parents=True)
    (judged_history / "hidden" / "dspy" / "__init__.py").write_text("raise ImportError('not here')\n")
    hidden = {"PYTHONPATH": str(judged_history / "hidden")}
    for words in (("r-1", "--judge", F16), ("check", F16), ("tune", F16)):
        done = bench("judge", *words, **hidden)
        assert done.returncode == 2
        assert "/locks/judge.lock" in done.stderr
        assert done.stderr.count("\n") == 1
    assert len(runs_in(judged_history)) == 1


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_fails_midway_is_gone_on_from_by_the_same_command(
    bench: Bench, judged_history: Path
) -> None:
    """The run that failed is recorded with its cause; the next one takes over what the judge had said."""
    write_run(
        judged_history / "runs" / "r-1", {f"Demo/{number}": RIGHT + " " * number for number in range(5)}
    )
    good = judges.good(is_right)
    with chat_server(good) as server:
        asked = ("judge", "r-1", "--judge", "stand-in", "--base-url", server.base_url, "--parallel", "1")

        def fails_midway(turn: Turn) -> None:
            if len(server.bodies) > 8:
                turn.error(401, "this key is not known any more", "authentication_error")
            else:
                good(turn)

        server.do = fails_midway
        first = bench(*asked)
        assert first.returncode == 1
        server.do = good
        done = bench(*asked)
    assert done.returncode == 0, done.stderr
    failed, whole = runs_in(judged_history)[1:]
    assert (failed["status"], whole["status"]) == ("failed", "ok")
    assert "this key is not known any more" in failed["error"]
    assert whole["results"]["reused_answers"] >= 5
    assert whole["results"]["further"]["judge"]["answers"]["judged"] == 5


def test_a_run_whose_folder_is_gone_says_so(bench: Bench, judged_history: Path) -> None:
    """A judge reads answers, and a history has none."""
    for file in (judged_history / "runs" / "r-1").iterdir():
        file.unlink()
    (judged_history / "runs" / "r-1").rmdir()
    done = bench("judge", "r-1", "--judge", str(F16))
    assert done.returncode == 2
    assert "the folder of run r-1 is gone" in done.stderr


@needs_dspy
@pytest.mark.heavy
def test_a_judge_in_a_file_is_served_after_its_candidate(bench: Bench, tmp_path: Path) -> None:
    """One server after the other; a model too small to judge abstains throughout, and that is told."""
    done = bench(
        *("--model", F16, "--benchmark", "demo", "--server", "xllamacpp", "--temperature", "0.0"),
        *("--max-tokens", "200", "--limit", "2", "--judge", F16),
    )
    candidate, judging = runs_in(tmp_path)
    assert candidate["status"] == "ok"
    assert (judging["benchmark"], judging["model"]) == ("judge", "demo-f16")
    assert judging["server"]["kind"] == "xllamacpp"
    assert judging["telemetry"]["server_start_s"] > 0
    assert judging["timestamp"] >= candidate["timestamp"]
    assert "both of the family demo-f16" in done.stderr
    verdicts = [json.loads(line) for line in (Path(judging["artifacts"]) / "verdicts.jsonl").open()]
    assert {row["task_id"] for row in verdicts} == {"Demo/0", "Demo/1"}
