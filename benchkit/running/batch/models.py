# ruff: noqa: PTH110, PTH111, PTH112, PTH116, PTH207
# Path's own functions raise where a folder may not be entered or a name is too long, and for ~nobody.
"""Which GGUF files a path, a glob or a folder means."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path

from benchkit.errors import BenchError
from benchkit.records import ModelFile
from benchkit.serving.gguf import read_model_file

_PART = re.compile(r"-\d{5}(?=-of-\d{5}\.gguf$)")


@dataclass(frozen=True)
class MatchedModels:
    """The models that match, and what was left out and why."""

    files: tuple[Path, ...]
    left_out: tuple[str, ...] = ()
    facts: dict[Path, ModelFile] = field(default_factory=dict)  # none for a file that cannot be read


def find_models(pattern: str) -> MatchedModels:
    """Files of a path, a glob or a folder, a split model once; projectors and vocabularies left out.

    A damaged file stays in: its run fails and says why, so that the summary has a row for it.
    """
    files: list[Path] = []
    left_out: list[str] = []
    facts: dict[Path, ModelFile] = {}
    for path in _candidates(pattern):
        if why := _why_unreadable(path):
            left_out.append(f"{path} {why}: left out")
            continue
        kind = _note_facts(path, facts)
        if kind in (None, "model"):
            files.append(path)
        else:
            left_out.append(f"{path} is a {kind} file, not a model: left out")
    return MatchedModels(tuple(files), tuple(left_out), facts)


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
        if not os.path.isdir(path):
            firsts.setdefault(_PART.sub("", str(path)), path)
    return iter(firsts.values())


def _why_unreadable(path: Path) -> str:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "is a link to nothing"
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "" if stat.S_ISREG(mode) else "is no file"


def matching_files(pattern: str) -> list[Path]:
    """Every part of a split model, and links to nothing, too; none where it cannot be looked."""
    name = _expanded(pattern)
    if os.path.isdir(name):
        return sorted(_files_below(name))
    if os.path.exists(name):
        return [Path(name)]
    # A person's pattern may be absolute, which Path.glob refuses.
    return sorted(Path(match) for match in glob(name, recursive=True))


def why_none_match(pattern: str) -> str:
    """In words: what was looked for is not there, or may not be looked at."""
    name = _expanded(pattern)
    try:
        os.stat(name)
        if os.path.isdir(name):
            os.scandir(name).close()
    except (FileNotFoundError, ValueError):  # which has a NUL in it
        pass
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    return "matches no GGUF file"


def _expanded(pattern: str) -> str:
    return os.path.expanduser(pattern)


def _files_below(folder: str) -> Iterator[Path]:
    """Unlike Path.rglob it goes on where a folder vanishes meanwhile."""
    for parent, _, names in os.walk(folder):
        yield from (Path(parent, name) for name in names if name.endswith(".gguf"))
