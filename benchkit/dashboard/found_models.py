"""The models in the folders that the page looks into; a browser names them by a sign, never by a path."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.records import ModelFile
from benchkit.running.batch.models import find_models
from benchkit.running.runner.host import read_servable


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
    by_path = {model.path: model for folder in folders for model in _in_folder(folder)}
    return sorted(by_path.values(), key=lambda model: (model.name.casefold(), str(model.path)))


def _in_folder(folder: Path) -> Iterator[FoundModel]:
    found = find_models(str(folder))
    for path in found.files:
        place = path.absolute()
        yield FoundModel(
            _sign(place), place, path.name.removesuffix(".gguf"), found.facts.get(path), _refusal(path)
        )


def _sign(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def _refusal(path: Path) -> str:
    try:
        read_servable(path)
    except BenchError as error:
        return str(error)
    return ""
