"""Which GGUF files a path, a glob or a folder means."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.records import ModelFile
from benchkit.serving.gguf import read_model_file

_PART = re.compile(r"-\d{5}(?=-of-\d{5}\.gguf$)")


@dataclass(frozen=True)
class Found:
    """The models that match, and what was left out and why."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()
    facts: dict[Path, ModelFile] = field(default_factory=dict)  # none for a file that cannot be read


def find_models(pattern: str) -> Found:
    """Files of a path, a glob or a folder, a split model once; projectors and vocabularies left out.

    A damaged file stays in: its run fails and says why, so that the summary has a row for it.
    """
    files: list[Path] = []
    left_out: list[str] = []
    facts: dict[Path, ModelFile] = {}
    for path in _candidates(pattern):
        if not path.is_file():
            left_out.append(f"{path} is a link to nothing: left out")
            continue
        kind = _note_facts(path, facts)
        if kind in (None, "model"):
            files.append(path)
        else:
            left_out.append(f"{path} is a {kind} file, not a model: left out")
    return Found(tuple(files), tuple(left_out), facts)


def _note_facts(path: Path, facts: dict[Path, ModelFile]) -> str | None:
    try:
        facts[path] = read_model_file(path)
    except BenchError:
        return None
    return facts[path].kind


def _candidates(pattern: str) -> Iterator[Path]:
    """Of a split model its first part stands for all; a missing part is reported when the model is read."""
    firsts: dict[str, Path] = {}
    for path in matching_files(pattern):
        if path.is_file() or (path.is_symlink() and not path.exists()):
            firsts.setdefault(_PART.sub("", str(path)), path)
    return iter(firsts.values())


def matching_files(pattern: str) -> list[Path]:
    """Every part of a split model, and links to nothing, too."""
    path = Path(os.path.expanduser(pattern))  # noqa: PTH111 - Path's own fails for ~nobody
    if path.is_dir():
        return sorted(path.rglob("*.gguf"))
    if path.exists():
        return [path]
    # A person's pattern may be absolute, which Path.glob refuses.
    return sorted(Path(match) for match in glob(str(path), recursive=True))  # noqa: PTH207
