"""The runs of a history by name, as they were at one moment; a run is read whole only where it is chosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

from benchkit.records import Run
from benchkit.telling.history.base import Finder, Store
from benchkit.telling.history.heads import RunHead


class Catalog:
    """The heads of all runs of a store, or of those that are given, and the runs behind them."""

    def __init__(self, store: Store, heads: Sequence[RunHead] | None = None) -> None:
        self.store = store
        self._finder = store if heads is None and isinstance(store, Finder) else None
        if self._finder is None:
            self.heads = store.heads() if heads is None else heads

    @cached_property
    def heads(self) -> Sequence[RunHead]:
        return self.store.heads()

    @cached_property
    def latest(self) -> Sequence[RunHead]:
        """Of these at least the last of each status, benchmark, model and problem set; quicker to have."""
        return self.heads if self._finder is None else self._finder.latest_heads()

    def of(self, names: Sequence[str]) -> Sequence[RunHead]:
        """Of these at least what the names may mean; quicker to have where all of them are models."""
        if self._finder is None:
            return self.heads
        by_name = {name: self._finder.heads_of(name) for name in names}
        return [head for heads in by_name.values() for head in heads] if all(by_name.values()) else self.heads

    @property
    def place(self) -> str:
        """The store's name for people."""
        return self.store.place

    def run(self, head: RunHead) -> Run:
        """The whole run."""
        return self.store.get(head.id)

    def good_runs_like(self, run: Run) -> Iterator[Run]:
        """All that ended well of the same model and benchmark, the newest first, each read when it is due."""
        same = run.model, run.benchmark
        heads = [one for one in self.of([run.model]) if one.ok and (one.model, one.benchmark) == same]
        return map(self.run, sorted(heads, key=lambda one: one.when, reverse=True))

    def __len__(self) -> int:
        return len(self.heads)
