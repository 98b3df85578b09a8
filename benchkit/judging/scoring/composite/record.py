"""The parts of the composite in summary.json: points of each problem, their mean and its interval.

A comparison needs the points of each problem, since it looks at problems that all compared models passed.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from benchkit.asking.script.journal import explained, make_folder
from benchkit.contract import Figure, RunFile, ScorePart
from benchkit.judging.scoring.base import Judged
from benchkit.judging.scoring.composite.base import Answered, Measured, MeasuredPart, OpenSandbox
from benchkit.judging.scoring.composite.efficiency import EfficiencyMeter, Heavy
from benchkit.judging.scoring.composite.figures import radon_figures
from benchkit.judging.scoring.composite.quality import measure_quality
from benchkit.statistics import points_interval
from benchkit.verdict import Verdict

NOT_ASKED_FOR = "not measured: --efficiency measures it"


class Measurements:
    """Collects passing answers while verdicts arrive, and measures them at the end."""

    def __init__(self, languages: Iterable[str]) -> None:
        self._languages = sorted(set(languages))
        self._answers: list[Answered] = []
        self._seconds: dict[str, list[float]] = defaultdict(list)
        self._shares: dict[str, list[float]] = defaultdict(list)
        self._coverage: dict[str, list[float]] = defaultdict(list)
        self._tells_shares = False

    def add(
        self,
        judged: Judged,
        answered: Answered | None,
        share: float | None = None,
        coverage: float | None = None,
    ) -> None:
        """One verdict, the code where it passed, and the share of its tests where the harness tells it.

        `coverage`: of tests that a model wrote, the share of the reference that they run.
        """
        if coverage is not None:
            self._coverage[judged.task_id].append(100 * coverage)
        if judged.verdict is Verdict.INFRASTRUCTURE:
            return
        passed = judged.verdict is Verdict.PASSED
        self._tells_shares = self._tells_shares or share is not None
        self._shares[judged.task_id].append(float(passed) if share is None else share)
        seconds = judged.further.get("request_s")
        if seconds:
            self._seconds[judged.task_id].append(float(seconds))
        if passed and answered is not None:
            self._answers.append(answered)

    def measure_in(
        self,
        sandbox: OpenSandbox | None,
        heavy: Callable[[], Mapping[str, Heavy | str]] | None,
        folder: Path | None,
        tell: Callable[[str], None],
    ) -> dict[str, Any]:
        """The record of all parts; efficiency only where heavy inputs are given, and a sandbox."""
        efficiency = MeasuredPart(why=NOT_ASKED_FOR)
        if heavy is not None and sandbox is not None:
            efficiency = EfficiencyMeter(sandbox(), heavy(), tell).measure(self._answers)
        return self.measure(folder, efficiency, sandbox)

    def measure(
        self, folder: Path | None, efficiency: MeasuredPart, sandbox: OpenSandbox | None = None
    ) -> dict[str, Any]:
        """The record of all parts; the counts of each answer are written into the run's folder."""
        quality = measure_quality(self._answers, self._languages, sandbox)
        parts = {ScorePart.QUALITY: quality, ScorePart.EFFICIENCY: efficiency}
        if folder is not None and self._answers:
            _write(folder, parts)
        record = {str(name): _as_record(part) for name, part in parts.items()}
        record |= {str(figure): known for figure, known in radon_figures(self._answers).items()}
        if self._coverage:
            record[Figure.COVERAGE] = {
                "points": {task: round(fmean(values), 2) for task, values in sorted(self._coverage.items())}
            }
        if self._tells_shares:
            points = {task: 100 * fmean(shares) for task, shares in self._shares.items()}
            record[ScorePart.CORRECTNESS] = _with_mean(points)
        if self._seconds:
            seconds = {task: round(fmean(self._seconds[task]), 4) for task in sorted(self._seconds)}
            record[ScorePart.SPEED] = {"seconds": seconds}
        return record


def _as_record(part: MeasuredPart) -> dict[str, Any]:
    if part.why:
        return {"why": part.why}
    points: dict[str, list[float]] = defaultdict(list)
    for one in part.measured:
        if one.points is not None:
            points[one.task_id].append(one.points)
    unmeasured = Counter(one.why for one in part.measured if one.points is None)
    return {
        **_with_mean({task: fmean(values) for task, values in points.items()}),
        "method": part.method,
        **part.further,
        **({"unmeasured": dict(unmeasured)} if unmeasured else {}),
    }


def _with_mean(points: Mapping[str, float]) -> dict[str, Any]:
    if not points:
        return {"mean": None, "interval": None, "points": {}}
    interval = points_interval(list(points.values()))
    return {
        "mean": round(fmean(points.values()), 4),
        "interval": interval and [round(end, 4) for end in interval],
        "points": {task: round(points[task], 2) for task in sorted(points)},
    }


def _write(folder: Path, parts: Mapping[ScorePart, MeasuredPart]) -> None:
    """One line an answer, for people who want to see what was counted."""
    by_answer: dict[tuple[str, int], dict[str, Measured]] = defaultdict(dict)
    for name, part in parts.items():
        for one in part.measured:
            by_answer[one.task_id, one.sample][name] = one
    lines = [
        json.dumps({"task_id": task, "sample": sample, **{n: m.as_record() for n, m in measures.items()}})
        for (task, sample), measures in by_answer.items()
    ]
    with explained(folder):
        make_folder(folder)
        (folder / RunFile.MEASURES).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
