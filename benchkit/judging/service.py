"""Judges for a run on another machine: python -m benchkit.judging.service

A box of a cluster starts it for each run that opens a session there. Frames come on its standard input and go
out on its standard output; the first says what is to be judged. With the word `offer` it tells instead how
this machine would judge, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import Any, BinaryIO

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.asking.tasks.base import Catalogue, Task
from benchkit.contract import JUDGING_BEAT, JUDGING_BEATS_EVERY_S, JUDGING_OFFER
from benchkit.errors import BenchError, UsageError
from benchkit.judging.elsewhere.forms import (
    AnswerToJudge,
    Failed,
    Opened,
    ProblemPart,
    SessionRequest,
    Unknown,
    pack,
    unpack,
)
from benchkit.judging.elsewhere.frames import read_frame, write_frame
from benchkit.judging.judges import open_judge
from benchkit.judging.own_faults import NO_BUGS, detail_of_bug
from benchkit.judging.sandbox import Sandbox, open_sandbox
from benchkit.judging.task_bench import open_bench
from benchkit.judging.tasks.judge import Attempt
from benchkit.judging.tasks.toolchains import Toolchains, find_toolchains
from benchkit.repeating import repeating

KEPT_BYTES = 256 << 20  # of problems, packed
JudgeOne = Callable[[Any, AnswerToJudge], Any]


def main() -> None:
    # What a library prints must not end up between the frames.
    out, sys.stdout = os.fdopen(os.dup(1), "wb"), sys.stderr
    os.dup2(2, 1)
    if JUDGING_OFFER in sys.argv[1:]:
        out.write(json.dumps(offer()).encode())
        out.close()
        return
    serve(sys.stdin.buffer, out)


def offer() -> dict[str, Any]:
    """How this machine judges, or why it does not."""
    try:
        with open_sandbox(workers=1) as sandbox:
            isolation = sandbox.isolation
    except BenchError as error:
        return {"refusal": str(error)}
    workers = len(os.sched_getaffinity(0))
    return {"level": isolation.level, "python": isolation.python, "workers": workers}


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Until the requests end."""
    writing = Lock()

    def reply(number: int, value: object) -> None:
        reply_bytes(number, pack(value))

    def reply_bytes(number: int, data: bytes) -> None:
        with writing:
            write_frame(replies, number, data)

    with ExitStack() as stack:
        beat = partial(reply_bytes, JUDGING_BEAT, b"")  # the box hears that this process is alive
        with suppress(OSError):  # the box is gone: the requests end, too
            beat()
        stack.enter_context(repeating(JUDGING_BEATS_EVERY_S, beat))
        first = read_frame(requests)
        if first is None:
            return
        number, data = first
        try:
            opened, judge_one = stack.enter_context(open_for_work(unpack(data)))
        except (BenchError, ValueError, OSError) as error:
            reply(number, Failed(str(error), usage=isinstance(error, UsageError)))
            return
        reply(number, opened)
        problems = Problems()
        pool = stack.enter_context(ThreadPoolExecutor(opened.workers))
        while (frame := read_frame(requests)) is not None:
            number, data = frame
            request = unpack(data)
            if isinstance(request, ProblemPart):
                problems.add(request)
                reply(number, None)
            elif isinstance(request, AnswerToJudge):
                pool.submit(lambda n, asked: reply(n, verdict(problems, judge_one, asked)), number, request)
            else:
                reply(number, Failed("it is no question"))
        pool.shutdown(cancel_futures=True)


def verdict(problems: Problems, judge_one: JudgeOne, asked: AnswerToJudge) -> object:
    """The judgement on an answer, or why there is none."""
    problem = problems.find(asked.key)
    if problem is None:
        return Unknown()
    try:
        return judge_one(problem, asked)
    except NO_BUGS as error:
        return Failed(str(error) or type(error).__name__)
    except Exception as error:
        return Failed(detail_of_bug(error), of_answer=True)


@contextmanager
def open_for_work(work: SessionRequest) -> Iterator[tuple[Opened, JudgeOne]]:
    """This machine's sandbox, toolchains and judge for what a run wants judged."""
    if work.level == "none":
        raise UsageError("it judges in isolation only: --sandbox none is not for boxes")
    cores = len(os.sched_getaffinity(0))
    workers = min(work.workers or cores, cores)
    opening = _open_for_tasks if isinstance(work.examples[0], Task) else _open_for_problems
    with opening(work, workers) as opened:
        yield opened


@contextmanager
def _open_for_problems(work: SessionRequest, workers: int) -> Iterator[tuple[Opened, JudgeOne]]:
    toolchains = find_toolchains(one.language.name for one in work.examples if not one.language.preloaded)
    judged = tuple(one for one in work.examples if one.language.name not in toolchains.missing())
    if not judged:
        raise UsageError("; ".join(_missing(toolchains).values()))
    # A run may give any problems the name of a set that this machine has: what is kept of them lies apart.
    sha = sha256(f"sent: {work.set_sha256}".encode()).hexdigest()
    problem_set = ProblemSet(work.set_name, work.set_version, sha, judged)
    with open_sandbox(work.level, workers, toolchains.folders) as sandbox:
        judge = open_judge(problem_set, sandbox, work.limits)
        opened = _opened(sandbox, toolchains, judge.conditions())
        yield opened, lambda problem, asked: judge.judge(problem, asked.text)


@contextmanager
def _open_for_tasks(work: SessionRequest, workers: int) -> Iterator[tuple[Opened, JudgeOne]]:
    examples = tuple(one for one in work.examples if isinstance(one, Task))
    catalogue = Catalogue(work.set_name, work.set_version, work.set_sha256, examples)
    with open_bench(catalogue, work.level, workers, work.limits, browser=work.browser) as bench:

        def judge(task: Task, asked: AnswerToJudge) -> Attempt:
            return bench.judge.judge_answer(task, asked.text, truncated=asked.truncated, start=asked.start)

        yield _opened(bench.sandbox, bench.toolchains, {}), judge


def _opened(sandbox: Sandbox, toolchains: Toolchains, conditions: Mapping[str, Any]) -> Opened:
    return Opened(
        sandbox.isolation, sandbox.workers, toolchains.as_record(), _missing(toolchains), conditions
    )


def _missing(toolchains: Toolchains) -> dict[str, str]:
    return {name: str(toolchains.by_language[name]) for name in toolchains.missing()}


class Problems:
    """The problems that were sent, the latest asked for; may be used from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._begun: dict[str, bytearray] = {}
        self._problems: OrderedDict[str, tuple[int, Problem]] = OrderedDict()

    def add(self, part: ProblemPart) -> None:
        """A part that is out of its order is passed over: the problem stays unknown, and is sent again."""
        with self._lock:
            data = bytearray() if part.offset == 0 else self._begun.pop(part.key, bytearray())
            if len(data) != part.offset:
                return
            data += part.data
            if len(data) < part.whole:
                self._begun[part.key] = data
                return
            self._problems[part.key] = (len(data), unpack(bytes(data)))
            while len(self._problems) > 1 and sum(size for size, _ in self._problems.values()) > KEPT_BYTES:
                self._problems.popitem(last=False)

    def find(self, key: str) -> Problem | None:
        with self._lock:
            if key not in self._problems:
                return None
            self._problems.move_to_end(key)
            return self._problems[key][1]


if __name__ == "__main__":
    main()
