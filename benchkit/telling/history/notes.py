"""Notes and tags of runs, in a small file of their own, since a history itself is only appended to.

The file holds: run id -> {"note": text, "tags": [words]}.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchkit.errors import HistoryError
from benchkit.files import PRIVATE_FILE, atomic_write, locked


@dataclass(frozen=True)
class Note:
    text: str = ""
    tags: tuple[str, ...] = ()

    def in_words(self) -> str:
        """`#q4 #night the note`"""
        return " ".join([*(f"#{tag}" for tag in self.tags), self.text]).strip()


def read(path: Path) -> dict[str, Note]:
    """All notes by run id."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (ValueError, OSError) as error:
        raise HistoryError(f"notes {path} cannot be read ({error}): mend or remove that file") from None
    if not isinstance(raw, dict):
        raise HistoryError(f"notes {path} hold no JSON object: mend or remove that file")
    return {run: _note(entry) for run, entry in raw.items()}


def write(
    path: Path, run_id: str, text: str | None = None, tags: Iterable[str] = (), without: Iterable[str] = ()
) -> Note:
    """Set the text where one is given, add tags, drop those in `without`; what was there else stays."""
    with _named(path), locked(path):
        notes = read(path)
        old = notes.get(run_id, Note())
        dropped = set(without)
        kept = dict.fromkeys(tag for tag in (*old.tags, *tags) if tag not in dropped)
        new = Note(old.text if text is None else text, tuple(kept))
        _store(path, {**notes, run_id: new})
    return new


def forget(path: Path, run_id: str) -> None:
    """Drop the notes of a run that was deleted."""
    if not path.exists():
        return
    with _named(path), locked(path):
        notes = read(path)
        if notes.pop(run_id, None) is not None:
            _store(path, notes)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error names the notes, and not the lock or the draft beside them."""
    try:
        yield
    except OSError as error:
        raise HistoryError(f"notes {path} cannot be written: {error.strerror or error}") from error


def _note(entry: Any) -> Note:
    fields = entry if isinstance(entry, dict) else {}
    tags = fields.get("tags")
    return Note(str(fields.get("note") or ""), tuple(map(str, tags)) if isinstance(tags, list) else ())


def _store(path: Path, notes: dict[str, Note]) -> None:
    plain = {run: {"note": note.text, "tags": list(note.tags)} for run, note in notes.items()}
    atomic_write(path, json.dumps(plain, ensure_ascii=False, indent=1) + "\n", new_mode=PRIVATE_FILE)
