"""Asking and judging side by side: while the server writes answers, those that are there are judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, Full, Queue
from threading import Event, Lock, Thread
from typing import Generic, TypeVar

from benchkit.asking.script.base import Answer, Question, VerdictRow
from benchkit.asking.script.journal import AnswerJournal
from benchkit.errors import CostLimit, EndpointError

BACKLOG = 256  # answers that may wait for their judge; past that asking waits too, and memory stays flat
ASKERS_END_WITHIN_S = 1.0  # one that has its answer needs a moment; one whose server is silent never ends
JUDGES_END_WITHIN_S = 3.0
GIVE_UP_AFTER = 10  # requests in a row without an answer: then it is the server, not the question

AskQuestion = Callable[[Question, Event], Answer]
"""Asks one question, with retries; watches the event while it waits, and returns early once it is set."""

R = TypeVar("R", bound=VerdictRow)

JudgeAnswer = Callable[[Question, Answer], R]
"""Judges one answer; one with a `failure` too, as infrastructure."""


IsEnough = Callable[[], bool]
"""Whether no further problem is to be begun."""


@dataclass(frozen=True)
class _Enough:
    """The rest is not asked."""

    left_out: Sequence[Question]


class Pipeline(Generic[R]):
    """Asks all questions that the journal does not hold, judges all answers, yields a row for each.

    Where it is said to be enough, no further problem is begun; what was begun comes to its end.
    """

    def __init__(
        self,
        ask: AskQuestion,
        judge: JudgeAnswer[R],
        journal: AnswerJournal,
        *,
        askers: int,
        judges: int,
        is_enough: IsEnough = lambda: False,
    ) -> None:
        self._ask, self._judge, self._journal, self._is_enough = ask, judge, journal, is_enough
        self.left_out: Sequence[Question] = ()
        self._askers, self._judges = askers, judges
        self._stopping, self._lock = Event(), Lock()
        self._answered: Queue[tuple[Question, Answer] | None] = Queue(BACKLOG)  # None: no more will come
        self._rows: Queue[tuple[R, Answer] | BaseException | _Enough] = Queue()
        self._failures_in_a_row = 0
        self._limit: CostLimit | None = None
        self._asking_still = 0
        self._asking: list[Thread] = []
        self._judging: list[Thread] = []

    def run(self, questions: Sequence[Question]) -> Generator[tuple[R, Answer], None, None]:
        """Each question's row and answer, as they get ready; raises what went wrong in a thread."""
        to_ask = [question for question in questions if not self._journal.holds(question)]
        stored = [question for question in questions if self._journal.holds(question)]
        self._start(to_ask, stored)
        left = len(questions)
        try:
            while left:
                row = self._next_row()
                if isinstance(row, BaseException):
                    raise row
                if isinstance(row, _Enough):
                    self.left_out = row.left_out
                    left -= len(row.left_out)
                    continue
                left -= 1
                yield row
        finally:
            self._stop()

    def _stop(self) -> None:
        """Let all come to an end, but for those that are long at it: whoever has an answer shall write it
        down, and nothing should end under a judge."""
        self._stopping.set()
        with suppress(Full):  # those that have answers left see the event
            for _ in self._judging:
                self._answered.put_nowait(None)
        _join(self._asking, ASKERS_END_WITHIN_S)
        _join(self._judging, JUDGES_END_WITHIN_S)

    def _start(self, to_ask: list[Question], stored: list[Question]) -> None:
        """Threads are daemons: one that hangs in a request must not keep an interrupted command alive."""
        turns = _Turns(to_ask, self._is_enough)
        self._in_background(lambda: self._recall_all(stored))
        askers = range(min(self._askers, len(to_ask)))
        self._asking_still = len(askers)
        self._asking = [self._in_background(lambda: self._ask_all(turns)) for _ in askers]
        self._judging = [self._in_background(self._judge_all) for _ in range(self._judges)]

    def _in_background(self, loop: Callable[[], None]) -> Thread:
        thread = Thread(target=self._guarded, args=(loop,), daemon=True)
        thread.start()
        return thread

    def _next_row(self) -> tuple[R, Answer] | BaseException | _Enough:
        while True:  # with a timeout, so that Ctrl-C is seen
            try:
                return self._rows.get(timeout=1.0)
            except Empty:
                continue

    def _guarded(self, loop: Callable[[], None]) -> None:
        try:
            loop()
        except BaseException as error:
            self._rows.put(error)

    def _recall_all(self, stored: list[Question]) -> None:
        for question in stored:
            if self._stopping.is_set():
                return
            self._queue_for_judging(question, self._journal.recall(question))

    def _ask_all(self, turns: _Turns) -> None:
        while not self._stopping.is_set() and self._limit is None and (question := turns.next()):
            try:
                answer = self._ask(question, self._stopping)
            except CostLimit as limit:  # what others are asking is paid for already: it is waited for
                self._limit = limit
                break
            if self._stopping.is_set() and answer.failure:
                return
            self._watch(answer)
            if answer.failure is None:
                self._journal.append(question, answer)
            self._queue_for_judging(question, answer)
        self._end_asking(turns)

    def _end_asking(self, turns: _Turns) -> None:
        """The last asking thread to end records why not all was asked."""
        with self._lock:
            self._asking_still -= 1
            if self._asking_still:
                return
            if self._limit is not None:
                self._rows.put(self._limit)
            elif turns.left_out:
                self._rows.put(_Enough(turns.left_out))

    def _queue_for_judging(self, question: Question, answer: Answer) -> None:
        """To the judges, as soon as there is room; at the run's end none are taken any more."""
        while not self._stopping.is_set():
            with suppress(Full):
                self._answered.put((question, answer), timeout=0.5)
                return

    def _watch(self, answer: Answer) -> None:
        """End the run when nothing but failures comes any more."""
        with self._lock:
            self._failures_in_a_row = self._failures_in_a_row + 1 if answer.failure else 0
            if self._failures_in_a_row >= GIVE_UP_AFTER:
                raise EndpointError(f"{GIVE_UP_AFTER} requests in a row failed, the last: {answer.failure}")

    def _judge_all(self) -> None:
        while (answered := self._answered.get()) and not self._stopping.is_set():
            question, answer = answered
            self._rows.put((self._judge(question, answer), answer))


class _Turns:
    """Whose turn it is; ends between two problems where it is enough. For several threads."""

    def __init__(self, questions: Sequence[Question], is_enough: IsEnough) -> None:
        self._questions, self._is_enough, self._lock = questions, is_enough, Lock()
        self._place = 0
        self.left_out: Sequence[Question] = ()

    def next(self) -> Question | None:
        with self._lock:
            if self.left_out or self._place == len(self._questions):
                return None
            question = self._questions[self._place]
            if self._begins_problem(question) and self._is_enough():
                self.left_out = self._questions[self._place :]
                return None
            self._place += 1
            return question

    def _begins_problem(self, question: Question) -> bool:
        before = self._questions[self._place - 1] if self._place else None
        return question.turn == 0 and (before is None or before.task_id != question.task_id)


def _join(threads: Sequence[Thread], within_s: float) -> None:
    deadline = time.monotonic() + within_s
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
