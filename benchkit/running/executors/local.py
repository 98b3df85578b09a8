"""On this machine, in this process: one group of runs after the other, each served once."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from contextlib import closing

from benchkit.running.executors.base import BatchStopped, Event, Group, RunBroke, RunEnded, Seams
from benchkit.running.plan import PlannedRun
from benchkit.running.runner import execute_all


class LocalExecutor:
    def __init__(self, seams: Seams) -> None:
        self._seams = seams
        self._waiting: deque[Group] = deque()
        self._at_work: PlannedRun | None = None

    def submit(self, group: Group) -> None:
        self._waiting.append(group)

    def cancel(self) -> None:
        self._waiting.clear()

    def events(self) -> Generator[Event]:
        while self._waiting:
            yield from self._run_group(self._waiting.popleft().plans)

    def _run_group(self, plans: Sequence[PlannedRun]) -> Generator[Event]:
        left = plans
        while left:
            self._at_work = None
            try:
                yield from self._run_some(left)
            except BatchStopped:
                raise
            except Exception as error:
                # A run that broke is a row like any other; those after it are still worth running.
                broken = self._at_work or left[0]
                left = left[left.index(broken) + 1 :]
                yield RunBroke(broken, error)
            else:
                return

    def _run_some(self, plans: Sequence[PlannedRun]) -> Generator[Event]:
        by_id = {plan.id: plan for plan in plans}
        seams = self._seams
        with closing(execute_all(plans, seams.display, self._wanted, seams.trouble)) as ended_runs:
            for ended in ended_runs:
                self._at_work = None
                yield RunEnded(by_id[ended.run.id], ended)

    def _wanted(self, plan: PlannedRun) -> bool:
        if not self._seams.wanted(plan):
            return False
        self._at_work = plan
        return True
