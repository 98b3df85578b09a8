"""A catalogue as one file: a list of tasks, each with a prompt and cases of input and output.

A task: `id, difficulty: easy|medium|hard|extreme, prompt, test_cases: [{input, expected_output, timeout,
weight}], reference_solution, metadata`. `metadata` may hold `language` (python is the default), `title`, and
`entry_point` where the language's values have a form in JSON: with it a case's input is the arguments of a
call, without it the program's stdin.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256
from math import isfinite
from pathlib import Path
from typing import Any

import yaml

from benchkit.asking.tasks.base import MOST_SECONDS, Case, Catalogue, Task, TaskLimits
from benchkit.errors import ProblemsError, UnknownName
from benchkit.languages import LANGUAGES, Language, find_language

DIFFICULTIES = {"easy": "easy", "medium": "medium", "hard": "hard", "extreme": "expert"}
SUFFIXES = (".json", ".yaml", ".yml")
CASE_NAME = "test_case_{:03}"  # of a case's check, by its number
FILE = "solution"  # and the language's suffix
WALL_S = 10.0
AS_PROGRAM = "Write a whole program that reads its input from stdin and prints nothing but the answer."
AS_FUNCTION = "Write the function `{}`; nothing is read or printed."
OF_PAGES = ("html",)  # languages whose answers read no stdin


ID = re.compile(r"\w[\w.+-]{0,150}")


class BadTask(ProblemsError):
    """A task of the file that cannot be used."""


def read_small_form(path: Path) -> Catalogue:
    """All tasks of a catalogue file; ProblemsError names task and field."""
    try:
        text = path.read_text(encoding="utf-8")
        rows = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise ProblemsError(f"the catalogue {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ProblemsError(f"the catalogue {path} cannot be read: {error}") from None
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise ProblemsError(f"{path}: {' '.join(str(error).split())}") from None
    if isinstance(rows, dict):
        rows = rows.get("tasks")
    if not isinstance(rows, list) or not rows:
        raise ProblemsError(f"{path}: must be a list of tasks")
    tasks: dict[str, Task] = {}
    for number, row in enumerate(rows, 1):
        task = _task(path, number, row)
        if task.id in tasks:
            raise BadTask(f"{path}, task {number}: the id {task.id} is there twice")
        tasks[task.id] = task
    digest = sha256(text.encode()).hexdigest()
    return Catalogue(path.stem, None, digest, tuple(tasks.values()), path)


def _task(path: Path, number: int, row: Any) -> Task:
    if not isinstance(row, dict):
        raise BadTask(f"{path}, task {number}: must be an object")
    where = f"{path}, task {number} ({row.get('id', 'without an id')})"
    for name in ("id", "prompt"):
        if not isinstance(row.get(name), str) or not row[name].strip():
            raise BadTask(f"{where}, {name}: must be text")
    if not ID.fullmatch(row["id"]):
        raise BadTask(f"{where}, id: names a folder of what is kept: letters, digits and . _ + - alone")
    facts = row.get("metadata") or {}
    if not isinstance(facts, dict):
        raise BadTask(f"{where}, metadata: must be an object")
    digest = _digest(where, row)
    language = _language(where, facts)
    file = FILE + language.suffix
    cases = _cases(where, row.get("test_cases"))
    reference = row.get("reference_solution")
    return Task(
        id=row["id"],
        prompt=f"{row['prompt'].strip()}\n\n{_form(facts.get('entry_point'))}",
        difficulty=_difficulty(where, row),
        facts={"language": language.name, "area": "algorithm"},
        language=language,
        title=str(facts.get("title") or row["id"]),
        area="algorithm",
        editable=(file,),
        limits=TaskLimits(test_s=max(case.timeout for case in cases)),
        checks=len(cases),
        cases=cases,
        weights={case.name: case.weight for case in cases},
        entry_point=facts.get("entry_point"),
        workspace={file: b""},
        tests={"cases.json": json.dumps(row["test_cases"], default=str, indent=1).encode()},
        reference={file: reference.encode("utf-8", "replace")} if isinstance(reference, str) else {},
        sha256=digest,
    )


def _digest(where: str, row: dict[str, Any]) -> str:
    try:
        return sha256(json.dumps(row, sort_keys=True, default=str).encode()).hexdigest()
    except (TypeError, RecursionError):  # YAML knows more kinds of keys, and lists that hold themselves
        raise BadTask(f"{where}: must be plain data, its keys text") from None
    except ValueError:
        raise BadTask(f"{where}: holds itself") from None


def _form(entry_point: str | None) -> str:
    return AS_PROGRAM if entry_point is None else AS_FUNCTION.format(entry_point)


def _difficulty(where: str, row: dict[str, Any]) -> str:
    given = row.get("difficulty", "medium")
    if not isinstance(given, str) or given not in DIFFICULTIES:
        raise BadTask(f"{where}, difficulty: {given!r}; known are {', '.join(DIFFICULTIES)}")
    return DIFFICULTIES[given]


def _language(where: str, facts: dict[str, Any]) -> Language:
    """What the answer is written in, and that calls can be made in it."""
    given, entry_point = facts.get("language", "python"), facts.get("entry_point")
    try:
        language = find_language(str(given))
    except UnknownName as unknown:
        raise BadTask(f"{where}, metadata.language: {unknown}") from None
    if language.name in OF_PAGES:
        raise BadTask(f"{where}, metadata.language: {given!r} reads no input; a task of it is a folder")
    if entry_point is not None and not (isinstance(entry_point, str) and entry_point.isidentifier()):
        raise BadTask(f"{where}, metadata.entry_point: must be a function's name")
    if entry_point is not None and language.name not in (callable_in := _languages_of_calls()):
        known = f"{', '.join(callable_in[:-1])} and {callable_in[-1]}"
        raise BadTask(
            f"{where}, metadata.entry_point: calls are for {known}: in {language.name}, arguments have types"
            " that a case does not tell; leave it out to read stdin"
        )
    return language


def _languages_of_calls() -> list[str]:
    return [
        name
        for name, language in LANGUAGES.items()
        if language.preloaded or language.calling_program("", "f") is not None
    ]


def _cases(where: str, given: Any) -> tuple[Case, ...]:
    if not isinstance(given, list) or not given:
        raise BadTask(f"{where}, test_cases: must be a list with at least one case")
    return tuple(
        _case(f"{where}, test case {number}", CASE_NAME.format(number), case)
        for number, case in enumerate(given, 1)
    )


def _case(where: str, name: str, case: Any) -> Case:
    if not isinstance(case, dict) or not {"input", "expected_output"} <= case.keys():
        raise BadTask(f"{where}: needs input and expected_output")
    timeout, weight = case.get("timeout", WALL_S), case.get("weight", 1)
    if not _is_number(timeout) or not 0 < timeout <= MOST_SECONDS:
        raise BadTask(f"{where}, timeout: must be a number of seconds above 0, up to {MOST_SECONDS}")
    if not _is_number(weight) or weight <= 0:
        raise BadTask(f"{where}, weight: must be a number above 0, is {weight!r}")
    return Case(name, case["input"], case["expected_output"], float(timeout), float(weight))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
