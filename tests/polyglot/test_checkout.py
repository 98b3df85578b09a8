"""A checkout of the polyglot benchmark as a catalogue: what is asked, what is hidden, what is refused."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from benchkit.asking.tasks import PolyglotRules, Task, load_catalogue
from benchkit.asking.tasks.prompts import prompt_of
from benchkit.errors import ProblemsError
from tests.polyglot.exercises import FILES, write_exercise


def read(checkout: Path, *names: str, strict: bool = False) -> dict[str, Task]:
    for name in names:
        write_exercise(checkout, name)
    return {task.id: task for task in load_catalogue(checkout, PolyglotRules(strict)).problems}


def test_the_prompt_has_the_documents_and_the_editable_files_and_no_test(tmp_path: Path) -> None:
    """Introduction, instructions and what is appended, then the sentence that names the files."""
    task = read(tmp_path, "python/halve")["python/halve"]
    prompt = str(prompt_of(task, "whole").content)
    parts = [
        "Numbers can be halved",
        "Halve an even number",
        "The message is",
        "Change halve.py",
        "def halve(n)",
    ]
    assert [prompt.index(part) for part in parts] == sorted(prompt.index(part) for part in parts)
    assert "unittest" not in prompt
    assert task.editable == ("halve.py",)


def test_all_tests_run_but_those_that_are_left_out(tmp_path: Path) -> None:
    """Rust's ignored ones and JavaScript's xtest are run; xit is with --strict alone."""
    tasks = read(tmp_path, *FILES)
    assert b"ignore" not in tasks["rust/tri-ple"].tests["tests/tri-ple.rs"]
    assert tasks["rust/tri-ple"].checks == 2
    spec = tasks["javascript/hello"].tests["hello.spec.js"]
    assert b"xtest" not in spec
    assert b"xit(" in spec
    assert b"xit(" not in read(tmp_path, strict=True)["javascript/hello"].tests["hello.spec.js"]


def test_another_commit_is_told(tmp_path: Path) -> None:
    """It has no version; the pinned one has its name."""
    read(tmp_path, "go/double")
    assert load_catalogue(tmp_path).version is None


@pytest.mark.parametrize(
    ("path", "text", "why"),
    [
        (".meta/config.json", None, "config.json is missing: the checkout is not whole"),
        (".meta/config.json", "{", "config.json cannot be read"),
        (
            ".meta/config.json",
            '{"files": {"solution": ["halve.py"]}}',
            "files.test: must be a list of file names",
        ),
        (".meta/config.json", "[" * 100_000, "config.json cannot be read"),
        (
            ".meta/config.json",
            '{"files": {"solution": [""], "test": ["halve_test.py"], "example": [".meta/example.py"]}}',
            "files.solution: must be a list of file names",
        ),
        (
            ".meta/config.json",
            '{"files": {"solution": ["halve.py"], "test": ["halve.py"], "example": [".meta/example.py"]}}',
            "files.test: halve.py is a file of the solution, too",
        ),
        ("halve.py", None, "files: there is no halve.py in"),
        (".docs", None, "holds no instructions"),
    ],
    ids=lambda part: part[:40] if isinstance(part, str) else None,
)
def test_what_is_missing_in_a_checkout_is_named(
    tmp_path: Path, path: str, text: str | None, why: str
) -> None:
    """One line with the file."""
    place = write_exercise(tmp_path, "python/halve") / path
    if text is not None:
        place.write_text(text)
    else:
        place.rename(tmp_path / "elsewhere")
    with pytest.raises(ProblemsError, match=why):
        load_catalogue(tmp_path)


def test_a_file_that_a_config_names_twice_counts_once(tmp_path: Path) -> None:
    """No answer could pass tests that are counted twice and run once."""
    once = read(tmp_path / "once", "python/halve")["python/halve"]
    config = write_exercise(tmp_path / "twice", "python/halve") / ".meta" / "config.json"
    for name in ("halve.py", "halve_test.py"):
        config.write_text(config.read_text().replace(f'"{name}"', f'"{name}", "{name}"'))
    (twice,) = load_catalogue(tmp_path / "twice").problems
    assert twice == once


def test_what_is_no_file_is_passed_over(tmp_path: Path) -> None:
    """A pipe without a writer keeps nobody waiting."""
    os.mkfifo(write_exercise(tmp_path, "python/halve") / "pipe")
    assert "pipe" not in read(tmp_path)["python/halve"].tests


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    """Of a file and of an exercise: neither can stand in a record."""
    folder = write_exercise(tmp_path, "python/halve")
    for path in (folder / os.fsdecode(b"h\xe9.txt"), folder.with_name(os.fsdecode(b"h\xe9")) / "x"):
        path.parent.mkdir(exist_ok=True)
        path.touch()
        with pytest.raises(ProblemsError, match="its name is no UTF-8: rename or remove it") as error:
            load_catalogue(tmp_path)
        str(error.value).encode()
        path.unlink()


def test_the_published_commit_is_recognized(polyglot: Path) -> None:
    """By its content, with a language missing; the four exercises whose starter passes are known."""
    catalogue = load_catalogue(polyglot)
    assert (catalogue.version, len(catalogue.problems)) == ("7e0611e", 178)
    passing = [task.id for task in catalogue.problems if task.starter_passes]
    assert passing == ["go/counter", "go/ledger", "go/markdown", "javascript/ledger"]
    assert all(set(task.reference) <= set(task.editable) for task in catalogue.problems)


@pytest.fixture
def polyglot(shared_data: Path, tmp_path: Path) -> Path:
    with tarfile.open(shared_data / "polyglot" / "polyglot-benchmark-7e0611e-without-java.tar.xz") as tar:
        tar.extractall(tmp_path, filter="data")
    return tmp_path
