"""What every history store offers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from benchkit.records import Run
from benchkit.telling.history.artifacts import RunFiles
from benchkit.telling.history.finding import (
    EVERYTHING,
    FIRST_PAGE,
    IN_ORDER,
    Filter,
    FoundRuns,
    Page,
    SortOrder,
)
from benchkit.telling.history.heads import RunHead
from benchkit.telling.history.listing import ModelCount
from benchkit.telling.history.notes import Note


@runtime_checkable
class Finder(Protocol):
    """What a store offers besides that needs not all of a long history to answer what a page asks."""

    # Of each status, benchmark, model and problem set the last run's head.
    def latest_heads(self) -> Sequence[RunHead]: ...

    # Those of all runs of a model.
    def heads_of(self, model: str) -> Sequence[RunHead]: ...

    # How often each model was run, by its name.
    def counts(self) -> list[ModelCount]: ...

    # The values there are of a fact in COLUMNS that is a text, such as all quantizations.
    def values_of(self, column: str) -> list[str]: ...


class Store(Protocol):
    """The runs, their notes, and where the files that belong to them lie."""

    # The path or URL as a person named it, for messages.
    @property
    def place(self) -> str: ...

    # Raises HistoryError where no run could be added: asked before hours of work, which would be lost for it.
    # A run that is appended may wait on this box for the store; who adds in another way says that none may.
    def check(self, *, may_wait: bool = True) -> None: ...

    # Adds one run, durably; where that fails the error says where the run's record was put instead.
    def append(self, run: Run) -> None: ...

    # Adds those runs that it holds none of by their ids, each with its files, in their order; quick for many.
    # Returns how many were added.
    def extend(self, runs: Sequence[tuple[Run, RunFiles]]) -> int: ...

    # What each run is called, in the order they were added; quick for any number of runs.
    def heads(self) -> Sequence[RunHead]: ...

    # The whole run of exactly this id.
    def get(self, run_id: str) -> Run: ...

    # Every run whole, in the order they were added.
    def runs(self) -> list[Run]: ...

    # Of these the runs that are only on this box as yet, until the store takes them.
    def waiting(self) -> Sequence[Run]: ...

    # The runs that are wanted. Where all are, in their order and without end, each may hold no more than a
    # list shows of it: its names, its error, the figures of its results, speed and VRAM.
    def find(
        self, wanted: Filter = EVERYTHING, order: SortOrder = IN_ORDER, page: Page = FIRST_PAGE
    ) -> FoundRuns: ...

    # Takes the run of exactly this id out, its notes with it; its artifacts stay.
    def delete(self, run_id: str) -> None: ...

    # Notes and tags by run id.
    def notes(self) -> Mapping[str, Note]: ...

    # Sets the text where one is given, adds tags and drops those `without`; returns what the run has now.
    def annotate(
        self, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
    ) -> Note: ...

    # The verdict on each sample of a run, one mapping each; none where they are not known.
    def verdicts(self, run: Run) -> Iterator[dict[str, Any]]: ...

    # A file among the run's artifacts, open for reading; FileNotFoundError where it is gone.
    def artifact(self, run: Run, name: str) -> BinaryIO: ...

    # The small files of a run that can be read here, its logs only on request.
    def files(self, run: Run, *, logs: bool = False) -> RunFiles: ...

    # Keeps those files of a run that it holds none of by their names; returns how many.
    def put_files(self, run: Run, files: RunFiles) -> int: ...

    # What is wrong with what is stored, one line each.
    def problems(self) -> Iterator[str]: ...

    # A file on this machine that belongs to the batches recorded here, such as their journal.
    def batch_file(self, kind: str) -> Path: ...

    # The file on this machine for the summary of the latest batch.
    def summary_file(self) -> Path: ...
