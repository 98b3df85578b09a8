"""Boxes that judge: their verdicts are those of this machine, and none is lost with a box."""

from __future__ import annotations

import json
import signal
import tempfile
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import click
import pytest

from benchkit.asking.problems import load
from benchkit.asking.problems.base import ProblemSet
from benchkit.asking.tasks import TaskChoice, load_catalogue
from benchkit.contract import Variable
from benchkit.errors import BenchError, ClusterError, UsageError
from benchkit.judging import service
from benchkit.judging.elsewhere import boxes
from benchkit.judging.elsewhere.forms import AnswerToJudge, pack, unpack
from benchkit.judging.problem_judging import AskedSandbox, starting_judging
from benchkit.judging.sandbox import NOTHING_ASKED
from benchkit.judging.scoring import Judged, judge_saved, read_samples
from benchkit.judging.task_bench import open_judging
from benchkit.link.calls import Operation
from benchkit.running.boxes import judging
from benchkit.verdict import Verdict
from tests.judging.elsewhere.in_process import FACTS, Boxes, boxes_in_process
from tests.judging.judges.test_agreement import HEAVY, MODEL, ours_and_published
from tests.support import ROOT

ADDRESS = "head"
pytestmark = pytest.mark.usefixtures("command")
WRONG = {"Demo/1": "    return None\n", "Demo/2": "    return (\n", "Demo/3": "    raise ValueError\n"}


@pytest.fixture
def command() -> Iterator[None]:
    """The script that says what becomes of boxes."""
    with click.Context(click.Command("run_eval"), info_name="run_eval.py"):
        yield


@pytest.fixture(scope="module")
def problems() -> ProblemSet:
    return load(file=ROOT / "demo" / "problems.jsonl")


def samples_in(folder: Path, problems: ProblemSet) -> Path:
    path = folder / "samples.jsonl"
    rows = [
        {"task_id": one.id, "completion": WRONG[one.id]}
        if one.id in WRONG
        else {"task_id": one.id, "solution": one.solution}
        for one in problems.problems
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def judged(problems: ProblemSet, samples: Path, address: str | None) -> tuple[list[Judged], dict[str, Any]]:
    """All rows, and how they were judged."""
    with starting_judging(AskedSandbox("auto", None, NOTHING_ASKED, address)) as open_for:
        bench = open_for(problems)
        rows = list(judge_saved(bench.judge, problems, read_samples(samples, problems), bench.workers))
        return rows, bench.judge.conditions()


def verdicts(rows: Sequence[Judged]) -> dict[str, tuple[Verdict, str]]:
    return {row.task_id: (row.verdict, row.detail) for row in rows}


def test_boxes_give_this_machines_verdicts_and_lose_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: ProblemSet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two boxes share the answers; when one dies and the other's process is killed, this machine goes on."""
    samples = samples_in(tmp_path, problems)
    here, _ = judged(problems, samples, None)
    assert Counter(row.verdict for row in here)[Verdict.PASSED] == len(problems.problems) - len(WRONG)
    monkeypatch.setattr(boxes, "BACK_WITHIN_S", 0.0)
    monkeypatch.setattr(boxes, "KEEPS_EVERY_S", 600.0)
    with boxes_in_process(monkeypatch, {"alpha": FACTS, "beta": FACTS}) as cluster:
        there, conditions = judged(problems, samples, ADDRESS)
        assert verdicts(there) == verdicts(here)
        counts = Counter(row.further["judged_on"]["box"] for row in there)
        assert {name: one["answers"] for name, one in conditions["boxes"].items()} == counts
        assert set(counts) == {"alpha", "beta"}
        assert all(one["python"] and one["sandbox"] for one in conditions["boxes"].values())

        replies, ask = count(1), cluster.ask

        def falter(*asked: Any, **arguments: Any) -> Any:
            reply = next(replies) if asked[1] == Operation.JUDGE else None
            if reply == 6:
                cluster.dead.add("alpha")
            if reply == 12:
                cluster.kill_processes("beta")
            return ask(*asked, **arguments)

        cluster.ask = falter  # type: ignore[method-assign]
        there, conditions = judged(problems, samples, ADDRESS)
    assert verdicts(there) == verdicts(here)
    counts = Counter(row.further["judged_on"]["box"] for row in there)
    assert {name: one["answers"] for name, one in conditions["boxes"].items()} == counts
    assert counts["desk"] > 0
    said = capsys.readouterr().err
    assert "alpha judges no more (tls://alpha:1 does not answer within 8 s): its answers are judged" in said
    assert "beta judges no more (its judging process has ended)" in said


def test_a_judging_process_that_is_frozen_holds_nothing_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: ProblemSet, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its box is alive and notices: the process ends, and what it had under way is judged elsewhere."""
    monkeypatch.setattr(boxes, "BACK_WITHIN_S", 0.0)
    monkeypatch.setattr(boxes, "KEEPS_EVERY_S", 600.0)
    monkeypatch.setattr(judging, "SILENT_LOOKS", 5)
    monkeypatch.setattr(judging, "LOOKS_EVERY_S", 0.6)
    with boxes_in_process(monkeypatch, {"alpha": FACTS}) as cluster:
        ask, replies = cluster.ask, count()

        def freeze(*asked: Any, **arguments: Any) -> Any:
            if asked[1] == Operation.JUDGE and next(replies) == 3:
                cluster.kill_processes("alpha", signal.SIGSTOP)
            return ask(*asked, **arguments)

        cluster.ask = freeze  # type: ignore[method-assign]
        there, conditions = judged(problems, samples_in(tmp_path, problems), ADDRESS)
        assert len(there) == len(problems.problems)
        assert {name for name, one in conditions["boxes"].items() if one["answers"]} == {
            "alpha",
            "desk",
        }
    assert "alpha judges no more (its judging process said nothing for 3 s)" in capsys.readouterr().err


@pytest.mark.heavy
def test_boxes_give_the_published_verdicts(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A real model's answers to HumanEval+, with values of all kinds: evalplus published the same."""
    found = load(file=shared_data / "evalplus" / "HumanEvalPlus-v0.1.9.jsonl.gz")
    found = found.select([one.id for one in found.problems if one.id not in HEAVY][::3])
    samples = read_samples(shared_data / MODEL / "humaneval" / "generated.jsonl", found)
    with (
        boxes_in_process(monkeypatch, {"alpha": FACTS, "beta": FACTS}),
        starting_judging(AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS)) as open_for,
    ):
        bench = open_for(found)
        rows = list(judge_saved(bench.judge, found, samples, bench.workers))
    ours, theirs = ours_and_published(rows, shared_data, "humaneval")
    assert ours == theirs
    assert {row.further["judged_on"]["box"] for row in rows} == {"alpha", "beta"}


def test_a_box_that_answers_nonsense_is_asked_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: ProblemSet
) -> None:
    """Its answers are judged by the other; a box that joins later, or is back, takes its part."""
    samples = samples_in(tmp_path, problems)
    monkeypatch.setattr(boxes, "KEEPS_EVERY_S", 0.02)
    with boxes_in_process(monkeypatch, {"alpha": FACTS, "beta": FACTS}) as cluster:
        cluster.mad.add("alpha")
        cluster.dead.add("beta")
        with starting_judging(AskedSandbox("auto", 2, NOTHING_ASKED, ADDRESS)) as open_for:
            bench = open_for(problems)
            cluster.dead.clear()
            rows = list(judge_saved(bench.judge, problems, read_samples(samples, problems), 2))
            told = bench.judge.conditions()["boxes"]
        assert {name: one["answers"] for name, one in told.items()} == {"alpha": 0, "beta": len(rows)}
        assert sum(asked == ("alpha", Operation.JUDGE) for asked in cluster.questions) <= 2


@pytest.mark.parametrize("answer", [None, [], "", 0])
def test_a_box_that_answers_nothing_at_all_is_asked_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: ProblemSet, answer: Any
) -> None:
    """It was taken for a verdict that is not there yet, and asked again without end."""
    with boxes_in_process(monkeypatch, {"alpha": FACTS, "beta": FACTS}) as cluster:
        ask = cluster.ask

        def answering(box: Any, operation: str, *asked: Any, **arguments: Any) -> Any:
            answered = ask(box, operation, *asked, **arguments)
            return answer if (box.name, operation) == ("alpha", Operation.JUDGE) else answered

        cluster.ask = answering  # type: ignore[method-assign]
        rows, conditions = judged(problems, samples_in(tmp_path, problems), ADDRESS)
    assert conditions["boxes"]["beta"]["answers"] == len(rows) == len(problems.problems)


def test_answers_that_meet_a_bug_of_ours_cost_no_box(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problems: ProblemSet
) -> None:
    """Three of them ended the box's part in the run: its sandbox seemed to have failed."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # for the report of the bug
    met = {one.id for one in problems.problems[:4]}

    def stumbling(_problem: Any, asked: AnswerToJudge) -> Any:
        raise KeyError(asked.key)

    with boxes_in_process(monkeypatch, {"alpha": FACTS}) as cluster:
        ask = cluster.ask

        def meeting(box: Any, operation: str, *asked: Any, **arguments: Any) -> Any:
            answer = unpack(b64decode(arguments["frame"])) if operation == Operation.JUDGE else None
            if answer is None or answer.key not in met:
                return ask(box, operation, *asked, **arguments)
            known = service.Problems()
            monkeypatch.setattr(known, "find", lambda _key: problems.problems[0])
            return {"frame": b64encode(pack(service.verdict(known, stumbling, answer))).decode()}

        cluster.ask = meeting  # type: ignore[method-assign]
        rows, conditions = judged(problems, samples_in(tmp_path, problems), ADDRESS)
    assert conditions["boxes"]["alpha"]["answers"] == len(rows) - len(met)
    unjudged = [row for row in rows if row.verdict is Verdict.INFRASTRUCTURE]
    assert {row.task_id for row in unjudged} == met
    assert all("alpha: KeyError — a bug of ours; please report " in row.detail for row in unjudged)


def test_where_nobody_can_judge_the_answer_counts_for_nobody(
    monkeypatch: pytest.MonkeyPatch, problems: ProblemSet
) -> None:
    """Neither a box nor this machine: the verdict is infrastructure, and says why."""
    monkeypatch.setattr(boxes, "BACK_WITHIN_S", 0.0)
    problem = problems.problems[0]
    with (
        boxes_in_process(monkeypatch, {"alpha": FACTS}) as cluster,
        starting_judging(AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS)) as open_for,
    ):
        judge = open_for(problems).judge
        cluster.dead.add("alpha")
        monkeypatch.setattr("benchkit.judging.sandbox.start_sandbox", refused)
        for _ in range(2):
            judgement = judge.judge(problem, problem.solution or "")
            assert judgement.verdict is Verdict.INFRASTRUCTURE
            assert judgement.detail == "no box that judges is left, and this machine cannot: no safe way"


def refused(*_: object) -> Any:
    raise BenchError("no safe way")


@pytest.mark.parametrize(
    ("facts", "kind", "why"),
    [
        ({}, ClusterError, "no box has joined head yet: bench_runner.py cluster join head on each"),
        (
            {"alpha": {"version": "0.0.9"}},
            ClusterError,
            r"alpha: it has version 0\.0\.9 of bench_runner, this is .*: update it",
        ),
        (
            {"alpha": {**FACTS, "judging": {"refusal": "no safe way to run the model's code here"}}},
            ClusterError,
            "no box at head can judge this: alpha: no safe way to run the model's code here",
        ),
    ],
)
def test_boxes_that_cannot_judge_are_told_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch,
    problems: ProblemSet,
    facts: dict[str, Any],
    kind: type[BenchError],
    why: str,
) -> None:
    """Each with its reason, in one line."""
    with (
        boxes_in_process(monkeypatch, facts),
        starting_judging(AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS)) as open_for,
        pytest.raises(kind, match=why),
    ):
        open_for(problems)


def test_a_night_goes_on_where_its_boxes_are_gone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    problems: ProblemSet,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A run of the runner's, whose check has found them, judges here; the check itself is told."""
    monkeypatch.setenv(Variable.EVENTS, str(tmp_path / "events.jsonl"))
    asked, problem = AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS), problems.problems[0]
    catalogue = load_catalogue(ROOT / "demo" / "tasks").choose(TaskChoice(["python_easy_clamp"]))
    with boxes_in_process(monkeypatch, {}):
        with (
            starting_judging(asked.for_check(True)) as open_for,
            pytest.raises(ClusterError, match="no box"),
        ):
            open_for(problems)
        with starting_judging(asked) as open_for:
            judgement = open_for(problems).judge.judge(problem, problem.solution or "")
        with open_judging(catalogue, asked) as judging:
            assert judging.judge.judge_answer(catalogue.problems[0], "?").verdict is Verdict.EMPTY
    assert (judgement.verdict, dict(judgement.further)) == (Verdict.PASSED, {})
    assert capsys.readouterr().err.count("on each: this machine judges by itself") == 2


def test_a_toolchain_that_no_box_has_is_told_with_the_command_that_brings_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wrong usage, as where this machine judges: nothing was started."""
    monkeypatch.setenv("PATH", "/nowhere")
    row = {"name": "x", "language": "cpp", "prompt": "int x() {", "tests": "}", "stop_tokens": []}
    path = tmp_path / "humaneval-cpp.jsonl"
    path.write_text(json.dumps(row) + "\n")
    with (
        boxes_in_process(monkeypatch, {"alpha": FACTS}),
        starting_judging(AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS)) as open_for,
        pytest.raises(UsageError, match=r"no box at head .*: alpha: .*g\+\+.* is not installed: "),
    ):
        open_for(load(file=path))


def test_a_box_that_is_full_is_told_so(monkeypatch: pytest.MonkeyPatch, problems: ProblemSet) -> None:
    """It takes no more sessions than it can carry; nothing is started for one more."""
    with boxes_in_process(monkeypatch, {"alpha": FACTS}) as cluster:
        fill(cluster)
        with (
            starting_judging(AskedSandbox("auto", 1, NOTHING_ASKED, ADDRESS)) as open_for,
            pytest.raises(ClusterError, match="alpha: it judges for as many runs as it can"),
        ):
            open_for(problems)
        assert not cluster.judging["alpha"].sessions


def test_a_session_that_could_not_begin_takes_nobodys_place(
    monkeypatch: pytest.MonkeyPatch, problems: ProblemSet
) -> None:
    """However often somebody asks for what a box has not."""
    with boxes_in_process(monkeypatch, {"alpha": FACTS}) as cluster:
        for _ in range(2):
            cluster.judging["alpha"].most = 1
            with (
                starting_judging(AskedSandbox("no such level", 1, NOTHING_ASKED, ADDRESS)) as open_for,
                pytest.raises(UsageError, match="alpha: unknown sandbox level 'no such level'"),
            ):
                open_for(problems)


def fill(cluster: Boxes) -> None:
    cluster.judging["alpha"].most = 0
