"""One program in the jail, seen from the trusted side: its pipes, its clock, its end."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections import deque
from collections.abc import Sequence
from time import monotonic
from typing import Any

from benchkit.judging.sandbox.base import MIB, Limits
from benchkit.judging.sandbox.judge.disk import EVERY_S, DiskWatch
from benchkit.judging.sandbox.judge.launch import EndReport, Jail
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import frames
from benchkit.verdict import Verdict

_CHUNK = 1 << 20
_ROOT = os.getuid() == 0
_END_S = 5.0  # a zygote that needs longer to end a program is broken
_CLEANING_S = 60.0
# Where this process wakes up so much later than it asked for, the machine stood still, the program as well.
_WAKES_EVERY_S = 0.5
_STOOD_STILL_S = 0.5
_MOST_STOOD_STILL_S = 60.0  # in all: a program that makes a machine stumble gains no more by it
# How long an answer waits, past its deadline, for the program's end and for what it left to be cleaned away;
# what takes longer happens after the answer.
_ANSWER_S = 0.05
_AT_LEAST_S = 0.02


class Running:
    """Starts the program; `pump` moves bytes both ways at once, so that neither side waits for the other."""

    def __init__(self, jail: Jail, kind: str, limits: Limits, keep: Sequence[str] = ()) -> None:
        jail.settle()
        self.jail = jail
        self.limits = limits
        self._stood_still_s = 0.0
        self.waits = False  # for something to happen, at this very moment
        self.waited_until = 0.0  # by the machine's clock
        self.began = self.now()
        self.deadline = self.began + limits.wall_s
        self.ended: EndReport | None = None
        self.broken = False
        self.seconds = 0.0  # of the whole program, once it is finished
        self.outgoing: dict[int, deque[memoryview]] = {}
        self.incoming: dict[int, bytearray] = {}
        self.most: dict[int, int] = {}
        self.closed: set[int] = set()
        self.poll = select.poll()
        self.poll.register(jail.control, select.POLLIN)
        if jail.caller is not None:
            self.poll.register(jail.caller, select.POLLIN)
        if jail.group is not None:
            self.poll.register(jail.group.events, select.POLLPRI)
        self.disk = DiskWatch(jail.scratch, limits.file_bytes, jail.disk_turn) if jail.on_disk else None
        theirs = self._pipes(kind)
        if _ROOT and kind != "functions":
            for fd in theirs:
                os.fchmod(fd, 0o666)  # /dev/stdin opens the pipe anew, as the program's user
        try:
            jail.start(_job(kind, limits), theirs, keep)
        finally:
            for fd in theirs:
                os.close(fd)

    def now(self) -> float:
        """By the program's clock, which stands still as long as the machine does."""
        return monotonic() - self._stood_still_s

    def by_the_machine(self, moment: float) -> float:
        """When that is by the machine's own clock, as far as is known now."""
        return moment + self._stood_still_s

    def _pipes(self, kind: str) -> list[int]:
        requests, self.requests = self._writes()
        if kind == "functions":
            self.replies, replies = self._reads(self.limits.value_bytes + 2 * MIB)
            return [requests, replies]
        stdin, self.stdin = self._writes()
        self.stdout, stdout = self._reads(self.limits.output_bytes)
        self.stderr, stderr = self._reads(self.limits.output_bytes)
        return [requests, stdin, stdout, stderr]

    def _writes(self) -> tuple[int, int]:
        theirs, ours = os.pipe()
        os.set_blocking(ours, False)
        self.outgoing[ours] = deque()
        return theirs, ours

    def _reads(self, most: int) -> tuple[int, int]:
        ours, theirs = os.pipe()
        os.set_blocking(ours, False)
        self.incoming[ours] = bytearray()
        self.most[ours] = most
        self.poll.register(ours, select.POLLIN)
        return ours, theirs

    def send(self, fd: int, data: bytes) -> None:
        if fd in self.outgoing and data:
            self.outgoing[fd].append(memoryview(data))
            self._write(fd)

    def hang_up(self, fd: int) -> None:
        """Close our end of a pipe to the program once all is written."""
        if fd in self.outgoing and not self.outgoing[fd]:
            self._close_outgoing(fd)

    def pump(self, deadline: float) -> None:
        """Wait for something to happen and let it; raises ProgramStopped at the deadline."""
        left = deadline - self.now()
        if left <= 0:
            raise ProgramStopped(Verdict.TIMEOUT, f"took longer than {self.limits.wall_s:g} s")
        left = min(left, _WAKES_EVERY_S)
        if self.disk is not None:
            self.disk.check()
            left = min(left, EVERY_S)
        for fd, _ in self._events_within(left):
            if fd == self.jail.control.fileno():
                self._read_control()
            elif fd in self.outgoing:
                self._write_pending(fd)
            elif fd in self.incoming:
                self._read(fd)
            elif fd == self.jail.caller:
                raise ProgramStopped(Verdict.INFRASTRUCTURE, "given up by its caller")
            elif self.ran_out():
                raise ProgramStopped(Verdict.MEMORY, "")

    def _events_within(self, seconds: float) -> list[tuple[int, int]]:
        self.waits, began = True, monotonic()
        events = self.poll.poll(seconds * 1000 + 1)
        self.waited_until = monotonic()
        self.leave_out(self.waited_until - began - seconds)
        self.waits = False
        return events

    def leave_out(self, late_s: float) -> None:
        """Stop the program's clock for so long, where that shows that the machine stood still."""
        if late_s > _STOOD_STILL_S:
            before = self._stood_still_s
            self._stood_still_s = min(before + late_s, _MOST_STOOD_STILL_S)
            self.jail.deadline.put_off(self._stood_still_s - before)

    def ran_out(self) -> bool:
        """Whether the kernel ended one of its processes for the memory that they took together."""
        return self.jail.group is not None and self.jail.group.ran_out()

    def _read_control(self) -> None:
        self.ended = self.jail.ended()
        self.broken = self.ended is None
        self.poll.unregister(self.jail.control)

    def _write_pending(self, fd: int) -> None:
        if self.outgoing[fd]:
            self._write(fd)
        else:  # nothing to write, and yet an event: the reader has closed it
            self._close_outgoing(fd)

    def _write(self, fd: int) -> None:
        queue = self.outgoing[fd]
        try:
            while queue:
                queue[0] = queue[0][os.write(fd, queue[0]) :]
                if not queue[0]:
                    queue.popleft()
            self.poll.register(fd, 0)
        except BlockingIOError:
            self.poll.register(fd, select.POLLOUT)
        except OSError:  # the reader has closed it
            self._close_outgoing(fd)

    def _close_outgoing(self, fd: int) -> None:
        del self.outgoing[fd]
        self._unregister(fd)

    def _unregister(self, fd: int) -> None:
        with contextlib.suppress(KeyError):
            self.poll.unregister(fd)
        os.close(fd)

    def _read(self, fd: int) -> None:
        try:
            data = os.read(fd, _CHUNK)
        except BlockingIOError:
            return
        if not data and fd not in self.closed:
            self.closed.add(fd)
            self.poll.unregister(fd)
        received = self.incoming[fd]
        received += data[: self.most[fd] + 1 - len(received)]
        if len(received) > self.most[fd]:
            raise ProgramStopped(Verdict.OUTPUT_LIMIT, f"wrote more than {self.most[fd]:,} bytes")

    def finish(self) -> None:
        """End the program if it has not ended, take what is left in its pipes, let go of everything.

        What it left in its folder is cleaned away here, in its own turn: the next program never waits for it.
        Where that would keep the answer past the time limit, the answer comes first, and `settle` after it.
        """
        answer_by = self._answer_by()
        if self.ended is None and not self.broken:
            self._end(answer_by)
        for fd in list(self.incoming):
            self.drain(fd)
            self._unregister(fd)
        for fd in list(self.outgoing):
            self._close_outgoing(fd)
        if self.ended is not None:
            self.jail.tidy(answer_by)
        self.seconds = self.now() - self.began
        self.jail.unsettled = None if self.settled else self

    def needs_ending(self) -> bool:
        """End the program; whether it was still at work, and had not ended by itself without our notice."""
        self._end(self._answer_by())
        return self.ended is None or os.waitstatus_to_exitcode(self.ended.status) == -signal.SIGKILL

    def _end(self, answer_by: float) -> None:
        self.jail.kill_program()
        self._await_end(answer_by)

    def _answer_by(self) -> float:
        return max(self.by_the_machine(self.deadline) + _ANSWER_S, monotonic() + _AT_LEAST_S)

    @property
    def settled(self) -> bool:
        """Whether nothing of the program is left, or nothing can be done about it."""
        return self.broken or (self.ended is not None and self.jail.clean)

    def settle(self) -> None:
        """Wait for the end that was ordered, and until all is clean."""
        self._await_end(monotonic() + _END_S)
        if self.ended is None or not self.jail.tidy(monotonic() + _CLEANING_S):
            self.broken = True

    def _await_end(self, until: float) -> None:
        while self.ended is None and not self.broken:
            ready, _, _ = select.select([self.jail.control], [], [], max(0.0, until - monotonic()))
            if not ready:
                return
            self._read_control()

    def drain(self, fd: int) -> None:
        """Take what a dead program left in a pipe."""
        size = -1
        with contextlib.suppress(ProgramStopped):
            while size != len(self.incoming[fd]):
                size = len(self.incoming[fd])
                self._read(fd)


def _job(kind: str, limits: Limits) -> frames.Job:
    cpu_s = limits.wall_s if limits.cpu_s is None else limits.cpu_s
    return frames.Job(
        kind=kind,
        cpu_s=max(1, -int(-cpu_s // 1)),
        memory=limits.memory_mb * MIB,
        file_bytes=limits.file_bytes,
        processes=limits.processes,
        threads=limits.threads,
        addresses=limits.addresses_gib << 30,
    )


def task(source: str | bytes = "", **further: Any) -> bytes:
    """What the fork itself receives: the code, the files, the command line."""
    if isinstance(source, str):
        source = source.removeprefix("\ufeff")  # a mark of the file's encoding, which is no part of the code
    return frames.request({"source": source, "files": {}, "executable": [], **further})
