"""Reads a checkout: each exercise's config says which of its files are starter, test and example."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from benchkit.asking.tasks.base import Catalogue, Files, Task, TaskLimits
from benchkit.asking.tasks.folders import digest_of_files, digest_of_tasks
from benchkit.asking.tasks.polyglot.languages import TRACKS, PolyglotRules, Track, count_tests, prepared_tests
from benchkit.asking.tasks.polyglot.pinned import DIGESTS, read_languages, version_of
from benchkit.errors import ProblemsError
from benchkit.languages import LANGUAGES

PRACTICE = "exercises/practice"
CONFIG = ".meta/config.json"
CARGO_OF_EXAMPLE = ".meta/Cargo-example.toml"
DOCUMENTS = ("introduction", "instructions", "instructions.append")
# A test run with its build may take so long, as with aider.
LIMITS = TaskLimits(build_s=180, test_s=180, memory_mb=2048, threads=2048)
AREA = "exercise"
STARTER_PASSES = frozenset(
    {"go/counter", "go/ledger", "go/markdown", "java/ledger", "java/tree-building", "javascript/ledger"}
)
ASKED = (
    "Change {files} so that all of this holds. Keep the names of the functions and classes that are there:"
    " tests call them. Use the standard library only."
)


def is_checkout(path: Path) -> bool:
    """Whether exercises of at least one language lie there."""
    # Path.is_dir raises in a closed folder, which whoever reads the catalogue tells by its name.
    return any(os.path.isdir(path / name / PRACTICE) for name in DIGESTS)  # noqa: PTH112


def read_checkout(folder: Path, rules: PolyglotRules) -> Catalogue:
    """All exercises, language by language; ProblemsError names what cannot be used."""
    languages = read_languages(folder)
    tasks = tuple(_tasks(folder, languages, rules))
    if not tasks:
        raise ProblemsError(f"{folder} holds no exercise: name a checkout of polyglot-benchmark")
    return Catalogue("polyglot", version_of(languages), digest_of_tasks(tasks), tasks, folder)


def _tasks(folder: Path, languages: Mapping[str, Files], rules: PolyglotRules) -> Iterator[Task]:
    for language in TRACKS:
        place = folder / language / PRACTICE
        for exercise in sorted(place.iterdir()) if place.is_dir() else ():
            if exercise.is_dir():
                within = f"{PRACTICE}/{exercise.name}/"
                files = {
                    name.removeprefix(within): content
                    for name, content in languages[language].items()
                    if name.startswith(within)
                }
                yield _task(exercise, language, files, rules)


def _task(folder: Path, language: str, all_files: Files, rules: PolyglotRules) -> Task:
    task_id, track = f"{language}/{folder.name}", TRACKS[language]
    named = _config(folder, all_files)
    files = {
        name: content
        for name, content in all_files.items()
        if not PurePosixPath(name).parts[0].startswith(".") and not track.needless.fullmatch(name)
    }
    for name in (*named["solution"], *named["test"]):
        if name not in files:
            raise ProblemsError(f"{folder / CONFIG}, files: there is no {name} in {folder}")
    starter = {name: files.pop(name) for name in named["solution"]}
    tests = prepared_tests(track, files, rules)
    prompt = _prompt(folder, all_files, named["solution"])
    return Task(
        id=task_id,
        prompt=prompt,
        facts={"language": language, "area": AREA},
        language=LANGUAGES[language],
        title=folder.name.replace("-", " ").capitalize(),
        area=AREA,
        editable=tuple(named["solution"]),
        limits=LIMITS,
        checks=count_tests(track, tests, tuple(named["test"])),
        workspace=starter,
        tests=tests,
        reference=_example(all_files, named, tests, track),
        is_of_others=True,
        starter_passes=task_id in STARTER_PASSES,
        sha256=digest_of_files(prompt, starter, tests),
    )


def _config(folder: Path, files: Files) -> dict[str, list[str]]:
    path = folder / CONFIG
    if CONFIG not in files:
        raise ProblemsError(f"{path} is missing: the checkout is not whole, clone it again")
    try:
        config = json.loads(files[CONFIG])
    except (ValueError, RecursionError) as error:
        raise ProblemsError(f"{path} cannot be read: {error}") from None
    kinds = config.get("files") if isinstance(config, dict) else None
    named = {kind: _names(kinds, kind) for kind in ("solution", "test", "example")}
    for kind, names in named.items():
        if not names:
            raise ProblemsError(f"{path}, files.{kind}: must be a list of file names")
    for name in named["test"]:
        if name in named["solution"]:
            raise ProblemsError(f"{path}, files.test: {name} is a file of the solution, too")
    return named


def _names(files: Any, kind: str) -> list[str]:
    names = files.get(kind) if isinstance(files, dict) else None
    sound = isinstance(names, list) and all(isinstance(name, str) and name for name in names)
    return list(dict.fromkeys(names)) if sound and names is not None else []


def _prompt(folder: Path, files: Files, solution: list[str]) -> str:
    names = [f".docs/{name}.md" for name in DOCUMENTS]
    texts = [files[name].decode("utf-8", "replace").strip() for name in names if name in files]
    if not texts:
        raise ProblemsError(f"{folder / '.docs'} holds no instructions: the checkout is not whole")
    return "\n\n".join([*texts, ASKED.format(files=" and ".join(solution))])


def _example(files: Files, named: dict[str, list[str]], given: Files, track: Track) -> Files:
    """The exercise's own solution, under the names that an answer has."""
    sources: dict[str, list[str]] = {}
    for source in named["example"]:
        if source in files and (name := _solved_by(source, named["solution"], given)):
            sources.setdefault(name, []).append(source)
    example = {}
    for name, several in sources.items():
        several.sort(key=lambda source: PurePosixPath(source).name != PurePosixPath(name).name)
        example[name] = track.joined([files[source] for source in several])
    if "Cargo.toml" in named["solution"] and CARGO_OF_EXAMPLE in files:
        example["Cargo.toml"] = files[CARGO_OF_EXAMPLE]
    return example


def _solved_by(example: str, solution: list[str], given: Files) -> str:
    """The file that an example stands for: one of its name, else the only one of its kind.

    None for what the exercise gives to everybody.
    """
    name = PurePosixPath(example).name
    same = [path for path in solution if PurePosixPath(path).name == name]
    if not same and any(PurePosixPath(path).name == name for path in given):
        return ""
    alike = [path for path in solution if PurePosixPath(path).suffix == PurePosixPath(example).suffix]
    return next(iter(same or alike), "")
