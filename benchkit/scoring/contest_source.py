"""An answer's source as LiveCodeBench runs it: after the imports it counts on, called by its method."""

from __future__ import annotations

import ast

from benchkit.problems.livecodebench import SOLUTION

# What LiveCodeBench puts before every answer; published passes lean on it.
MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
    "itertools", "functools", "operator", "io", "sys", "json",
)  # fmt: skip
PRELUDE = "; ".join(
    [
        *(f"from {module} import *" for module in (*MODULES, "builtins", "typing")),
        f"import {', '.join(MODULES)}",
        "sys.setrecursionlimit(50000)",
    ]
)


def with_prelude(source: str) -> str:
    """The prelude as one line more, before everything that need not be first."""
    line = _first_free_line(source)
    lines = source.split("\n")
    return "\n".join([*lines[:line], PRELUDE, *lines[line:]])


def _first_free_line(source: str) -> int:
    """How many lines must stay in front: up to the last `from __future__` import."""
    if "__future__" not in source:
        return 0
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return 0
    future = [node for node in body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]
    return max((node.end_lineno or 0 for node in future), default=0)


def entry_point(method: str, source: str) -> str:
    """The method of `Solution`, or the bare function where the answer has no such class."""
    return f"{SOLUTION}().{method}" if f"class {SOLUTION}" in source else method
