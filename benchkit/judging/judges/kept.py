"""A judge that remembers: code that it judged in this folder before is not run again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchkit.asking.problems.base import Problem
from benchkit.judging.judges.base import Judge, Judgement
from benchkit.judging.kept import KeptVerdicts, digest_of
from benchkit.verdict import Verdict


@dataclass(frozen=True)
class KeptJudge:
    """Asks the judge behind it for what is not kept."""

    behind: Judge
    kept: KeptVerdicts

    def judge(self, problem: Problem, source: str) -> Judgement:
        key = digest_of(problem.id, source)
        if (known := self.kept.recall(key, _from_record)) is not None:
            return known
        judgement = self.behind.judge(problem, source)
        if judgement.verdict is not Verdict.INFRASTRUCTURE:
            self.kept.keep(key, _as_record(judgement))
        return judgement

    def judge_unrun(self, verdict: Verdict, detail: str) -> Judgement:
        return self.behind.judge_unrun(verdict, detail)

    def conditions(self) -> dict[str, Any]:
        return self.behind.conditions()


def _as_record(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(judgement.verdict),
        "detail": judgement.detail,
        "seconds": judgement.seconds,
        "base_verdict": judgement.base_verdict and str(judgement.base_verdict),
        "further": dict(judgement.further),
    }


def _from_record(record: Mapping[str, Any]) -> Judgement:
    base = record["base_verdict"]
    return Judgement(
        Verdict(record["verdict"]),
        record["detail"],
        record["seconds"],
        None if base is None else Verdict(base),
        record["further"],
    )
