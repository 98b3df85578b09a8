"""What the page is about: one history, one folder of runs, the folders of models, who may look."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchkit.dashboard.access import Access
from benchkit.telling.history.index.history import IndexedHistory


@dataclass(frozen=True)
class Site:
    """Handed to every route as `request.app.state.site`."""

    history: IndexedHistory
    place: str  # the history's path or URL, as it was named
    runs_dir: Path
    models: tuple[Path, ...]
    access: Access
    settings_file: Path
