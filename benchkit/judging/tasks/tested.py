"""The outcome of building and testing one workspace."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchkit.judging.tasks.proof import Proof
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class Tested:
    """A verdict with its reason, report, times and output."""

    __test__ = False  # pytest takes it for a test of its own

    verdict: Verdict
    detail: str = ""
    proof: Proof = field(default_factory=Proof)
    build_s: float = 0.0
    test_s: float = 0.0
    stdout: bytes = b""
    stderr: bytes = b""
    built: bool = False
    weight_share: float | None = None  # of a task in the small form: the share of the weight that passed
    coverage: float | None = None  # of a task that asks for tests: the share of the reference that they run
