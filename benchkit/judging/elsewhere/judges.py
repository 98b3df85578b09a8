"""The judges that a script uses in place of its own: boxes judge, and this machine where none is left."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import replace
from threading import Lock
from typing import Any, Generic, TypeVar

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.tasks.base import Task
from benchkit.contract import JUDGED_ON, JUDGING_BOXES
from benchkit.errors import BenchError
from benchkit.judging.elsewhere.boxes import JudgingBoxes
from benchkit.judging.elsewhere.forms import AnswerToJudge, pack, unpack
from benchkit.judging.elsewhere.session import judged_by
from benchkit.judging.judges.base import Judgement
from benchkit.judging.kept import KeptVerdicts, digest_of
from benchkit.judging.sandbox import Isolation, WorkerLost
from benchkit.judging.tasks.judge import Attempt, without_run
from benchkit.verdict import Verdict

MOST_WORKERS = 3  # that may fail in a row while they judge one answer
Local = TypeVar("Local")
Result = TypeVar("Result")
Toolchains = Mapping[str, str | None]


class LocalJudging(Generic[Local]):
    """What this machine judges with, opened once somebody needs it; may be asked from several threads."""

    def __init__(self, opening: Callable[[], AbstractContextManager[Local]]) -> None:
        self._opening = opening
        self._lock, self._opened = Lock(), ExitStack()
        self._judging: Local | None = None
        self._error: BenchError | None = None

    def opened(self) -> Local:
        """BenchError, the same one each time, where this machine cannot judge."""
        with self._lock:
            if self._error is not None:
                raise self._error
            if self._judging is None:
                try:
                    self._judging = self._opened.enter_context(self._opening())
                except BenchError as error:
                    self._error = error
                    raise
            return self._judging

    def close(self) -> None:
        self._opened.close()


class Dispatcher(Generic[Local]):
    """Has each answer judged by a box, or by this machine where none is left, and knows who did it."""

    def __init__(
        self,
        boxes: JudgingBoxes,
        local: LocalJudging[Local],
        describe: Callable[[Local], tuple[Isolation, Toolchains]],
    ) -> None:
        self._boxes, self._local, self._describe = boxes, local, describe
        self._judged_locally = 0
        self._lock = Lock()

    def judged(
        self,
        problem: Problem,
        asked: AnswerToJudge,
        kind: type[Result],
        judge_locally: Callable[[Local], Result],
    ) -> tuple[Result, dict[str, Any]]:
        """The judgement, and the record of who made it; BenchError where nobody is left."""
        answer = self._boxes.judge(problem, asked, kind)
        if answer is not None:
            judgement, session = answer
            return judgement, session.as_record(problem.language.name)
        local = self._local.opened()
        judgement = judge_locally(local)
        with self._lock:
            self._judged_locally += 1
        return judgement, self._as_record(local, problem.language.name)

    def _as_record(self, local: Local, language: str | None = None) -> dict[str, Any]:
        isolation, toolchains = self._describe(local)
        return judged_by(self._boxes.own_name, isolation, toolchains, language)

    def as_record(self) -> dict[str, Any]:
        """Who judged how many answers, with what."""
        record = self._boxes.as_record()
        if self._judged_locally:
            record.append({**self._as_record(self._local.opened()), "answers": self._judged_locally})
        return {JUDGING_BOXES: _by_box(record)}


def _by_box(records: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """A box that came back with another Python is there twice."""
    named: dict[str, dict[str, Any]] = {}
    for record in records:
        name = str(record["box"])
        key = name if name not in named else f"{name} ({len(named) + 1})"
        named[key] = {field: value for field, value in record.items() if field != "box"}
    return named


class BoxesJudge:
    """Judges a problem set's answers; offers `Judge`."""

    def __init__(
        self, dispatcher: Dispatcher[Any], problem_set: ProblemSet, conditions: Mapping[str, Any]
    ) -> None:
        self._dispatcher, self._conditions = dispatcher, conditions
        self._has_base = isinstance(problem_set.problems[0], DifferentialProblem)

    def judge(self, problem: Problem, source: str) -> Judgement:
        asked = AnswerToJudge(problem.id, source)
        try:
            judgement, who = self._dispatcher.judged(
                problem, asked, Judgement, lambda local: local.judge.judge(problem, source)
            )
        except BenchError as error:
            if isinstance(error, WorkerLost):
                raise
            return self.judge_unrun(Verdict.INFRASTRUCTURE, why_no_judge_is_left(error))
        return replace(judgement, further={**judgement.further, JUDGED_ON: who})

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return Judgement(verdict, detail, base_verdict=verdict if self._has_base else None)

    def conditions(self) -> dict[str, Any]:
        return {**self._conditions, **self._dispatcher.as_record()}


class BoxesTaskJudge:
    """Judges a catalogue's answers, as TaskJudge does here."""

    def __init__(self, dispatcher: Dispatcher[Any], kept: KeptVerdicts | None = None) -> None:
        self._dispatcher, self._kept = dispatcher, kept

    def remembering(self, kept: KeptVerdicts | None) -> BoxesTaskJudge:
        """The same judge; what was judged in this folder before goes to no box again."""
        return BoxesTaskJudge(self._dispatcher, kept)

    def judge_answer(
        self,
        task: Task,
        response: str,
        *,
        truncated: bool = False,
        start: Mapping[str, bytes] | None = None,
    ) -> Attempt:
        asked = AnswerToJudge(task.id, response, truncated, start)
        if self._kept is None:
            return self._judged(task, asked)
        key = digest_of(task.sha256, pack(asked))
        known = self._kept.recall(key, lambda record: unpack(b64decode(record["attempt"])))
        if isinstance(known, Attempt):
            return known
        attempt = self._judged(task, asked)
        if attempt.verdict is not Verdict.INFRASTRUCTURE:
            self._kept.keep(key, {"attempt": b64encode(pack(attempt)).decode()})
        return attempt

    def _judged(self, task: Task, asked: AnswerToJudge) -> Attempt:
        why = ""
        for _ in range(MOST_WORKERS):
            try:
                attempt, who = self._dispatcher.judged(
                    task, asked, Attempt,
                    lambda local: local.judge.judge_answer(
                        task, asked.text, truncated=asked.truncated, start=asked.start
                    ),
                )  # fmt: skip
            except WorkerLost as lost:
                why = f"{MOST_WORKERS} times: {lost}"
            except BenchError as error:
                return without_run(Verdict.INFRASTRUCTURE, why_no_judge_is_left(error))
            else:
                return replace(attempt, judged_on=who)
        return without_run(Verdict.INFRASTRUCTURE, why)


def why_no_judge_is_left(error: BenchError) -> str:
    return f"no box that judges is left, and this machine cannot: {error}"
