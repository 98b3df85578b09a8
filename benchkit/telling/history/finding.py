"""Which runs a list shows, in which order, and which part of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from benchkit.errors import UnknownName
from benchkit.records import Run
from benchkit.telling.history.heads import moment


@dataclass(frozen=True)
class Filter:
    """What a run must have; None asks for nothing."""

    benchmark: str | None = None
    model: str | None = None
    status: str | None = None
    text: str | None = None  # part of the id, model, benchmark or error, in any case

    def accepts(self, run: Run) -> bool:
        exact = ((self.benchmark, run.benchmark), (self.model, run.model), (self.status, run.status.value))
        return all(wanted in (None, value) for wanted, value in exact) and self._mentioned(run)

    def _mentioned(self, run: Run) -> bool:
        if self.text is None:
            return True
        text = self.text.casefold()
        return any(text in (part or "").casefold() for part in (run.id, run.model, run.benchmark, run.error))


@dataclass(frozen=True)
class Order:
    """The name of a key in ORDERS, and its direction."""

    by: str = "added"
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """A part of the matching runs; without a limit, all from `offset` on."""

    offset: int = 0
    limit: int | None = None


@dataclass(frozen=True)
class Found:
    """The runs of one page, and how many there are on all pages."""

    runs: Sequence[Run]
    total: int


EVERYTHING, IN_ORDER, FIRST_PAGE = Filter(), Order(), Page()


ORDERS: dict[str, Callable[[Run], Any] | None] = {
    "added": None,
    "timestamp": lambda run: moment(run.timestamp),
    "model": lambda run: run.model.casefold(),
    "benchmark": lambda run: run.benchmark.casefold(),
    "status": lambda run: run.status.value,
    "score": lambda run: run.results.score,
    "time_taken": lambda run: run.results.time_taken,
}
"""Name -> key of a run; None keeps the order in which the runs were added. Runs without the key come last."""


def find_among(runs: Sequence[Run], wanted: Filter, order: Order, page: Page) -> Found:
    """For stores that hold their runs in memory."""
    kept = list(runs) if wanted == EVERYTHING else [run for run in runs if wanted.accepts(run)]
    kept = _ordered(kept, order)
    end = None if page.limit is None else page.offset + page.limit
    return Found(kept[page.offset : end], len(kept))


def _ordered(runs: list[Run], order: Order) -> list[Run]:
    if order.by not in ORDERS:
        raise UnknownName("order", order.by, ORDERS)
    key = ORDERS[order.by]
    if key is None:
        return runs[::-1] if order.descending else runs
    known = sorted((run for run in runs if key(run) is not None), key=key, reverse=order.descending)
    return [*known, *(run for run in runs if key(run) is None)]
