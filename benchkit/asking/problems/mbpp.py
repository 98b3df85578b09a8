"""MBPP's form: a task in words, and asserts that call the function asked for.

The paper's test split, tasks 11 to 510, is what scores are given on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from benchkit.asking.problems.base import text_field
from benchkit.asking.problems.humaneval import TestedProblem
from benchkit.languages.python.asserts import called_function, check_of

TEST_SPLIT = range(11, 511)


class MbppForm:
    """Rows with task_id, text, code, test_list; also the sanitized file's `prompt` and `test_imports`."""

    def fits(self, row: Mapping[str, Any]) -> bool:
        return {"task_id", "code", "test_list"} <= row.keys()

    def problem(self, row: Mapping[str, Any]) -> TestedProblem:
        text = text_field(row, "text" if "text" in row else "prompt")
        tests = [_unix(test) for test in row["test_list"]]
        code, entry_point = _unix(row["code"]), _entry_point(_unix(row["code"]), tests)
        asserts = "\n".join(tests)
        return TestedProblem(
            id=f"Mbpp/{row['task_id']}",
            prompt=f'"""\n{text}\n{asserts}\n"""\n',
            entry_point=entry_point,
            facts={"text": text, "tests": tests},
            test=check_of(_setup(row), asserts, entry_point),
            canonical_solution=code,
        )


def task_number(problem_id: str) -> int:
    """11 of "Mbpp/11"."""
    return int(problem_id.rpartition("/")[2])


def _unix(code: str) -> str:
    return code.replace("\r\n", "\n")


def _setup(row: Mapping[str, Any]) -> str:
    return "\n".join([*row.get("test_imports", ()), _unix(row.get("test_setup_code", ""))]).strip()


def _entry_point(code: str, tests: Sequence[str]) -> str:
    name = called_function(code, tests)
    if name is None:
        raise ValueError("its test_list calls no function that its code defines")
    return name
