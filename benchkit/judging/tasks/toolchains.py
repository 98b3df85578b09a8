"""Finds and prepares the toolchains for a catalogue's tasks, before anything is timed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchkit.errors import MissingDependency
from benchkit.judging.tasks.harnesses import HARNESSES
from benchkit.languages import LANGUAGES, Toolchain


@dataclass(frozen=True)
class Toolchains:
    """By language: the toolchain, or what is missing and the command that installs it."""

    by_language: Mapping[str, Toolchain | MissingDependency]
    folders: tuple[str, ...]  # outside the system's folders: the sandbox must show them

    def missing(self) -> list[str]:
        """The languages in which no answer can be judged here."""
        return [
            name for name, toolchain in self.by_language.items() if isinstance(toolchain, MissingDependency)
        ]

    def as_record(self) -> dict[str, Any]:
        """The versions; None for a missing toolchain."""
        return {
            name: one.version if isinstance(one, Toolchain) else None
            for name, one in self.by_language.items()
        }


def find_toolchains(languages: Iterable[str]) -> Toolchains:
    """Find each language's toolchain, and fill the caches that its builds share."""
    by_language: dict[str, Toolchain | MissingDependency] = {}
    folders: list[str] = []
    for name in dict.fromkeys(languages):
        try:
            toolchain = LANGUAGES[name].find_toolchain()
            LANGUAGES[name].fill_caches(toolchain)
            prepared = HARNESSES[name].prepare(toolchain) if name in HARNESSES else ()
        except MissingDependency as missing:
            by_language[name] = missing
        except subprocess.CalledProcessError as error:
            by_language[name] = MissingDependency(name, _why_unfilled(error))
        else:
            by_language[name] = replace(toolchain, folders=(*toolchain.folders, *prepared))
            folders += map(str, prepared)
            if not LANGUAGES[name].preloaded:
                folders += toolchain.shown_folders
    return Toolchains(by_language, tuple(dict.fromkeys(folders)))


def fingerprint(toolchain: Toolchain) -> tuple[object, ...]:
    """Changes when one of the toolchain's programs or folders is replaced."""
    return (
        *(_identity(path, content=True) for path in toolchain.executables.values()),
        *(_identity(path, content=False) for path in toolchain.folders),
    )


def _identity(path: Path, *, content: bool) -> tuple[int, ...] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return (facts.st_dev, facts.st_ino, *((facts.st_size, facts.st_mtime_ns) if content else ()))


def _why_unfilled(error: subprocess.CalledProcessError) -> str:
    lines = _lines_said(error)
    return f"its caches cannot be filled: {lines[-1][:200] if lines else error}"


def why_unprepared(error: OSError | subprocess.CalledProcessError) -> str:
    """Why what all tests of a kind need cannot be made, which is no fault of an answer."""
    if isinstance(error, OSError):
        why = f"{error.filename}: {error.strerror}"
    else:
        lines = _lines_said(error)
        why = next((line for line in lines if "error" in line), lines[-1] if lines else str(error))
    return f"what its tests need cannot be prepared: {why[:300]}"


def _lines_said(error: subprocess.CalledProcessError) -> list[str]:
    return (error.stderr or b"").decode("utf-8", "replace").strip().splitlines()
