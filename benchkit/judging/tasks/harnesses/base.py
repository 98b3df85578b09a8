"""Protocol and data for building and testing a workspace in one language, with proof of a pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from benchkit.asking.tasks.base import Files
from benchkit.languages import Command, Toolchain

HERE = Path(__file__).parent / "files"


class Unfit(Exception):
    """The workspace cannot be tested as it is; its text says why, one line."""


@dataclass(frozen=True)
class Trial:
    """The files of one test: the workspace with the answer applied and the tests copied over it."""

    files: Files
    tests: tuple[str, ...]  # names in `files`
    packages: tuple[str, ...] = ()
    measured: tuple[str, ...] = ()  # names in `files` whose coverage is reported


@dataclass(frozen=True)
class TrialProgram:
    """One program that runs tests: it reads the token from stdin before anything else."""

    files: Files
    argv: Command | None = None
    source: bytes | None = None  # Python, run by the sandbox's own interpreter
    executable: tuple[str, ...] = ()


@dataclass(frozen=True)
class BuildPlan:
    """How a trial's test programs are built."""

    runs: tuple[TrialProgram, ...]  # each still needs the products of the build that it names
    files: Files = field(default_factory=dict)  # that the build needs
    build: Command = ()  # empty: there is nothing to build
    products: tuple[str, ...] = ()  # made by the build
    caution: str = ""  # what may be why, where the build fails


class Harness(Protocol):
    """Builds and tests the workspaces of one language."""

    # What it keeps ready for all builds, made once outside of the sandbox; folders that programs may read.
    def prepare(self, toolchain: Toolchain, /) -> Sequence[Path]: ...

    # What a task's own files need that is not here, and what brings it; empty where all is.
    def missing(self, files: Files, toolchain: Toolchain, /) -> str: ...

    # How this trial is built and run. Raises Unfit where it cannot be.
    def plan(self, trial: Trial, toolchain: Toolchain, /) -> BuildPlan: ...


def support(name: str) -> bytes:
    """The content of one of our files for the jail."""
    return (HERE / name).read_bytes()


def with_environment(environment: Mapping[str, str], command: Command) -> Command:
    """The command with these environment variables, which the jail does not set."""
    return ("/usr/bin/env", *(f"{name}={value}" for name, value in environment.items()), *command)
