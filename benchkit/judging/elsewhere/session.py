"""One box that judges for this run: a session there, asked from several threads."""

from __future__ import annotations

import secrets
from base64 import b64decode, b64encode
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from threading import Lock
from typing import Any

from benchkit.asking.problems.base import Problem
from benchkit.errors import ClusterError
from benchkit.judging.elsewhere.forms import (
    AnswerToJudge,
    Failed,
    Opened,
    ProblemPart,
    SessionRequest,
    Unknown,
    pack,
    self_contained,
    unpack,
)
from benchkit.judging.sandbox import Isolation
from benchkit.link.calls import Box, Calls, Nonsense, Operation

WAITS_S = 4.0  # at most, for a reply that is not there yet: then it is asked again
ANSWERS_WITHIN_S = WAITS_S + 4.0
KEEPS_WITHIN_S = 4.0
PART_BYTES = 1 << 20
SENDINGS = 3  # of a problem that the box does not keep


class CannotJudge(ClusterError):
    """A box lacks what this run needs; `usage` says that it is a program to be installed there."""

    def __init__(self, why: str, *, usage: bool = False) -> None:
        super().__init__(why)
        self.usage = usage


class BoxSession:
    """What goes wrong with the box itself is a ClusterError."""

    def __init__(self, calls: Calls, box: Box, work: SessionRequest) -> None:
        """Open it; that takes as long as it takes the box to start its sandbox."""
        self.box = box
        self.busy = self.judged = self.failures = 0
        self._calls = calls
        self._name = secrets.token_hex(8)
        self._numbers = count()
        self._sending = Lock()
        self._sent: set[str] = set()
        opened = self._ask(Operation.JUDGE_OPEN, work)
        if isinstance(opened, Failed):
            with suppress(ClusterError):
                self.end()
            raise CannotJudge(opened.why, usage=opened.usage)
        if not isinstance(opened, Opened):
            raise self._nonsense()
        self.opened = opened

    def judge(self, key: str, problem: Problem, asked: AnswerToJudge, kind: type) -> Any:
        """The judgement, of this kind; Failed where the box has none to give."""
        for _ in range(SENDINGS):
            if key not in self._sent:
                self._send(key, problem)
            reply = self._ask(Operation.JUDGE, asked)
            if not isinstance(reply, Unknown):
                break
            self._sent.discard(key)
        if not isinstance(reply, kind | Failed):
            raise self._nonsense()
        return reply

    def kept(self) -> Future[Any]:
        """Done once the box knows that the run goes on."""
        return self._calls.asked(self.box, Operation.JUDGE_KEEP, KEEPS_WITHIN_S, session=self._name)

    def end(self) -> None:
        self._calls.ask(self.box, Operation.JUDGE_END, session=self._name)

    def _send(self, key: str, problem: Problem) -> None:
        """In parts; whoever else needs the same problem waits for them."""
        with self._sending:
            if key in self._sent:
                return
            data = pack(self_contained(problem))
            for offset in range(0, len(data), PART_BYTES):
                part = ProblemPart(key, offset, len(data), data[offset : offset + PART_BYTES])
                self._ask(Operation.JUDGE_PUT, part)
            self._sent.add(key)

    def _ask(self, operation: str, message: object) -> Any:
        number, frame = next(self._numbers), b64encode(pack(message)).decode()
        reply: Any = {}
        while reply == {}:  # it is not there yet
            reply = self._calls.ask(
                self.box, operation, ANSWERS_WITHIN_S,
                session=self._name, number=number, frame=frame, wait_s=WAITS_S,
            )  # fmt: skip
        try:
            return unpack(b64decode(reply["frame"]))
        except (ValueError, TypeError, LookupError):
            raise self._nonsense() from None

    def _nonsense(self) -> Nonsense:
        return Nonsense("what it answers makes no sense")

    def as_record(self, language: str | None = None) -> dict[str, Any]:
        """The box and what it judges with; of its toolchains that of a language, if one is named."""
        return judged_by(self.box.name, self.opened.isolation, self.opened.toolchains, language)


def judged_by(
    box: str, isolation: Isolation, toolchains: Mapping[str, str | None], language: str | None
) -> dict[str, Any]:
    """As a record names who judged, and with what."""
    shown = {name: version for name, version in toolchains.items() if language in (None, name)}
    return {
        "box": box,
        "sandbox": isolation.level,
        "python": isolation.python,
        **({"toolchains": shown} if shown else {}),
    }
