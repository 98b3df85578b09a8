"""The questions that a judge is asked, by area: files that a person can edit, checked whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchkit.environment import ROOT
from benchkit.errors import ProblemsError
from benchkit.strict_documents import read_yaml

FOLDER = ROOT / "rubrics"
BACKEND, FRONTEND, TESTS = "backend", "frontend", "tests"
RUBRICS = (BACKEND, FRONTEND, TESTS)
AREAS = {"frontend": FRONTEND, "test generation": TESTS}
"""A task's area -> its rubric; all others are asked the one for code that is neither page nor tests."""
DIMENSIONS = (
    "functionality",
    "code quality",
    "security",
    "performance",
    "accessibility",
    "error handling",
)
TELLERS = ("tests", "axe", "mutants")
"""What ran and can answer an item."""
_KEYS = {"id", "ask", "told_by", "checks_judge"}
_ID = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Item:
    """One question, to which yes is the better answer."""

    id: str
    ask: str
    dimension: str
    told_by: str | None = None  # what ran answers it, and the judge is not asked
    checks_judge: bool = False  # its answer is known where the tests' verdict is


@dataclass(frozen=True)
class Rubric:
    """The questions of one area."""

    name: str
    version: str
    sha256: str
    items: tuple[Item, ...]

    @property
    def asked(self) -> tuple[Item, ...]:
        """What only a judge can say."""
        return tuple(item for item in self.items if item.told_by is None)

    @property
    def checked(self) -> Item:
        """The item whose answer is known where the tests' verdict is."""
        return next(item for item in self.items if item.checks_judge)

    def as_record(self) -> dict[str, str]:
        """What the history keeps: equal ones asked the same."""
        return {"version": self.version, "sha256": self.sha256[:16]}


def rubric_name(area: str | None) -> str:
    """The rubric for tasks of an area; problems without one are plain code."""
    return AREAS.get(area or "", BACKEND)


def read_rubrics(folder: Path = FOLDER) -> dict[str, Rubric]:
    """All rubrics of a folder by name; ProblemsError says what is wrong, and where."""
    for path in sorted(folder.glob("*.yaml")):
        if path.stem not in RUBRICS:  # whoever wrote it believes that it is asked
            known = ", ".join(f"{name}.yaml" for name in RUBRICS)
            raise ProblemsError(f"the rubric {path}: no area is asked it; those that are: {known}")
    return {name: read_rubric(folder / f"{name}.yaml") for name in RUBRICS}


def read_rubric(path: Path) -> Rubric:
    """The rubric in a file."""
    try:
        text = path.read_text(encoding="utf-8")
        content = read_yaml(text)
    except FileNotFoundError:
        raise ProblemsError(
            f"the rubric {path} is missing: name the folder that holds it with --rubrics"
        ) from None
    except (OSError, ValueError) as error:
        raise ProblemsError(f"the rubric {path} cannot be read: {error}") from None
    for complaint in _complaints(content, path.stem):
        raise ProblemsError(f"the rubric {path}: {complaint}")
    return Rubric(
        path.stem, str(content["version"]), sha256(text.encode()).hexdigest(), tuple(_items(content))
    )


def _items(content: dict[str, Any]) -> Iterator[Item]:
    for dimension, entries in content["dimensions"].items():
        for entry in entries:
            told_by, checks = entry.get("told_by"), bool(entry.get("checks_judge"))
            yield Item(entry["id"], " ".join(entry["ask"].split()), dimension, told_by, checks)


def _complaints(content: Any, name: str) -> Iterator[str]:
    """What is wrong with it, the first that somebody has to mend before all others."""
    if not isinstance(content, dict) or set(content) != {"rubric", "version", "dimensions"}:
        yield "it must have the keys rubric, version and dimensions, and no others"
        return
    if content["rubric"] != name:
        yield f"rubric: {content['rubric']!r} is not the file's name, {name!r}"
    if not str(content["version"] or "").strip():
        yield "version: it is empty; give it one, such as 1"
    if not isinstance(content["dimensions"], dict) or sorted(content["dimensions"]) != sorted(DIMENSIONS):
        yield f"dimensions: it must have these six: {', '.join(DIMENSIONS)}"
        return
    yield from _complaints_of_items(content["dimensions"])


def _complaints_of_items(dimensions: dict[str, Any]) -> Iterator[str]:
    seen: dict[str, str] = {}
    checking = 0
    for dimension, entries in dimensions.items():
        if not isinstance(entries, list) or not entries:
            yield f"{dimension}: it has no item"
            return
        for entry in entries:
            yield from _complaints_of(entry, dimension, seen)
            checking += isinstance(entry, dict) and entry.get("checks_judge") is True
    if checking != 1:
        yield f"{checking} items have checks_judge: true; exactly one must: judges are checked by it"


def _complaints_of(entry: Any, dimension: str, seen: dict[str, str]) -> Iterator[str]:
    if not isinstance(entry, dict) or not set(entry) <= _KEYS or not {"id", "ask"} <= set(entry):
        yield f"{dimension}: an item has id and ask, and may have told_by or checks_judge: {entry!r}"
        return
    item, ask = entry["id"], " ".join(str(entry["ask"] or "").split())
    if not isinstance(item, str) or not _ID.fullmatch(item):
        yield f"{dimension}: {item!r} is no id: small letters, digits and _"
    if not isinstance(entry["ask"], str | None):
        yield f"{dimension}, {item}: ask is no text: {entry['ask']!r}"
    if not ask:
        yield f"{dimension}, {item}: ask is empty"
    if item in seen:
        yield f"{dimension}, {item}: this id is there twice"
    if ask.casefold() in seen.values():
        yield f"{dimension}, {item}: this question is there twice"
    if entry.get("told_by") not in (None, *TELLERS):
        yield f"{dimension}, {item}: told_by {entry['told_by']!r}: known are {', '.join(TELLERS)}"
    if entry.get("checks_judge") not in (None, True, False):
        yield f"{dimension}, {item}: checks_judge {entry['checks_judge']!r}: it is true, or left out"
    if entry.get("told_by") and entry.get("checks_judge"):
        yield f"{dimension}, {item}: an item that checks judges is asked, and so has no told_by"
    seen[str(item)] = ask.casefold()
