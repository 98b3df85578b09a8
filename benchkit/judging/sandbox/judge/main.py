"""The trusted process of one worker: holds its jail, runs the tests, and answers the pool over a socket.

A process and not a thread, so that tests run side by side on all cores; and one that the pool can end,
should a test not end on what a candidate returned. It ends when its pool does.
"""

from __future__ import annotations

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from typing import Any, NoReturn

from benchkit.judging.sandbox.base import MIB, Limits, Outcome, Program
from benchkit.judging.sandbox.claims import abandoned
from benchkit.judging.sandbox.jail import folder
from benchkit.judging.sandbox.jail.confine import leave_room_to_send
from benchkit.judging.sandbox.jail.setting import ONE_THREAD
from benchkit.judging.sandbox.jail.syscalls import adopt_orphans, name_process
from benchkit.judging.sandbox.judge import watchdog
from benchkit.judging.sandbox.judge.checking import check
from benchkit.judging.sandbox.judge.conversation import Conversation, ProgramEnded
from benchkit.judging.sandbox.judge.launch import Jail, Local
from benchkit.judging.sandbox.judge.outcomes import outcome
from benchkit.judging.sandbox.judge.whole_program import run
from benchkit.judging.sandbox.missing import LevelMissing
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import codec, decoding, frames
from benchkit.judging.sandbox.wire.deadline import SharedDeadline
from benchkit.judging.sandbox.wire.line import MessageLine, as_message
from benchkit.judging.sandbox.wire.replies import raised
from benchkit.judging.sandbox.wire.setup import WorkerSetup

_MEMORY = 2048 * MIB  # what a test may build from a candidate's values


def serve_pool(fd: int, shared: int, contained: bool) -> NoReturn:
    adopt_orphans()
    leave_room_to_send()
    zygote = None if contained else Local()  # before anything of the caller's is in our memory
    name_process("bench-judge")
    gc.enable()  # the fork server has it off
    line, deadline = MessageLine(socket.socket(fileno=fd)), SharedDeadline(shared)
    os.close(shared)
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (_MEMORY if hard < 0 else min(_MEMORY, hard), hard))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, fields = line.receive()
    setup = WorkerSetup(**fields)
    os.environ.update(setup.environment | ONE_THREAD)  # of this process alone: the jail receives the rest
    sys.path += setup.site or ()  # a test may import what a program may
    try:
        jail = Jail(zygote, setup, deadline)
    except LevelMissing as missing:
        line.send("missing", str(missing), missing.log)
        os._exit(1)
    jail.caller = line.connection.fileno()
    try:
        line.send("ready", dict(vars(jail.facts)), os.getpid())
        RequestServer(line, jail).serve()
    except (EOFError, ConnectionError):
        pass
    finally:
        jail.close()
        with contextlib.suppress(OSError):  # the pool's folder, if the pool was killed and we are the last
            for left in abandoned(*os.path.split(setup.scratch)):
                folder.remove(left)
    os._exit(0)


class RequestServer:
    def __init__(self, line: MessageLine, jail: Jail) -> None:
        self.line = line
        self.jail = jail
        self.handlers: dict[str, Callable[..., bool]] = {
            "run": self.run,
            "check": self.check,
            "load": self.load,
        }

    def serve(self) -> None:
        sound = True
        while sound:
            kind, *details = self.line.receive()
            sound = self.handlers[kind](*details)

    def run(self, program: dict[str, Any], limits: dict[str, Any]) -> bool:
        return self._answer(*run(self.jail, Program(**program), Limits(**limits)))

    def check(self, source: str, test: str, entry_point: str, support: str, limits: dict[str, Any]) -> bool:
        return self._answer(*check(self.jail, source, test, entry_point, support, Limits(**limits)))

    def _answer(self, result: Outcome, sound: bool) -> bool:
        self.line.send("outcome", as_message(result), sound, self.jail.unsettled is None)
        self.jail.deadline.clear()
        return sound and settled(self.line, self.jail)

    def load(self, source: str, limits: dict[str, Any]) -> bool:
        return CallServer(self.line, Conversation(self.jail, source, Limits(**limits))).serve()


def settled(line: MessageLine, jail: Jail) -> bool:
    """Wait until nothing is left of the last program; whether the jail can go on. Reports it if promised."""
    if jail.unsettled is None:
        return True
    sound = jail.settle()
    line.send("settled", sound)
    return sound


class CallServer:
    """Serves one loaded program, from `load` to `unload`."""

    def __init__(self, line: MessageLine, conversation: Conversation) -> None:
        self.line = line
        self.conversation = conversation
        self.running = conversation.running
        self.finished: Outcome | None = None
        self.handlers: dict[str, Callable[..., None]] = {"calls": self.calls, "fetch": self.fetch}

    def serve(self) -> bool:
        self._guarded(self._loaded)
        self.line.send("loaded", self._finding())
        while True:
            kind, *details = self.line.receive()
            if kind == "unload":
                break
            self.handlers[kind](*details)
        self._finish(None)
        sound, jail = not self.running.broken, self.running.jail
        self.line.send("unloaded", self._finding(), sound, jail.unsettled is None)
        return sound and settled(self.line, jail)

    def _loaded(self) -> None:
        reply = self.conversation.reply(self.running.deadline)
        if reply.kind != frames.LOADED:
            raise raised(reply)

    def calls(self, request: bytes, count: int, wall_s: float) -> None:
        self._guarded(lambda: self._relay_calls(request, count, wall_s))
        self.line.send("done", self._finding())

    def _relay_calls(self, request: bytes, count: int, wall_s: float) -> None:
        for piece, _ in self.conversation.batch(request, count, wall_s):
            self.line.send("replies", piece)

    def fetch(self, call: int) -> None:
        """A large value and its digest, or nothing where it cannot be had any more.

        It is read here, where that has bounds of time and memory, and told as the plain data that it is.
        """
        pairs: list[tuple[bytes, Any]] = []
        self.running.deadline = self.running.now() + self.conversation.limits.wall_s
        self._guarded(lambda: pairs.append(self._value(call, self.running.deadline)))
        self.line.send("value", *(pairs[0] if pairs else (b"", None)))
        self.running.jail.deadline.clear()

    def _value(self, call: int, deadline: float) -> tuple[bytes, Any]:
        reply = self.conversation.ask_for_much("fetch", call, deadline=deadline)
        if reply.kind != frames.VALUE:
            return b"", None
        try:
            with watchdog.alarm(self.running):
                return codec.digest_of(reply.body), decoding.decode(reply.body)
        except (decoding.BadBytes, MemoryError, watchdog.TooSlow):
            return b"", None

    def _guarded(self, step: Callable[[], None]) -> None:
        if self.finished is not None:
            return
        try:
            step()
        except ProgramStopped as over:
            self._finish(over)
        except ProgramEnded:
            self._finish(None)

    def _finish(self, stopped: ProgramStopped | None) -> None:
        if self.finished is None:
            self.running.finish()
            self.finished = outcome(self.running, self.conversation.limits, stopped, asked=False)

    def _finding(self) -> dict[str, Any] | None:
        return as_message(self.finished) if self.finished is not None else None
