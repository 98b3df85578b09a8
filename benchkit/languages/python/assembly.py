"""Completes an answer: its body under the signature, its missing imports and helpers before it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator, Sequence

from benchkit.languages.python.syntax import (
    DEFINITIONS,
    LARGEST,
    bound_names,
    definition_start,
    has_body,
    longest_code,
    parsed,
    returns_outside,
    source_of,
    used_names,
)

KEPT_AFTER_COMPLETION = (*DEFINITIONS, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign, ast.Try)


def completed(code: str, blocks: Sequence[str], prompt: str, entry_point: str | None) -> str:
    """The code after what it uses of the other blocks, and after what it leaves out of the prompt."""
    return with_prompt(prompt, with_helpers(code, blocks), entry_point)


def with_prompt(prompt: str, code: str, entry_point: str | None) -> str:
    """The answer's code after those imports and helpers of the prompt that it does not bind itself."""
    tree, offered = parsed(code), parsed(prompt)
    if tree is None or offered is None:
        return code
    bound = {*bound_names(tree.body), entry_point}
    missing = [node for node in offered.body if (names := set(bound_names([node]))) and not names & bound]
    if not missing:
        return code
    future, rest = _split_future(code, tree)
    return "\n".join([*future, *(source_of(prompt, node) for node in missing), "", rest])


def with_helpers(code: str, blocks: Sequence[str]) -> str:
    """The code after what it uses of an answer's other blocks."""
    tree = parsed(code)
    wanted = used_names(tree) if tree and len(blocks) > 1 else set()
    helpers = [
        source_of(block, node)
        for block in blocks
        if wanted and any(name in block for name in wanted) and (other := parsed(block))
        for node in other.body
        if isinstance(node, KEPT_AFTER_COMPLETION) and wanted & set(bound_names([node]))
    ]
    return "\n".join([*helpers, code]) if helpers else code


def _split_future(code: str, tree: ast.Module) -> tuple[list[str], str]:
    """`from __future__` must stay the first statement."""
    last = max((node.end_lineno or 0 for node in tree.body if _is_future(node)), default=0)
    lines = code.split("\n")
    return lines[:last], "\n".join(lines[last:])


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def under_signature(prompt: str, body: str, entry_point: str | None) -> str | None:
    """The prompt's function with this body, its indentation repaired; None where that makes no function."""
    if definition_start(prompt, entry_point) is None:
        return None
    for indented in _indentations(body[:LARGEST].strip("\n")):
        program = longest_code(prompt.rstrip() + "\n" + indented + "\n")
        tree = parsed(program)
        if tree and not returns_outside(tree) and _has_statements(tree, entry_point):
            return program
    return None


def _indentations(body: str) -> Iterator[str]:
    """The body as it is; its first line's indent lost; all of its indent lost, or too much of it."""
    first, _, rest = body.partition("\n")
    yield body
    yield "    " + first.strip() + "\n" + rest
    yield textwrap.indent(textwrap.dedent(body), "    ")
    yield textwrap.indent(first.strip() + "\n" + textwrap.dedent(rest), "    ")


def _has_statements(tree: ast.Module, name: str | None) -> bool:
    """Whether the function got a body; a word of prose parses too, as a name, and makes none."""
    return any(
        isinstance(node, ast.FunctionDef)
        and node.name == name
        and not all(isinstance(inner, ast.Expr | ast.Pass) for inner in node.body)
        for node in tree.body
    )


def continuation(prompt: str, text: str, entry_point: str | None) -> str | None:
    """The prompt and its raw completion, without what a base model goes on to after the function.

    Kept are the first definition of each name that has a body, imports and constants; tests, prints and
    further tries at the same function are what stop words cut off elsewhere.
    """
    program = longest_code(prompt + text)
    tree = parsed(program)
    if tree is None:
        return None
    kept = list(_kept(tree.body, entry_point))
    if entry_point is not None and entry_point not in bound_names(kept):
        return None
    return "\n".join(source_of(program, node) for node in kept) + "\n"


def _kept(nodes: list[ast.stmt], entry_point: str | None) -> Iterator[ast.stmt]:
    done: set[str] = set()
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            if node.name in done or not has_body(node):
                continue
            done.add(node.name)
        elif entry_point in done and not isinstance(node, KEPT_AFTER_COMPLETION):
            continue
        yield node
