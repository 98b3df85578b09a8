"""Questions about text that may be Python: whether it parses, what it defines, where it ends."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator

LARGEST = 100_000  # characters; no hand-written answer is longer, and parsing more would take seconds
MOST_CUTS = 12

CODE_LINE = re.compile(
    r"^(?:(?:async\s+)?def\s+\w+\s*[(\[]|class\s+\w+\s*[:(]|@\w[\w.]*(?:\(.*)?$"
    r"|from\s+[\w.]+\s+import\s|import\s+[\w.]+(?:\s+as\s+\w+)?(?:\s*,.*)?\s*$"
    r"|[A-Za-z_]\w*\s*(?::[^=\n]+)?=[^=]|(?:try|else|finally)\s*:|(?:if|for|while|with)\s.*:\s*$)",
    re.MULTILINE,
)
BODY_LINE = re.compile(r"^(?: {2,}|\t)\S", re.MULTILINE)
HEAD = re.compile(r"^((?:def|class) +\w+)", re.MULTILINE)

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BLOCKS = (ast.If, ast.Try, ast.With, ast.For, ast.While)


def parsed(code: str) -> ast.Module | None:
    """The tree, or None where this is no Python."""
    return None if isinstance(tree := _parse(code), int) else tree


def _parse(code: str) -> ast.Module | int:
    """The tree, or the line (from 1) of the first mistake."""
    if len(code) > LARGEST:
        return 1
    try:
        with warnings.catch_warnings(action="ignore"):  # such as "\d" in a string
            return ast.parse(code)
    except SyntaxError as error:
        return error.lineno or 1
    except (ValueError, RecursionError, MemoryError):  # null bytes, nesting too deep
        return 1


def longest_code(code: str) -> str:
    """As many of the first lines as are Python, when prose or a half line follows."""
    code = code[:LARGEST]
    for _ in range(MOST_CUTS):
        parsed = _parse(code)
        if not isinstance(parsed, int):
            return code
        lines = code.split("\n")
        code = "\n".join(lines[: min(parsed, len(lines)) - 1])
    return ""


def bound_names(nodes: list[ast.stmt]) -> Iterator[str]:
    """The names that these statements bind at their own level."""
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            yield from _stored(node)
        elif isinstance(node, BLOCKS):
            yield from bound_names(_inner(node))


def _stored(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _inner(node: ast.stmt) -> list[ast.stmt]:
    """The statements of a block's branches."""
    inner = [*getattr(node, "body", ()), *getattr(node, "orelse", ()), *getattr(node, "finalbody", ())]
    for handler in getattr(node, "handlers", ()):
        inner.extend(handler.body)
    return inner


def may_be_body(code: str) -> bool:
    """Whether this may be a function's body: no Python by itself, or with a `return` outside of functions."""
    tree = parsed(code)
    return tree is None or returns_outside(tree)


def returns_outside(tree: ast.Module) -> bool:
    """Whether a `return` stands outside of functions: then this is a function's body, not a program."""
    waiting: list[ast.stmt] = list(tree.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Return):
            return True
        if isinstance(node, BLOCKS):
            waiting.extend(_inner(node))
    return False


def defines(code: str, name: str | None) -> bool:
    """Whether this is Python that defines the name; without a name, whether it is Python at all."""
    tree = parsed(code)
    if tree is None:
        return False
    made = [node for node in tree.body if not isinstance(node, ast.Import | ast.ImportFrom)]  # elsewhere
    return bool(tree.body) if name is None else name in bound_names(made)


def definition_start(text: str, name: str | None) -> int | None:
    """Where the definition of the name begins, in valid Python or not."""
    if name is None:
        return None
    return _start(re.compile(rf"^(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b", re.MULTILINE), text)


def code_start(text: str) -> int | None:
    """Where the first line lies that can only be code."""
    return _start(CODE_LINE, text)


def body_start(text: str) -> int | None:
    """Where the first indented line lies."""
    return _start(BODY_LINE, text)


def _start(pattern: re.Pattern[str], text: str) -> int | None:
    match = pattern.search(text)
    return match.start() if match else None


def ends_in_function(prompt: str) -> bool:
    """Whether the prompt is a function's head; else it is a docstring, and the answer begins at column 0."""
    return not prompt.lstrip().startswith(('"""', "'''"))


def last_head(text: str) -> str | None:
    """The last definition's first words: "def add"."""
    heads: list[str] = HEAD.findall(text)
    return heads[-1] if heads else None


def indented_definition(text: str, name: str | None) -> str:
    """The function where all of its lines are indented, as Markdown has code; empty where there is none."""
    if name is None:
        return ""
    pattern = rf"^([ \t]+)(?:async\s+)?def\s+{re.escape(name)}\b.*(?:\n(?:\1.*|[ \t]*$))*"
    match = re.search(pattern, text, re.MULTILINE)
    return textwrap.dedent(match[0]) if match else ""


def used_names(tree: ast.Module) -> set[str]:
    """Names that are read and never bound anywhere in it."""
    read = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return read - arguments - set(_stored(tree)) - set(bound_names(tree.body))


def without_last_words(code: str) -> str:
    """Without a last line of prose that happens to be a name: "Explanation"."""
    tree = parsed(code)
    while tree and len(tree.body) > 1 and _is_word(tree.body[-1]):
        tree.body.pop()
        code = "\n".join(code.split("\n")[: tree.body[-1].end_lineno]) + "\n"
    return code


def _is_word(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Name)


def source_of(code: str, node: ast.stmt) -> str:
    """A statement's lines, with its decorators."""
    first = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", ()))])
    return "\n".join(code.split("\n")[first - 1 : node.end_lineno])


def has_body(node: ast.stmt) -> bool:
    """Whether a definition does more than carry a docstring."""
    return isinstance(node, DEFINITIONS) and not all(_is_filler(inner) for inner in node.body)


def _is_filler(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
