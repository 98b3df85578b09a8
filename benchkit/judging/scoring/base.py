"""What judging hands on: one Judgement a piece of code, one Judged a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchkit.asking.problems.base import Problem
from benchkit.judging.sandbox import Outcome, WorkerLost
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Judgement:
    """What became of a piece of code, and why."""

    verdict: Verdict  # for the + sets: on base and extra inputs together
    detail: str = ""  # one line: what failed, with input, expected and got, shortened
    seconds: float = 0.0
    base_verdict: Verdict | None = None  # the + sets only: on the base inputs alone
    further: Mapping[str, Any] = field(default_factory=dict)  # JSON only


def sound(outcome: Outcome) -> Outcome:
    """The outcome; WorkerLost where the sandbox failed and so nothing can be said of the program."""
    if outcome.sandbox_failed:
        raise WorkerLost(outcome.detail)
    return outcome


class Judge(Protocol):
    """Judges code against a problem's tests; callable from several threads at once."""

    # Run `source` against the problem's tests. Never raises for what the code does; WorkerLost where the
    # sandbox failed, so that the code is to be judged again.
    def judge(self, problem: Problem, source: str) -> Judgement: ...


@dataclass(frozen=True)
class Judged:
    """One sample's verdict: a line of verdicts.jsonl."""

    task_id: str
    sample: int
    verdict: Verdict
    detail: str = ""
    seconds: float = 0.0
    rung: str | None = None
    base_verdict: Verdict | None = None
    tokens: int | None = None
    further: Mapping[str, Any] = field(default_factory=dict)  # timings of the request and the like; JSON only

    def as_record(self) -> dict[str, Any]:
        record = {
            "task_id": self.task_id,
            "sample": self.sample,
            "verdict": str(self.verdict),
            "detail": self.detail,
            "seconds": round(self.seconds, 4),
            "rung": self.rung,
            "tokens": self.tokens,
        }
        if self.base_verdict is not None:
            record["base_verdict"] = str(self.base_verdict)
        return record | dict(self.further)
