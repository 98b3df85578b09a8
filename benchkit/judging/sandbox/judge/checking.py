"""Runs a trusted test against a proxy of the candidate: the test here, the candidate in the jail.

Data crosses, and so do changes of arguments and of earlier results; stand_ins.py has what stands for all
else. A test that asks for what only lives in the candidate's own process (it calls a function that was
returned, hands one over, uses a name of the solution, looks at a signature, builds an object of the class
that is asked for) cannot be held at arm's length: it is run in the jail beside the code, its end proven by a
completion token, and the outcome says so.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace

from benchkit.judging.sandbox.base import Limits, Outcome
from benchkit.judging.sandbox.judge import watchdog
from benchkit.judging.sandbox.judge.candidate import CandidateFunction, Exchange
from benchkit.judging.sandbox.judge.conversation import Conversation, ProgramEnded
from benchkit.judging.sandbox.judge.launch import Jail
from benchkit.judging.sandbox.judge.outcomes import outcome
from benchkit.judging.sandbox.judge.prompts import (
    classes_of,
    define,
    is_class_name,
    shares_surroundings,
    whole_part,
)
from benchkit.judging.sandbox.judge.stand_ins import PLAIN_ATTRIBUTES
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import frames
from benchkit.judging.sandbox.wire.replies import MOST_TEXT, describe_exception, raised, read_exception
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class FunctionTest:
    """A solution, and the trusted test that it has to pass."""

    source: str
    test: str
    entry_point: str
    support: str  # the problem's prompt


@dataclass(frozen=True)
class TestFinding:
    """What a test at arm's length came to."""

    stopped: ProgramStopped | ProgramEnded | None  # None where every check ran and held
    inside: bool = False  # the test has to run inside
    lacks: str = (
        ""  # what it asked for in vain, as an error in words: there may be no such thing inside either
    )


def check(
    jail: Jail, source: str, test: str, entry_point: str, support: str, limits: Limits
) -> tuple[Outcome, bool]:
    """The outcome, and whether the jail can go on."""
    asked = FunctionTest(source, _without_mark(test), entry_point, _without_mark(support))
    if shares_surroundings(asked.test):
        return _check_inside(jail, asked, limits)
    finding, conversation = _check_from_outside(jail, asked, limits)
    result, sound = _outcome(conversation, finding.stopped, limits)
    if not finding.inside or not sound:
        return result, sound
    beside, sound = _check_inside(jail, asked, limits)
    if finding.lacks and beside.detail.startswith(finding.lacks):
        return result, sound
    return beside, sound


def _without_mark(text: str) -> str:
    return text.removeprefix("\ufeff")


def _check_from_outside(jail: Jail, asked: FunctionTest, limits: Limits) -> tuple[TestFinding, Conversation]:
    conversation = Conversation(jail, asked.source, limits)
    try:
        return _tested(conversation, asked), conversation
    finally:
        conversation.running.finish()


def _loaded(conversation: Conversation) -> ProgramStopped | ProgramEnded | None:
    try:
        reply = conversation.reply(conversation.running.deadline)
    except (ProgramStopped, ProgramEnded) as over:
        return over
    return None if reply.kind == frames.LOADED else raised(reply)


def _tested(conversation: Conversation, asked: FunctionTest) -> TestFinding:
    class_entry = asked.entry_point if is_class_name(asked.entry_point) else None
    exchange = Exchange(conversation, classes_of(asked.support), class_entry)
    names = exchange.names
    names["__name__"] = "test"
    candidate = CandidateFunction(exchange, asked.entry_point)
    try:
        with watchdog.alarm(conversation.running):  # while the program loads
            define(asked.support, names)
            names[asked.entry_point] = candidate
            code = compile(asked.test, "test.py", "exec", dont_inherit=True)
        if (stopped := _loaded(conversation)) is not None:
            return TestFinding(stopped)
        with watchdog.alarm(conversation.running), warnings.catch_warnings(action="ignore"):
            exec(code, names)
            if names.get("check", candidate) is not candidate:  # a task's own function may be called "check"
                names["check"](candidate)
    except BaseException as error:
        return _failed(exchange, error, asked.test)
    if exchange.over is not None:
        return TestFinding(exchange.over)
    if exchange.needs_inside:
        return TestFinding(None, inside=True)
    return TestFinding(None if exchange.calls else _never_called())


def _never_called() -> ProgramStopped:
    return ProgramStopped(Verdict.INFRASTRUCTURE, "the test never called the candidate")


def _failed(exchange: Exchange, error: BaseException, test: str) -> TestFinding:
    if exchange.over is not None:
        return TestFinding(exchange.over)
    if exchange.needs_inside:
        return TestFinding(None, inside=True)
    lacks = "" if error is exchange.raised else _describe_lack(error)
    fault = _fault(exchange, error)
    fault.test_line = _line_of(test, error)
    return TestFinding(fault, inside=bool(lacks), lacks=lacks)


def _line_of(test: str, error: BaseException) -> str:
    """Where the test was."""
    numbers = [line for file, line in _places(error) if file == "test.py"]
    lines = test.splitlines()
    return lines[numbers[-1] - 1].strip()[:MOST_TEXT] if numbers and numbers[-1] <= len(lines) else ""


def _places(error: BaseException) -> Iterator[tuple[str, int]]:
    """Those of the traceback that are in the test or what it leans on, the innermost last."""
    trace = error.__traceback__
    while trace is not None:
        if (file := trace.tb_frame.f_code.co_filename) in ("test.py", "support.py"):
            yield file, trace.tb_lineno
        trace = trace.tb_next


def _describe_lack(error: BaseException) -> str:
    """What a test asks for that may be there in the solution's own process: a name, an attribute."""
    if type(error) is NameError:
        return f"NameError: {error}"
    if isinstance(error, AttributeError) and error.name and error.name not in PLAIN_ATTRIBUTES:
        return f"AttributeError: {error}"
    return ""


def _fault(exchange: Exchange, error: BaseException) -> ProgramStopped:
    if isinstance(error, watchdog.TooSlow):
        return ProgramStopped(Verdict.TIMEOUT, "the test met the time limit on what the candidate returned")
    if error is exchange.raised and exchange.fault is not None:
        return exchange.fault
    if exchange.calls == 0:
        return ProgramStopped(Verdict.INFRASTRUCTURE, f"the test itself failed: {_describe(error)}")
    return ProgramStopped(Verdict.WRONG, _describe(error))


def _describe(error: BaseException) -> str:
    """The failed check in one line; its text may hold anything the candidate returned."""
    line = ""
    for file, number in _places(error):
        line = f" (line {number} of the {file[:-3]})"
    try:
        text = str(error)[:MOST_TEXT]
    except Exception:
        text = ""
    return type(error).__name__ + (f": {text}" if text else "") + line


def _outcome(
    conversation: Conversation, finding: ProgramStopped | ProgramEnded | None, limits: Limits
) -> tuple[Outcome, bool]:
    running = conversation.running
    if finding is None:
        passed = outcome(running, limits, ProgramStopped(Verdict.PASSED, ""), asked=False)
        return replace(passed, exit_code=None), not running.broken
    stopped = (
        finding if isinstance(finding, ProgramStopped) else None
    )  # else it ended by itself, and how says the rest
    return outcome(running, limits, stopped, asked=False), not running.broken


def _check_inside(jail: Jail, asked: FunctionTest, limits: Limits) -> tuple[Outcome, bool]:
    """Second best: test and candidate in one process; only the token proves a pass."""
    jail.deadline.clear()  # here the test runs in the jail, with a time of its own
    conversation = Conversation(jail, asked.source, limits)
    finding: ProgramStopped | ProgramEnded | None
    try:
        finding = _loaded(conversation) or _token(conversation, asked)
    finally:
        conversation.running.finish()
    result, sound = _outcome(conversation, finding, limits)
    return replace(result, inside=True), sound


def _token(conversation: Conversation, asked: FunctionTest) -> ProgramStopped | ProgramEnded | None:
    token = os.urandom(32)
    message = ("inside", whole_part(asked.support), asked.test, asked.entry_point, token)
    try:
        reply = conversation.ask(*message, deadline=conversation.running.deadline)
    except (ProgramStopped, ProgramEnded) as over:
        return over
    if reply.kind == frames.RAISED:
        wrong = read_exception(reply)[1] == "AssertionError"
        return ProgramStopped(Verdict.WRONG, describe_exception(reply)) if wrong else raised(reply)
    proven = reply.kind == frames.ENDED and reply.body == token  # there is one try, and no time to measure
    return None if proven else ProgramStopped(Verdict.ERROR, "forged the test's end")
