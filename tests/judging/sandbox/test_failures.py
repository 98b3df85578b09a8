"""What a process of the sandbox that is killed costs: one verdict, told apart from the program's own end."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Limits, Program, WorkerLost
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.records import Verdict
from tests.judging.sandbox.attack import descendants, kill
from tests.support import wait_until

SLEEPS = Program(source="import time; time.sleep(30)")


def _in_a_program_namespace(judge: int, number: str) -> list[int]:
    """The processes of that number in a namespace within the zygote's own: 1 ends all others with it."""
    found = []
    for pid in descendants(judge):
        with contextlib.suppress(OSError):
            rows = Path(f"/proc/{pid}/status").read_text().splitlines()
            numbers = next(row.split()[1:] for row in rows if row.startswith("NSpid"))
            if len(numbers) == 3 and numbers[-1] == number:
                found.append(pid)
    return found


def test_a_pid_namespace_ended_from_outside_is_no_error_of_the_program() -> None:
    """The program is killed with it; that is the sandbox's failure, and the next program runs."""
    with Pool("namespaces", 1) as sandbox, ThreadPoolExecutor(1) as caller:
        (worker,) = sandbox.all
        running = caller.submit(sandbox.run, SLEEPS, Limits(wall_s=20))
        wait_until(lambda: bool(_in_a_program_namespace(worker.pid, "2")))
        (first,) = _in_a_program_namespace(worker.pid, "1")
        kill(first)
        outcome = running.result()
        assert (outcome.verdict, outcome.sandbox_failed) == (Verdict.INFRASTRUCTURE, True), outcome
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_a_program_that_kills_itself_is_at_fault(sandbox: Pool) -> None:
    """The same signal from the program's own hand is its error."""
    outcome = sandbox.run(Program(source="import os\nos.kill(os.getpid(), 9)"))
    assert (outcome.verdict, outcome.signal, outcome.sandbox_failed) == (Verdict.ERROR, "SIGKILL", False)


def test_a_killed_judge_is_the_sandboxs_failure(sandbox: Pool) -> None:
    """Its program can be judged again."""
    (worker,) = sandbox.all
    kill(worker.pid)
    outcome = sandbox.check("def f(): pass", "def check(c): c()", "f")
    assert (outcome.verdict, outcome.sandbox_failed) == (Verdict.INFRASTRUCTURE, True)
    assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


@pytest.mark.parametrize("when", ["loading", "calling", "fetching"])
def test_a_judge_killed_while_a_program_is_loaded(sandbox: Pool, when: str) -> None:
    """WorkerLost, whichever message it was that nobody answered; the next program has a new judge."""
    with pytest.raises(WorkerLost):
        _use_a_loaded_program(sandbox, when)
    assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def _use_a_loaded_program(sandbox: Pool, killed_when: str) -> None:
    (worker,) = sandbox.all
    if killed_when == "loading":
        kill(worker.pid)
    with sandbox.load("def large(n): return 'x' * n") as program:
        (result,) = program.call_many("large", [(200_000,)])
        kill(worker.pid)
        if killed_when == "fetching":
            assert result.value is None, "nobody can tell this value any more"
        list(program.call_many("large", [(1,)]))
