"""How long the rounds of a race are, and what their verdicts say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean

from benchkit.records import Verdict
from benchkit.running.runner.rounds import read_rounds_so_far
from benchkit.telling.history.artifacts import json_rows

FEWEST_PROBLEMS = 20  # that are worth a race
FIRST_ROUND = 8  # problems, before anything is known of the time that they take
SHORTEST_ROUND = 5
LOADING_SHARE = 0.1  # of the time may go into loading models

Outcomes = Mapping[str, float | None]
"""Problem -> the share of its samples that passed; None where none could be judged."""


def round_length(folders: Iterable[Path]) -> int:
    """So many problems that loading takes a tenth of the time, by what the rounds so far took.

    A script's own start, and its judging of earlier answers, count with the loading.
    """
    loading = asking = 0.0
    for folder in folders:
        run = read_rounds_so_far(folder)
        rounds = run.telemetry.rounds or () if run else ()
        if rounds and (asked := rounds[-1].get("asked")):
            scripts = sum(one.get("script_s") or 0.0 for one in rounds)
            generation = rounds[-1].get("generation_s") or scripts
            loading += rounds[-1].get("server_start_s") or 0.0
            loading += max(0.0, scripts - generation) / len(rounds)
            asking += generation / asked
    return round_length_for(loading, asking)


def round_length_for(loading: float, asking: float) -> int:
    """From the time of a start and that of a problem."""
    wanted = loading / asking * (1 / LOADING_SHARE - 1) if asking else 0.0
    return max(SHORTEST_ROUND, int(wanted) + 1)


def in_full_waves(length: int, slots: int) -> int:
    """So many that all slots have something to answer: 5 problems at 4 slots take as long as 8."""
    return -(-length // slots) * slots


def read_outcomes(path: Path) -> Outcomes:
    """What a run's verdicts say of each problem."""
    samples: dict[str, list[bool]] = defaultdict(list)
    for row in json_rows(path):
        judged = samples[str(row.get("task_id"))]
        if row.get("verdict") != Verdict.INFRASTRUCTURE:
            judged.append(row.get("verdict") == Verdict.PASSED)
    return {task: fmean(passes) if passes else None for task, passes in samples.items()}
