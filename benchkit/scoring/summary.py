"""What verdicts add up to: pass@k, intervals, counts, flips, the ten slowest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchkit.problems.base import ProblemSet
from benchkit.scoring.base import Judged


class Tally:
    """Adds verdicts up as they come; its memory grows with the problems, not with the samples."""

    passed = 0
    done = 0

    def __init__(self, problem_set: ProblemSet) -> None: ...

    def add(self, judged: Judged) -> None:
        raise NotImplementedError

    def summary(self, ks: tuple[int, ...] = (1,)) -> dict[str, Any]:
        """Everything of summary.json that follows from the verdicts: score, total_passed, total_problems,
        difficulty_scores, failed_tasks, problem_set, counts, pass_at_k, interval, and under `further`
        base, flips, faulty, slowest. A k above the samples of a problem raises UsageError.
        """
        raise NotImplementedError


def as_text(summary: Mapping[str, Any]) -> str:
    """The summary for people; its first lines have the form that parsers read.

    Reads `time_taken` from the mapping too, which the script adds.
    """
    raise NotImplementedError
