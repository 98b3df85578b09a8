"""A race's next round judges its new answers alone, and never by what another judge said."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems.base import Problem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.judging.judges import Judgement
from benchkit.judging.judges.kept import KeptJudge
from benchkit.judging.kept import open_kept_verdicts
from benchkit.judging.tasks import kept as kept_tests
from benchkit.judging.tasks.proof import Check, Proof
from benchkit.judging.tasks.tested import Tested
from benchkit.verdict import Verdict
from tests.stand_ins.chat_server import chat_server
from tests.test_run_eval import ask, canonical, last_line, verdicts

CONDITIONS = {"sandbox": "tight"}


def test_the_next_round_judges_its_new_answers_alone(tmp_path: Path) -> None:
    """What the first round said of five answers is what the second says of them; the new ones are judged."""
    with chat_server(canonical) as server:
        first = ask(server, tmp_path, "--part", "7:5")
        assert first.returncode == 0, first.stderr
        mark(tmp_path / "judged.jsonl")
        assert ask(server, tmp_path, "--part", "7:8").returncode == 0
        assert Counter(row["detail"] for row in verdicts(tmp_path).values()) == {"kept": 5, "": 3}
        ask(server, tmp_path)  # the rest of it, as --finish asks for
        assert Counter(row["detail"] for row in verdicts(tmp_path).values())["kept"] == 5
        ask(server, tmp_path, "--part", "7:8", "--test-timeout", "50")
        assert Counter(row["detail"] for row in verdicts(tmp_path).values()) == {"": 8}


def test_where_verdicts_cannot_be_kept_the_error_names_the_place(tmp_path: Path) -> None:
    """In one line, before anything is asked."""
    (tmp_path / "judged.jsonl").mkdir()
    with chat_server(canonical) as server:
        done = ask(server, tmp_path, "--part", "7:5")
        assert (done.returncode, len(server.bodies)) == (1, 0)
    assert f"cannot write {tmp_path / 'judged.jsonl'}: Is a directory" in last_line(done)


def mark(path: Path) -> None:
    """Tell what is kept from what is judged anew."""
    path.write_text(path.read_text().replace('"detail": ""', '"detail": "kept"'))


def test_a_run_that_is_done_at_once_keeps_nothing(tmp_path: Path) -> None:
    """The same command judges again, as ever."""
    with chat_server(canonical) as server:
        ask(server, tmp_path, "--limit", "1")
    assert not (tmp_path / "judged.jsonl").exists()


class Counting:
    """Judges all alike, and counts."""

    def __init__(self, *verdicts: Verdict) -> None:
        self.verdicts, self.judged = list(verdicts), 0

    def judge(self, problem: Problem, source: str) -> Judgement:
        self.judged += 1
        return Judgement(self.verdicts.pop(0), f"{problem.id} {source}", 0.5, Verdict.WRONG, {"tests": 3})

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        return {}


def problem(name: str) -> TestedProblem:
    return TestedProblem(id=name, prompt="", entry_point=None, canonical_solution=None, test="")


def judged(folder: Path, judge: Counting, *codes: str, conditions: dict[str, str] = CONDITIONS) -> list[Any]:
    with open_kept_verdicts(folder, conditions, goes_on=True) as kept:
        assert kept is not None
        return [KeptJudge(judge, kept).judge(problem("a"), code) for code in codes]


def test_code_is_judged_once_for_each_problem(tmp_path: Path) -> None:
    """Equal code for another problem, and other code, are judged; all fields of a judgement are kept."""
    judge = Counting(*[Verdict.PASSED] * 3)
    before = judged(tmp_path, judge, "x", "y")
    assert judged(tmp_path, judge, "x", "y") == before
    with open_kept_verdicts(tmp_path, CONDITIONS, goes_on=False) as kept:
        assert kept is not None
        assert KeptJudge(judge, kept).judge(problem("b"), "x").detail == "b x"
    assert judge.judged == 3


def test_what_the_sandbox_could_not_judge_is_judged_again(tmp_path: Path) -> None:
    """It is nobody's verdict on the code."""
    judge = Counting(Verdict.INFRASTRUCTURE, Verdict.WRONG)
    assert judged(tmp_path, judge, "x")[0].verdict is Verdict.INFRASTRUCTURE
    assert judged(tmp_path, judge, "x")[0].verdict is Verdict.WRONG


def test_under_other_conditions_all_is_judged_again(tmp_path: Path) -> None:
    """Another sandbox may say something else of the same code."""
    judge = Counting(Verdict.PASSED, Verdict.WRONG)
    judged(tmp_path, judge, "x")
    assert judged(tmp_path, judge, "x", conditions={"sandbox": "loose"})[0].verdict is Verdict.WRONG


@pytest.mark.parametrize("broken", ['{"code": "', '{"code": 3}', "[]", '{"verdict": "odd"}'])
def test_broken_lines_are_no_verdicts(broken: str, tmp_path: Path) -> None:
    """As a crash or a person leaves them: what they were about is judged again, and the rest is not."""
    judge = Counting(*[Verdict.PASSED] * 3)
    judged(tmp_path, judge, "x", "y")
    path = tmp_path / "judged.jsonl"
    lines = path.read_text().splitlines()
    of_y = json.loads(lines[-1])["code"]
    path.write_text("\n".join([*lines[:-1], json.dumps({"code": of_y, "verdict": "odd"}), broken]))
    judged(tmp_path, judge, "x", "y")
    assert judge.judged == 3


def test_what_tests_of_a_workspace_said_is_kept_whole() -> None:
    """Also output that is no text, and each check."""
    proof = Proof((Check("ok", "one"), Check("failed", "two", "why")), 0.5)
    tested = Tested(Verdict.WRONG, "two", proof, 1.5, 0.25, b"\xff\x00", b"err", True, 0.75, 0.5)
    record = json.loads(json.dumps(kept_tests._as_record(tested)))
    assert kept_tests._from_record(record) == tested
