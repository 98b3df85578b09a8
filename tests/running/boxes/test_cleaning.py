"""What a box keeps of groups goes once it is delivered and old, and never before."""

from __future__ import annotations

import os
import time
from pathlib import Path

from benchkit.running.boxes.cleaning import (
    DELIVERED,
    KEPT_S,
    note_begun,
    note_delivered,
    remove_delivered,
)
from benchkit.running.boxes.groups import GROUPS, Groups
from benchkit.running.boxes.inventory import Inventory


def _groups(place: Path, *names: str) -> list[Path]:
    folders = [place / name for name in names]
    for folder in folders:
        folder.mkdir(parents=True)
        (folder / "history.json").write_text("{}")
    return folders


def _deliver_long_ago(folder: Path) -> None:
    note_delivered(folder)
    then = time.time() - KEPT_S - 1
    os.utime(folder / DELIVERED, (then, then))


def test_only_what_was_taken_long_ago_is_removed(tmp_path: Path) -> None:
    """Not what was taken lately, not what nobody took, however old it is, and not what is at work."""
    old, lately, untaken, again = _groups(tmp_path, "old", "lately", "untaken", "again")
    for folder in (old, again):
        _deliver_long_ago(folder)
    note_delivered(lately)
    os.utime(untaken, (0, 0))
    remove_delivered(tmp_path, {"again"})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "lately", "untaken"]


def test_a_group_that_begins_again_is_not_delivered_any_more(tmp_path: Path) -> None:
    """A later attempt at it works in the same folder."""
    (folder,) = _groups(tmp_path, "g")
    _deliver_long_ago(folder)
    note_begun(folder)
    remove_delivered(tmp_path, ())
    assert folder.exists()


def test_a_box_that_joins_cleans_up(tmp_path: Path) -> None:
    """Whatever runs lie beside its groups stay."""
    old, untaken = _groups(tmp_path / GROUPS, "old", "untaken")
    (run,) = _groups(tmp_path, "20260101-000000-abc")
    _deliver_long_ago(old)
    Groups(Inventory("alpha", {}, (), {}, {}), tmp_path)
    assert (old.exists(), untaken.exists(), run.exists()) == (False, True, True)


def test_a_folder_that_is_gone_or_cannot_be_written_stops_nothing(tmp_path: Path) -> None:
    """Somebody removed it by hand."""
    note_delivered(tmp_path / "gone")
    remove_delivered(tmp_path / "gone", ())
