"""Runs a trusted test against a proxy of the candidate: the test here, the candidate in the jail.

Only plain data crosses. What the candidate does to its arguments is not carried back: a test never sees its
own lists changed. A test whose arguments are not plain data (a function, an object of its own) cannot be
held at arm's length; it is run in the jail beside the code, its end proven by a completion token, and the
outcome says so.
"""

from __future__ import annotations

import builtins
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from time import monotonic
from typing import Any

from benchkit.judging.sandbox.base import Limits, Opaque, Outcome
from benchkit.judging.sandbox.judge.conversation import Conversation, Gone
from benchkit.judging.sandbox.judge.launch import Jail
from benchkit.judging.sandbox.judge.outcomes import outcome
from benchkit.judging.sandbox.over import Over
from benchkit.judging.sandbox.wire import codec, frames
from benchkit.judging.sandbox.wire.replies import (
    MOST_TEXT,
    RawReply,
    in_words,
    raised,
    readable,
    told,
    value_of,
)
from benchkit.verdict import Verdict

# A test's own `all(map(…))` would take these for "no more cases"; a generator makes the same of them.
_ENDS_A_LOOP = (StopIteration, StopAsyncIteration)


class CandidateStopped(BaseException):
    """The candidate raised what is no Exception (SystemExit, KeyboardInterrupt…), or its program is over."""


class NeedsInside(BaseException):
    """The test hands over something that only lives in its own process."""


class TestTooSlow(BaseException):
    """The test's own code met the deadline, led there by what the candidate returned."""


class Candidate:
    """Called like the function; keeps what went wrong, so that no `except` in a test can hide it."""

    def __init__(self, conversation: Conversation, entry_point: str) -> None:
        self._conversation = conversation
        self._entry_point = entry_point
        self._deadline = conversation.running.deadline
        self.calls = 0
        self.raised: BaseException | None = None
        self.fault: Over | None = None  # what it comes to, should nobody expect it
        self.over: Over | Gone | None = None
        self.__name__ = entry_point

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self.over is not None:
            raise CandidateStopped
        self.calls += 1
        message = ("call", self._entry_point, [_plain(arguments)], _plain(named))
        try:
            return self._result(self._conversation.ask(*message, deadline=self._deadline))
        except (Over, Gone) as over:
            self.over = over
            raise CandidateStopped from None

    def _result(self, reply: RawReply) -> Any:
        if reply.kind == frames.DIGEST:
            reply = self._fetch(reply)
        if reply.kind == frames.VALUE:
            return value_of(reply.body)
        if reply.kind == frames.OPAQUE:
            return Opaque(readable(reply.body))
        self.raised, self.fault = exception_of(reply), raised(reply)
        raise self.raised

    def _fetch(self, reply: RawReply) -> RawReply:
        most = self._conversation.limits.value_bytes
        size = int.from_bytes(reply.body[16:24], "little")
        if size > most:
            return replace(reply, kind=frames.OPAQUE, body=b"a value of more than %d bytes" % most)
        return self._conversation.ask("fetch", self.calls - 1, deadline=self._deadline)


def _plain(value: Any) -> Any:
    """The test's arguments as they travel."""
    if _holds_opaque(value):
        raise TypeError("the candidate's own object, which is no plain data, is given back to it")
    try:
        return codec.plain(value)
    except codec.TooDeep as error:  # no reason to run inside: it may be what the candidate returned
        raise TypeError(f"an argument {error}") from None
    except codec.NotPlain:
        raise NeedsInside from None


def _holds_opaque(value: Any) -> bool:
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, (list, tuple, set, frozenset)):
        return isinstance(value, Opaque)
    return any(map(_holds_opaque, value))


def exception_of(reply: RawReply) -> BaseException:
    """An exception of the same builtin kind, for tests that expect one; anything odd ends the test."""
    _, base, text = told(reply)
    kind = getattr(builtins, base, None)
    if kind in _ENDS_A_LOOP:
        return RuntimeError(in_words(reply))
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(text)
        except TypeError:  # one that wants more arguments
            return Exception(in_words(reply))
    return CandidateStopped(in_words(reply))


def check(
    jail: Jail, source: str, test: str, entry_point: str, support: str, limits: Limits
) -> tuple[Outcome, bool]:
    """The outcome, and whether the jail can go on."""
    try:
        return _at_arms_length(jail, source, test, entry_point, support, limits)
    except NeedsInside:
        return _inside(jail, source, f"{support}\n{test}", entry_point, limits)


def _at_arms_length(
    jail: Jail, source: str, test: str, entry_point: str, support: str, limits: Limits
) -> tuple[Outcome, bool]:
    conversation = Conversation(jail, source, limits)
    candidate = Candidate(conversation, entry_point)
    finding: Over | Gone | None
    try:
        finding = _tested(conversation, candidate, test, entry_point, support)
    finally:
        conversation.running.finish()
    return _outcome(conversation, finding, limits)


def _loaded(conversation: Conversation) -> Over | Gone | None:
    try:
        reply = conversation.reply(conversation.running.deadline)
    except (Over, Gone) as over:
        return over
    return None if reply.kind == frames.LOADED else raised(reply)


def _tested(
    conversation: Conversation, candidate: Candidate, test: str, entry_point: str, support: str
) -> Over | Gone | None:
    """None where every check of the test ran and held."""
    deadline = conversation.running.deadline
    names: dict[str, Any] = {"__name__": "test"}
    try:
        with _alarm(deadline):  # while the program loads
            if support:
                exec(compile(support, "support.py", "exec", dont_inherit=True), names)
            names[entry_point] = candidate
            code = compile(test, "test.py", "exec", dont_inherit=True)
        if (stopped := _loaded(conversation)) is not None:
            return stopped
        with _alarm(deadline):
            exec(code, names)
            if names.get("check", candidate) is not candidate:  # a task's own function may be called "check"
                names["check"](candidate)
    except NeedsInside:
        raise
    except BaseException as error:
        return candidate.over or _failed(candidate, error)
    if candidate.over is not None:
        return candidate.over
    return None if candidate.calls else Over(Verdict.INFRASTRUCTURE, "the test never called the candidate")


def _failed(candidate: Candidate, error: BaseException) -> Over:
    if isinstance(error, TestTooSlow):
        return Over(Verdict.TIMEOUT, "the test met the time limit on what the candidate returned")
    if error is candidate.raised and candidate.fault is not None:
        return candidate.fault
    if candidate.calls == 0:
        return Over(Verdict.INFRASTRUCTURE, f"the test itself failed: {_describe(error)}")
    return Over(Verdict.WRONG, _describe(error))


def _describe(error: BaseException) -> str:
    """The failed check in one line; its text may hold anything the candidate returned."""
    line = ""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("test.py", "support.py"):
            line = f" (line {trace.tb_lineno} of the {trace.tb_frame.f_code.co_filename[:-3]})"
        trace = trace.tb_next
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:
        text = ""
    return type(error).__name__ + (f": {text}" if text else "") + line


@contextmanager
def _alarm(deadline: float) -> Iterator[None]:
    """The test's own code is ours, but what it computes on came from the candidate."""

    armed = True

    def stop(*_: object) -> None:
        if armed:
            raise TestTooSlow

    previous = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, max(0.01, deadline - monotonic() + 0.1), 0.1)
    try:
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _outcome(conversation: Conversation, finding: Over | Gone | None, limits: Limits) -> tuple[Outcome, bool]:
    running = conversation.running
    if finding is None:
        passed = outcome(running, limits, Over(Verdict.PASSED, ""), asked=False)
        return replace(passed, exit_code=None), not running.broken
    stopped = finding if isinstance(finding, Over) else None  # else it ended by itself, and how says the rest
    return outcome(running, limits, stopped, asked=False), not running.broken


def _inside(jail: Jail, source: str, test: str, entry_point: str, limits: Limits) -> tuple[Outcome, bool]:
    """Second best: test and candidate in one process; only the token tells a pass from a forged one."""
    conversation = Conversation(jail, source, limits)
    deadline = conversation.running.deadline
    token = os.urandom(32)
    finding: Over | Gone | None
    try:
        finding = _loaded(conversation) or _token(conversation, test, entry_point, token, deadline)
    finally:
        conversation.running.finish()
    result, sound = _outcome(conversation, finding, limits)
    return replace(result, inside=True), sound


def _token(
    conversation: Conversation, test: str, entry_point: str, token: bytes, deadline: float
) -> Over | Gone | None:
    try:
        reply = conversation.ask("inside", test, entry_point, token, deadline=deadline)
    except (Over, Gone) as over:
        return over
    if reply.kind == frames.RAISED:
        wrong = told(reply)[1] == "AssertionError"
        return Over(Verdict.WRONG, in_words(reply)) if wrong else raised(reply)
    proven = reply.kind == frames.ENDED and reply.body == token  # there is one try, and no time to measure
    return None if proven else Over(Verdict.ERROR, "forged the test's end")
