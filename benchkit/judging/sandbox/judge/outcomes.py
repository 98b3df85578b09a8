"""From how a program ended to its outcome: the verdict, the real signal, times and memory."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

from benchkit.judging.sandbox.base import Limits, Outcome
from benchkit.judging.sandbox.judge.running import Running
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.verdict import Verdict

_LAST_BYTES = 4096
_OUT_OF_MEMORY = (
    b"MemoryError",
    b"std::bad_alloc",
    b"heap out of memory",
    b"out of memory",
    b"Cannot allocate memory",
)
_NEAR = 0.9


def outcome(
    running: Running, limits: Limits, stopped: ProgramStopped | None, *, asked: bool = True
) -> Outcome:
    """After `running.finish()`. `stopped`: what made us end it; `asked`: an end by itself is not an error."""
    if running.ran_out():
        stopped = ProgramStopped(
            Verdict.MEMORY, f"its processes took more than {limits.memory_mb} MB together"
        )
    if stopped is not None and running.disk is not None:
        stopped = running.disk.settled(stopped)
    ended = running.ended
    if ended is None:
        lost = stopped or _LOST
        return Outcome(lost.verdict, lost.detail, running.seconds, sandbox_failed=lost.sandbox_failed)
    facts = Outcome(
        Verdict.PASSED,
        seconds=running.seconds,
        cpu_seconds=ended.cpu_s,
        peak_mb=ended.peak_mb,
        files=ended.kept,
    )
    if stopped is not None:
        return replace(
            facts,
            verdict=stopped.verdict,
            detail=stopped.detail,
            test_line=stopped.test_line,
            sandbox_failed=stopped.sandbox_failed,
        )
    if ended.namespace_lost:
        return replace(facts, verdict=_LOST.verdict, detail=_LOST.detail, sandbox_failed=True)
    return _outcome_of_own_end(ended.status, facts, limits, asked)


_LOST = ProgramStopped(
    Verdict.INFRASTRUCTURE, "a process of the sandbox ended from outside", sandbox_failed=True
)


def _outcome_of_own_end(status: int, facts: Outcome, limits: Limits, asked: bool) -> Outcome:
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        verdict = Verdict.PASSED if code == 0 and asked else Verdict.ERROR
        detail = "" if verdict is Verdict.PASSED else f"ended with exit code {code}"
        return replace(facts, verdict=verdict, detail=detail, exit_code=code)
    name = _name(-code)
    verdict = _of_signal(-code, facts, limits)
    return replace(facts, verdict=verdict, detail=f"killed by {name}", signal=name)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _of_signal(number: int, facts: Outcome, limits: Limits) -> Verdict:
    cpu_s = limits.wall_s if limits.cpu_s is None else limits.cpu_s
    if number == signal.SIGXCPU or (number == signal.SIGKILL and facts.cpu_seconds >= cpu_s):
        return Verdict.TIMEOUT
    if number == signal.SIGXFSZ:
        return Verdict.OUTPUT_LIMIT
    if number == signal.SIGKILL and facts.peak_mb >= _NEAR * limits.memory_mb:
        return Verdict.MEMORY
    return Verdict.ERROR


def with_output(result: Outcome, stdout: bytes, stderr: bytes) -> Outcome:
    """Adds the output of a whole program; its last line explains more than an exit code."""
    result = replace(result, stdout=stdout, stderr=stderr)
    if result.verdict is not Verdict.ERROR:
        return result
    tail = stderr[-_LAST_BYTES:]
    lines = tail.decode("utf-8", "replace").strip().splitlines()
    if result.exit_code and lines:
        result = replace(result, detail=lines[-1][:400])
    if any(word in tail for word in _OUT_OF_MEMORY):
        return replace(result, verdict=Verdict.MEMORY)
    return result
