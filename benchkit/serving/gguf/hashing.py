"""A model's SHA-256, computed once for each state of its files and remembered in the cache folder."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from pathlib import Path

from benchkit.files import atomic_write, cache_folder
from benchkit.records import ModelFile


def sha256_of(model: ModelFile) -> str:
    """The file's SHA-256; of several parts, that of their concatenation."""
    remembered = cache_folder() / "sha256" / f"{_state_of(model)}.json"
    known = _recall(remembered)
    if known is None:
        known = _hash(model.parts)
        with suppress(OSError):  # a cache that cannot be written costs time, no run
            remembered.parent.mkdir(parents=True, exist_ok=True)
            atomic_write(remembered, json.dumps({"path": str(model.path), "sha256": known}))
    return known


def _recall(remembered: Path) -> str | None:
    try:
        return str(json.loads(remembered.read_text())["sha256"])
    except (OSError, ValueError, KeyError):
        return None


def _state_of(model: ModelFile) -> str:
    """A name for these very bytes: a file that changed has another size or time, so another name."""
    stats = [(str(part.resolve()), part.stat()) for part in model.parts]
    state = [(path, stat.st_size, stat.st_mtime_ns) for path, stat in stats]
    return hashlib.sha256(json.dumps(state).encode()).hexdigest()[:32]


def _hash(parts: tuple[Path, ...]) -> str:
    digest = hashlib.sha256()
    buffer = bytearray(1 << 20)
    for part in parts:
        with part.open("rb", buffering=0) as file:
            while read := file.readinto(buffer):
                digest.update(memoryview(buffer)[:read])
    return digest.hexdigest()
