"""A loaded program as its caller sees it: calls go out in batches, replies are read as they come."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from functools import cached_property
from typing import Any, Protocol

from benchkit.judging.sandbox.base import Limits, Opaque, Outcome, WorkerLost
from benchkit.judging.sandbox.wire import codec, decoding, frames
from benchkit.judging.sandbox.wire.line import as_outcome
from benchkit.judging.sandbox.wire.replies import RawReply, describe_exception, raised, readable
from benchkit.verdict import Verdict

_BATCH = 500
_GRACE_S = 8.0
_UNAVAILABLE = Opaque("a value that cannot be had")


class JudgeLost(Exception):
    """The judge process ended, or does not answer."""

    def outcome(self, seconds: float, limit_s: float) -> Outcome:
        """The verdict on its program, which was given `limit_s` and ran for `seconds`."""
        if seconds > limit_s:  # a judge that cannot answer in time is ended (worker.py)
            return Outcome(Verdict.TIMEOUT, "the test did not end on what the candidate returned", seconds)
        return Outcome(Verdict.INFRASTRUCTURE, str(self), seconds, sandbox_failed=True)


class Speaks(Protocol):
    """The pool's end of a judge."""

    settling: bool  # it has answered, and still waits until nothing of its program is left

    # Send a message; JudgeLost where the judge has ended.
    def send(self, *message: Any) -> None: ...

    # The next message; JudgeLost where none comes in time.
    def receive(self, timeout_s: float) -> tuple[Any, ...]: ...


class ReceivedResult:
    """One call's reply; a large value stays in the jail until it is asked for."""

    def __init__(self, raw: RawReply, call: int, program: RemoteProgram) -> None:
        self._raw, self._call, self._program = raw, call, program
        self.seconds = raw.seconds
        self.ok = raw.kind in (frames.VALUE, frames.DIGEST, frames.OPAQUE)
        self.verdict = None if self.ok else raised(raw).verdict
        self.detail = "" if self.ok else describe_exception(raw)

    @cached_property
    def digest(self) -> bytes:
        if self._raw.kind == frames.DIGEST:
            return self._raw.body[:16]
        return codec.digest_of(self._raw.body) if self._raw.kind == frames.VALUE else b""

    @cached_property
    def value(self) -> Any:
        if self._raw.kind == frames.OPAQUE:
            return Opaque(readable(self._raw.body))
        if self._raw.kind == frames.DIGEST:
            return self._program.fetch(self._call, self._raw.body)
        try:
            return decoding.decode(self._raw.body) if self._raw.kind == frames.VALUE else None
        except decoding.BadBytes:
            return Opaque("bytes that are no value")


class FinalResult:
    """Stands for the call that ended the program."""

    ok = False
    digest = b""
    value = None

    def __init__(self, finding: Outcome) -> None:
        self.verdict: Verdict | None = finding.verdict
        self.detail = finding.detail
        self.seconds = finding.seconds


class RemoteProgram:
    def __init__(self, worker: Speaks, source: str, limits: Limits) -> None:
        self.worker = worker
        self.limits = limits
        self.calls = 0
        self.busy = False  # a batch is on its way
        self.lost = False  # the judge has ended
        self.outcome: Outcome | None = None  # of the whole program, once it is over
        self.failure = self._load(source)

    @property
    def seconds(self) -> float:
        return self.outcome.seconds if self.outcome is not None else 0.0

    def _load(self, source: str) -> Outcome | None:
        try:
            self.worker.send("load", source, dict(vars(self.limits)))
            finding = self._finding(self.worker.receive(self.limits.wall_s + _GRACE_S)[1])
        except JudgeLost as gone:
            finding = self._mark_lost(gone)
        if finding is not None and finding.sandbox_failed:
            raise WorkerLost(finding.detail)
        return finding

    def _mark_lost(self, gone: JudgeLost) -> Outcome:
        self.lost = True
        self.outcome = gone.outcome(0.0, self.limits.wall_s)
        return self.outcome

    def _finding(self, message: dict[str, Any] | None) -> Outcome | None:
        if message is not None:
            self.outcome = as_outcome(message)
        return self.outcome

    def call_many(
        self, entry_point: str, inputs: Sequence[tuple[Any, ...]], limits: Limits | None = None
    ) -> Iterator[ReceivedResult | FinalResult]:
        wall_s = (limits or self.limits).wall_s
        for at in range(0, len(inputs), _BATCH):
            if self.outcome is not None:
                return
            yield from self._batch(entry_point, inputs[at : at + _BATCH], wall_s)

    def _batch(
        self, entry_point: str, inputs: Sequence[tuple[Any, ...]], wall_s: float
    ) -> Iterator[ReceivedResult | FinalResult]:
        try:
            finding = yield from self._relay_results(_request(entry_point, inputs), len(inputs), wall_s)
        except JudgeLost as gone:
            finding = self._mark_lost(gone)
        if finding is not None:
            if finding.sandbox_failed:
                raise WorkerLost(finding.detail)
            yield FinalResult(finding)

    def _relay_results(
        self, request: bytes, count: int, wall_s: float
    ) -> Generator[ReceivedResult, None, Outcome | None]:
        """The replies; in the end what became of the program, if it is over."""
        self.worker.send("calls", request, count, wall_s)
        self.busy = True
        while True:
            kind, detail = self.worker.receive(wall_s + _GRACE_S)
            if kind == "done":
                break
            yield from self._replies(detail)
        self.busy = False
        return self._finding(detail)

    def _replies(self, piece: bytes) -> Iterator[ReceivedResult]:
        at = 0
        while at < len(piece):
            kind, seconds, size = frames.REPLY.unpack_from(piece, at)
            at += frames.REPLY.size
            yield ReceivedResult(RawReply(kind, seconds, piece[at : at + size]), self.calls, self)
            self.calls += 1
            at += size

    def fetch(self, call: int, announced: bytes) -> Any:
        """A large value, if the program still lives and the value is what it announced."""
        size = int.from_bytes(announced[16:24], "little")
        if self.busy or self.outcome is not None or size > self.limits.value_bytes:
            return _UNAVAILABLE
        try:
            self.worker.send("fetch", call)
            _, digest, value = self.worker.receive(self.limits.wall_s + _GRACE_S)
        except JudgeLost as gone:
            raise WorkerLost(self._mark_lost(gone).detail) from None
        return value if digest == announced[:16] else _UNAVAILABLE

    def unload(self) -> bool:
        """End the program; whether its worker can go on."""
        if self.lost:
            return False
        try:
            self.worker.send("unload")
            while True:
                kind, *details = self.worker.receive(_GRACE_S)
                if kind == "unloaded":
                    finding, sound, settled = details
                    self._finding(finding)
                    self.worker.settling = not settled
                    return bool(sound)
        except JudgeLost as gone:
            self._mark_lost(gone)
            return False


def _request(entry_point: str, inputs: Sequence[tuple[Any, ...]]) -> bytes:
    try:
        return frames.request(("call", entry_point, list(inputs), {}))
    except ValueError:  # a subclass somewhere: the slow way finds its builtin base, or names its type
        return frames.request(("call", entry_point, [codec.plain(arguments) for arguments in inputs], {}))
