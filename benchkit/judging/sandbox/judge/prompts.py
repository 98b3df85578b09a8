"""What a test asks for, and what it may use of its problem's prompt.

A prompt need not be whole Python: it may be prose, or a bare `def`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

MOST_LINES = 400  # that are tried off the end of a prompt
_CLASS = re.compile(r"^\s*class\s+(\w+)\s*[(:]|\bclass\s+[`'\"]?([A-Z]\w*)", re.MULTILINE)
_NAMING = (
    *(ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign),
    *(ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef),
)
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


# What a test does to the process around it, or looks for there, which at arm's length is another than the
# candidate's; and exceptions that would end the test itself.
_SURROUNDINGS = frozenset(
    (
        *("redirect_stdout", "redirect_stderr", "stdout", "stderr", "stdin", "patch", "catch_warnings"),
        *("environ", "open", "tempfile", "chdir", "settrace", "tracemalloc", "__cause__", "__context__"),
        *("SystemExit", "KeyboardInterrupt", "StopIteration", "GeneratorExit"),
        *("ExceptionGroup", "BaseExceptionGroup"),
    )
)
_WORDS = re.compile(rf"\b(?:{'|'.join(sorted(_SURROUNDINGS))}|except\s*\*|\w+\.\w+\s*=[^=]|setattr)")


def shares_surroundings(test: str) -> bool:
    """Whether the test can only be decided in the candidate's own process."""
    if not _WORDS.search(test):
        return False
    try:
        nodes = list(ast.walk(ast.parse(test)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    named = {name for node in nodes for name in _names(node)}
    modules = {name for node in nodes if isinstance(node, ast.Import) for name in _bound(node)}
    return (
        not _SURROUNDINGS.isdisjoint(named)
        or any(isinstance(node, ast.TryStar) for node in nodes)
        or not modules.isdisjoint(owner for node in nodes for owner in _owners_of_replaced(node))
    )


def _bound(node: ast.Import) -> Iterator[str]:
    for alias in node.names:
        yield alias.asname or alias.name.partition(".")[0]


def _owners_of_replaced(node: ast.AST) -> Iterator[str]:
    """Whose attribute is set: `time.time = …`, `setattr(time, "time", …)`."""
    targets: list[ast.expr] = node.targets if isinstance(node, ast.Assign) else []
    owners: list[ast.expr] = [target.value for target in targets if isinstance(target, ast.Attribute)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setattr":
        owners = node.args[:1]
    for owner in owners:
        if isinstance(owner, ast.Name):
            yield owner.id


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
    elif isinstance(node, ast.alias):
        yield from node.name.split(".")


def classes_of(prompt: str) -> frozenset[str]:
    """The classes that a prompt asks for or defines, also in prose."""
    return frozenset(name for names in _CLASS.findall(prompt) for name in names if name)


def is_class_name(name: str) -> bool:
    """Whether it is in the form of class names: `Trie`, `MinStack`; no `find_Max`, no `Find_Max`."""
    return name[:1].isupper() and "_" not in name


def whole_part(prompt: str) -> str:
    """The source of the definitions that `define` runs."""
    return ast.unparse(ast.Module(_definitions(prompt), []))


def define(prompt: str, names: dict[str, Any]) -> None:
    """Run what the prompt defines; a statement that fails, as an import may, defines nothing."""
    for node in _definitions(prompt):
        with suppress(Exception):
            exec(compile(ast.Module([node], []), "support.py", "exec", dont_inherit=True), names)


def _definitions(prompt: str) -> list[ast.stmt]:
    """Imports and definitions that are whole: no bare `def`, no stub to be filled in."""
    return [node for node in _statements(prompt) if isinstance(node, _NAMING) and not _is_stub(node)]


def _statements(prompt: str) -> list[ast.stmt]:
    """Of the longest part that is Python."""
    lines = prompt.splitlines()
    for text in _shorter_beginnings(lines):
        with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            return ast.parse(text).body
    return []


def _shorter_beginnings(lines: list[str]) -> Iterator[str]:
    yield "\n".join(lines)
    for end in range(len(lines) - 1, max(-1, len(lines) - MOST_LINES), -1):
        yield "\n".join(lines[:end])


def _is_stub(node: ast.stmt) -> bool:
    """Whether it is left to be written: a body of nothing, or a class with such a method."""
    if isinstance(node, _FUNCTIONS):
        return all(map(_is_placeholder, node.body))
    if isinstance(node, ast.ClassDef):
        return all(map(_is_placeholder, node.body)) or any(map(_is_stub, node.body))
    return False


def _is_placeholder(node: ast.stmt) -> bool:
    if isinstance(node, ast.Raise):
        return "NotImplementedError" in ast.unparse(node)
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
