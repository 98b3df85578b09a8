"""What this box keeps for a database: records that wait for it, and the files of its batches."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from benchkit.files import PRIVATE_FOLDER, state_folder


def folder_on_this_box(url: str) -> Path:
    """The folder for this database, readable by its owner alone."""
    folder = state_folder() / "stores" / sha256(url.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    return folder
