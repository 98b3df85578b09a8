"""How far a benchmark is, from the progress bar it prints."""

from __future__ import annotations

import re

from benchkit.records import Progress
from parsers.text import plain

_BAR = re.compile(r"\d+%\s*\|.*\|\s*(\d+)/(\d+)\s*\[")  # 45%|████▌     | 74/164 [01:23<01:41,  1.13s/it]
_OF = re.compile(r"(?<![\w./:-])(\d+)\s*(?:/|of)\s*(\d+)(?![\w./:-]*\w)")  # 74/164, 74 of 164
_PERCENT = re.compile(r"(?<![\w.])(\d{1,3})(?:\.\d+)?\s?%")


def read_progress(line: str) -> Progress | None:
    """The last progress shown in the line: a tqdm or rich bar, `74/164`, or a percentage."""
    text = plain(line.rstrip("\r\n").rpartition("\r")[2])
    for form in (_BAR, _OF):
        if matches := form.findall(text):
            done, total = map(int, matches[-1])
            return Progress(done, total) if 0 < total >= done else None
    if matches := _PERCENT.findall(text):
        return Progress(int(matches[-1]), 100) if int(matches[-1]) <= 100 else None
    return None
