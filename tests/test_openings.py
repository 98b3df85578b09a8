"""Each folder opens with what its files are."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.support import ROOT

OPENINGS = [ROOT / "parsers" / "__init__.py", *sorted((ROOT / "benchkit").rglob("__init__.py"))]


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_folders_opening_names_each_of_its_files(opening: Path) -> None:
    """As `name.py` or `name/` in its docstring, or as a make's module in its table; no file that is gone."""
    there = {path.name for path in opening.parent.glob("*.py")} - {"__init__.py"}
    there |= {f"{path.parent.name}/" for path in opening.parent.glob("*/__init__.py")}
    module = ast.parse(opening.read_text())
    opens = ast.get_docstring(module) or ""
    files = set(re.findall(r"(?<![\w./-])([a-z_0-9]+\.py)\b", opens))
    folders = set(re.findall(r"(?<![\w./-])([a-z_0-9]+/)(?!\w)", opens))
    assert there - files - folders - modules_of_makes(module) == set()
    listed = set(re.findall(r"(?m)^([a-z_0-9]+/)  ", opens))
    gone = {name for name in listed if not (opening.parent / name).is_dir()} | files - there - {
        "bench_runner.py"
    }
    assert gone == set()


def modules_of_makes(module: ast.Module) -> set[str]:
    """The files of the makes in a literal table: named as a text, "parsers.lcb:LcbParser", or imported."""
    origin = {
        name.name: node.module or ""
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom)
        for name in node.names
    }
    found = set()
    for table in (node for node in ast.walk(module) if isinstance(node, ast.Dict)):
        for node in (inner for value in table.values for inner in ast.walk(value)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value.partition(":")[0])
            if isinstance(node, ast.Name):
                found.add(origin.get(node.id, ""))
        found |= {str(key.value) for key in table.keys if isinstance(key, ast.Constant)}
    return {f"{name.rpartition('.')[2]}.py" for name in found}
