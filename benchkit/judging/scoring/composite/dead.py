"""Code that is never run: functions nobody calls, statements behind a return, branches of a constant."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_ENDS = (ast.Return, ast.Raise, ast.Break, ast.Continue)


def statements(tree: ast.AST) -> int:
    """All statements of a piece of code, docstrings left out."""
    return sum(isinstance(node, ast.stmt) and not _is_text(node) for node in ast.walk(tree))


def dead_statements(tree: ast.Module, entry_point: str | None) -> int:
    """How many are never run when `entry_point` is called; without one, every public name may be called."""
    dead = _dead(tree, entry_point)
    inner = {id(child) for node in dead.values() for child in ast.walk(node) if child is not node}
    return sum(statements(node) for key, node in dead.items() if key not in inner)


def live_part(source: str, entry_point: str | None) -> str:
    """The code without what is never run, so that what only that uses counts as unused."""
    tree = ast.parse(source)
    living = _Living(_dead(tree, entry_point).keys()).visit(tree)
    return ast.unparse(ast.fix_missing_locations(living))


def _dead(tree: ast.Module, entry_point: str | None) -> dict[int, ast.stmt]:
    return {id(node): node for node in (*_unused(tree, entry_point), *_unreachable(tree))}


class _Living(ast.NodeTransformer):
    """Takes statements out of their blocks; a block that loses all has `pass`."""

    def __init__(self, dead: Collection[int]) -> None:
        self._dead = dead

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                kept = [statement for statement in block if id(statement) not in self._dead]
                needs_one = name == "body" and not isinstance(node, ast.Module)
                setattr(node, name, kept or ([ast.Pass()] if needs_one else []))
        return super().generic_visit(node)


def _unused(tree: ast.Module, entry_point: str | None) -> Iterator[ast.stmt]:
    """Definitions that no live code names, wherever they stand; methods belong to their class."""
    definitions = list(_definitions(tree))
    named = _names_of(tree.body)
    roots = {entry_point} if entry_point else set(_public_names(tree))
    live = named | {name for name in roots if name}
    reached: set[int] = set()
    while fresh := [one for one in definitions if _name_of(one) in live and id(one) not in reached]:
        for one in fresh:
            reached.add(id(one))
            live |= _names_within(one)
    yield from (one for one in definitions if id(one) not in reached)


def _public_names(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if (name := _name_of(node)) and not name.startswith("_"):
            yield name


def _name_of(node: ast.AST) -> str | None:
    """What a definition is called, also a lambda's by its assignment; None of anything else."""
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            return name
    return None


def _names_within(node: ast.stmt) -> set[str]:
    if isinstance(node, Definition):
        return _names_of(node.body) | _names_around(node)
    return _names_of(ast.iter_child_nodes(node))


def _definitions(tree: ast.AST) -> Iterator[ast.stmt]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt) and _name_of(node):
            yield node
        if not isinstance(node, ast.ClassDef):
            yield from _definitions(node)


def _names_of(body: Iterable[ast.AST]) -> set[str]:
    """The names that these statements use, without nested definitions: those count once they are live."""
    names: set[str] = set()
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("__"):
                waiting += node.body  # Python calls it
            continue
        if _name_of(node):
            continue  # a lambda's, which counts once it is live
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        waiting += ast.iter_child_nodes(node)
    return names


def _names_around(node: Definition) -> set[str]:
    """In decorators, bases, defaults and annotations; of a class, in all of its methods too."""
    parts: list[ast.AST] = list(node.decorator_list)
    if isinstance(node, ast.ClassDef):
        parts += [*node.bases, *(method for method in node.body if isinstance(method, Definition))]
    else:
        parts += [node.args, *([node.returns] if node.returns else [])]
    return {child.id for part in parts for child in ast.walk(part) if isinstance(child, ast.Name)}


def _unreachable(tree: ast.Module) -> Iterator[ast.stmt]:
    for node in ast.walk(tree):
        for _, block in ast.iter_fields(node):
            if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
                ended = False
                for statement in block:
                    if ended:
                        yield statement
                    ended = ended or isinstance(statement, _ENDS)
        if isinstance(node, ast.If | ast.While) and isinstance(node.test, ast.Constant):
            yield from node.orelse if node.test.value else node.body


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
