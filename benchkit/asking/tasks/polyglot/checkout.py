"""Reads a checkout: each exercise's config says which of its files are starter, test and example."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from benchkit.asking.tasks.base import Catalogue, Files, Task, TaskLimits
from benchkit.asking.tasks.folders import digest_of_files, digest_of_tasks, read_files
from benchkit.asking.tasks.polyglot.languages import TRACKS, Rules, Track, count_tests, prepared_tests
from benchkit.asking.tasks.polyglot.pinned import version_of
from benchkit.errors import ProblemsError
from benchkit.languages import LANGUAGES

PRACTICE = "exercises/practice"
CONFIG = ".meta/config.json"
DOCUMENTS = ("introduction", "instructions", "instructions.append")
# A test run with its build may take so long, as with aider.
LIMITS = TaskLimits(build_s=180, test_s=180, memory_mb=2048, threads=2048)
AREA = "exercise"
STARTER_PASSES = frozenset({"go/counter", "go/ledger", "go/markdown", "javascript/ledger"})
ASKED = (
    "Change {files} so that all of this holds. Keep the names of the functions and classes that are there:"
    " tests call them. Use the standard library only."
)


def is_checkout(path: Path) -> bool:
    """Whether exercises of at least one language lie there."""
    # Path.is_dir raises in a closed folder, which whoever reads the catalogue tells by its name.
    return any(os.path.isdir(path / name / PRACTICE) for name in TRACKS)  # noqa: PTH112


def read_checkout(folder: Path, rules: Rules) -> Catalogue:
    """All exercises, language by language; ProblemsError names what cannot be used."""
    tasks = tuple(_tasks(folder, rules))
    if not tasks:
        raise ProblemsError(f"{folder} holds no exercise: name a checkout of polyglot-benchmark")
    return Catalogue("polyglot", version_of(folder), digest_of_tasks(tasks), tasks, folder)


def _tasks(folder: Path, rules: Rules) -> Iterator[Task]:
    for name, track in TRACKS.items():
        place = folder / name / PRACTICE
        if not place.is_dir() or track.language not in LANGUAGES:
            continue
        for exercise in sorted(place.iterdir()):
            if exercise.is_dir():
                yield _task(exercise, f"{name}/{exercise.name}", track, rules)


def _task(folder: Path, task_id: str, track: Track, rules: Rules) -> Task:
    named = _config(folder)
    files = {
        name: content
        for name, content in read_files(folder).items()
        if not PurePosixPath(name).parts[0].startswith(".") and not track.needless.fullmatch(name)
    }
    for name in (*named["solution"], *named["test"]):
        if name not in files:
            raise ProblemsError(f"{folder / CONFIG}, files: there is no {name} in {folder}")
    starter = {name: files.pop(name) for name in named["solution"]}
    tests = prepared_tests(track, files, rules)
    prompt = _prompt(folder, named["solution"])
    return Task(
        id=task_id,
        prompt=prompt,
        facts={"language": track.language, "area": AREA},
        language=LANGUAGES[track.language],
        title=folder.name.replace("-", " ").capitalize(),
        area=AREA,
        editable=tuple(named["solution"]),
        limits=LIMITS,
        checks=count_tests(track, tests, tuple(named["test"])),
        workspace=starter,
        tests=tests,
        reference=_example(folder, named),
        is_of_others=True,
        starter_passes=task_id in STARTER_PASSES,
        sha256=digest_of_files(prompt, starter, tests),
    )


def _config(folder: Path) -> dict[str, list[str]]:
    path = folder / CONFIG
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ProblemsError(f"{path} is missing: the checkout is not whole, clone it again") from None
    except (OSError, ValueError) as error:
        raise ProblemsError(f"{path} cannot be read: {error}") from None
    files = found.get("files") if isinstance(found, dict) else None
    named = {kind: _names(files, kind) for kind in ("solution", "test", "example")}
    for kind, names in named.items():
        if not names:
            raise ProblemsError(f"{path}, files.{kind}: must be a list of file names")
    return named


def _names(files: Any, kind: str) -> list[str]:
    names = files.get(kind) if isinstance(files, dict) else None
    sound = isinstance(names, list) and all(isinstance(name, str) for name in names)
    return names if sound and names is not None else []


def _prompt(folder: Path, solution: list[str]) -> str:
    paths = [folder / ".docs" / f"{name}.md" for name in DOCUMENTS]
    texts = [path.read_text(encoding="utf-8").strip() for path in paths if path.is_file()]
    if not texts:
        raise ProblemsError(f"{folder / '.docs'} holds no instructions: the checkout is not whole")
    return "\n\n".join([*texts, ASKED.format(files=" and ".join(solution))])


def _example(folder: Path, named: dict[str, list[str]]) -> Files:
    """The exercise's own solution, under the names that an answer has."""
    example: dict[str, bytes] = {}
    for source in named["example"]:
        name = _solved_by(source, named["solution"])
        if name and (folder / source).is_file():
            example[name] = (folder / source).read_bytes()
    cargo = folder / ".meta" / "Cargo-example.toml"
    if "Cargo.toml" in named["solution"] and cargo.is_file():
        example["Cargo.toml"] = cargo.read_bytes()
    return example


def _solved_by(example: str, solution: list[str]) -> str:
    """The file that an example stands for: one of its name, else the only one of its kind."""
    same = [name for name in solution if PurePosixPath(name).name == PurePosixPath(example).name]
    alike = [name for name in solution if PurePosixPath(name).suffix == PurePosixPath(example).suffix]
    return next(iter(same or alike), "")
