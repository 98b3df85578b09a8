"""Which GGUF files a path, a glob or a folder means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.gguf import read_model_file
from benchkit.records import ModelFile

_LATER_PART = re.compile(r"-(?!00001)\d{5}-of-\d{5}\.gguf$")


@dataclass(frozen=True)
class Found:
    """The models that were meant, and what was left out and why."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()
    facts: dict[Path, ModelFile] = field(default_factory=dict)  # none for a file that cannot be read


def find_models(pattern: str) -> Found:
    """Files of a path, a glob or a folder, a split model once; projectors and vocabularies left out.

    A damaged file stays in: its run fails and says why, so that the morning's table has a row for it.
    """
    files: list[Path] = []
    left_out: list[str] = []
    facts: dict[Path, ModelFile] = {}
    for path in _candidates(pattern):
        kind = _note_facts(path, facts, read_model_file)
        if kind in (None, "model"):
            files.append(path)
        else:
            left_out.append(f"{path} is a {kind} file, not a model: left out")
    return Found(tuple(files), tuple(left_out), facts)


def _note_facts(path: Path, facts: dict[Path, ModelFile], read: Callable[[Path], ModelFile]) -> str | None:
    try:
        facts[path] = read(path)
    except BenchError:
        return None
    return facts[path].kind


def _candidates(pattern: str) -> Iterator[Path]:
    text = str(Path(pattern).expanduser())
    path = Path(text)
    if path.is_dir():
        matches = sorted(path.rglob("*.gguf"))
    elif path.exists():
        matches = [path]
    else:
        # A person's pattern may be absolute, which Path.glob refuses.
        matches = sorted(Path(match) for match in glob(text, recursive=True))  # noqa: PTH207
    return (match for match in matches if match.is_file() and not _LATER_PART.search(match.name))
