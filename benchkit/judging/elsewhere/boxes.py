"""All boxes that judge for this run: the one with the most room gets the next answer.

A box that does not answer gets no more until it is back, and one that answers nonsense none at all: what was
under way there is judged elsewhere. Where no box is left, whoever asks is told so after a while.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from threading import Condition, Event, Thread
from time import monotonic
from typing import Any, Self

from benchkit import __version__
from benchkit.asking.problems.base import Problem
from benchkit.errors import ClusterError, UsageError
from benchkit.judging.elsewhere.forms import AnswerToJudge, Failed, SessionRequest
from benchkit.judging.elsewhere.session import BoxSession, CannotJudge
from benchkit.judging.sandbox import Isolation, WorkerLost
from benchkit.link.calls import Box, Calls, Nonsense, Operation, Refused

KEEPS_EVERY_S = 2.0
LOOKS_EVERY_S = 10.0  # for boxes that have joined, or have room again
BACK_WITHIN_S = 20.0  # so long a box is waited for where none is left
MOST_BOXES = 3  # that may be lost while they judge one answer: it may be what ends them
MOST_FAILURES = 3  # of a box's sandbox, one after the other


class JudgingBoxes:
    """To be entered; may be asked from several threads."""

    def __init__(self, address: str, work: SessionRequest, say: Callable[[str], None]) -> None:
        self._address, self._work, self._say = address, work, say
        self._calls = Calls(address)
        self._sessions: dict[str, BoxSession] = {}
        self._former: list[BoxSession] = []  # of boxes that came back and began anew
        self._lost: set[str] = set()
        self._barred: set[str] = set()  # lost for good
        self._none_since: float | None = None
        self._changed = Condition()
        self._over = Event()
        self._keeper = Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Self:
        self._calls.__enter__()
        try:
            self._open_all()
        except BaseException:
            self.__exit__()
            raise
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._keeper.is_alive():
            self._keeper.join()
        ending = [one for name, one in self._sessions.items() if name not in self._lost]
        with ThreadPoolExecutor(max(1, len(ending))) as pool:
            for one in ending:
                pool.submit(_end, one)
        self._calls.__exit__()

    @property
    def own_name(self) -> str:
        """This machine's, by its certificate."""
        return self._calls.own_name

    @property
    def workers(self) -> int:
        """So many answers are judged at once."""
        return sum(one.opened.workers for one in self.sessions)

    @property
    def isolation(self) -> Isolation:
        """The first box's; the warnings of all, by their box."""
        warnings = [
            f"{one.box.name}: {text}" for one in self.sessions for text in one.opened.isolation.warnings
        ]
        return replace(self.sessions[0].opened.isolation, warnings=tuple(warnings))

    @property
    def place(self) -> str:
        return f"{self.isolation.level} on {', '.join(one.box.name for one in self.sessions)}"

    @property
    def toolchains(self) -> dict[str, str | None]:
        """By language, the first version that a box has of it; None where none has it."""
        found: dict[str, str | None] = {}
        for one in self.sessions:
            for name, version in one.opened.toolchains.items():
                found[name] = found.get(name) or version
        return found

    @property
    def missing(self) -> list[str]:
        """The languages that no box can judge."""
        return [name for name, version in self.toolchains.items() if version is None]

    @property
    def conditions(self) -> dict[str, Any]:
        """The first box's."""
        return dict(self.sessions[0].opened.conditions)

    def as_record(self) -> list[dict[str, Any]]:
        """Each box, with what it judged how many answers."""
        answers: dict[str, int] = {}
        records: dict[str, dict[str, Any]] = {}
        for one in (*self._former, *self.sessions):
            record = one.as_record()
            key = repr(record)
            records[key] = record
            answers[key] = answers.get(key, 0) + one.judged
        return [{**records[key], "answers": answers[key]} for key in records]

    @property
    def kinds(self) -> list[dict[str, Any]]:
        """With what they judge, whichever box it is."""
        kinds = {repr(kind): kind for one in self.sessions if (kind := {**one.as_record(), "box": ""})}
        return [kinds[key] for key in sorted(kinds)]

    @property
    def sessions(self) -> list[BoxSession]:
        """By the box's name, lost ones too."""
        with self._changed:
            return [self._sessions[name] for name in sorted(self._sessions)]

    def judge(self, problem: Problem, asked: AnswerToJudge, kind: type) -> tuple[Any, BoxSession] | None:
        """The judgement and who made it; None where no box is left that could.

        WorkerLost where a box's sandbox failed: another may not.
        """
        for _ in range(MOST_BOXES):
            session = self._take(problem.language.name)
            if session is None:
                return None
            try:
                reply = session.judge(asked.key, problem, asked, kind)
            except ClusterError as error:
                self._lose(session, error)
                continue
            finally:
                self._give_back(session)
            if isinstance(reply, Failed):
                if not reply.of_answer:
                    self._count_failure(session, reply.why)
                raise WorkerLost(f"{session.box.name}: {reply.why}")
            session.judged, session.failures = session.judged + 1, 0
            return reply, session
        return None

    def _take(self, language: str) -> BoxSession | None:
        with self._changed:
            while True:
                able = self._able(language)
                if free := [one for one in able if one.busy < one.opened.workers]:
                    session = min(free, key=lambda one: one.busy / one.opened.workers)
                    session.busy += 1
                    return session
                if not able and self._is_hopeless():
                    return None
                self._changed.wait(1.0)

    def _able(self, language: str) -> list[BoxSession]:
        """Those that have the toolchain; where none has, any says so."""
        there = [one for name, one in self._sessions.items() if name not in self._lost]
        if all(language in one.opened.missing for one in self._sessions.values()):
            return there
        return [one for one in there if language not in one.opened.missing]

    def _is_hopeless(self) -> bool:
        now = monotonic()
        if self._none_since is None:
            self._none_since = now
        return now - self._none_since > BACK_WITHIN_S

    def _give_back(self, session: BoxSession) -> None:
        with self._changed:
            session.busy -= 1
            self._changed.notify_all()

    def _count_failure(self, session: BoxSession, why: str) -> None:
        session.failures += 1
        if session.failures >= MOST_FAILURES:
            self._lose(session, Nonsense(f"its sandbox failed {MOST_FAILURES} times in a row: {why}"))

    def _lose(self, session: BoxSession, error: ClusterError) -> None:
        name = session.box.name
        with self._changed:
            if name in self._lost or self._sessions.get(name) is not session:
                return
            self._lost.add(name)
            if isinstance(error, Nonsense):
                self._barred.add(name)
            self._changed.notify_all()
        self._say(f"{name} judges no more ({error}): its answers are judged elsewhere")

    def _gain(self, session: BoxSession) -> None:
        with self._changed:
            former = self._sessions.get(session.box.name, session)
            self._former += [former] if former is not session else []
            self._sessions[session.box.name] = session
            self._lost.discard(session.box.name)
            self._none_since = None
            self._changed.notify_all()

    def _keep(self) -> None:
        """In a thread of its own: keeps sessions alive, notices lost boxes, and takes those that come."""
        looked = monotonic()
        while not self._over.wait(KEEPS_EVERY_S):
            keeping = [(one, one.kept()) for one in self.sessions if one.box.name not in self._barred]
            for session, kept in keeping:
                self._look_after(session, kept)
            is_short = self._lost - self._barred or not self._sessions.keys() - self._lost
            if is_short or monotonic() - looked > LOOKS_EVERY_S:
                looked = monotonic()
                with _passing():
                    self._look_for_more()

    def _look_after(self, session: BoxSession, kept: Future[Any]) -> None:
        try:
            kept.result()
        except Refused as error:  # it is there, and the session is not
            self._lose(session, error)
            with _passing():
                self._regain(self._opened(session.box))
        except ClusterError as error:
            self._lose(session, error)
        else:
            if session.box.name in self._lost:
                self._regain(session)

    def _regain(self, session: BoxSession) -> None:
        self._gain(session)
        self._say(f"{session.box.name} is back")

    def _look_for_more(self) -> None:
        """Boxes that are new, or were started again: these have another address."""
        for box in self._calls.boxes():
            known = self._sessions.get(box.name)
            if self._over.is_set() or box.name in self._barred or (known and known.box == box):
                continue
            with _passing():
                session = self._opened(box)
                if known:
                    self._regain(session)
                else:
                    self._gain(session)
                    self._say(f"{box.name} judges, too")

    def _open_all(self) -> None:
        boxes = self._calls.boxes()
        if not boxes:
            raise ClusterError(
                f"no box has joined {self._address} yet: bench_runner.py cluster join {self._address} on each"
            )
        with ThreadPoolExecutor(len(boxes)) as pool:
            opening = [(box, pool.submit(self._opened, box)) for box in boxes]
        refusals: list[CannotJudge] = []
        for box, opened in opening:
            try:
                session = opened.result()
            except ClusterError as error:
                why = str(error).removeprefix(f"{box.name}: ")
                usage = isinstance(error, CannotJudge) and error.usage
                refusals.append(CannotJudge(f"{box.name}: {why}", usage=usage))
            else:
                self._sessions[box.name] = session
        if not self._sessions:
            kind = UsageError if all(one.usage for one in refusals) else ClusterError
            raise kind(f"no box at {self._address} can judge this: {'; '.join(map(str, refusals))}")
        for refusal in refusals:
            self._say(f"{refusal}: it does not judge")

    def _opened(self, box: Box) -> BoxSession:
        facts = self._calls.ask(box, Operation.FACTS)
        offer, version = facts.get("judging"), facts.get("version")
        if offer is None or version != __version__:
            raise CannotJudge(f"it has version {version} of bench_runner, this is {__version__}: update it")
        if "workers" not in offer:
            raise CannotJudge(str(offer.get("refusal")))
        return BoxSession(self._calls, box, self._work)


def _end(session: BoxSession) -> None:
    with suppress(ClusterError):
        session.end()


@contextmanager
def _passing() -> Iterator[None]:
    """What a box or the head cannot be asked now, it is asked again."""
    with suppress(ClusterError):
        yield
