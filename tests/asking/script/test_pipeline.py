"""Asking and judging side by side, with askers and judges that are plain functions."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.script import Answer, Pipeline, Prompt, Question, open_answer_journal
from benchkit.errors import EndpointError, SandboxError
from benchkit.records import Verdict


@dataclass(frozen=True)
class Row:
    task_id: str
    sample: int
    verdict: Verdict = Verdict.PASSED
    detail: str = ""
    tokens: int | None = 3

    def as_record(self) -> dict[str, Any]:
        return {"task_id": self.task_id}


Ask = Callable[[Question, threading.Event], Answer]
QUESTIONS = [Question(f"T/{n}", sample, Prompt(f"p{n}")) for n in range(10) for sample in range(2)]


def quick(question: Question, _stopping: threading.Event) -> Answer:
    return Answer(question.task_id, finish_reason="stop", seconds=0.1)


def judge(question: Question, answer: Answer) -> Row:
    assert answer.response == question.task_id
    return Row(question.task_id, question.sample)


def run(
    folder: Path, ask: Ask = quick, judge: Callable[[Question, Answer], Row] = judge, askers: int = 4
) -> list[Row]:
    with open_answer_journal(folder, {}) as journal:
        pipeline = Pipeline(ask, judge, journal, askers=askers, judges=2)
        return [row for row, _ in pipeline.run(QUESTIONS)]


def test_every_question_gets_one_row(tmp_path: Path) -> None:
    """All samples of all problems, each once, whatever the order."""
    rows = run(tmp_path)
    assert Counter((row.task_id, row.sample) for row in rows) == Counter(
        (q.task_id, q.sample) for q in QUESTIONS
    )


def test_where_it_is_enough_no_further_problem_is_begun(tmp_path: Path) -> None:
    """What was begun comes to its end with all its samples; the first problems are those that were asked."""
    asked: list[str] = []
    with open_answer_journal(tmp_path, {}) as journal:

        def ask(question: Question, stopping: threading.Event) -> Answer:
            asked.append(question.task_id)
            return quick(question, stopping)

        pipeline = Pipeline(ask, judge, journal, askers=3, judges=2, is_enough=lambda: len(asked) >= 7)
        rows = [(row.task_id, row.sample) for row, _ in pipeline.run(QUESTIONS)]
    left_out = [question.task_id for question in pipeline.left_out]
    assert sorted(rows) == [(question.task_id, question.sample) for question in QUESTIONS[: len(rows)]]
    assert 7 <= len(rows) <= 10
    assert left_out == [question.task_id for question in QUESTIONS[len(rows) :]]


def test_an_answer_that_is_corrected_is_asked_for_although_it_is_enough(tmp_path: Path) -> None:
    """A later turn belongs to a problem that was begun."""
    turns = [Question(f"T/{number}", 0, Prompt("p"), turn=1) for number in range(3)]
    with open_answer_journal(tmp_path, {}) as journal:
        pipeline = Pipeline(quick, judge, journal, askers=2, judges=1, is_enough=lambda: True)
        assert len(list(pipeline.run(turns))) == 3


def test_no_more_requests_at_once_than_askers(tmp_path: Path) -> None:
    """The server's slots are filled, and never overfilled."""
    at_once, most, lock, filled = 0, 0, threading.Lock(), threading.Event()

    def ask(question: Question, stopping: threading.Event) -> Answer:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
            if at_once == 3:
                filled.set()
        assert filled.wait(120)
        with lock:
            at_once -= 1
        return quick(question, stopping)

    run(tmp_path, ask, askers=3)
    assert most == 3


def test_judging_goes_on_while_others_are_written(tmp_path: Path) -> None:
    """The first answer is judged before the second is there: judging adds nothing to the wall time."""
    judged_first = threading.Event()

    def ask(question: Question, stopping: threading.Event) -> Answer:
        if question is not QUESTIONS[0]:
            assert judged_first.wait(120)
        return quick(question, stopping)

    def watch(question: Question, answer: Answer) -> Row:
        judged_first.set()
        return judge(question, answer)

    assert len(run(tmp_path, ask, watch, askers=1)) == len(QUESTIONS)


def test_a_second_run_asks_only_what_is_missing(tmp_path: Path) -> None:
    """After a crash in the judge the same command asks nothing twice, and still judges everything."""
    asked: list[Question] = []

    def ask(question: Question, stopping: threading.Event) -> Answer:
        asked.append(question)
        return quick(question, stopping)

    def crash(question: Question, answer: Answer) -> Row:
        if question is QUESTIONS[7]:
            raise SandboxError("gone")
        return judge(question, answer)

    with pytest.raises(SandboxError):
        run(tmp_path, ask, crash)
    assert len(run(tmp_path, ask)) == len(QUESTIONS)
    assert max(Counter((q.task_id, q.sample) for q in asked).values()) == 1


def test_an_answer_that_comes_as_the_run_ends_is_kept(tmp_path: Path) -> None:
    """The asker that has its answer when the judge crashes still writes it down: it was paid for."""

    def ask(question: Question, stopping: threading.Event) -> Answer:
        if question is QUESTIONS[0]:
            assert stopping.wait(120)
            time.sleep(0.1)  # so that a run which waits for nobody has closed the journal by now
        return quick(question, stopping)

    def crash(_question: Question, _answer: Answer) -> Row:
        raise SandboxError("gone")

    with pytest.raises(SandboxError):
        run(tmp_path, ask, crash)
    with open_answer_journal(tmp_path, {}) as journal:
        assert journal.holds(QUESTIONS[0])


def test_failures_are_judged_but_asked_again_next_time(tmp_path: Path) -> None:
    """What the server failed to answer gets its row now and is no part of the journal."""

    def ask(question: Question, stopping: threading.Event) -> Answer:
        return Answer(failure="500") if question is QUESTIONS[3] else quick(question, stopping)

    def lenient(question: Question, answer: Answer) -> Row:
        verdict = Verdict.INFRASTRUCTURE if answer.failure else Verdict.PASSED
        return Row(question.task_id, question.sample, verdict)

    rows = run(tmp_path, ask, lenient)
    assert sum(row.verdict is Verdict.INFRASTRUCTURE for row in rows) == 1
    with open_answer_journal(tmp_path, {}) as journal:
        assert [q for q in QUESTIONS if not journal.holds(q)] == [QUESTIONS[3]]


def test_a_server_that_only_fails_ends_the_run(tmp_path: Path) -> None:
    """Ten failures in a row are the server's: the rest is not tried."""
    asked = []

    def ask(question: Question, _stopping: threading.Event) -> Answer:
        asked.append(question)
        return Answer(failure="the server answers 500 (no)")

    def lenient(question: Question, _answer: Answer) -> Row:
        return Row(question.task_id, question.sample)

    with pytest.raises(EndpointError, match=r"10 requests in a row failed, the last: the server answers 500"):
        run(tmp_path, ask, lenient, askers=1)
    assert len(asked) == 10


def test_a_refusal_ends_the_run_and_keeps_the_answers(tmp_path: Path) -> None:
    """An error that no question can mend stops the askers; what was answered before is kept."""

    def ask(question: Question, stopping: threading.Event) -> Answer:
        if question is QUESTIONS[5]:
            raise EndpointError("401")
        return quick(question, stopping)

    with pytest.raises(EndpointError, match="401"):
        run(tmp_path, ask, askers=1)
    with open_answer_journal(tmp_path, {}) as journal:
        assert all(journal.holds(question) for question in QUESTIONS[:5])
        assert not any(journal.holds(question) for question in QUESTIONS[5:])


def test_slow_judges_hold_the_askers_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers that wait for a judge are bounded, so memory stays flat."""
    monkeypatch.setattr("benchkit.asking.script.pipeline.BACKLOG", 3)
    asked = judged = 0
    furthest = 0

    def ask(question: Question, stopping: threading.Event) -> Answer:
        nonlocal asked
        asked += 1
        return quick(question, stopping)

    def slow(question: Question, answer: Answer) -> Row:
        nonlocal judged, furthest
        furthest = max(furthest, asked - judged)
        time.sleep(0.02)
        judged += 1
        return judge(question, answer)

    run(tmp_path, ask, slow, askers=2)
    assert furthest <= 3 + 2 + 2 + 1  # waiting, in the askers' hands, in the judges' hands
