"""Plain data: the toolchain on this machine, and the commands that build and run programs with it."""

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
    """A language's programs on this machine, with their environment and caches."""

    version: str
    executables: Mapping[str, Path]  # by the name that commands call it
    folders: tuple[Path, ...] = ()  # its own, beyond the system's: a sandbox shows them read-only
    environment: Mapping[str, str] = field(default_factory=dict)  # that its commands need, as when offline
    caches: tuple[Cache, ...] = ()

    @property
    def shown_folders(self) -> tuple[str, ...]:
        """All folders that a sandbox must show: its own and its caches', which may be filled later."""
        folders = (*self.folders, *(cache.folder for cache in self.caches))
        return tuple(dict.fromkeys(map(str, folders)))


@dataclass(frozen=True)
class Recipe:
    """How a source is run: these files in an empty folder, then the commands in it."""

    files: Mapping[str, bytes]
    run: Command
    build: Command = ()  # empty: there is nothing to build
    products: tuple[str, ...] = ()  # the files that the build makes and the run needs


@dataclass(frozen=True)
class Commands:
    """The commands for a workspace, in this order; the first failure ends them."""

    build: tuple[Command, ...] = ()
    test: tuple[Command, ...] = ()
