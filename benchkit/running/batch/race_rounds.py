"""How long the parts of a race are, and what their verdicts say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean

from benchkit.records import Verdict
from benchkit.running.plan import SoFar
from benchkit.running.runner.rounds import read_rounds_so_far
from benchkit.telling.history.artifacts import json_rows

FEWEST_PROBLEMS = 20  # that are worth a race
FIRST_ROUND_PAYS = 0.2
"""Of the time of all problems, the most that a start may take: each model has one more for the first round,
which tells who is likely to be the best."""
SHORTEST_ROUND = 5
LOADING_SHARE = 0.1  # of the time may go into loading models

Outcomes = Mapping[str, float | None]
"""Problem -> the share of its samples that passed; None where none could be judged."""


def first_round_pays(loading: float, asking: float, problems: int) -> bool:
    """From the time of a start and that of a problem."""
    return loading <= FIRST_ROUND_PAYS * asking * problems


def round_length(folder: Path) -> int:
    """So many problems that loading takes a tenth of the time, by what the starts of this run so far took.

    A script's own start, and its judging of earlier answers, count with the loading.
    """
    loading = asking = 0.0
    run = read_rounds_so_far(folder)
    rounds = run.telemetry.rounds or () if run else ()
    if rounds and (asked := rounds[-1].get("asked")):
        scripts = sum(one.get("script_s") or 0.0 for one in rounds)
        generation = rounds[-1].get("generation_s") or scripts
        loading = rounds[-1].get("server_start_s") or 0.0
        loading += max(0.0, scripts - generation) / len(rounds)
        asking = generation / asked
    wanted = loading / asking * (1 / LOADING_SHARE - 1) if asking else 0.0
    return max(SHORTEST_ROUND, int(wanted) + 1)


def in_full_waves(length: int, slots: int) -> int:
    """So many that all slots have something to answer: 5 problems at 4 slots take as long as 8."""
    return -(-length // slots) * slots


def read_outcomes(path: Path) -> Outcomes:
    """What a run's verdicts say of each problem."""
    samples: dict[str, list[str]] = defaultdict(list)
    for row in json_rows(path):
        samples[str(row.get("task_id"))].append(str(row.get("verdict")))
    return {task: outcome_of(verdicts) for task, verdicts in samples.items()}


def outcome_of(verdicts: Iterable[str]) -> float | None:
    """The share of a problem's samples that passed."""
    judged = [verdict == Verdict.PASSED for verdict in verdicts if verdict != Verdict.INFRASTRUCTURE]
    return fmean(judged) if judged else None


def outcomes_so_far(so_far: SoFar) -> Outcomes:
    """Of a run at work; None where not all samples of a problem are judged yet."""
    samples = max(map(len, so_far.verdicts.values()), default=1)
    return {
        task: outcome_of(verdicts) if len(verdicts) == samples else None
        for task, verdicts in so_far.verdicts.items()
    }


def in_order(outcomes: Outcomes, order: Sequence[str]) -> list[float | None]:
    """From the first problem of the order to the last that has an answer."""
    last = max((place for place, name in enumerate(order, 1) if name in outcomes), default=0)
    return [outcomes.get(name) for name in order[:last]]
