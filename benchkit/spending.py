"""What several runs spend together: a small file that their scripts share, each under its run's name.

A script takes the most that an answer can cost before it asks, and settles what it did cost afterwards, so
that runs side by side never pass the limit. A script that was killed leaves what it had taken; the batch
drops that once the run is over.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchkit.contract import Variable
from benchkit.errors import CostLimit
from benchkit.files import atomic_write, locked

WAIT_S = 30.0
SPENT, UNDER_WAY, MOST = "spent", "under_way", "most"
ENDED = "ended"  # the runs that the limit ended


class Spending:
    """The file, as one of the runs sees it."""

    def __init__(self, path: Path, run: str) -> None:
        self._path, self._run = path, run

    def begin(self, spent: float) -> None:
        """What the run has spent so far, in earlier commands; nothing of it is under way any more."""
        with _changing(self._path) as ledger:
            ledger[SPENT][self._run] = spent
            ledger[UNDER_WAY].pop(self._run, None)

    def take(self, expected: float) -> None:
        """Count what is about to be asked for; CostLimit where that could pass the limit."""
        with _changing(self._path) as ledger:
            most: float = ledger[MOST]
            spent, under_way = (sum(ledger[kind].values()) for kind in (SPENT, UNDER_WAY))
            if spent + under_way + expected <= most:
                self._add(ledger[UNDER_WAY], expected)
                return
            ledger[ENDED] = sorted({*ledger.get(ENDED, ()), self._run})
        raise CostLimit(
            f"--max-cost {most:g} of all runs: {spent:.4f} dollars are spent, and what is under way "
            f"with the next answer may cost {under_way + expected:.4f} more; the answers are kept: "
            "the same command with a higher --max-cost and --retry-failed goes on from them"
        )

    def settle(self, expected: float, cost: float) -> None:
        """It is answered, and cost this."""
        with _changing(self._path) as ledger:
            self._add(ledger[UNDER_WAY], -expected)
            self._add(ledger[SPENT], cost)

    def _add(self, sums: dict[str, float], amount: float) -> None:
        sums[self._run] = max(0.0, sums.get(self._run, 0.0) + amount)


@contextmanager
def _changing(path: Path) -> Iterator[dict[str, Any]]:
    """What the file tells, written back unless the change raised."""
    with locked(path, WAIT_S):
        ledger: dict[str, Any] = json.loads(path.read_bytes())
        yield ledger
        atomic_write(path, json.dumps(ledger))


@contextmanager
def shared_limit(path: Path, most: float, spent: Mapping[str, float]) -> Iterator[None]:
    """Tell all runs that start meanwhile of the limit and of what was spent before, by the runs' names."""
    start_spending(path, most, spent)
    os.environ[Variable.SPENDING] = str(path.resolve())
    try:
        yield
    finally:
        os.environ.pop(Variable.SPENDING, None)


def start_spending(path: Path, most: float, spent: Mapping[str, float]) -> None:
    atomic_write(path, json.dumps({MOST: most, SPENT: dict(spent), UNDER_WAY: {}}))


def read_spent(path: Path) -> dict[str, float]:
    """What each run has spent; nothing where no such file is."""
    try:
        spent = json.loads(path.read_bytes())[SPENT]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {str(run): float(cost) for run, cost in spent.items()}


def was_ended(path: Path, run: str) -> bool:
    """Whether the limit ended this run before its end."""
    try:
        return run in json.loads(path.read_bytes()).get(ENDED, ())
    except (OSError, ValueError, AttributeError):
        return False


def end_run(path: Path, run: str) -> float:
    """A run is over: nothing of it is under way any more. What is left for others."""
    with _changing(path) as ledger:
        ledger[UNDER_WAY].pop(run, None)
    left: float = ledger[MOST] - sum(ledger[SPENT].values()) - sum(ledger[UNDER_WAY].values())
    return left
