"""Runs a whole program: stdin in, stdout and stderr out, drained at the same time and capped."""

from __future__ import annotations

from dataclasses import replace

from benchkit.judging.sandbox.base import Limits, Outcome, Program
from benchkit.judging.sandbox.judge.launch import Jail
from benchkit.judging.sandbox.judge.outcomes import outcome, with_output
from benchkit.judging.sandbox.judge.running import Running, task
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import frames


def run(jail: Jail, program: Program, limits: Limits) -> tuple[Outcome, bool]:
    """The outcome, and whether the jail can go on."""
    jail.import_libraries(program.source)
    running = Running(jail, "source" if program.argv is None else "command", limits, program.keep)
    stopped = None
    try:
        running.send(running.requests, _task(program))
        running.send(running.stdin, program.stdin)
        _pump_until_its_end(running)
    except ProgramStopped as over:
        stopped = over
    running.finish()
    result = outcome(running, limits, stopped)
    if program.argv is None and result.exit_code == frames.UNCAUGHT:
        result = replace(result, exit_code=1, detail="ended by an exception", uncaught=True)
    stdout, stderr = (bytes(running.incoming[fd]) for fd in (running.stdout, running.stderr))
    most = limits.output_bytes
    return with_output(result, stdout[:most], stderr[:most]), not running.broken


def _task(program: Program) -> bytes:
    return task(
        program.source or "",
        argv=list(program.argv or ()),
        files=dict(program.files),
        executable=list(program.executable),
    )


def _pump_until_its_end(running: Running) -> None:
    while running.ended is None and not running.broken:
        running.hang_up(running.stdin)
        running.hang_up(running.requests)
        running.pump(running.deadline)
