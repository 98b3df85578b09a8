"""Speaks with a loaded program: requests out, replies in, each read with bounds and as a claim only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from time import sleep
from typing import Any

from benchkit.judging.sandbox.base import Limits
from benchkit.judging.sandbox.judge.launch import Jail
from benchkit.judging.sandbox.judge.running import Running, task
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import frames
from benchkit.judging.sandbox.wire.replies import RawReply
from benchkit.verdict import Verdict

_KINDS = {
    frames.LOADED,
    frames.VALUE,
    frames.DIGEST,
    frames.OPAQUE,
    frames.RAISED,
    frames.SHARED,
    frames.ENDED,
}
_PAUSE_S = 0.0005  # between two looks at a batch's replies: a wake-up a reply would cost more than most calls
_FEW = 8
_LAST_WORD_S = 0.1


class ProgramEnded(Exception):
    """The program ended by itself; its exit decides the verdict."""


class Conversation:
    def __init__(self, jail: Jail, source: str | bytes, limits: Limits) -> None:
        self.limits = limits
        jail.import_libraries(source)
        self.running = Running(jail, "functions", limits)
        self.drained = False
        self.most = frames.LARGE  # bytes of a reply; a larger value is announced, and fetched
        self.received = self.running.incoming[self.running.replies]
        self.running.send(self.running.requests, task(source))

    def ask_for_much(self, *message: Any, deadline: float) -> RawReply:
        """One request whose reply may hold as much as a value may."""
        self.most = self.limits.value_bytes + frames.REPLY.size
        try:
            return self.ask(*message, deadline=deadline)
        finally:
            self.most = frames.LARGE

    def ask(self, *message: Any, deadline: float) -> RawReply:
        """One request, one reply."""
        self.running.send(self.running.requests, frames.request(message))
        return self.reply(deadline)

    def reply(self, deadline: float) -> RawReply:
        while True:
            end = self.complete(0)
            if end is not None:
                break
            self.wait(deadline)
        kind, seconds, _ = frames.REPLY.unpack_from(self.received)
        body = bytes(self.received[frames.REPLY.size : end])
        del self.received[:end]
        return RawReply(kind, seconds, body)

    def complete(self, at: int) -> int | None:
        """Where the reply that begins at `at` ends; None while it has not come whole."""
        if len(self.received) < at + frames.REPLY.size:
            return None
        kind, _, size = frames.REPLY.unpack_from(self.received, at)
        if kind not in _KINDS or size > self.most:
            raise ProgramStopped(Verdict.ERROR, "wrote to the judge's descriptor what is no reply")
        end = at + frames.REPLY.size + int(size)
        return end if end <= len(self.received) else None

    def wait(self, deadline: float) -> None:
        """Until something comes; raises ProgramEnded where nothing more can."""
        running = self.running
        if running.ended is not None or running.broken:
            if self.drained:
                raise ProgramEnded
            running.drain(running.replies)
            self.drained = True
        elif running.replies in running.closed:
            self._await_end(running.now() + _LAST_WORD_S)
        else:
            running.pump(deadline)

    def _await_end(self, deadline: float) -> None:
        """Its descriptor is closed: it is ending, or it closed it itself and is ended now."""
        running = self.running
        try:
            while running.ended is None and not running.broken:
                running.pump(deadline)
        except ProgramStopped:
            if running.needs_ending():
                raise ProgramStopped(Verdict.ERROR, "closed the judge's descriptor") from None

    def batch(self, request: bytes, count: int, wall_s: float) -> Iterator[tuple[bytes, int]]:
        """Send a batch of calls; yields pieces of whole replies. ProgramStopped where a call is too long."""
        self.running.limits = replace(
            self.limits, wall_s=wall_s
        )  # a timeout names the limit that was reached
        self.running.send(self.running.requests, request)
        self.running.deadline = self.running.now() + wall_s
        while count:
            end, whole = self._whole_replies(count)
            if whole:
                yield bytes(self.received[:end]), whole
                del self.received[:end]
                count -= whole
                self.running.deadline = self.running.now() + wall_s
                if count > _FEW:
                    sleep(_PAUSE_S)
            else:
                self.wait(self.running.deadline)

    def _whole_replies(self, most: int) -> tuple[int, int]:
        at = whole = 0
        while whole < most and (end := self.complete(at)) is not None:
            at, whole = end, whole + 1
        return at, whole
