"""Inputs large enough for a processor's clock: of known problems by their ids, made once and kept in tables.

A table maps a problem's id to the arguments of its entry point, as a Python expression. Which input is large
enough was found out by measurements/heavy_inputs.py, with the published contract of the problem kept.
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
