"""The models in the folders that the page looks into; a browser names them by a sign, never by a path.

The form asks at each change, and headers of large vocabularies take a while: a folder is read again only when
one of its files is another one, by name, inode, size and time.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.records import ModelFile
from benchkit.running.batch.models import find_models, matching_files
from benchkit.running.runner.host import read_servable

MOST_FOLDERS = 64  # that are remembered

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class FoundModel:
    """A GGUF file that may be launched, or why not."""

    id: str  # what a browser calls it
    path: Path
    name: str
    file: ModelFile | None
    refused: str  # in words; empty where it can be served


def found_models(folders: Sequence[Path]) -> list[FoundModel]:
    """Each file once, by its name."""
    by_path = {model.path: model for folder in folders for model in _in_folder(folder, _signature_of(folder))}
    return sorted(by_path.values(), key=lambda model: (model.name.casefold(), str(model.path)))


def _signature_of(folder: Path) -> Signature:
    files = matching_files(str(folder))
    return tuple(signature for file in files if (signature := _file_signature(file)) is not None)


def _file_signature(file: Path) -> tuple[str, int, int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return str(file), status.st_ino, status.st_size, status.st_mtime_ns


@lru_cache(MOST_FOLDERS)
def _in_folder(folder: Path, _signature: Signature) -> tuple[FoundModel, ...]:
    files = find_models(str(folder))
    models = []
    for path in files.files:
        place = path.absolute()
        name = path.name.removesuffix(".gguf")
        models.append(FoundModel(_sign(place), place, name, files.facts.get(path), _refusal(path)))
    return tuple(models)


def _sign(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _refusal(path: Path) -> str:
    try:
        read_servable(path)
    except BenchError as error:
        return str(error)
    return ""
