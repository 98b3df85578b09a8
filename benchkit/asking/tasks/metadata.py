"""Reads and validates a task's metadata.json; every complaint names file, key and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchkit.asking.answers.edits import is_inside
from benchkit.asking.tasks.base import (
    AREAS,
    DIFFICULTIES,
    MOST_MEMORY_MB,
    MOST_SECONDS,
    TEST_GENERATION,
    OwnCommands,
    TaskLimits,
)
from benchkit.errors import ProblemsError, UnknownName
from benchkit.languages import LANGUAGES

SCHEMA = 1
LEAST_CHECKS = 8
PACKAGE = re.compile(r"(?:@\w[\w.-]*/)?\w[\w.-]*(?:(?:@|[=<>!~]=)\w[\w.*+-]*)?")
ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")

Check = Callable[[Any], str]
"""Returns what is wrong with a value; an empty text where it is valid."""


class BadMetadata(ProblemsError):
    """A metadata.json that cannot be used."""


def read_metadata(path: Path) -> dict[str, Any]:
    """The validated contents; BadMetadata names file, line and key."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadMetadata(f"{path} is missing: a task's folder needs it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadMetadata(f"{path} cannot be read: {_why(error)}") from None
    try:
        metadata = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadMetadata(f"{path}: not JSON: {error}") from None
    if not isinstance(metadata, dict):
        raise BadMetadata(f"{path}, line 1: must be an object with the task's facts")
    for key, why in _complaints(metadata, path.parent.name):
        raise BadMetadata(f"{path}, line {_line(text, key)}, {key}: {why}")
    return metadata


def commands_of(metadata: Mapping[str, Any]) -> OwnCommands | None:
    if "test" not in metadata:
        return None
    build = tuple(map(tuple, metadata.get("build", ())))
    return OwnCommands(tuple(metadata["test"]), build, tuple(metadata.get("products", ())))


def limits_of(metadata: Mapping[str, Any]) -> TaskLimits:
    return TaskLimits(**metadata.get("limits", {}))


def _why(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def _complaints(metadata: Mapping[str, Any], folder: str) -> list[tuple[str, str]]:
    complaints = [(key, "is missing") for key in NEEDED if key not in metadata]
    for key, value in metadata.items():
        check = CHECKS.get(key)
        why = check(value) if check else _unknown(key)
        if why:
            complaints.append((key, why))
    if not complaints and metadata["id"] != folder:
        complaints.append(
            ("id", f"is {metadata['id']!r}, and its folder is named {folder!r}: name both alike")
        )
    if not complaints and metadata["area"] == TEST_GENERATION and "kill_share" not in metadata:
        complaints.append(("kill_share", "is missing: a task of this area says which share must be killed"))
    if "test" not in metadata and "build" in metadata:
        complaints.append(("build", "needs a command under `test`, which reports; see docs/tasks.md"))
    if {"test", "kill_share"} <= metadata.keys():
        complaints.append(("test", "is not for tasks that ask for tests"))
    return complaints


def _unknown(key: str) -> str:
    try:
        raise UnknownName("key", key, CHECKS)
    except UnknownName as error:
        return str(error)


def _line(text: str, key: str) -> int:
    """The line number of a key; 1 where the key is missing."""
    match = re.search(rf'^\s*[{{,]?\s*"{re.escape(key)}"\s*:', text, re.MULTILINE) or re.search(
        rf'"{re.escape(key)}"\s*:', text
    )
    return text.count("\n", 0, match.end()) + 1 if match else 1


def _text(value: Any) -> str:
    return "" if isinstance(value, str) and value.strip() else "must be text"


def _one_of(known: Callable[[], tuple[str, ...]]) -> Check:
    def check(value: Any) -> str:
        names = known()
        return "" if value in names else f"is {value!r}; known are {', '.join(names)}"

    return check


def _texts(value: Any) -> str:
    sound = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if sound and any("\0" in one for one in value):
        return "must not hold a NUL"
    return "" if sound else "must be a list of texts"


def _names(value: Any) -> str:
    if why := _texts(value):
        return why
    outside = [name for name in value if not is_inside(name)]
    return f"{outside[0]!r} is no name of a file within the workspace" if outside else ""


def _packages(value: Any) -> str:
    """Names of a registry's packages, optionally with a version: no address, path or flag."""
    bad = [name for name in value if not PACKAGE.fullmatch(name)] if not _texts(value) else []
    return _texts(value) or (
        f"{bad[0]!r} is no name of a package, such as attrs==25.1 or react@19" if bad else ""
    )


def _command(value: Any) -> str:
    return _texts(value) or ("" if value else "must be a list of a program and its arguments")


def _commands(value: Any) -> str:
    return "" if isinstance(value, list) and not any(map(_command, value)) else "must be a list of such lists"


def _limits(value: Any) -> str:
    known = TaskLimits.__dataclass_fields__
    if not isinstance(value, dict) or not value.keys() <= known.keys():
        return f"must be an object with some of {', '.join(known)}"
    for name, most in value.items():
        bound = MOST_MEMORY_MB if name == "memory_mb" else MOST_SECONDS
        if not _is_number(most) or not 0 < most <= bound:
            return f"{name} must be a number above 0, up to {bound}"
    return ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _versions(value: Any) -> str:
    sound = isinstance(value, dict) and all(
        isinstance(least, str) and re.fullmatch(r"\d+(\.\d+)*", least) for least in value.values()
    )
    return "" if sound else 'must name programs and their oldest versions, such as {"go": "1.22"}'


def _checks(value: Any) -> str:
    sound = isinstance(value, int) and not isinstance(value, bool) and value >= LEAST_CHECKS
    return "" if sound else f"must be the number of checks that the reference runs, {LEAST_CHECKS} or more"


def _share(value: Any) -> str:
    return "" if _is_number(value) and 0 < value <= 1 else "must be a number above 0, up to 1"


OF_PROBLEMS_ALONE = ("typescript",)  # languages in which no workspace can be tested
CHECKS: Mapping[str, Check] = {
    "schema": lambda value: "" if value == SCHEMA else f"is {value!r}; this version reads {SCHEMA}",
    "id": lambda value: (
        "" if isinstance(value, str) and ID.fullmatch(value) else "must be like go_expert_lru_cache"
    ),
    "title": _text,
    "language": _one_of(lambda: tuple(name for name in LANGUAGES if name not in OF_PROBLEMS_ALONE)),
    "area": _one_of(lambda: AREAS),
    "difficulty": _one_of(lambda: DIFFICULTIES),
    "tags": _texts,
    "editable": lambda value: _names(value) or ("" if value else "must name at least one file"),
    "protected": _names,
    "limits": _limits,
    "build": _commands,
    "products": _names,
    "test": _command,
    "toolchain": _versions,
    "packages": _packages,
    "checks": _checks,
    "kill_share": _share,
    "heavy": lambda value: (
        "" if isinstance(value, str) and is_inside(value) else "must name a script within the task's folder"
    ),
    "license": _text,
    "origin": _text,
}
NEEDED = (
    "schema",
    "id",
    "title",
    "language",
    "area",
    "difficulty",
    "editable",
    "checks",
    "license",
    "origin",
)
