"""Finds a language's programs, on PATH or in our cache folder, and their versions."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from benchkit.errors import BenchError, MissingDependency
from benchkit.files import cache_folder, new_folder

_VERSION = re.compile(r"\d+(?:\.\d+)+")
_ANSWERS_WITHIN_S = 30
_OF_ROOT = Path("/var/cache/bench_runner")


@cache
def shared_folder() -> Path:
    """The folder for what programs in a sandbox must read: root's home is closed to the user they run as."""
    own = cache_folder()
    if os.getuid() != 0 or is_open_to_all(own):
        return own
    _OF_ROOT.mkdir(mode=0o755, parents=True, exist_ok=True)
    return _OF_ROOT


def is_open_to_all(path: Path) -> bool:
    """Whether any user can read the path."""
    real = path.resolve()
    return all(part.stat().st_mode & 0o001 for part in (real, *real.parents))


def opened(folder: Path, name: str) -> Path:
    """The folder; where it lies in root's home, a copy by that name which every user can read."""
    if os.getuid() != 0 or is_open_to_all(folder):
        return folder
    import shutil  # like the others here, loaded when a program is looked up: a script's help needs none

    copy = shared_folder() / name
    if not copy.exists():
        try:
            with new_folder(copy) as draft:
                shutil.copytree(folder, draft, symlinks=True, copy_function=_linked, dirs_exist_ok=True)
        except shutil.Error as error:  # which lists each of thousands of files
            _, target, why = error.args[0][0]
            raise BenchError(
                f"{folder} cannot be copied into {copy.parent}: {Path(target).name}: {why}"
            ) from None
    return copy


def _linked(source: str, target: str) -> str:
    """Hard link where both lie on one file system, which takes no space; else copy."""
    import shutil

    try:
        Path(target).hardlink_to(source)
    except OSError:
        shutil.copy2(source, target)
    return target


def toolchains_folder() -> Path:
    """Where `make toolchains` puts what it brings."""
    return shared_folder() / "toolchains"


def find_program(name: str, places: Sequence[Path], missing: MissingDependency) -> Path:
    """The program of this name on PATH, else in one of these folders; else raises `missing`."""
    import shutil

    own = os.pathsep.join(map(str, places))
    program = shutil.which(name) or shutil.which(name, path=own)
    if program is None:
        raise missing
    return Path(program)


@cache
def version_of(program: Path, *arguments: str) -> str:
    """The version that it prints, such as "20.20.2"; MissingDependency where it prints none."""
    said = output_of(program, *arguments)
    match = _VERSION.search(said)
    if match is None:
        raise MissingDependency(str(program), f"it does not tell its version: {said[:80]!r}")
    return match[0]


@cache
def output_of(program: Path, *arguments: str) -> str:
    """The first line that a program prints; MissingDependency where it does not start."""
    import subprocess

    try:
        done = subprocess.run(
            [program, *arguments],
            capture_output=True,
            text=True,
            timeout=_ANSWERS_WITHIN_S,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise MissingDependency(str(program), f"it does not start: {error}") from None
    return done.stdout.strip().partition("\n")[0]


def as_numbers(version: str) -> tuple[int, ...]:
    """A version as numbers, for comparing: "1.22" is older than "1.100"."""
    return tuple(map(int, re.findall(r"\d+", version)))


def own_folders(*folders: Path) -> tuple[Path, ...]:
    """Those that a sandbox must be given: what is below /usr is shown anyway."""
    places = (path for folder in folders for path in dict.fromkeys((folder, folder.resolve())))
    return tuple(path for path in dict.fromkeys(places) if not path.is_relative_to("/usr") and path.exists())
