"""Sums verdicts up: pass@k, intervals, counts, flips, the ten slowest."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from benchkit.asking.problems.base import Problem, ProblemSet
from benchkit.errors import UsageError
from benchkit.judging.scoring.base import Judged
from benchkit.statistics import clustered_interval, pass_at_k, wilson
from benchkit.verdict import Verdict

SLOWEST = 10
# Facts of problems; a drop between months shows what a model has memorized.
GROUPED_BY = ("platform", "month", "language", "area")
Percents = list[float]


@dataclass
class Count:
    """The counts of one problem so far."""

    samples: int = 0
    passed: int = 0
    base_passed: int = 0


class Tally:
    """Adds verdicts up as they arrive; its memory grows with the problems, not with the samples."""

    def __init__(self, problem_set: ProblemSet) -> None:
        self._set = problem_set
        self._counts = {problem.id: Count() for problem in problem_set.problems}
        self._verdicts: Counter[Verdict] = Counter()
        self._slowest: list[tuple[float, str, int]] = []
        self._flips: set[str] = set()
        self._has_base = False

    @property
    def done(self) -> int:
        return self._verdicts.total()

    @property
    def passed(self) -> int:
        return self._verdicts[Verdict.PASSED]

    def add(self, judged: Judged) -> None:
        self._verdicts[judged.verdict] += 1
        self._note_time(judged)
        if judged.verdict is Verdict.INFRASTRUCTURE:
            return  # says nothing about the model
        count = self._counts[judged.task_id]
        count.samples += 1
        count.passed += judged.verdict is Verdict.PASSED
        if judged.base_verdict is not None:
            self._add_base(judged, count)

    def _add_base(self, judged: Judged, count: Count) -> None:
        self._has_base = True
        if judged.base_verdict is Verdict.PASSED:
            count.base_passed += 1
            if judged.verdict is not Verdict.PASSED:
                self._flips.add(judged.task_id)

    def _note_time(self, judged: Judged) -> None:
        heapq.heappush(self._slowest, (judged.seconds, judged.task_id, judged.sample))
        if len(self._slowest) > SLOWEST:
            heapq.heappop(self._slowest)

    def summary(self, ks: tuple[int, ...] = (1,)) -> dict[str, Any]:
        """Everything of summary.json that follows from the verdicts.

        Percents everywhere. Problems without a sample that was judged are no part of any score; `further`
        names them as `unjudged`. With several samples a problem, total_passed is the number of problems
        that one try solves on average. A k above the samples of each problem raises UsageError.
        """
        problems = self._judged_problems()
        counts = [self._counts[problem.id] for problem in problems]
        return {
            "score": _score(counts),
            "total_passed": _passed(counts),
            "total_problems": len(counts),
            "difficulty_scores": {
                name: _score(group) for name, group in self._by_difficulty(problems).items()
            },
            "failed_tasks": [problem.id for problem in problems if not self._counts[problem.id].passed],
            "problem_set": self._set.as_record(),
            "counts": {
                str(verdict): self._verdicts[verdict] for verdict in Verdict if self._verdicts[verdict]
            },
            "pass_at_k": {f"pass@{k}": value for k in ks if (value := _at_k(counts, k)) is not None},
            "interval": _interval(counts),
            "further": self._further(problems, ks),
        }

    def _judged_problems(self) -> list[Problem]:
        return [problem for problem in self._set.problems if self._counts[problem.id].samples]

    def _by_difficulty(self, problems: Iterable[Problem]) -> dict[str, list[Count]]:
        groups: dict[str, list[Count]] = {}
        for problem in problems:
            if problem.difficulty is not None:
                groups.setdefault(problem.difficulty, []).append(self._counts[problem.id])
        return {name: groups[name] for name in sorted(groups, key=_difficulty_rank)}

    def _by_fact(self, problems: Iterable[Problem], name: str) -> dict[str, Any]:
        """Scores of the problems that share a fact, such as the month they are from."""
        groups: dict[str, list[Count]] = {}
        for problem in problems:
            if name in problem.facts:
                groups.setdefault(problem.facts[name], []).append(self._counts[problem.id])
        return {value: _scores(groups[value]) for value in sorted(groups)}

    def _further(self, problems: list[Problem], ks: tuple[int, ...]) -> dict[str, Any]:
        counts = [self._counts[problem.id] for problem in problems]
        judged = {problem.id for problem in problems}
        further: dict[str, Any] = {
            "samples": sum(count.samples for count in counts),
            "unjudged": [problem.id for problem in self._set.problems if problem.id not in judged],
            "difficulties": {
                name: [_passed(group), len(group)] for name, group in self._by_difficulty(problems).items()
            },
            "groups": {name: groups for name in GROUPED_BY if (groups := self._by_fact(problems, name))},
            "pass_at_k_intervals": {
                f"pass@{k}": _interval(counts, k) for k in ks if _at_k(counts, k) is not None
            },
            "slowest": [
                {"task_id": task, "sample": sample, "seconds": round(seconds, 3)}
                for seconds, task, sample in sorted(self._slowest, reverse=True)
            ],
        }
        if self._has_base:
            base = [Count(count.samples, count.base_passed) for count in counts]
            further["base"] = _scores(base) | {"passes_only_base": sorted(self._flips, key=_natural)}
        if faulty := {task: why for task, why in self._set.faulty.items() if task in judged}:
            further["without_faulty"] = self._without_faulty(problems, faulty)
        return further

    def _without_faulty(self, problems: list[Problem], faulty: dict[str, str]) -> dict[str, Any]:
        sound = [self._counts[problem.id] for problem in problems if problem.id not in faulty]
        return _scores(sound) | {"faulty": faulty}


def _scores(counts: list[Count]) -> dict[str, Any]:
    return {
        "score": _score(counts),
        "total_passed": _passed(counts),
        "total_problems": len(counts),
        "interval": _interval(counts),
    }


def _fractions(counts: list[Count], k: int = 1) -> list[float]:
    return [pass_at_k(count.samples, count.passed, k) for count in counts]


def _score(counts: list[Count]) -> float | None:
    return round(100 * fmean(_fractions(counts)), 4) if counts else None


def _passed(counts: list[Count]) -> int:
    return round(sum(_fractions(counts)))


def _at_k(counts: list[Count], k: int) -> float | None:
    """pass@k in percent; None where some problem lost samples and has fewer than k left."""
    most = max((count.samples for count in counts), default=k)
    if k > most:
        raise UsageError(f"pass@{k} needs at least {k} samples a problem; there are {most}")
    if not counts or k > min(count.samples for count in counts):
        return None
    return round(100 * fmean(_fractions(counts, k)), 4)


def _interval(counts: list[Count], k: int = 1) -> Percents:
    """Wilson's interval; with repeated samples clustered by problem."""
    if all(count.samples == 1 for count in counts):
        low, high = wilson(sum(count.passed for count in counts), len(counts))
    else:
        low, high = clustered_interval(_fractions(counts, k))
    return [round(100 * low, 4), round(100 * high, 4)]


def _difficulty_rank(name: str) -> tuple[int, str]:
    known = ("easy", "medium", "hard", "expert")
    return (known.index(name) if name in known else len(known), name)


def _natural(task_id: str) -> tuple[str, int, str]:
    """HumanEval/9 before HumanEval/10."""
    head, _, tail = task_id.rpartition("/")
    return (head, int(tail) if tail.isdecimal() else -1, tail)
