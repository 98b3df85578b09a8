"""Nights that judge: after all runs, each judge served once; whatever a judge does, the runs stay."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchkit.commands.batch import _raw_plan, command
from benchkit.errors import UsageError
from benchkit.racing import Goal
from benchkit.running.batch import race_rounds
from benchkit.running.batch.expand import expand
from benchkit.running.batch.planfile import PlanProblems, make_plan
from benchkit.running.batch.summary import summary
from benchkit.settings import RunSettings
from benchkit.strict_documents import read_yaml
from tests.judging.judges.llm.judged_runs import needs_dspy
from tests.running.batch.in_process import night_of
from tests.running.batch.races import racing_plan, scripted_endpoint
from tests.running.batch.support import COMMAND, script, write_plan
from tests.stand_ins import judge as judges
from tests.stand_ins.chat_server import Do, Turn, chat_server
from tests.support import F16, QUANTIZED, ROOT, Bench, runs_in, wait_until

AT_BOX = {"name": "judge-7b", "endpoint": "http://box:8000/v1"}


def expanded(**plan: Any) -> list[tuple[str, str | None, str]]:
    """Each entry's benchmark, model and place."""
    raw = {"models": [str(F16), str(QUANTIZED)], "benchmarks": ["demo"], **plan}
    entries = expand(make_plan(raw, "plan.yaml"), RunSettings(benchmark="")).entries
    return [(one.settings.benchmark, one.settings.name, one.place) for one in entries]


def test_each_run_is_judged_after_all_runs() -> None:
    """By the judge of its model, else of its benchmark, else of the plan; each judge's work side by side."""
    mine, theirs = AT_BOX, {"name": "other", "endpoint": "http://box:9000/v1"}
    found = expanded(
        models=[str(F16), {"path": str(QUANTIZED), "judge": theirs}],
        benchmarks=["demo", {"name": "tasks", "judge": theirs}],
        judge=mine,
    )
    assert [name for name, _, _ in found] == ["demo", "tasks"] * 2 + ["judge"] * 4
    assert [(model, place) for _, model, place in found[4:]] == [
        ("judge-7b", "of demo on demo-f16"),
        *(
            ("other", f"of {name}")
            for name in ("tasks on demo-f16", "demo on demo-q2_k", "tasks on demo-q2_k")
        ),
    ]
    assert expanded(judge=mine) == expanded(defaults={"judge": mine})
    assert [one[0] for one in expanded(benchmarks=[{"name": "demo", "judge": mine}, "lcb"])].count(
        "judge"
    ) == 2


def test_a_judge_is_added_to_what_is_done_already() -> None:
    """The keys of the runs stay: only the judging is new. Another judge makes another judging."""

    def keys(**plan: Any) -> list[str]:
        raw = {"models": [str(F16)], "benchmarks": ["demo"], **plan}
        return [one.key for one in expand(make_plan(raw, "plan.yaml"), RunSettings(benchmark="")).entries]

    (run,), (same, judging), (_, other) = keys(), keys(judge=AT_BOX), keys(judge=AT_BOX | {"name": "m"})
    assert run == same
    assert len({run, judging, other}) == 3


def test_how_models_are_served_here_holds_for_judges_and_how_they_are_asked_does_not() -> None:
    """A temperature of 0 and 300 tokens for the models would make one vote of three, and cut it off."""
    defaults = {
        "server": "xllamacpp",
        "gpu_layers": 7,
        "temperature": 0,
        "max_tokens": 300,
        "args": ["--limit=1"],
    }
    judge = {"path": str(QUANTIZED), "context": 9000, "args": ["--votes", "1"]}
    raw = {"models": [str(F16)], "benchmarks": ["demo"], "defaults": defaults, "judge": judge}
    base = RunSettings(benchmark="", max_cost=2.0)
    settings = expand(make_plan(raw, "plan.yaml"), base).entries[1].settings
    assert (settings.server, settings.gpu_layers, settings.context) == ("xllamacpp", 7, 9000)
    assert (settings.temperature, settings.max_tokens, settings.max_cost) == (None, None, 2.0)
    assert settings.script_args == ("--votes", "1")
    assert settings.reuse


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "nothing": ({"judge": ""}, "judge: '' names no model"),
    "a number": ({"judge": 7}, "judge: 7 names no model"),
    "no such file": ({"judge": "none.gguf"}, "judge: none.gguf matches no GGUF file"),
    "several files": ({"judge": str(F16.parent / "demo-*.gguf")}, "files: name one"),
    "no such provider": ({"judge": "openruter/a/b"}, "did you mean openrouter?"),
    "no address": ({"judge": {"name": "judge-7b"}}, "needs a path, or a name with its provider"),
    "an unknown key": ({"judge": AT_BOX | {"vote": 3}}, "judge: unknown key 'vote'"),
    "a wrong value": ({"judge": AT_BOX | {"parallel": 0}}, "judge: parallel: 0 is not"),
    "of a judge": ({"judge": AT_BOX | {"judge": "m.gguf"}}, "judge: unknown key 'judge'"),
    "in the matrix": ({"matrix": {"judge": ["a.gguf"]}}, "matrix: unknown key 'judge'"),
    "of a model": ({"models": [{"path": str(F16), "judge": []}]}, "models: judge: [] names no model"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_judge_that_cannot_be_is_refused_with_the_plan(case: str) -> None:
    """In a line that says what is wrong with it, beside all other problems."""
    plan, said = REFUSED[case]
    with pytest.raises(PlanProblems) as caught:
        expanded(**plan)
    assert [text for text in caught.value.problems if said in text], caught.value.problems


def test_what_no_judge_can_read_is_left_out_and_kin_are_warned_of() -> None:
    """Harnesses of others keep no answers of our form; a judge favours its own family."""
    mine = {"name": "mine", "script": "echo", "parser": "human_eval"}
    raw = {
        "models": [{"path": str(F16), "name": "qwen-7b"}],
        "benchmarks": ["demo", mine, {"name": "judge_check"}],
        "judge": AT_BOX | {"name": "qwen-72b"},
    }
    found = expand(make_plan(raw, "plan.yaml"), RunSettings(benchmark=""))
    assert [one.place for one in found.entries if one.judged] == ["of demo on qwen-7b"]
    assert [note for note in found.notes if "is not judged" in note] == [
        "mine is not judged: it keeps no answers that a judge can read",
        "judge_check is not judged: a model judges in it",
    ]
    assert [note for note in found.notes if "qwen-72b judges qwen-7b, both of the family qwen" in note]


def test_the_plans_of_the_documentation_are_understood() -> None:
    """Each example of docs/judge.md, with models that are here."""
    page = (ROOT / "docs" / "judge.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(examples) >= 2
    for example in examples:
        raw: Any = read_yaml(example)
        plan = make_plan({"models": [str(F16)], "benchmarks": ["demo"], **raw}, "plan.yaml")
        assert (plan.problems, "judge" in plan.defaults) == ((), True)


def test_models_on_the_command_line_are_judged_too() -> None:
    """As in a single run: --judge names it."""
    raw = _raw_plan(["m.gguf"], ["demo"], ["--judge", "j.gguf", "--temperature", "0"])
    assert raw["judge"] == "j.gguf"


def test_boxes_of_a_cluster_judge_nothing(tmp_path: Path) -> None:
    """Refused before anything is sent, with what to do instead."""
    write_plan(tmp_path, models=[str(F16)], benchmarks=["demo"], judge=AT_BOX)
    words = [str(tmp_path / "plan.yaml"), "--cluster", "127.0.0.1:9"]
    with pytest.raises(UsageError, match=r"leave `judge` out .* afterwards: bench_runner.py judge RUN…"):
        command.main(words, standalone_mode=False)


def candidate(turn: Turn) -> None:
    """A model that answers every question with some code."""
    if turn.body.get("stream"):
        turn.answer("```python\ndef solve(x):\n    return x\n```")
    else:
        message = {"role": "assistant", "content": "I am here."}
        turn.status(200, {"choices": [{"index": 0, "message": message}], "usage": {"completion_tokens": 3}})


@contextmanager
def judged_night(folder: Path, judge: Do, **plan: Any) -> Iterator[list[str]]:
    """A plan of two runs of a model at one address, judged by one at another; who was asked, in order."""
    asked: list[str] = []

    def noted(name: str, do: Do) -> Do:
        def reply(turn: Turn) -> None:
            asked.append(name)
            do(turn)

        return reply

    with ExitStack() as stack:
        served = [
            stack.enter_context(chat_server(noted(name, do)))
            for name, do in (("candidate", candidate), ("judge", judge))
        ]
        urls = [one.base_url for one in served]
        write_plan(
            folder,
            models=[{"name": "stand-in", "endpoint": urls[0]}],
            benchmarks=[{"name": "demo", "args": ["--limit", "2"]}],
            matrix={"temperature": [0.0, 0.5]},
            judge={"name": "stand-in", "endpoint": urls[1], "args": ["--votes", "1"], "parallel": 1},
            **plan,
        )
        yield asked


@needs_dspy
@pytest.mark.heavy
def test_a_night_is_judged_when_its_runs_are_over(bench: Bench, tmp_path: Path) -> None:
    """The summary has a row for each judging, and in words what was said; the same command does no more."""
    with judged_night(tmp_path, judges.good(lambda code: "return x" in code)) as asked:
        done = bench("batch", "plan.yaml")
        assert done.returncode == 0, done.stderr
        assert asked == sorted(asked)  # all of the candidate's before any of the judge's
        again = bench("batch", "plan.yaml")
    assert (again.returncode, len(runs_in(tmp_path))) == (0, 4)
    for said in (done.stdout, again.stdout, (tmp_path / "benchmark_results.morning.md").read_text()):
        assert "2 runs: 2 ran, 0 failed; 2 of them to be judged: 2 were, 0 failed." in said
        assert "## What judges said" in said
        assert "demo on stand-in temp=0.0: stand-in at localhost:" in " ".join(said.split())
        assert "uncalibrated: it was never checked: bench_runner.py judge check stand-in" in " ".join(
            said.split()
        )
    states = json.loads(bench("status", "--json").stdout)
    assert [state["judged"] for state in states] == [None, None, states[0]["run_id"], states[1]["run_id"]]


@needs_dspy
@pytest.mark.heavy
def test_a_judge_that_fails_takes_no_run_with_it(bench: Bench, tmp_path: Path) -> None:
    """The runs are whole; the summary tells the cause, and --retry-failed asks the judge alone."""
    good = judges.good(lambda _code: True)
    refuses = [True]

    def judge(turn: Turn) -> None:
        if refuses[0] and turn.body.get("stream"):
            turn.error(401, "this key is not known any more", "authentication_error")
        else:
            good(turn)

    with judged_night(tmp_path, judge) as asked:
        done = bench("batch", "plan.yaml")
        assert done.returncode == 1, done.stderr
        assert [(run["benchmark"], run["status"]) for run in runs_in(tmp_path)] == [
            ("demo", "ok"), ("demo", "ok"), ("judge", "failed"), ("judge", "failed"),
        ]  # fmt: skip
        told = " ".join(done.stdout.split())
        assert "2 runs: 2 ran, 0 failed; 2 of them to be judged: 0 were, 2 failed" in told
        assert "judge stand-in of demo on stand-in temp=0.0: " in told
        assert "this key is not known any more" in told
        refuses[0] = False
        asked.clear()
        retried = bench("batch", "plan.yaml", "--retry-failed")
        assert retried.returncode == 0, retried.stderr
        assert set(asked) == {"judge"}


@needs_dspy
@pytest.mark.heavy
def test_a_night_that_is_killed_while_it_judges_goes_on_there(tmp_path: Path, bench: Bench) -> None:
    """Nothing that the judge said is asked again, and no run is repeated."""
    good = judges.good(lambda _code: True)
    asked_judge: list[str] = []

    def judge(turn: Turn) -> None:
        if turn.body.get("stream"):
            asked_judge.append(turn.question)
            if len(asked_judge) == 2:
                waiting.wait()  # no reply as long as the night is alive
                return
        good(turn)

    with judged_night(tmp_path, judge) as asked:
        waiting = subprocess.Popen(
            COMMAND, cwd=tmp_path, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        wait_until(lambda: len(asked_judge) == 2, seconds=120)
        waiting.send_signal(signal.SIGKILL)
        waiting.wait()
        asked.clear()
        done = bench("batch", "plan.yaml")
        assert done.returncode == 0, done.stderr
        assert set(asked) == {"judge"}
    assert asked_judge.count(asked_judge[0]) == 1
    assert [run["status"] for run in runs_in(tmp_path)] == ["ok"] * 4


@needs_dspy
@pytest.mark.heavy
def test_a_judge_in_a_file_is_served_once_for_the_whole_night(bench: Bench, tmp_path: Path) -> None:
    """After both models, and for both their runs; a run that failed is excused and says so."""
    write_plan(
        tmp_path,
        models=[str(F16), str(QUANTIZED)],
        benchmarks=[{"name": "demo", "args": ["--limit", "1"]}, script(tmp_path, "broken", "sys.exit(3)")],
        defaults={"server": "xllamacpp", "max_tokens": 100},
        judge={"path": str(F16), "max_tokens": 40, "args": ["--votes", "1"], "parallel": 1},
    )
    done = bench("batch", "plan.yaml")
    assert done.returncode == 1, done.stderr  # the broken script
    runs = runs_in(tmp_path)
    judgings = [run for run in runs if run["benchmark"] == "judge"]
    assert [run["benchmark"] for run in runs][-2:] == ["judge", "judge"]
    assert len({run["server"]["base_url"] for run in judgings}) == 1
    assert {run["config"]["script_args"][1] for run in judgings} == {
        run["artifacts"] for run in runs if run["benchmark"] == "demo"
    }


@needs_dspy
@pytest.mark.heavy
def test_a_run_that_failed_is_not_judged_and_the_summary_says_so(bench: Bench, tmp_path: Path) -> None:
    """Once it is repeated and good it is judged; what an earlier run was told counts for nothing then."""
    healthy = judges.good(lambda _code: True)
    with judged_night(tmp_path, healthy, defaults={"timeout": 0.001}):
        done = bench("batch", "plan.yaml")
        assert done.returncode == 1
        assert "not judged: its run failed" in " ".join(done.stdout.split())
        assert {run["benchmark"] for run in runs_in(tmp_path)} == {"demo"}
    with judged_night(tmp_path, healthy):
        repeated = bench("batch", "plan.yaml", "--retry-failed")
        assert repeated.returncode == 0, repeated.stdout
    assert [run["benchmark"] for run in runs_in(tmp_path)].count("judge") == 2


@needs_dspy
@pytest.mark.heavy
def test_of_a_race_the_whole_runs_are_judged_and_the_stopped_ones_once_they_are_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the race stopped is excused, with its count; --finish brings its judging, and repeats no other."""
    monkeypatch.setattr(race_rounds, "FIRST_ROUND_PAYS", 1e9)  # however busy the machine
    monkeypatch.chdir(tmp_path)
    judged: list[str] = []
    good = judges.good(lambda _code: True)

    def judge(turn: Turn) -> None:
        if turn.body.get("stream"):
            judged.append(turn.question)
        good(turn)

    solves = {"strong": frozenset(range(40)), "weak": frozenset[int]()}
    with scripted_endpoint(solves) as (scripted, models), chat_server(judge) as box:
        words = ["--votes", "1", "--limit", "2"]
        said = {"name": "stand-in", "endpoint": box.base_url, "args": words, "parallel": 1}
        plan = racing_plan(tmp_path, models, 40, judge=said)
        raced = night_of(tmp_path, {"race": Goal()}, **plan)
        assert raced.all_ok
        told = summary(raced, None)
        assert "not judged: its run stopped 8/40" in told
        assert "2 of them to be judged: 1 were, 0 failed, 1 not run" in told
        asked_once = list(judged)
        assert asked_once
        finished = night_of(tmp_path, {"finish": True}, **plan)
        assert finished.all_ok
        assert set(scripted.asked.values()) == {1}
        assert judged[: len(asked_once)] == asked_once
        assert not set(judged[len(asked_once) :]) & set(asked_once)
    folders = {run["artifacts"]: run["model"] for run in runs_in(tmp_path) if run["benchmark"] != "judge"}
    judgings = [run for run in runs_in(tmp_path) if run["benchmark"] == "judge"]
    assert [folders[run["config"]["script_args"][1]] for run in judgings] == ["strong", "weak"]
    assert {run["status"] for run in judgings} == {"ok"}
    assert "2 of them to be judged: 2 were, 0 failed." in summary(finished, None)
