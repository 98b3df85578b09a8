"""The canonical solutions' outputs: computed in the sandbox once for a problem set, kept in the cache folder.

A file a problem and group: a digest of the rest, a line of JSON, the outputs' digests, the outputs that are
not large. What is damaged or of another make is computed again.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from itertools import accumulate
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any

from benchkit.asking.problems.base import ProblemSet
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.files import atomic_write, cache_folder
from benchkit.judging.judges.oracles import is_floats, shows_presence_only
from benchkit.judging.sandbox import CallResult, Limits, Opaque, Sandbox, digest
from benchkit.judging.sandbox.wire.codec import encode
from benchkit.judging.sandbox.wire.decoding import decode

MAKE = 2  # of these files; to be raised when what they hold changes
DIGEST = 16
LARGE = 64 << 10  # bytes; of larger outputs only the digest is kept
LIMITS = Limits(wall_s=120, cpu_s=600, memory_mb=4096)


class CanonicalFailed(Exception):
    """The canonical solution itself does not run: no answer can be judged."""


@dataclass(frozen=True)
class GroupOutputs:
    """One group's right outputs, in the inputs' order, and the seconds that each took."""

    seconds: tuple[float, ...]
    first_float: int | None  # from this output on a tolerance for floats is in force
    digests: bytes
    bounds: tuple[int, ...]  # where the outputs lie in `values`; nothing there where one is large
    values: bytes

    def digest(self, index: int) -> bytes:
        return self.digests[index * DIGEST : (index + 1) * DIGEST]

    def is_large(self, index: int) -> bool:
        return self.bounds[index] == self.bounds[index + 1]

    def value(self, index: int) -> Any:
        return decode(self.values[self.bounds[index] : self.bounds[index + 1]])


class ExpectedOutputs:
    """All groups of a problem set; may be asked from several threads at once."""

    def __init__(self, problem_set: ProblemSet, sandbox: Sandbox) -> None:
        python = f"py{sys.version_info.major}.{sys.version_info.minor}"
        self._folder = cache_folder() / "expected" / f"{problem_set.sha256[:32]}-{python}-{MAKE}"
        self._sandbox = sandbox
        self._locks_lock = Lock()
        self._locks: dict[str, Lock] = {}

    def of(self, problem: DifferentialProblem, group: str) -> GroupOutputs:
        """The outputs on the problem's "base" or "plus" inputs."""
        path = self._folder / f"{problem.id.replace('/', '_')}.{group}"
        with self._lock_of(path.name):
            expected = _read(path)
            if expected is None:
                expected = _computed(self._sandbox, problem, inputs_of(problem, group))
                path.parent.mkdir(parents=True, exist_ok=True)
                atomic_write(path, _as_bytes(expected))
        return expected

    def _lock_of(self, name: str) -> Lock:
        with self._locks_lock:
            return self._locks.setdefault(name, Lock())


def inputs_of(problem: DifferentialProblem, group: str) -> Sequence[Sequence[Any]]:
    return problem.base_inputs if group == "base" else problem.plus_inputs


@contextmanager
def canonical_replies(
    sandbox: Sandbox, problem: DifferentialProblem, inputs: Sequence[Sequence[Any]], value_bytes: int = LARGE
) -> Iterator[Iterator[CallResult]]:
    """The canonical solution's replies; a large value can be had once all of them have come."""
    with sandbox.load(problem.canonical_solution, replace(LIMITS, value_bytes=value_bytes)) as program:
        if program.failure is not None:
            raise CanonicalFailed(program.failure.detail)
        yield _sound(program.call_many(problem.entry_point or "", [tuple(one) for one in inputs], LIMITS))


def _sound(replies: Iterator[CallResult]) -> Iterator[CallResult]:
    for number, reply in enumerate(replies, start=1):
        if not reply.ok:
            raise CanonicalFailed(f"on input {number}: {reply.detail}")
        yield reply


def _computed(
    sandbox: Sandbox, problem: DifferentialProblem, inputs: Sequence[Sequence[Any]]
) -> GroupOutputs:
    with canonical_replies(sandbox, problem, inputs) as replies:
        outputs = [_output(problem, reply, waited) for reply, waited in _timed(replies)]
    if len(outputs) != len(inputs):
        raise CanonicalFailed(f"it ended after input {len(outputs)}")
    values = [output.encoded for output in outputs]
    return GroupOutputs(
        seconds=tuple(output.seconds for output in outputs),
        first_float=next((index for index, output in enumerate(outputs) if output.floats), None),
        digests=b"".join(output.digest for output in outputs),
        bounds=tuple(accumulate(map(len, values), initial=0)),
        values=b"".join(values),
    )


def _timed(replies: Iterator[CallResult]) -> Iterator[tuple[CallResult, float]]:
    """Each reply and the seconds that it was waited for."""
    last = monotonic()
    for reply in replies:
        now = monotonic()
        yield reply, now - last
        last = now


@dataclass(frozen=True)
class _Output:
    seconds: float
    digest: bytes
    floats: bool
    encoded: bytes  # empty for a large one: the reply gives its digest alone


def _output(problem: DifferentialProblem, reply: CallResult, waited: float) -> _Output:
    value, seconds = reply.value, round(reply.seconds, 6)
    if shows_presence_only(problem):
        value = value is not None
    elif isinstance(value, Opaque):
        if not reply.digest:
            raise CanonicalFailed(f"its output is no plain data: {value!r}")
        # A huge output takes longer to be transferred than to be computed; that time is allowed as well.
        return _Output(max(seconds, round(waited, 6)), reply.digest, False, b"")
    return _Output(seconds, digest(value), is_floats(value), encode(value))


def _as_bytes(expected: GroupOutputs) -> bytes:
    head = {"seconds": expected.seconds, "first_float": expected.first_float, "bounds": expected.bounds}
    body = json.dumps(head).encode() + b"\n" + expected.digests + expected.values
    return _seal(body) + body


def _seal(body: bytes) -> bytes:
    return blake2b(body, digest_size=DIGEST).digest()


def _read(path: Path) -> GroupOutputs | None:
    """What the cache holds; None where that is nothing, or nothing that can be trusted."""
    try:
        content = path.read_bytes()
    except OSError:
        return None
    seal, body = content[:DIGEST], content[DIGEST:]
    if _seal(body) != seal:
        return None
    line, _, rest = body.partition(b"\n")
    head = json.loads(line)
    size = DIGEST * len(head["seconds"])
    return GroupOutputs(
        tuple(head["seconds"]), head["first_float"], rest[:size], tuple(head["bounds"]), rest[size:]
    )
