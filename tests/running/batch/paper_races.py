"""Races on paper: the batch's own ledger, journal and history, and runs that answer at once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchkit.racing import Goal, order_at_random
from benchkit.records import Run, Status
from benchkit.running.batch.display import PlainLines
from benchkit.running.batch.expand import expand
from benchkit.running.batch.keeper import Keeper
from benchkit.running.batch.ledger import Ledger
from benchkit.running.batch.options import BatchOptions
from benchkit.running.batch.planfile import make_plan
from benchkit.running.batch.race import ModelRace, first_of_next_lap, laps
from benchkit.running.batch.race_groups import entries_that_race
from benchkit.running.batch.state import StateJournal, agree_with_history, read_state
from benchkit.running.plan import PlannedRun, SoFar
from benchkit.running.runner import EndedRun
from benchkit.running.runner.rounds import is_whole, with_former_rounds
from benchkit.runs import run_of
from benchkit.settings import RunSettings
from benchkit.telling.history import open_store, to_record
from tests.running.batch.races import Solves, racing_plan

LOADING_S, PROBLEM_S = 0.1, 1.0


class Lines(PlainLines):
    """Keeps what is told."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger.states)
        self.lines: list[str] = []

    def show(self, text: str) -> None:
        self.lines.append(text)


class PaperNight:
    """One batch; `fails` are models that cannot be started, `most_runs` is how many it lives to see."""

    def __init__(
        self,
        folder: Path,
        solves: Solves,
        count: int,
        *,
        goal: Goal = Goal(),  # noqa: B008 - it is frozen
        fails: Collection[str] = (),
        most_runs: int = 1000,
        loading_s: float = LOADING_S,
        slots: int = 4,
        args: Sequence[str] = (),
        **options: Any,
    ) -> None:
        self.solves, self.count, self.fails, self.loading_s = solves, count, fails, loading_s
        self.asked: Counter[str] = Counter()  # starts of each model
        self.interrupted_parts: list[str] = []  # models whose script was told that it is enough
        self._answered_before: dict[str, int] = {}
        folder.mkdir(exist_ok=True)
        history = folder / "benchmark_results.json"
        models = [{"base_url": "http://127.0.0.1:1/v1", "name": name} for name in solves]
        raw = racing_plan(folder, models, count)
        raw["benchmarks"][0]["args"] += args
        plan = make_plan(raw, "plan.yaml")
        base = RunSettings(benchmark="", history=history, runs_dir=folder / "runs", parallel=slots)
        self.ledger = Ledger(expand(plan, base).entries)
        runs = open_store(history).runs()
        known = agree_with_history(read_state(history), runs)
        self.ledger.load(known.entries, runs)
        self.display = Lines(self.ledger)
        chosen = BatchOptions(history, race=goal, **options)
        journal = StateJournal(history)
        journal.plan(self.ledger.states())
        self._keeper = Keeper(self.ledger, journal, chosen, self.display, lambda _state: None)
        groups, self.notes = entries_that_race(self.ledger.entries)
        self.races = [ModelRace(group, known.races, self.ledger, self._keeper, chosen) for group in groups]
        self.laps: list[list[str]] = []
        self.next_of_lap: list[str | None] = []  # as it is thought when the last of the lap is begun
        for lap in laps(self.races):
            self.laps.append([str(due.entry.settings.name) for group in lap for due in group])
            following = first_of_next_lap(self.races)
            self.next_of_lap.append(following.settings.name if following else None)
            for due in (due for group in lap for due in group):
                planned = self._keeper.planned(due)
                if self._keeper.wanted(planned):
                    most_runs -= 1
                    if most_runs < 0:
                        return  # killed, with this one begun
                    self._keeper.note(self._answered(planned))

    def _answered(self, plan: PlannedRun) -> EndedRun:
        self.asked[plan.name] += 1
        if plan.name in self.fails:
            run = replace(self._run(plan, []), status=Status.FAILED, error="it does not start")
            open_store(plan.settings.history).append(run)
            return EndedRun(run)
        assert plan.part is not None
        numbers = [f"Add/{number}" for number in range(self.count)]
        order = order_at_random(numbers, plan.part.seed)[: plan.part.first]
        before = self._answered_before.get(plan.name, 0)
        end = next(end for end in range(before, len(order) + 1) if self._ends_at(plan, order, before, end))
        self._answered_before[plan.name] = end
        rows = [
            {"task_id": name, "sample": 0, "verdict": self._verdict(plan.name, name)} for name in order[:end]
        ]
        plan.folder.mkdir(parents=True, exist_ok=True)
        (plan.folder / "verdicts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        run = with_former_rounds(self._run(plan, rows), plan.folder)
        (plan.folder / "run.json").write_text(json.dumps(to_record(run)))
        whole = is_whole(plan, run)
        if whole:
            open_store(plan.settings.history).append(run)
        return EndedRun(run, recorded=whole)

    def _ends_at(self, plan: PlannedRun, order: list[str], before: int, end: int) -> bool:
        """Whether all is asked, or enough: those who are asked answer one after the other."""
        if end == len(order) or plan.part is None or plan.part.is_enough is None:
            return end == len(order)
        verdicts = {name: [self._verdict(plan.name, name)] for name in order[:end]}
        now = end - before
        enough = plan.part.is_enough(SoFar(verdicts, len(order), now, self.loading_s, now * PROBLEM_S))
        if enough and plan.part.race is not None and plan.part.race.round > 1:
            self.interrupted_parts.append(plan.name)
        return enough

    def _verdict(self, model: str, name: str) -> str:
        return "passed" if int(name.partition("/")[2]) in self.solves[model] else "wrong"

    def _run(self, plan: PlannedRun, rows: list[dict[str, Any]]) -> Run:
        passed = sum(row["verdict"] == "passed" for row in rows)
        part = plan.part
        return run_of(
            id=plan.id, timestamp="2026-11-25T00:00:00+00:00", benchmark="human_eval", model=plan.name,
            status=Status.OK,
            results={
                "score": 100 * passed / len(rows) if rows else None, "total_passed": passed,
                "total_problems": len(rows),
                "part": {"seed": part.seed if part else 0, "asked": len(rows), "of": self.count},
            },
            telemetry={"server_start_s": self.loading_s, "script_s": PROBLEM_S * SLICE},
            artifacts=str(plan.folder),
        )  # fmt: skip

    def state(self, model: str) -> str:
        return next(state.in_words for state in self.ledger.states() if state.model == model)


SLICE = 8  # problems that a start is said to have asked, for its time
