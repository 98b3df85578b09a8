"""What a run's files tell of its attempts."""

from __future__ import annotations

from dataclasses import dataclass

from benchkit.records import Run, Verdict
from benchkit.telling.history.base import Store
from benchkit.telling.reports.gallery import natural


@dataclass(frozen=True)
class Attempt:
    """One sample of one problem, as its chip shows it."""

    task: str
    sample: int
    label: str
    verdict: str
    detail: str

    @property
    def passed(self) -> bool:
        return self.verdict == Verdict.PASSED


def attempts_of(store: Store, run: Run) -> list[Attempt]:
    """Every judged sample in the order of the problems; where no verdicts were kept, the failed problems."""
    rows = list(store.verdicts(run))
    if not rows:
        rows = [{"task_id": task, "verdict": "not passed"} for task in run.results.failed_tasks or ()]
    rows.sort(key=lambda row: (natural(str(row.get("task_id"))), row.get("sample") or 0))
    return [
        Attempt(
            str(row.get("task_id")),
            int(row.get("sample") or 0),
            str(row.get("task_id")),
            str(row.get("verdict")),
            str(row.get("detail") or ""),
        )
        for row in rows
    ]
