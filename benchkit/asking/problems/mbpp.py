"""MBPP's form: a task in words, and asserts that call the function asked for.

The paper's test split, tasks 11 to 510, is what scores are given on.
"""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

from benchkit.asking.problems.base import text_field
from benchkit.asking.problems.humaneval import TestedProblem

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
            test=_check(_setup(row), asserts, entry_point),
            canonical_solution=code,
        )


def task_number(problem_id: str) -> int:
    """11 of "Mbpp/11"."""
    return int(problem_id.rpartition("/")[2])


def _unix(code: str) -> str:
    return code.replace("\r\n", "\n")


def _setup(row: Mapping[str, Any]) -> str:
    return "\n".join([*row.get("test_imports", ()), _unix(row.get("test_setup_code", ""))]).strip()


def _check(setup: str, asserts: str, entry_point: str) -> str:
    """The asserts in HumanEval's form; what they call is the candidate under its own name."""
    if _free_names(f"{setup}\n{asserts}") - {entry_point}:
        return AMONG_SOLUTION.format(test=textwrap.indent(f"{setup}\n{asserts}", "    "))
    body = textwrap.indent(f"{entry_point} = candidate\n{asserts}", "    ")
    return f"{setup}\n\ndef check(candidate):\n{body}\n".lstrip()


# Four tests use what only the solution defines (Node, Pair, its import of sys). A function is no plain data:
# a sandbox that tests at arm's length takes this call as the sign that the test must run beside the solution.
AMONG_SOLUTION = """\
def check(candidate):
    names = getattr(candidate, "__globals__", None)
    if names is None:
        candidate(check)
    globals().update({{name: value for name, value in names.items() if not name.startswith("__")}})
{test}
"""


def _free_names(code: str) -> set[str]:
    """Names that the code reads, and neither binds nor imports, and that are no builtins."""
    names = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)]
    bound = {name.id for name in names if isinstance(name.ctx, ast.Store)}
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    return {name.id for name in names} - bound - imported - set(dir(builtins))


def _entry_point(code: str, tests: list[str]) -> str:
    """The function of the solution that the tests call."""
    called = set(_called(tests))
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.name in called:
            return node.name
    raise ValueError("its test_list calls no function that its code defines")


def _called(tests: list[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse("\n".join(tests))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
