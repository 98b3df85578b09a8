"""One run less in the file: besides appending the only change, and a rare one, so all is written anew."""

from __future__ import annotations

from pathlib import Path

from benchkit.errors import HistoryError
from benchkit.files import atomic_write, locked, real_path
from benchkit.telling.history.json_file import appending, document
from benchkit.telling.history.json_file.document import Document
from benchkit.telling.history.record import from_record


def delete(path: Path, run_id: str) -> None:
    """Take the run of this very id out of the history; a crash leaves it with the run or without it."""
    try:
        with locked(path):
            history = real_path(path)
            appending.recover(history)
            whole = document.parse(appending.read_bytes(history))
            kept = [record for record in whole.records if from_record(record).id != run_id]
            if len(kept) == len(whole.records):
                raise HistoryError(f"history {path}: it holds no run {run_id!r}")
            atomic_write(history, document.render(Document(kept, whole.beside)))
    except OSError as error:
        raise HistoryError(f"history {path}: nothing was deleted: {error.strerror or error}") from error
