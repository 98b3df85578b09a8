"""Python code without what has no bearing on quality: comments, docstrings, chosen names, line wraps.

Measurements on this form do not change with names, comments (including those that disable a tool) or the
places where long lines were broken.
"""

from __future__ import annotations

import ast
import builtins
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

KEPT = frozenset(dir(builtins))  # a name such as `eval` means something to a linter
DEEPEST = 250  # levels of nesting; Python, ruff and complexipy have room for more of them
# What reading raises for text that is no Python, or is nested more deeply than the parser's stack.
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError)
_DOCSTRING = '"""."""'
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_NO_CODE = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)


@dataclass(frozen=True)
class Canonical:
    """A module in its canonical form."""

    text: str
    tree: ast.Module  # of the source as it was given


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    text: str


def canonical(source: str) -> Canonical:
    """The canonical form; one of UNREADABLE where there is none."""
    source = source.replace("\r\n", "\n").replace("\r", "\n").expandtabs(8).strip("\n") + "\n"
    tree = ast.parse(source)
    if _is_deeper_than(DEEPEST, tree):
        raise RecursionError(f"more than {DEEPEST} levels of nesting")
    text, at = "", 0
    for edit in sorted(_edits(source, tree), key=lambda edit: (edit.start, edit.end)):
        text += source[at : edit.start] + edit.text
        at = max(at, edit.end)
    return Canonical((text + source[at:]).strip("\n") + "\n", tree)


def _is_deeper_than(levels: int, tree: ast.AST) -> bool:
    level = [tree]
    for _ in range(levels):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return bool(level)


def _edits(source: str, tree: ast.Module) -> Iterator[_Edit]:
    places = _Places(source)
    names = _new_names(tree)
    fixed = _keyword_places(tree)
    docstrings = set(_docstring_places(tree))
    depth, before = 0, None
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        start, end = places.of(token.start), places.of(token.end)
        if token.type == tokenize.OP:
            depth += (token.string in _OPENING) - (token.string in _CLOSING)
            if depth >= 0 and token.string in _CLOSING and before is not None:
                yield from _without_last_comma(source, places.of(before.start), start)
        if token.type == tokenize.COMMENT:
            yield _without_comment(source, start, end)
        elif token.type == tokenize.NL and depth > 0:
            yield _joined(source, start)
        elif token.type == tokenize.NAME and token.string in names:
            if (before is None or before.string != ".") and token.start not in fixed:
                yield _Edit(start, end, names[token.string])
        elif token.type == tokenize.STRING:
            yield from _of_string(token, start, end, names, docstrings)
        if token.type not in _NO_CODE:
            before = token


class _Places:
    """A token's line and column as a place in the whole text."""

    def __init__(self, source: str) -> None:
        self._starts = [0]
        for line in source.split("\n"):  # splitlines would know more ends than Python does
            self._starts.append(self._starts[-1] + len(line) + 1)

    def of(self, place: tuple[int, int]) -> int:
        row, column = place
        return self._starts[min(row, len(self._starts)) - 1] + column


def _without_comment(source: str, start: int, end: int) -> _Edit:
    """With the blanks before it; a line that holds nothing else goes whole."""
    line = source.rfind("\n", 0, start) + 1
    if source[line:start].strip():
        return _Edit(len(source[:start].rstrip(" ")), end, "")
    return _Edit(line, min(end + 1, len(source)), "")


def _joined(source: str, start: int) -> _Edit:
    """A line's end within brackets, and the blanks around it."""
    before = source[:start].rstrip()[-1:]
    rest = source[start:].lstrip()
    blank = "" if before in _OPENING or rest[:1] in _CLOSING else " "
    return _Edit(len(source[:start].rstrip(" ")), len(source) - len(rest), blank)


def _without_last_comma(source: str, before: int, closing: int) -> Iterator[_Edit]:
    """A comma at a line's end before a closing bracket keeps the formatter from joining the lines."""
    if source[before] == "," and "\n" in source[before:closing]:
        yield _Edit(before, before + 1, "")


def _of_string(
    token: tokenize.TokenInfo, start: int, end: int, names: dict[str, str], docstrings: set[tuple[int, int]]
) -> Iterator[_Edit]:
    if token.start in docstrings:
        yield _Edit(start, end, _DOCSTRING)
    elif "f" in token.string[:3].lower().partition("'")[0].partition('"')[0]:
        yield _Edit(start, end, _renamed_in_braces(token.string, names))


def _renamed_in_braces(text: str, names: dict[str, str]) -> str:
    """An f-string with the names in its expressions changed: older tokenizers give it as one token."""
    import re

    depth, shown = 0, ""
    for piece in re.findall(r"\{\{|\}\}|[{}]|[A-Za-z_]\w*|[^A-Za-z_{}]+", text):
        if depth or piece not in ("{{", "}}"):
            depth = max(0, depth + piece.count("{") - piece.count("}"))
        is_name = depth > 0 and piece in names and not shown.endswith(".")
        shown += names[piece] if is_name else piece
    return shown


def _new_names(tree: ast.Module) -> dict[str, str]:
    """All names that the code itself chose, by new ones of one length."""
    imported = {
        (alias.asname or alias.name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    chosen = dict.fromkeys(
        name
        for name in _bound(tree)
        if name not in KEPT and name not in imported and not name.startswith("__")
    )
    return {name: f"n{number:04}" for number, name in enumerate(chosen)}


def _bound(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name):
                yield name
            case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
                yield name
            case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield name
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name


def _keyword_places(tree: ast.Module) -> set[tuple[int, int]]:
    """Where the names of arguments in calls stand: they may be another library's."""
    return {(node.lineno, node.col_offset) for node in ast.walk(tree) if isinstance(node, ast.keyword)}


def _docstring_places(tree: ast.Module) -> Iterator[tuple[int, int]]:
    for body in _bodies(ast.walk(tree)):
        match body[:1]:
            case [ast.Expr(value=ast.Constant(value=str()) as text)]:
                yield text.lineno, text.col_offset


def _bodies(nodes: Iterable[ast.AST]) -> Iterator[list[ast.stmt]]:
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.body
