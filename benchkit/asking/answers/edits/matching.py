"""Where an answer's lines stand in a file: exactly first, then as leniently as models need it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchkit.asking.answers.edits.base import Malformed

Lines = Sequence[str]


@dataclass(frozen=True)
class MatchedLines:
    """Lines [start, end) of a file, and which indentation there stands for which of the answer's."""

    start: int
    end: int
    indents: dict[str, str] = field(default_factory=dict)

    def adapted(self, replacement: Lines) -> list[str]:
        """The replacement with the file's indentation."""
        return [self._adapted(line) for line in replacement]

    def _adapted(self, line: str) -> str:
        own = indent_of(line)
        if not line.strip() or not self.indents:
            return line
        if own in self.indents:
            return self.indents[own] + line[len(own) :]
        known = max((indent for indent in self.indents if own.startswith(indent)), key=len, default=None)
        if known is None:
            return line
        return self.indents[known] + self._converted(own[len(known) :]) + line[len(own) :]

    def _converted(self, deeper: str) -> str:
        """Further indentation in the file's own character, where it has tabs for the answer's spaces."""
        uses_tabs = any("\t" in indent for indent in self.indents.values())
        if uses_tabs and deeper and not deeper.strip(" "):
            unit = self._unit()
            return "\t" * (len(deeper) // unit) + " " * (len(deeper) % unit)
        return deeper

    def _unit(self) -> int:
        """How many of the answer's spaces stand for one tab."""
        for ours, theirs in self.indents.items():
            if ours and theirs and not theirs.strip("\t") and not ours.strip(" "):
                return max(1, len(ours) // len(theirs))
        return 4


def find_unique(lines: Lines, wanted: Lines) -> MatchedLines | None:
    """The only place of these lines by the strictest rule that finds any; Malformed for several."""
    for rule in (_exact, _uniform, _without_blanks):
        places = list(rule(lines, wanted))
        if len(places) > 1:
            raise Malformed(f"its SEARCH text stands in {len(places)} places")
        if places:
            return places[0]
    return None


def find_all(lines: Lines, wanted: Lines) -> list[MatchedLines]:
    """All places of these lines by the strictest rule that finds any."""
    for rule in (_exact, _uniform, _without_blanks):
        if places := list(rule(lines, wanted)):
            return places
    return []


def _exact(lines: Lines, wanted: Lines) -> Iterator[MatchedLines]:
    """White space at a line's end is invisible, and does not count."""
    target = [line.rstrip() for line in wanted]
    source = [line.rstrip() for line in lines]
    for start in range(len(source) - len(target) + 1):
        if source[start : start + len(target)] == target:
            yield MatchedLines(start, start + len(target))


def _uniform(lines: Lines, wanted: Lines) -> Iterator[MatchedLines]:
    """The same lines at other indentations, each of which stands for one of the file's."""
    target = [line.strip() for line in wanted]
    source = [line.strip() for line in lines]
    for start in range(len(source) - len(target) + 1):
        if source[start : start + len(target)] == target:
            indents = _indents(lines[start : start + len(target)], wanted)
            if indents is not None:
                yield MatchedLines(start, start + len(target), indents)


def _without_blanks(lines: Lines, wanted: Lines) -> Iterator[MatchedLines]:
    """Blank lines that the answer lost or added do not count."""
    target = [line for line in wanted if line.strip()]
    kept = [number for number, line in enumerate(lines) if line.strip()]
    stripped = [line.strip() for line in target]
    source = [lines[number].strip() for number in kept]
    for start in range(len(source) - len(target) + 1 if target else 0):
        if source[start : start + len(target)] == stripped:
            numbers = kept[start : start + len(target)]
            indents = _indents([lines[number] for number in numbers], target)
            if indents is not None:
                yield MatchedLines(numbers[0], numbers[-1] + 1, indents)


def _indents(actual: Lines, wanted: Lines) -> dict[str, str] | None:
    """The answer's indentations and the file's, if each of the answer's always stands for the same one."""
    indents: dict[str, str] = {}
    for theirs, ours in zip(actual, wanted, strict=True):
        if ours.strip() and indents.setdefault(indent_of(ours), indent_of(theirs)) != indent_of(theirs):
            return None
    return indents


def indent_of(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]
