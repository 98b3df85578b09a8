"""Each folder opens with what its files are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support import ROOT

OPENINGS = [ROOT / "parsers" / "__init__.py", *sorted((ROOT / "benchkit").rglob("__init__.py"))]


@pytest.mark.parametrize("opening", OPENINGS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_a_folders_opening_names_each_of_its_files(opening: Path) -> None:
    """In its docstring or in its table; a file that is gone is named no more."""
    text = opening.read_text()
    there = {path.stem for path in opening.parent.glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in opening.parent.glob("*/__init__.py")}
    assert {name.rstrip("_") for name in there} <= set(re.findall(r"\w+", text))
    named = set(re.findall(r"(?<![\w./-])([a-z_]+)\.py\b", text.split('"""')[1]))
    assert named - there <= {"bench_runner"}
