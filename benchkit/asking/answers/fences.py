"""Fenced blocks of Markdown as models write them: closed or not, indented, opened or closed in mid-line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

MARKDOWN_LABELS = frozenset({"markdown", "md"})
LOOK_AHEAD = 300  # lines in which a block that was closed too early is looked for its real end

OPENING = re.compile(r"^\s*(?P<ticks>`{3,}|~{3,})(?P<info>[^`]*)$")
OPENING_AFTER_TEXT = re.compile(r"\s(?P<ticks>`{3,})(?P<info>[A-Za-z0-9_+-]+)\s*$")
CLOSING = re.compile(r"^(?P<before>[^`~]*)(?P<ticks>`{3,}|~{3,})\s*$")


@dataclass(frozen=True)
class Fence:
    """One block of a text: the lines after `start` and before `end`."""

    lines: list[str] = field(repr=False)
    start: int
    end: int
    ticks: str
    label: str

    @property
    def code(self) -> str:
        block = self.lines[self.start + 1 : self.end]
        last = CLOSING.match(self.lines[self.end]) if self.end < len(self.lines) else None
        if last and last["before"].strip():
            block.append(last["before"])
        return textwrap.dedent("\n".join(block)).strip("\n") + "\n"

    def longer(self) -> Iterator[Fence]:
        """The same block up to later closing fences: a docstring in it may hold fences of its own."""
        for number in range(self.end + 1, min(len(self.lines), self.end + LOOK_AHEAD)):
            if _closes(self.lines[number], self.ticks):
                yield replace(self, end=number)


def fences(text: str) -> list[Fence]:
    """All blocks, in their order."""
    lines, blocks = text.split("\n"), []
    opened: Fence | None = None
    for number, line in enumerate(lines):
        if "```" not in line and "~~~" not in line:
            continue
        if opened is None:
            opened = _opened(lines, number)
        elif _closes(line, opened.ticks):
            blocks.append(replace(opened, end=number))
            opened = None
    return blocks if opened is None else [*blocks, opened]


def _opened(lines: list[str], number: int) -> Fence | None:
    """The block that opens in this line, as long as nothing closes it."""
    opening = OPENING.match(lines[number]) or OPENING_AFTER_TEXT.search(lines[number])
    if opening is None:
        return None
    words = opening["info"].strip().strip("{}.").lower().split()
    if words and words[0] in MARKDOWN_LABELS:
        return None  # the blocks are in it
    return Fence(lines, number, len(lines), opening["ticks"], words[0] if words else "")


def _closes(line: str, ticks: str) -> bool:
    closing = CLOSING.match(line)
    return closing is not None and closing["ticks"].startswith(ticks)
