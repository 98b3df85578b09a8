"""SEARCH/REPLACE blocks: lines of a file, and what stands there afterwards."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from benchkit.asking.answers.edits.base import Draft, Malformed
from benchkit.asking.answers.edits.matching import find_unique
from benchkit.asking.answers.edits.whole import FileNames

HEAD = re.compile(r"^\s*<{5,9} ?(?:SEARCH|ORIGINAL)\b:?\s*(?P<path>\S.*)?$")
DIVIDER = re.compile(r"^\s*={5,9}\s*$")
TAIL = re.compile(r"^\s*>{5,9} ?(?:REPLACE|UPDATED)\b.*$")
GAP = re.compile(r"^\s*(?:#|//|/\*)?\s*\.\.\.\s*(?:\*/)?\s*$")
SHOWN = 60


@dataclass(frozen=True)
class Block:
    """One SEARCH/REPLACE block."""

    path: str | None
    search: tuple[str, ...]
    replace: tuple[str, ...]

    def apply(self, draft: Draft) -> None:
        """In its own file, else in the only other editable one that has these lines."""
        if not any(line.strip() for line in self.search):
            return self._write_anew(draft)
        places = [name for name in self._candidates(draft) if self._applied(draft, name) is not None]
        if not places:
            raise Malformed(
                f"{self._named()}: its SEARCH text is not there{self._why_not(draft)}: {self._shown()!r}"
            )
        own = self.path in places
        if len(places) > 1 and not own:
            raise Malformed(f"its SEARCH text stands in {' and '.join(places)}, and no file is named")
        name = self.path if own and self.path else places[0]
        text = self._applied(draft, name)
        assert text is not None
        return draft.write(name, text)

    def _candidates(self, draft: Draft) -> list[str]:
        others = draft.workspace.editable
        if self.path is None:
            return list(others)
        if draft.read(self.path) is not None and self._applied(draft, self.path) is not None:
            return [self.path]
        return [self.path, *(name for name in others if name != self.path)]

    def _write_anew(self, draft: Draft) -> None:
        """An empty SEARCH text is a new file, or one that holds nothing yet."""
        editable = draft.workspace.editable
        name = self.path or (editable[0] if len(editable) == 1 else None)
        if name is None:
            raise Malformed("a block with an empty SEARCH text names no file")
        if (draft.read(name) or "").strip():
            raise Malformed(f"{name}: a block with an empty SEARCH text, and the file is not empty")
        draft.write(name, "\n".join([*self.replace, ""]))

    def _applied(self, draft: Draft, name: str) -> str | None:
        """The file's new text; None where the lines are not in it."""
        text = draft.read(name)
        if text is None:
            return None
        lines = text.split("\n")
        changed = _replaced(lines, self.search, self.replace) or self._replaced_around_gaps(lines)
        return None if changed is None else "\n".join(changed)

    def _replaced_around_gaps(self, lines: list[str]) -> list[str] | None:
        """A line of three dots stands for any lines, which stay as they are."""
        searches, replacements = _parts(self.search), _parts(self.replace)
        if len(searches) < 2 or len(searches) != len(replacements):
            return None
        changed: list[str] | None = list(lines)
        for search, replacement in zip(searches, replacements, strict=True):
            if changed is None:
                return None
            if any(line.strip() for line in search):
                changed = _replaced(changed, search, replacement)
            elif any(line.strip() for line in replacement):
                return None
        return changed

    def _named(self) -> str:
        return self.path or "a block without a file's name"

    def _why_not(self, draft: Draft) -> str:
        """The usual reason where the text can be seen in the file."""
        text = "\n".join(self.search).strip()
        names = [self.path] if self.path else draft.workspace.editable
        seen = any(text in (draft.read(name) or "") for name in names)
        return " as whole lines, only within lines" if seen else ""

    def _shown(self) -> str:
        return next(line.strip() for line in self.search if line.strip())[:SHOWN]


def _replaced(lines: list[str], search: Sequence[str], replacement: Sequence[str]) -> list[str] | None:
    place = find_unique(lines, search)
    if place is None:
        return None
    return [*lines[: place.start], *place.adapted(replacement), *lines[place.end :]]


def _parts(lines: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in lines:
        if GAP.match(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return parts


def take_blocks(lines: list[str], names: FileNames) -> tuple[list[Block], list[str]]:
    """The blocks of an answer, and its other lines; Malformed where a block has no end."""
    blocks: list[Block] = []
    rest: list[str] = []
    current: str | None = None
    number = 0
    while number < len(lines):
        head = HEAD.match(lines[number])
        if head is None:
            rest.append(lines[number])
            number += 1
            continue
        current = names.in_text(head["path"] or "") or _named_before(rest, names) or current
        block, number = _block(lines, number + 1, current)
        blocks.append(block)
        rest.append("")  # what names one block's file is not the next one's whole text
    return blocks, rest


def _named_before(rest: list[str], names: FileNames) -> str | None:
    """The file named in the last two lines that are neither blank nor a fence."""
    seen = [line for line in rest[-6:] if line.strip()]
    for line in reversed(seen[-3:]):
        if name := names.in_line(line):
            return name
    return None


def _block(lines: list[str], number: int, path: str | None) -> tuple[Block, int]:
    """The block whose SEARCH text begins here, and where it is over."""
    divider = _next(lines, number, DIVIDER)
    tail = None if divider is None else _next(lines, divider + 1, TAIL)
    where = path or "a block"
    if divider is None:
        raise Malformed(f"{where}: a SEARCH block without its ======= line")
    if tail is None:
        raise Malformed(f"{where}: a SEARCH block without its >>>>>>> REPLACE line")
    if any(HEAD.match(line) for line in lines[number:tail]):
        raise Malformed(f"{where}: a SEARCH block begins within another")
    return Block(path, tuple(lines[number:divider]), tuple(lines[divider + 1 : tail])), tail + 1


def _next(lines: list[str], start: int, pattern: re.Pattern[str]) -> int | None:
    return next((number for number in range(start, len(lines)) if pattern.match(lines[number])), None)
