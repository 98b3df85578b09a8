"""Asserts that call a function, as a test that takes the function as its candidate."""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Iterator, Sequence

# Some tests use what only the solution defines (a class, its import of sys). A function is no plain data: a
# sandbox that tests at arm's length takes this call as the sign that the test must run beside the solution.
AMONG_SOLUTION = """\
def check(candidate):
    names = getattr(candidate, "__globals__", None)
    if names is None:
        candidate(check)
    globals().update({{name: value for name, value in names.items() if not name.startswith("__")}})
{test}
"""


def check_of(setup: str, asserts: str, entry_point: str) -> str:
    """A `check(candidate)` of these asserts, which call the candidate by the entry point's name."""
    if _free_names(f"{setup}\n{asserts}") - {entry_point}:
        return AMONG_SOLUTION.format(test=textwrap.indent(f"{setup}\n{asserts}", "    "))
    body = textwrap.indent(f"{entry_point} = candidate\n{asserts}", "    ")
    return f"{setup}\n\ndef check(candidate):\n{body}\n".lstrip()


def called_function(code: str, asserts: Sequence[str]) -> str | None:
    """The first function of the code that the asserts call."""
    called = set(_called(asserts))
    for node in ast.parse(code).body:
        if isinstance(node, ast.FunctionDef) and node.name in called:
            return node.name
    return None


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


def _called(asserts: Sequence[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse("\n".join(asserts))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
