"""Problem sets from files: the official ones, any of their forms, and every kind of bad file."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from benchkit.asking.problems import load
from benchkit.asking.problems.evalplus import DifferentialProblem
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.asking.problems.mbpp_types import typed_inputs
from benchkit.errors import BenchError, ProblemsError, UnknownName, UsageError

OFFICIAL = [
    ("humaneval/HumanEval.jsonl.gz", "humaneval", None, 164),
    ("evalplus/HumanEvalPlus-v0.1.9.jsonl.gz", "humaneval+", "v0.1.9", 164),
    ("evalplus/HumanEvalPlus-v0.1.10.jsonl.gz", "humaneval+", "v0.1.10", 164),
    ("evalplus/MbppPlus-v0.1.0.jsonl.gz", "mbpp+", "v0.1.0", 399),
    ("evalplus/MbppPlus-v0.2.0.jsonl.gz", "mbpp+", "v0.2.0", 378),
    ("mbpp/mbpp.jsonl", "mbpp-all", None, 974),
]
ROW = {
    "task_id": "T/0",
    "prompt": "def f(x):\n",
    "entry_point": "f",
    "test": "def check(candidate):\n    pass\n",
}
PLUS = {**ROW, "canonical_solution": "    return x\n", "base_input": [[1]], "plus_input": [[2]], "atol": 0}
MBPP = {
    "task_id": 11,
    "text": "Write a function to double.",
    "code": "import sys\r\ndef twice(x):\r\n    return 2 * x",
    "test_list": ["assert twice(2) == 4", "assert twice(0) == 0"],
    "test_setup_code": "",
}


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    text = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


@pytest.mark.parametrize(("file", "name", "version", "size"), OFFICIAL)
def test_official_file_is_known_by_its_hash(
    shared_data: Path, tmp_path: Path, file: str, name: str, version: str | None, size: int
) -> None:
    """An official file has its name and version whatever it is called, and all of its problems."""
    renamed = tmp_path / "mine.jsonl"
    renamed.write_bytes((shared_data / file).read_bytes())
    found = load(file=renamed)
    assert (found.name, found.version, len(found.problems)) == (name, version, size)
    assert found.as_record()["sha256"] == found.sha256
    assert all(problem.entry_point and problem.prompt for problem in found.problems)


def test_mbpp_by_name_is_its_test_split(shared_data: Path) -> None:
    """Scores on MBPP are given on tasks 11 to 510."""
    found = load("mbpp", shared_data / "mbpp/mbpp.jsonl")
    assert [found.problems[0].id, found.problems[-1].id] == ["Mbpp/11", "Mbpp/510"]
    assert (found.name, len(found.problems)) == ("mbpp", 500)


def test_known_faulty_problems_are_in_the_set(shared_data: Path) -> None:
    """The problems named as faulty exist, each with a reason."""
    for file, *_ in OFFICIAL[:3]:
        found = load(file=shared_data / file)
        assert found.faulty
        assert set(found.faulty) <= {problem.id for problem in found.problems}
        assert all(reason for reason in found.faulty.values())


def test_form_is_found_and_name_is_the_files(tmp_path: Path) -> None:
    """A file nobody knows keeps its own name; its form is seen from its fields."""
    tested = load(file=write(tmp_path / "mine.jsonl", [ROW]))
    assert (tested.name, tested.version) == ("mine", None)
    assert isinstance(tested.problems[0], TestedProblem)
    plus = load(file=write(tmp_path / "plus.jsonl.gz", [PLUS])).problems[0]
    assert isinstance(plus, DifferentialProblem)
    assert plus.canonical_solution == "def f(x):\n    return x\n"
    mbpp = load(file=write(tmp_path / "mbpp.jsonl", [MBPP])).problems[0]
    assert isinstance(mbpp, TestedProblem)
    assert (mbpp.id, mbpp.entry_point) == ("Mbpp/11", "twice")


def test_name_chooses_the_form(tmp_path: Path) -> None:
    """A + file read as "humaneval" is judged by its test; a HumanEval file is no + file."""
    plus = write(tmp_path / "plus.jsonl", [PLUS])
    assert isinstance(load("humaneval", plus).problems[0], TestedProblem)
    with pytest.raises(ProblemsError, match="line 1: the field 'canonical_solution' is missing"):
        load("humaneval+", write(tmp_path / "plain.jsonl", [ROW]))


def test_mbpp_test_calls_the_candidate(tmp_path: Path) -> None:
    """MBPP's asserts become a check of the candidate, whatever the names around it."""
    problem = load(file=write(tmp_path / "mbpp.jsonl", [MBPP])).problems[0]
    assert isinstance(problem, TestedProblem)
    names: dict[str, Any] = {}
    exec(problem.test, names)
    names["check"](lambda x: x * 2)
    with pytest.raises(AssertionError):
        names["check"](lambda x: x)


def test_inputs_have_the_types_they_are_meant_to_have() -> None:
    """MBPP+ inputs become tuples, sets and complex numbers where their tasks want them."""
    assert typed_inputs("Mbpp/2", [[[1, 2], [3]]]) == [[(1, 2), (3,)]]
    assert typed_inputs("Mbpp/115", [[[[1], []]]]) == [[[{1}, {}]]]
    assert typed_inputs("Mbpp/252", [["1+2j"]]) == [[1 + 2j]]
    assert typed_inputs("Mbpp/615", [[[[1], [2]]]]) == [[((1,), (2,))]]
    assert typed_inputs("Mbpp/3", [[[1, 2]]]) == [[[1, 2]]]


def test_selection(tmp_path: Path) -> None:
    """Problems are chosen by id, in the file's order, and limited in number."""
    found = load(file=write(tmp_path / "p.jsonl", [{**ROW, "task_id": f"T/{n}"} for n in range(5)]))
    assert [problem.id for problem in found.select(["T/3", "T/1"]).problems] == ["T/1", "T/3"]
    assert [problem.id for problem in found.select(limit=2).problems] == ["T/0", "T/1"]
    with pytest.raises(UsageError, match=r"no task T/9 in p: its ids run from T/0 to T/4"):
        found.select(["T/9"])
    with pytest.raises(UsageError, match="--limit 0"):
        found.select(limit=0)


BAD = {
    "empty": ("", "is empty"),
    "blank lines": ("\n \n", "is empty"),
    "not JSON": (json.dumps(ROW) + "\n{oops\n", "line 2: not JSON"),
    "cut short": (json.dumps(ROW)[:-5], "line 1: not JSON"),
    "a list": ("[1]\n", "line 1: a JSON object is needed, this is a list"),
    "nested too deep": ("[" * 100_000, "line 1: not JSON"),
    "no known form": ('{"question": "?"}\n', r"line 1: its fields are of no known form \(question\)"),
    "a field is missing": (
        json.dumps(ROW) + "\n" + json.dumps({**ROW, "task_id": "T/1"}).replace('"test"', '"tset"'),
        "line 2: the field 'test' is missing",
    ),
    "a field is no text": (
        json.dumps({**ROW, "prompt": 7}),
        "line 1: not as this form has it: the field 'prompt' must be text, this is a int",
    ),
    "an id twice": (
        json.dumps(ROW) + "\n\n" + json.dumps(ROW),
        "line 3: T/0 is there twice, first in line 1",
    ),
    "MBPP without a function": (
        json.dumps({**MBPP, "code": "x = 1"}),
        "line 1: not as this form has it: its test_list calls no function",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_has_one_clear_line(tmp_path: Path, name: str) -> None:
    """Whatever is wrong with a problems file is said with the file, the line and the reason."""
    text, expected = BAD[name]
    path = tmp_path / "problems.jsonl"
    path.write_text(text)
    with pytest.raises(ProblemsError, match=expected) as raised:
        load(file=path)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


def test_unreadable_files(tmp_path: Path) -> None:
    """A missing file, a folder, a damaged gzip file and bytes that are no text are told apart."""
    with pytest.raises(ProblemsError, match="no such file"):
        load(file=tmp_path / "absent.jsonl")
    with pytest.raises(ProblemsError, match="is a folder"):
        load(file=tmp_path)
    whole = write(tmp_path / "whole.jsonl.gz", [ROW] * 50).read_bytes()
    (tmp_path / "half.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProblemsError, match="cut short or damaged"):
        load(file=tmp_path / "half.jsonl.gz")
    (tmp_path / "latin.jsonl").write_bytes(b'{"task_id": "\xe9"}\n')
    with pytest.raises(ProblemsError, match="line 1: not UTF-8"):
        load(file=tmp_path / "latin.jsonl")


def test_unknown_names() -> None:
    """An unknown set or version lists the known ones; nothing at all is told apart."""
    with pytest.raises(UnknownName, match=r"did you mean humaneval"):
        load("humanevl")
    with pytest.raises(UnknownName, match=r"known are v0\.1\.10, v0\.1\.9"):
        load("humaneval+", version="v9")
    with pytest.raises(BenchError, match="no problems: name a dataset"):
        load()
