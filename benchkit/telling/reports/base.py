"""What every report format offers."""

from __future__ import annotations

from typing import Protocol

from benchkit.telling.reports.material import Material


class Format(Protocol):
    """Writes one kind of report."""

    # The whole report as the bytes of its file.
    def render(self, material: Material) -> bytes: ...
