"""The runs of a history by name, as they were at one moment; a run is read whole only where it is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from benchkit.records import Run
from benchkit.telling.history.base import Store
from benchkit.telling.history.heads import Head


class Catalog:
    """The heads of all runs of a store, or of those that are given, and the runs behind them."""

    def __init__(self, store: Store, heads: Sequence[Head] | None = None) -> None:
        self.store = store
        self.heads = store.heads() if heads is None else heads

    @property
    def place(self) -> str:
        """The store's name for people."""
        return self.store.place

    def run(self, head: Head) -> Run:
        """The whole run."""
        return self.store.get(head.id)

    def __len__(self) -> int:
        return len(self.heads)
