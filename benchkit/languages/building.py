"""Plain data about building and running: what is found on this machine, and the commands that use it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

Command = tuple[str, ...]
"""An argument list; its first word is looked up on the sandbox's PATH."""


@dataclass(frozen=True)
class Cache:
    """Compiled parts that all programs share: filled outside of the sandbox, read-only within it."""

    variable: str  # the environment variable that names its folder, such as GOCACHE
    folder: Path


@dataclass(frozen=True)
class Toolchain:
    """What builds and runs a language on this machine."""

    version: str
    executables: Mapping[str, Path]  # by the name that commands call it
    folders: tuple[Path, ...] = ()  # its own, beyond the system's: a sandbox shows them read-only
    environment: Mapping[str, str] = field(default_factory=dict)  # that its commands need, as when offline
    caches: tuple[Cache, ...] = ()

    @property
    def shown_folders(self) -> tuple[str, ...]:
        """All that a sandbox has to show: its own, and those of its caches, which may be filled later."""
        folders = (*self.folders, *(cache.folder for cache in self.caches))
        return tuple(dict.fromkeys(map(str, folders)))


@dataclass(frozen=True)
class Recipe:
    """From source to a run: these files in an empty folder, then the commands in it."""

    files: Mapping[str, bytes]
    run: Command
    build: Command = ()  # empty: there is nothing to build
    products: tuple[str, ...] = ()  # the files that the build makes and the run needs


@dataclass(frozen=True)
class Commands:
    """What is done in a workspace, in this order; the first command that fails ends it."""

    build: tuple[Command, ...] = ()
    test: tuple[Command, ...] = ()
