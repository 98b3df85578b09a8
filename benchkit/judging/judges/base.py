"""What every judge offers: a Judgement on a piece of code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from benchkit.asking.problems.base import Problem
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Judgement:
    """What became of a piece of code, and why."""

    verdict: Verdict  # for the + sets: on base and extra inputs together
    detail: str = ""  # one line: what failed, with input, expected and got, shortened
    seconds: float = 0.0  # of the code itself, without any wait for others
    base_verdict: Verdict | None = None  # the + sets only: on the base inputs alone
    further: Mapping[str, Any] = field(default_factory=dict)  # JSON only


class Judge(Protocol):
    """Judges code against a problem's tests; callable from several threads at once."""

    # Run `source` against the problem's tests. Never raises for what the code does; WorkerLost where the
    # sandbox failed, so that the code is to be judged again.
    def judge(self, problem: Problem, source: str) -> Judgement: ...

    # The judgement where no code was run: there is none, or the sandbox failed again and again.
    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement: ...

    # What the record keeps of the conditions under which this judge works; empty where nothing can differ.
    def conditions(self) -> dict[str, Any]: ...
