"""A model judges the answers of a run: run_judge.py against judges on a real socket."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from benchkit.errors import EndpointError, MissingDependency, UsageError
from benchkit.judging.judges.llm.subjects import subjects_of_run
from tests.judging.judges.llm.judged_runs import (
    RIGHT,
    WRONG,
    asking,
    is_right,
    judge,
    needs_dspy,
    rationales,
    told,
    write_run,
)
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import Do, Turn, chat_server
from tests.support import ROOT


@needs_dspy
def test_each_answer_is_judged_by_votes_with_seeds_of_their_own(tmp_path: Path) -> None:
    """Points, agreement and rationales; what ran is told and not asked; litellm is never imported."""
    run = write_run(tmp_path / "run", {"right": RIGHT, "wrong": WRONG, "prose": ""})
    with chat_server(judges.good(is_right)) as server:
        judge("--run", run, *asking(server.base_url, tmp_path / "out"))
        assert sorted(body["seed"] for body in server.bodies) == [0, 0, 1, 1, 2, 2]
        assert {body["temperature"] for body in server.bodies} == {0.7}
        assert server.bodies[0]["response_format"]["type"] == "json_schema"
        texts = [body["messages"][-1]["content"] for body in server.bodies]
        assert all("tests_pass" not in text and "Verdict of its tests:" in text for text in texts)
    found, of_answer = told(tmp_path / "out"), rationales(tmp_path / "out")
    assert found["answers"] == {"judged": 2, "not_judged": {"the answer holds no code": 1}}
    assert found["by_answer"]["right"] == 100.0 > found["by_answer"]["wrong"]
    assert found["agreement"] == 1.0
    assert found["rubrics"]["backend"]["version"] == "1"
    items = {item["item"]: item for item in of_answer["wrong"]["items"]}
    assert items["tests_pass"] | {"question": ""} == {
        **{"item": "tests_pass", "dimension": "functionality", "question": ""},
        **{"answer": "no", "told_by": "tests"},
    }
    assert items["does_the_task"]["answer"] == "no"
    assert items["names"]["evidence"] == "def add(a, b):"
    assert items["names"]["reasons"] == ["it is so"] * 3
    assert "litellm" not in sys.modules
    assert "dspy" in sys.modules


@needs_dspy
def test_what_a_judge_does_wrong_is_an_abstention_and_never_a_guess(tmp_path: Path) -> None:
    """Prose, a cut answer, invented lines, split votes: each is counted by its cause."""
    run = write_run(tmp_path / "run", {"right": RIGHT})

    def invents(turn: Turn) -> None:
        asked = judges.read(turn)
        turn.answer(judges.said(asked, dict.fromkeys(asked.items, "yes"), evidence="return sum([a, b])"))

    def wavers(turn: Turn) -> None:
        asked = judges.read(turn)
        turn.answer(judges.said(asked, dict.fromkeys(asked.items, ("yes", "no", "unsure")[asked.seed])))

    doing: tuple[tuple[str, Do, str], ...] = (
        ("invents", invents, "evidence not in the code"),
        ("wavers", wavers, "split vote"),
    )
    for name, do, cause in doing:
        with chat_server(do) as server:
            judge("--run", run, *asking(server.base_url, tmp_path / name))
        found = told(tmp_path / name)
        assert found["items"]["abstentions"] == {cause: found["items"]["asked"]}
        assert found["points"] == 100.0  # of what ran alone
    doing = (
        ("prose", judges.prose(), "parse failure"),
        ("cuts", judges.truncates(is_right), "truncated"),
    )
    for name, do, cause in doing:
        with chat_server(do) as server, pytest.raises(EndpointError, match=f"{cause} in every vote"):
            judge("--run", run, *asking(server.base_url, tmp_path / name))


@needs_dspy
def test_a_server_without_json_schema_is_asked_without_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It refuses the parameter by name, and its answer may be a bare list behind some thoughts."""
    run = write_run(tmp_path / "run", {"right": RIGHT})

    def small(turn: Turn) -> None:
        if "response_format" in turn.body:
            return turn.error(400, "'response_format' is not supported", "invalid_request_error")
        asked = judges.read(turn)
        answers = json.loads(judges.said(asked, dict.fromkeys(asked.items, "yes")))["answers"]
        return turn.answer(f"<think>[hm]</think>\nSo:\n{json.dumps(answers)}")

    with chat_server(small) as server:
        judge("--run", run, "--temperature", "0", *asking(server.base_url, tmp_path / "out"))
    assert told(tmp_path / "out")["items"]["abstentions"] == {}
    assert "run_judge.py: response_format is left out from now on" in (said := capsys.readouterr().err)
    assert "at --temperature 0 all votes on an answer are the same: --votes 1 costs less" in said


@needs_dspy
def test_a_judge_that_vanishes_midway_is_gone_on_from(tmp_path: Path) -> None:
    """What it said is kept; the same command asks only for the rest."""
    run = write_run(tmp_path / "run", {f"task {number}": RIGHT for number in range(4)})
    arguments = ("--run", run, "--retries", "0", "--parallel", "1")
    with chat_server(judges.good(is_right)) as server:
        good, base_url = server.do, server.base_url

        def vanishes(turn: Turn) -> None:
            if turn.number > 5:
                turn.vanish()
            else:
                good(turn)

        server.do = vanishes
        with pytest.raises(EndpointError, match="the answers so far are kept"):
            judge(*arguments, *asking(base_url, tmp_path / "out"))
    with chat_server(judges.good(is_right)) as server:
        judge(*arguments, *asking(server.base_url, tmp_path / "out"))
        assert len(server.bodies) == 12 - 5
    assert told(tmp_path / "out")["answers"]["judged"] == 4


def test_without_dspy_the_command_that_brings_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is asked."""
    monkeypatch.setitem(sys.modules, "dspy", None)
    run = write_run(tmp_path / "run", {"right": RIGHT})
    with pytest.raises(MissingDependency, match=r"pip install -r locks/judge\.lock"):
        judge("--run", run, *asking("http://127.0.0.1:9/v1", tmp_path / "out"))


@needs_dspy
def test_what_is_no_run_is_refused_before_a_judge_is_asked(tmp_path: Path) -> None:
    """No folder, an empty one, one whose answers are gone: each with the next step."""
    nowhere = asking("http://127.0.0.1:9/v1", tmp_path / "out")
    with pytest.raises(UsageError, match="--run is missing"):
        judge(*nowhere)
    with pytest.raises(UsageError, match="there is no such folder"):
        judge("--run", tmp_path / "none", *nowhere)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match=r"holds no verdicts\.jsonl"):
        judge("--run", tmp_path / "empty", *nowhere)
    (write_run(tmp_path / "gone", {"right": RIGHT}) / "answers.jsonl").unlink()
    with pytest.raises(UsageError, match=r"holds no answers\.jsonl"):
        judge("--run", tmp_path / "gone", *nowhere)


@needs_dspy
@pytest.mark.heavy
def test_an_interrupt_waits_for_no_silent_judge(tmp_path: Path) -> None:
    """It ends with 130 at once, whatever the server is at; what was said before is kept."""
    run = write_run(tmp_path / "run", {f"task {number}": RIGHT for number in range(3)})
    asked, never = threading.Event(), threading.Event()

    def falls_silent(turn: Turn) -> None:
        if turn.number > 2:
            asked.set()
            turn.silence(200, never)
        else:
            judges.good(is_right)(turn)

    with chat_server(falls_silent) as server:
        words = ("--run", run, "--parallel", "1", *asking(server.base_url, tmp_path / "out"))
        command = [sys.executable, str(ROOT / "run_judge.py"), *map(str, words)]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert asked.wait(60)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=50)  # the silence would last longer
        never.set()
    assert process.returncode == 130
    assert "Traceback" not in stderr
    assert len((tmp_path / "out" / "answers.jsonl").read_text().splitlines()) == 2


def test_the_language_of_code_may_be_one_that_nobody_knows(tmp_path: Path) -> None:
    """Of a record from elsewhere: what lies between its fences is judged."""
    run = write_run(tmp_path / "run", {"T/0": RIGHT}, language="klingon")
    assert RIGHT in subjects_of_run(run)[0].code


def test_a_run_of_which_no_answer_can_be_judged_is_refused(tmp_path: Path) -> None:
    """Such as a judge's own run: it was recorded as one without a result."""
    run = write_run(tmp_path / "run", {"Demo/0": "", "Demo/1": ""})
    with pytest.raises(UsageError, match="can be judged: the answer holds no code"):
        subjects_of_run(run)
