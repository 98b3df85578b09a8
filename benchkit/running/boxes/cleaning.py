"""What is left of a group once a batch has taken its results: kept a while for whoever looks into a night.

What no batch has taken is never removed: it may be in no history yet. The runs' own folders stay in any case.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

DELIVERED = "delivered"  # a file in the group's folder, as old as the word that its results are taken
KEPT_S = 7 * 86400.0


def note_delivered(folder: Path) -> None:
    """A folder that cannot be written any more is kept, and that is all."""
    with suppress(OSError):
        (folder / DELIVERED).touch()


def note_begun(folder: Path) -> None:
    """From now on there is something in it again that nobody has taken."""
    (folder / DELIVERED).unlink(missing_ok=True)


def remove_delivered(folder: Path, at_work: Collection[str]) -> None:
    """The folders of groups, but for those at work, whose results were taken long enough ago."""
    for mark in folder.glob(f"*/{DELIVERED}"):
        with suppress(OSError):
            if mark.parent.name not in at_work and time.time() - mark.stat().st_mtime > KEPT_S:
                shutil.rmtree(mark.parent)
