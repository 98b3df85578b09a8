"""Catalogues that are read, and the one line for each that cannot be."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from benchkit.asking.tasks import TaskChoice, load_catalogue
from benchkit.asking.tasks.folders import read_mutants
from benchkit.errors import BenchError
from tests.support import ROOT

CATALOGUE = ROOT / "demo" / "tasks"
TASK = "python_easy_clamp"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A task of its own to spoil."""
    shutil.copytree(CATALOGUE / TASK, tmp_path / TASK)
    return tmp_path / TASK


def change(folder: Path, **facts: Any) -> None:
    path = folder / "metadata.json"
    metadata = {**json.loads(path.read_text()), **facts}
    metadata = {name: value for name, value in metadata.items() if value is not None}
    path.write_text(json.dumps(metadata, indent=2))


def why(folder: Path) -> str:
    with pytest.raises(BenchError) as error:
        load_catalogue(folder.parent)
    assert error.value.exit_code == 2
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"language": "cobol"}, "line 5, language: is 'cobol'; known are python"),
        ({"difficulty": "extreme"}, "difficulty: is 'extreme'; known are easy, medium, hard, expert"),
        ({"area": "poetry"}, "area: is 'poetry'"),
        (
            {"id": "python_easy_clmp"},
            "'python_easy_clmp', and its folder is named 'python_easy_clamp': name both alike",
        ),
        ({"checks": 3}, "checks: must be the number of checks that the reference runs, 8 or more"),
        ({"editable": ["../x.py"]}, "editable: '../x.py' is no name of a file within the workspace"),
        ({"editable": []}, "editable: must name at least one file"),
        ({"limits": {"build_s": 0}}, "limits: build_s must be a number above 0"),
        ({"toolchain": {"python": "new"}}, "toolchain: must name programs"),
        ({"packages": ["../x"]}, "packages: '../x' is no name of a package"),
        ({"packages": ["--index-url"]}, "is no name of a package, such as attrs==25.1"),
        ({"limits": {"test_s": 1e300}}, "limits: test_s must be a number above 0, up to 3600"),
        ({"test": ["sh", "a\0b"]}, "test: must not hold a NUL"),
        ({"test": "pytest"}, "test: must be a list of texts"),
        ({"test": []}, "test: must be a list of a program and its arguments"),
        ({"build": ["make"], "test": ["x"]}, "build: must be a list of such lists"),
        ({"build": [["make"]]}, "build: needs a command under `test`"),
        ({"schema": 2}, "schema: is 2; this version reads 1"),
        ({"titel": "x"}, "titel: unknown key 'titel': did you mean title?"),
        ({"title": None}, "line 1, title: is missing"),
        ({"protected": ["no.py"]}, "protected: no.py is not in"),
        ({"area": "test generation"}, "kill_share: is missing"),
    ],
)
def test_broken_metadata_is_told_with_file_line_and_key(folder: Path, facts: Any, told: str) -> None:
    change(folder, **facts)
    assert f"{folder}/metadata.json" in (said := why(folder))
    assert told in said


def test_what_is_no_json_is_told_with_its_line(folder: Path) -> None:
    (folder / "metadata.json").write_text('{\n "schema": 1,\n "id": }\n')
    assert "not JSON: Expecting value: line 3" in why(folder)


@pytest.mark.parametrize("missing", ["tests", "workspace", "instructions.md", "metadata.json"])
def test_what_a_folder_lacks_is_named(folder: Path, missing: str) -> None:
    """A folder without metadata is no task, and a catalogue needs at least one."""
    path = folder / missing
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert missing in why(folder)


def test_a_mutant_must_name_its_mistake(folder: Path) -> None:
    (folder / "mutants" / "no_low.txt").write_text("\n\nclamp.py\n<<<<<<< SEARCH\n")
    with pytest.raises(BenchError, match=r"no_low.txt, line 1: must name the mistake"):
        read_mutants(folder / "mutants")


def test_a_catalogue_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="holds no task"):
        load_catalogue(tmp_path)
    with pytest.raises(BenchError, match="cannot be read"):
        load_catalogue(tmp_path / "nowhere")


@contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root reads everything; others are refused."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


@pytest.mark.parametrize(
    "closed", ["", TASK, f"{TASK}/tests", f"{TASK}/metadata.json", f"{TASK}/tests/test_clamp.py"]
)
def test_what_is_closed_is_told_by_its_name(closed: str) -> None:
    """A folder or file that this user may not read; in a place that all can reach."""
    with TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        shutil.copytree(CATALOGUE / TASK, Path(place, "tasks", TASK))
        shut = Path(place, "tasks", closed)
        mode = shut.stat().st_mode
        shut.chmod(0o000)
        with as_ordinary_user(), pytest.raises(BenchError) as error:
            load_catalogue(Path(place, "tasks"))
        shut.chmod(mode)
    assert str(shut) in str(error.value)
    assert "cannot be read: Permission denied" in str(error.value)


def test_two_tasks_of_one_name_are_told(folder: Path) -> None:
    """A folder's name is its task's: what was copied and not renamed is found."""
    shutil.copytree(folder, folder.parent / "python_easy_copy")
    assert "python_easy_copy/metadata.json, line 3, id: is 'python_easy_clamp', and its folder" in why(
        folder.parent / "python_easy_copy"
    )


def test_tasks_are_chosen_by_name_language_area_and_difficulty() -> None:
    """And an unknown name tells the nearest."""
    catalogue = load_catalogue(CATALOGUE)
    assert [task.id for task in catalogue.choose(TaskChoice(languages=("go",))).problems] == ["go_easy_clamp"]
    assert [task.id for task in catalogue.choose(TaskChoice(areas=("frontend",))).problems] == [
        "html_easy_counter"
    ]
    assert len(catalogue.choose(TaskChoice(difficulties=("easy",), limit=2)).problems) == 2
    shuffled = [task.id for task in catalogue.choose(TaskChoice(shuffle=1)).problems]
    assert shuffled != [task.id for task in catalogue.problems] == sorted(shuffled)
    with pytest.raises(BenchError, match="did you mean go_easy_clamp"):
        catalogue.choose(TaskChoice(ids=("go_easy_clam",)))


SMALL: list[dict[str, Any]] = [
    {
        "id": "double",
        "difficulty": "extreme",
        "prompt": "Read a number, print its double.",
        "test_cases": [{"input": str(n), "expected_output": str(2 * n), "timeout": 5} for n in range(3)],
        "reference_solution": "print(2 * int(input()))\n",
    },
    {
        "id": "add",
        "difficulty": "easy",
        "prompt": "Write add(a, b).",
        "test_cases": [{"input": [1, 2], "expected_output": 3, "weight": 2}],
        "reference_solution": "def add(a, b):\n    return a + b\n",
        "metadata": {"entry_point": "add"},
    },
]


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_a_catalogue_in_the_small_form_is_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"mine{suffix}"
    path.write_text(json.dumps(SMALL))  # which is YAML as well
    catalogue = load_catalogue(path)
    assert [(task.id, task.difficulty, task.checks) for task in catalogue.problems] == [
        ("double", "expert", 3),
        ("add", "easy", 1),
    ]
    assert catalogue.as_record()["name"] == "mine"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"id": 3}, "id: must be text"),
        ({"id": "../../x"}, "id: names a folder of what is kept"),
        ({"test_cases": [{"input": 1, "expected_output": 1, "timeout": 1e300}]}, "above 0, up to 3600"),
        ({"difficulty": "huge"}, "difficulty: 'huge'; known are easy, medium, hard, extreme"),
        ({"test_cases": []}, "test_cases: must be a list with at least one case"),
        ({"test_cases": [{"input": 1}]}, "test case 1: needs input and expected_output"),
        ({"test_cases": [{"input": 1, "expected_output": 1, "timeout": 0}]}, "test case 1, timeout: must be"),
        ({"test_cases": [{"input": 1, "expected_output": 1, "weight": -1}]}, "test case 1, weight: must be"),
        (
            {"test_cases": [{"input": 1, "expected_output": 1, "weight": 0}]},
            "weight: must be a number above 0, is 0",
        ),
        ({"metadata": {"language": "pyton"}}, "'pyton': did you mean python?"),
        ({"metadata": {"language": "html"}}, "'html' reads no input"),
        (
            {"metadata": {"language": "go", "entry_point": "f"}},
            "calls are for python, javascript and typescript: in go, arguments have types",
        ),
        ({"metadata": {"entry_point": "a b"}}, "metadata.entry_point: must be a function's name"),
        ({"metadata": [1]}, "metadata: must be an object"),
        ({"difficulty": ["easy"]}, "difficulty: ['easy']"),
        ({"id": "add"}, "the id add is there twice"),
    ],
)
def test_a_bad_task_of_the_small_form_is_named(tmp_path: Path, row: Any, told: str) -> None:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps([SMALL[1], {**SMALL[0], **row}]))
    with pytest.raises(BenchError) as error:
        load_catalogue(path)
    assert f"{path}, task 2" in str(error.value)
    assert told in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 5_000,
        "- id: t\n  prompt: p\n  test_cases: [{input: 1, expected_output: 1}]\n  metadata: {1: a, b: c}\n",
        "- &me\n  id: t\n  prompt: p\n  test_cases: [{input: 1, expected_output: 1}]\n  more: [*me]\n",
        "- {id: t, prompt: p, test_cases: [{input: !!python/name:os.system '', expected_output: 1}]}",
    ],
    ids=["deep", "keys that are no text", "holds itself", "code"],
)
def test_a_small_form_that_is_no_plain_data_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BenchError) as error:
        load_catalogue(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)
