"""What the page is about: one history, one folder of runs, the folders of models, who may look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchkit.dashboard.access import Access
from benchkit.telling.history.index.history import IndexedHistory
from benchkit.telling.history.stores import CSV, scheme_of


@dataclass(frozen=True)
class Site:
    """Handed to every route as `request.app.state.site`."""

    history: IndexedHistory
    place: str  # the history's path or URL, as it was named
    runs_dir: Path
    models: tuple[Path, ...]
    access: Access
    settings_file: Path

    @property
    def is_read_only(self) -> bool:
        """Whether no run can ever be added to it."""
        return scheme_of(self.place) == CSV
