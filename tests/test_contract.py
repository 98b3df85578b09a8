"""What the runner and the scripts share is spelled in the contract alone."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.contract import CHECK_FLAG, Event, EventKey, RunFile, Variable

ROOT = Path(__file__).parents[1]
SOURCES = [
    path
    for path in (*ROOT.glob("*.py"), *ROOT.glob("benchkit/**/*.py"), *ROOT.glob("parsers/*.py"))
    if path.name != "contract.py"
]


def texts(path: Path) -> Iterator[str]:
    """The string literals of a file."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_other_file_spells_a_name_of_the_contract(path: Path) -> None:
    """A variable, a run's file or the check flag written out again would be missed by a change of it."""
    names = [*vars(Variable).items(), *vars(RunFile).items()]
    shared = {text for name, text in names if name.isupper()} | {CHECK_FLAG}
    assert len(shared) > 10
    assert not shared & set(texts(path))


def test_an_event_is_written_with_plain_names() -> None:
    """Onlookers that are not ours read the lines: an enumeration's own name must not show in them."""
    line = json.dumps({EventKey.EVENT: Event.PROBLEM, EventKey.DONE: 1})
    assert line == '{"event": "problem", "done": 1}'
