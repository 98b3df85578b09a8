"""One fork, many calls."""

from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

from benchkit.judging.sandbox import Limits, Opaque, Sandbox, digest
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.records import Verdict
from tests.judging.sandbox.attack import alive, children
from tests.support import wait_until

SOURCE = """
from dataclasses import dataclass
calls = 0
def double(x):
    global calls
    calls += 1
    if x == "exit": raise SystemExit
    if x == "die": import os; os._exit(3)
    if x == "hang":
        while True: pass
    if x == "large": return "x" * 200_000
    if x == "huge": return "x" * 40_000_000
    if x == "object": return object()
    return x * 2
class Solution:
    def __init__(self): self.n = 0
    def add(self, a, b):
        self.n += 1
        return a + b + self.n
"""


def test_replies_in_order(sandbox: Sandbox) -> None:
    """Thousands of calls, each with its value and digest; the caller's own lists stay as they were."""
    inputs = [([n],) for n in range(2000)]
    with sandbox.load(SOURCE) as program:
        replies = list(program.call_many("double", inputs))
    assert [reply.value for reply in replies] == [[n, n] for n in range(2000)]
    assert replies[3].digest == digest([3, 3])
    assert inputs[3] == ([3],)


def test_an_exception_is_one_calls_matter(best: Sandbox) -> None:
    """SystemExit, TypeError: said of that call, and the next one goes on."""
    with best.load(SOURCE) as program:
        first, second, third = program.call_many("double", [(1,), ("exit",), (2,)])
    assert (first.ok, second.ok, third.ok) == (True, False, True)
    assert (second.verdict, second.detail) == (Verdict.ERROR, "SystemExit")


def test_a_call_that_hangs(sandbox: Sandbox) -> None:
    """Its own limit ends it, and with it the program; the replies before it are kept."""
    with sandbox.load(SOURCE) as program:
        first = list(program.call_many("double", [(1,)]))
        replies = list(program.call_many("double", [("hang",), (2,)], Limits(wall_s=0.3)))
        again = list(program.call_many("double", [(1,)]))
    assert [reply.value for reply in first] == [2]
    assert [reply.verdict for reply in replies] == [Verdict.TIMEOUT]
    assert again == []


def test_the_limit_is_for_each_call(best: Sandbox) -> None:
    """Eleven calls of 0.3 s each are no second too long for a limit of 3 s."""

    def all_in_time() -> bool:
        """Where the machine stood still in a call, that one took longer than its limit indeed."""
        with best.load("import time\ndef f(n): time.sleep(0.3); return n", Limits(wall_s=60)) as program:
            values = []
            began = time.monotonic()
            for reply in program.call_many("f", [(n,) for n in range(11)], Limits(wall_s=3)):
                took, began = time.monotonic() - began, time.monotonic()
                assert reply.ok or (reply.verdict, took >= 3) == (Verdict.TIMEOUT, True), (reply.detail, took)
                values.append(reply.value)
        return values == list(range(11))

    wait_until(all_in_time)


def test_a_call_that_ends_the_program(best: Sandbox) -> None:
    """The last reply says how it ended."""
    with best.load(SOURCE) as program:
        replies = list(program.call_many("double", [(1,), ("die",), (2,)]))
    assert (len(replies), replies[1].verdict, replies[1].detail) == (
        2,
        Verdict.ERROR,
        "ended with exit code 3",
    )


def test_how_a_program_ended_is_told_however_late_its_end_is_noticed(sandbox: Pool) -> None:
    """Its closed descriptor is known at once, its exit code once the process that started it has its turn."""
    with ThreadPoolExecutor(1) as caller, sandbox.load(SOURCE) as program:
        (worker,) = sandbox.all
        (zygote,) = filter(alive, children(worker.pid))
        os.kill(zygote, signal.SIGSTOP)
        replies = caller.submit(list, program.call_many("double", [("die",)], Limits(wall_s=60)))
        wait_until(lambda: not all(map(alive, children(zygote))))
        time.sleep(0.3)  # no event tells that the judge has waited for the rest in vain
        os.kill(zygote, signal.SIGCONT)
        (reply,) = replies.result()
    assert (reply.verdict, reply.detail) == (Verdict.ERROR, "ended with exit code 3")


def test_large_values_are_fetched_when_asked_for(best: Sandbox) -> None:
    """A digest is all that comes at first; what is past the limit never comes."""
    with best.load(SOURCE) as program:
        large, huge, small = program.call_many("double", [("large",), ("huge",), ("x",)])
        assert large.digest == digest("x" * 200_000)
        assert large.value == "x" * 200_000
        assert huge.digest == digest("x" * 40_000_000)
        assert isinstance(huge.value, Opaque)
        assert small.value == "xx"


def test_what_is_no_plain_data(best: Sandbox) -> None:
    """An object comes as Opaque, which equals nothing, itself included."""
    with best.load(SOURCE) as program:
        (reply,) = program.call_many("double", [("object",)])
    assert isinstance(reply.value, Opaque)
    assert not (reply.ok and reply.value == reply.value)


def test_methods_of_one_object(best: Sandbox) -> None:
    """`Solution().add` keeps one object for all calls, as the official evaluator does."""
    with best.load(SOURCE) as program:
        assert [reply.value for reply in program.call_many("Solution().add", [(1, 1), (1, 1)])] == [3, 4]


def test_a_missing_function(best: Sandbox) -> None:
    """Each call says so."""
    with best.load(SOURCE) as program:
        (reply,) = program.call_many("triple", [(1,)])
    assert (reply.verdict, reply.detail) == (Verdict.ERROR, "NameError: name 'triple' is not defined")


def test_a_source_that_fails(best: Sandbox) -> None:
    """`failure` says how, and no call is made."""
    with best.load("import os; os._exit(0)") as program:
        assert program.failure is not None
        assert program.failure.verdict is Verdict.ERROR
        assert list(program.call_many("f", [()])) == []
    with best.load("1/0") as program:
        assert program.failure is not None
        assert program.failure.detail == "ZeroDivisionError: division by zero"
    with best.load("while True: pass", Limits(wall_s=0.3)) as program:
        assert program.failure is not None
        assert program.failure.verdict is Verdict.TIMEOUT


def test_leaving_in_the_middle(best: Sandbox) -> None:
    """A caller that has seen enough stops; the worker is free at once for the next program."""
    with best.load("import time\ndef f(n): time.sleep(0.2); return n") as program:
        for reply in program.call_many("f", [(n,) for n in range(400)]):
            assert reply.value == 0
            break
    with best.load(SOURCE) as program:
        assert [reply.value for reply in program.call_many("double", [(4,)])] == [8]
