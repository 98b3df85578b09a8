"""The test output that a model gets before its next try: bounded, without what changes from run to run."""

from __future__ import annotations

import re

from benchkit.asking.tasks.prompts import first_lines
from benchkit.judging.tasks.tested import Tested

PLACES = re.compile(
    r"(?:/[\w.@+-]+)*/bench-sandbox-[0-9a-f]+/[0-9a-f]+/|(?<![\w/])/(?:tmp|private)/|file:///?(?=[\w.])"
)
TIMES = re.compile(r"\b\d+(?:\.\d+)?(?: ?)(?:ms|µs|us|ns|s)\b")
ADDRESSES = re.compile(r"\b0x[0-9a-f]{4,}\b")
LONGEST_LINE = 300


def feedback_of(tested: Tested, most_lines: int) -> str:
    """The output of build and tests, its middle left out where it is long."""
    text = (tested.stdout + b"\n" + tested.stderr).decode("utf-8", "replace")
    for pattern, stand_in in ((PLACES, ""), (TIMES, "…s"), (ADDRESSES, "0x…")):
        text = pattern.sub(stand_in, text)
    lines = [line[:LONGEST_LINE].rstrip() for line in text.split("\n") if line.strip()]
    return "\n".join(first_lines(lines, most_lines))
