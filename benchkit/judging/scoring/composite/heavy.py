"""Inputs that take long enough to be timed, for known problems, in tables.

A table maps a problem's id to the arguments of its entry point, as a Python expression. They were made by
measurements/heavy_inputs.py, and fulfil the published contract of the problem.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "heavy_inputs"


@cache
def heavy_inputs() -> Mapping[str, str]:
    """The expressions of all tables, by problem id."""
    expressions: dict[str, str] = {}
    for path in sorted(FOLDER.glob("*.json")):
        expressions |= json.loads(path.read_text(encoding="utf-8"))
    return expressions
