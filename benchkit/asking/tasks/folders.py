"""Reads a catalogue that is a folder of task folders, with their solutions, mutants and heavy inputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePath, PurePosixPath
from typing import Any

from benchkit.asking.tasks.base import Catalogue, Files, Task
from benchkit.asking.tasks.metadata import commands_of, limits_of, read_metadata
from benchkit.errors import ProblemsError
from benchkit.languages import LANGUAGES

METADATA, INSTRUCTIONS = "metadata.json", "instructions.md"
WORKSPACE, TESTS, SOLUTION, ALTERNATIVE, MUTANTS = "workspace", "tests", "solution", "alternative", "mutants"
REFERENCE, SECOND = "reference", "second"  # below tests/ of a task that asks for tests
LEAST_MUTANTS = 5
NO_VERDICT = ("heavy",)  # keys of metadata.json that change no verdict
PASSED_OVER = ("__pycache__", "node_modules", "target", ".git", ".DS_Store")


@dataclass(frozen=True)
class Mutant:
    """A wrong solution: edit blocks on the reference, and one line that names the mistake."""

    name: str
    mistake: str
    edits: str


def read_catalogue(folder: Path) -> Catalogue:
    """All tasks of a folder; ProblemsError names the file that is at fault."""
    try:
        folders = sorted(entry for entry in folder.iterdir() if entry.is_dir() and entry.name[0] not in "._")
    except OSError as error:
        raise ProblemsError(
            f"the catalogue {folder} cannot be read: {error.strerror}; name a folder of task folders"
        ) from None
    if (folder / METADATA).is_file():
        folders = [folder]
    tasks = tuple(read_task(entry) for entry in folders)
    if not tasks:
        raise ProblemsError(f"the catalogue {folder} holds no task: a task is a folder with {METADATA}")
    return Catalogue("tasks", None, digest_of_tasks(tasks), tasks, folder)


def digest_of_tasks(tasks: tuple[Task, ...]) -> str:
    return sha256("".join(sorted(f"{task.id} {task.sha256}\n" for task in tasks)).encode()).hexdigest()


def read_task(folder: Path) -> Task:
    """A task without its solution and mutants, which are not needed to judge answers."""
    metadata = read_metadata(folder / METADATA)
    instructions = _text(folder / INSTRUCTIONS)
    workspace, tests = read_files(folder / WORKSPACE), read_files(folder / TESTS)
    if not tests:
        raise ProblemsError(f"{folder / TESTS} holds no file: a task without tests cannot be judged")
    if not workspace:
        raise ProblemsError(f"{folder / WORKSPACE} holds no file: the starter is missing")
    for name in metadata.get("protected", ()):
        if name not in workspace:
            raise ProblemsError(f"{folder / METADATA}, protected: {name} is not in {folder / WORKSPACE}")
    return _task(folder, metadata, instructions, workspace, tests)


def _task(folder: Path, metadata: dict[str, Any], instructions: str, workspace: Files, tests: Files) -> Task:
    return Task(
        id=metadata["id"],
        prompt=instructions,
        difficulty=metadata["difficulty"],
        facts={"language": metadata["language"], "area": metadata["area"]},
        language=LANGUAGES[metadata["language"]],
        title=metadata["title"],
        area=metadata["area"],
        tags=tuple(metadata.get("tags", ())),
        editable=tuple(metadata["editable"]),
        protected=tuple(metadata.get("protected", ())),
        limits=limits_of(metadata),
        commands=commands_of(metadata),
        toolchain=metadata.get("toolchain", {}),
        packages=tuple(metadata.get("packages", ())),
        checks=metadata["checks"],
        kill_share=metadata.get("kill_share"),
        heavy=_heavy(folder, metadata),
        workspace=workspace,
        tests=tests,
        folder=folder,
        sha256=_digest(metadata, instructions, workspace, tests),
    )


def _heavy(folder: Path, metadata: dict[str, Any]) -> str | None:
    name: str | None = metadata.get("heavy")
    if name is not None and not (folder / name).is_file():
        raise ProblemsError(f"{folder / METADATA}, heavy: there is no {name} in {folder}")
    return name


def read_heavy(task: Task) -> str:
    """The script that the task names as its heavy input."""
    assert task.folder is not None
    assert task.heavy is not None
    return _text(task.folder / task.heavy)


def _digest(metadata: dict[str, Any], instructions: str, workspace: Files, tests: Files) -> str:
    """Digest of all that can change a verdict: instructions, starter, tests, limits."""
    deciding = sorted((key, value) for key, value in metadata.items() if key not in NO_VERDICT)
    return digest_of_files(repr((deciding, instructions)), workspace, tests)


def digest_of_files(head: str, *parts: Files) -> str:
    """Digest of a text and of the names and contents of files."""
    whole = sha256(head.encode())
    for part in parts:
        for name, content in sorted(part.items()):
            whole.update(f"{name}\0{len(content)}\0".encode() + content)
        whole.update(b"\n")
    return whole.hexdigest()


def read_files(folder: Path) -> dict[str, bytes]:
    """The files below a folder by their relative names; empty where the folder does not exist."""
    try:
        return {name: path.read_bytes() for name, path in sorted(_walk(folder))}
    except OSError as error:
        raise ProblemsError(f"{error.filename} cannot be read: {error.strerror}") from None


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    if not folder.exists():
        return
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders[:] = [name for name in folders if name not in PASSED_OVER]
        for name in names:
            path = Path(place, name)
            # A pipe would be waited for without end.
            if name not in PASSED_OVER and not path.is_symlink() and path.is_file():
                yield _as_text(path.relative_to(folder).as_posix(), path), path


def _as_text(name: str, path: Path) -> str:
    try:
        name.encode()
    except UnicodeEncodeError:
        shown = os.fsencode(path).decode("utf-8", "replace")
        raise ProblemsError(f"{shown}: its name is no UTF-8: rename or remove it") from None
    return name


def _raised(error: OSError) -> None:
    raise error


def read_solution(task: Task, name: str = SOLUTION) -> dict[str, bytes]:
    """The files of a reference solution, to be copied over the workspace; empty where there is none."""
    if task.folder is None:
        return dict(task.reference) if name == SOLUTION else {}
    return read_files(task.folder / name)


def read_mutants(folder: Path) -> list[Mutant]:
    """The mutants in a folder; ProblemsError where one does not name its mistake."""
    return [_mutant(path, _text(path)) for path in sorted(folder.glob("*.txt"))]


def mutants_in(tests: Files) -> list[Mutant]:
    """The mutants among a task's test files; they need not lie in a folder here."""
    paths = sorted(PurePosixPath(name) for name in tests)
    return [
        _mutant(path, tests[str(path)].decode())
        for path in paths
        if path.parent == PurePosixPath(MUTANTS) and path.suffix == ".txt"
    ]


def _mutant(path: PurePath, text: str) -> Mutant:
    mistake, _, edits = text.partition("\n")
    if not mistake.strip() or "SEARCH" in mistake:
        raise ProblemsError(f"{path}, line 1: must name the mistake in one sentence")
    return Mutant(path.stem, mistake.strip(), edits)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ProblemsError(f"{path} is missing: a task's folder needs it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemsError(f"{path} cannot be read: {error}") from None
