"""The pool's end of one judge."""

from __future__ import annotations

import os
import select
import signal
import socket
from contextlib import suppress
from time import clock_gettime, monotonic
from typing import Any

from benchkit.errors import SandboxError
from benchkit.judging.sandbox.missing import LevelMissing
from benchkit.judging.sandbox.pool.fork_server import ForkServer
from benchkit.judging.sandbox.pool.loaded import JudgeLost
from benchkit.judging.sandbox.wire.deadline import SharedDeadline, shared_memory
from benchkit.judging.sandbox.wire.line import MessageLine
from benchkit.judging.sandbox.wire.setup import JailFacts, WorkerSetup, as_message

_START_S = 60.0
_CPUCLOCK_SCHED = 2  # with a process's number, as clock_getcpuclockid(3) makes it: the clock of its work
_PART_S = 0.1
_LOOKS_EVERY_S = 0.05  # at a judge past its deadline
_COMPUTES_S = 0.001  # of processor time between two looks: it is at work, and does not stand still


class Worker:
    """One judge process, from its start to its end."""

    def __init__(self, fork_server: ForkServer, setup: WorkerSetup) -> None:
        ours, theirs = socket.socketpair()
        self.fork_server = fork_server
        self.line = MessageLine(ours)
        self.settling = False
        self._process: int | None = None  # a descriptor of it
        with theirs, shared_memory() as shared:
            self.deadline = SharedDeadline(shared)
            self.number = fork_server.start_judge(theirs, shared, contained=setup.engine is not None)
        with suppress(OSError):  # a judge that has ended already is noticed in `introduction`
            self.line.send("open", as_message(setup))

    def introduction(self) -> JailFacts:
        try:
            kind, *details = self.receive(_START_S)
        except JudgeLost as gone:
            raise SandboxError(f"a worker of the sandbox did not start: {gone}") from None
        if kind == "missing":
            reason, log = details
            raise LevelMissing(reason, log=log)
        facts, self.pid = details
        with suppress(OSError):  # it has ended
            self._process = os.pidfd_open(self.pid)
        return JailFacts(**facts)

    def receive(self, timeout_s: float) -> tuple[Any, ...]:
        try:
            self._await_message(timeout_s)
            self.line.connection.settimeout(timeout_s)
            return self.line.receive()
        except TimeoutError:
            raise JudgeLost("a judge process of the sandbox does not answer") from None
        except (OSError, EOFError, ValueError):  # ValueError: it is closed
            raise JudgeLost("a judge process of the sandbox ended") from None

    def _await_message(self, timeout_s: float) -> None:
        """In parts: where the machine stands still, and the judge with it, only one of them is used up.

        A judge that computes on past its deadline is ended. One that stood still does nothing before it has
        put its deadline off.
        """
        left, used = timeout_s, None  # the processor time that it had used at the last look past its deadline
        while True:
            part = min(left, _PART_S, max(_LOOKS_EVERY_S, self.deadline.left_s()))
            if _is_readable(self.line.connection.fileno(), part):
                return
            left -= part
            before, used = used, self._cpu_s() if self.deadline.left_s() <= 0 else None
            if left <= 0:
                raise TimeoutError
            if before is not None and used is not None and used - before > _COMPUTES_S:
                self._kill()
                raise TimeoutError

    def _cpu_s(self) -> float:
        """Processor time of the judge; where that cannot be had, it counts as computing all the time."""
        try:
            return clock_gettime((~self.pid << 3) | _CPUCLOCK_SCHED)
        except OSError:
            return monotonic()

    def _kill(self) -> None:
        if self._process is not None:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def send(self, *message: Any) -> None:
        try:
            self.line.send(*message)
        except OSError:
            raise JudgeLost("a judge process of the sandbox ended") from None

    def hang_up(self) -> None:
        """Close the connection for both sides: the judge ends, and a thread that waits for it wakes up."""
        with suppress(OSError):
            self.line.connection.shutdown(socket.SHUT_RDWR)

    def close(self, wait_s: float = 5.0) -> None:
        self.line.connection.close()
        self.deadline.close()
        if self._process is not None:  # its fork server may be dead
            if not _is_readable(self._process, wait_s):
                self._kill()
                _is_readable(self._process, wait_s)
            os.close(self._process)
            self._process = None
        self.fork_server.end_judge(self.number, wait_s)


def _is_readable(descriptor: int, wait_s: float) -> bool:
    """Whether something can be read within that time; of a process: whether it ends."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(wait_s * 1000))
