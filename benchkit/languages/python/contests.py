"""An answer's source as LiveCodeBench runs it: with the imports that it relies on, called by its method."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from benchkit.languages.python.syntax import parsed

# LiveCodeBench puts `from … import *` of all of these before every answer, then of builtins and typing, then
# imports them by name; published passes rely on it.
MODULES = (
    "string", "re", "datetime", "collections", "heapq", "bisect", "copy", "math", "random", "statistics",
    "itertools", "functools", "operator", "io", "sys", "json",
)  # fmt: skip
# Libraries that answers rely on beyond the standard one; the extra `contest` installs them.
LIBRARIES = ("numpy", "sortedcontainers")
LIBRARY_VERSIONS = f"""
import importlib, json
found = dict.fromkeys({LIBRARIES!r})
for name in found:
    try:
        found[name] = importlib.import_module(name).__version__
    except Exception:
        pass
print(json.dumps(found))
"""
SOLUTION = "Solution"  # the class whose method a contest asks for
RECURSION_LIMIT = 50_000
MOST_DIGITS = 50_000  # of an integer that is read or printed
# LiveCodeBench turns every program into a function; the errors of programs that only work as one.
ONLY_IN_A_FUNCTION = re.compile(
    r"SyntaxError: ('return' outside function|no binding for nonlocal '\w+' found)$"
)
_WORD = re.compile(r"[^\W\d]\w*")


def prelude(source: str, same_interpreter: bool) -> str:
    """Those of the imports, as one line, that can make a difference to this source; all would take longer.

    Where it will not run on our own Python, that may lack some names which ours has, `*` takes what there is.
    """
    words = set(_WORD.findall(source))
    named = [module for module in MODULES if module in words or module == "sys"]
    imports = [*_imports(words, same_interpreter), f"import {', '.join(named)}"]
    limits = f"sys.setrecursionlimit({RECURSION_LIMIT})", f"sys.set_int_max_str_digits({MOST_DIGITS})"
    return "; ".join([*imports, *limits])


def _imports(words: set[str], same_interpreter: bool) -> Iterator[str]:
    """By name, since importing a module touches its memory, and a fork must copy what it touches."""
    builtin = _exports("builtins")  # imported after the modules, some of which shadow them: they win
    for module in (*MODULES, "typing"):
        if names := (words & _exports(module)) - builtin:
            yield f"from {module} import {', '.join(sorted(names)) if same_interpreter else '*'}"
    if not same_interpreter:
        yield "from builtins import *"


@cache
def _exports(module: str) -> frozenset[str]:
    members = vars(import_module(module))
    public = members.get("__all__") or (name for name in members if not name.startswith(("_", "last_")))
    return frozenset(public)  # sys.last_… exists after an error only


def prepared(source: str, *, same_interpreter: bool = True) -> str:
    """The prelude as one line more, before everything that need not be first."""
    source = source.removeprefix("\ufeff")  # a byte order mark is invalid in the middle of a file
    line = _first_free_line(source)
    lines = source.split("\n")
    return "\n".join([*lines[:line], prelude(source, same_interpreter), *lines[line:]])


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


def second_form(source: str, failure: str) -> str | None:
    """The program as a function, where it failed with an error that a function would not raise."""
    return in_function(source) if ONLY_IN_A_FUNCTION.search(failure) else None


def in_function(source: str) -> str | None:
    """The program as a function's body, but for its imports, and the function called; None for no Python."""
    tree = parsed(source)
    function, call = ast.parse("def program():\n    pass\nprogram()").body
    if tree is None or not isinstance(function, ast.FunctionDef):
        return None
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    function.body = [node for node in tree.body if node not in imports]
    return ast.unparse(ast.Module([*imports, function, call], []))


def callable_name(method: str, source: str) -> str:
    """The method of `Solution`, or the bare function where the answer has no such class."""
    return f"{SOLUTION}().{method}" if f"class {SOLUTION}" in source else method
