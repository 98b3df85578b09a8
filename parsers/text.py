"""Printed text as a terminal would show it: colour codes and carriage returns out, in bounded memory."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

LONGEST_LINE = 100_000
"""A longer line is no summary; of it only the beginning is looked at."""

MOST_TRIES = 1000
_JSON = re.compile(r"^[\[{]", re.MULTILINE)
_LINE = re.compile(r"[^\r\n]+")
_CODES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?"  # titles and links
    r"|\x1b[@-Z\\^_]"
    r"|[\x00-\x08\x0e-\x1f\x7f]"
)


def plain(line: str) -> str:
    """One line without colour codes, links and control characters."""
    return _CODES.sub("", line).rstrip()


def lines(output: str) -> Iterator[str]:
    """Every line with something in it; a carriage return begins a new one, as a progress bar's does."""
    for match in _LINE.finditer(output):
        end = min(match.end(), match.start() + LONGEST_LINE)
        line = plain(output[match.start() : end])
        if line:
            yield line


def last_lines(output: str, count: int = 15, width: int = 200) -> str:
    """The end of an output, to be shown below an error."""
    tail = [plain(line)[:width] for line in re.split(r"[\r\n]+", output[-100_000:])]
    return "\n".join([line for line in tail if line][-count:])


def json_values(text: str) -> Iterator[Any]:
    """The JSON objects and lists that begin at the beginning of a line, the last first."""
    for begins in reversed(deque(_JSON.finditer(text), maxlen=MOST_TRIES)):
        try:
            yield json.JSONDecoder().raw_decode(text, begins.start())[0]
        except (ValueError, RecursionError):
            continue
