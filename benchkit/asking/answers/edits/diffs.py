"""Unified diffs as models write them: line numbers and counts are hints at best, the lines decide."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchkit.asking.answers.edits.base import Draft, Malformed
from benchkit.asking.answers.edits.matching import MatchedLines, find_all, indent_of

OLD = re.compile(r"^--- (?P<path>.+?)(?:\t.*)?$")
NEW = re.compile(r"^\+\+\+ (?P<path>.+?)(?:\t.*)?$")
# A number of more digits is no line of a file.
HUNK = re.compile(r"^@@(?: ?-(?P<start>\d{1,9})(?:,\d+)? \+\d+(?:,\d+)? @@.*|.*)$")
GIT_LINES = re.compile(
    r"^(?:diff --git |index [0-9a-f]+|(?:new|deleted) file mode|old mode|new mode|similarity)"
)
RENAMES = re.compile(r"^(?:rename|copy) (?:from|to) ")
FENCE = re.compile(r"^\s*(?:`{3,}|~{3,})")
NOTHING = "/dev/null"
MOST_SKIPPED = 3  # lines of the file that a hunk's context left out, together
MOST_INVENTED = 2  # lines of context at a hunk's ends that are not in the file


@dataclass(frozen=True)
class HunkLine:
    """One line of a hunk: " " for context, "-" and "+"."""

    sign: str
    text: str


@dataclass(frozen=True)
class Hunk:
    """Lines that belong together, and the line number at which they claim to begin."""

    start: int | None
    lines: tuple[HunkLine, ...]

    @property
    def old(self) -> list[str]:
        return [line.text for line in self.lines if line.sign != "+"]

    @property
    def new(self) -> list[str]:
        return [line.text for line in self.lines if line.sign != "-"]

    @property
    def changes(self) -> bool:
        return any(line.sign != " " for line in self.lines)


@dataclass(frozen=True)
class FileDiff:
    """The hunks of one file."""

    path: str
    hunks: tuple[Hunk, ...]
    deletes: bool = False

    def apply(self, draft: Draft) -> None:
        if self.deletes:
            return draft.delete(self.path)
        text = draft.read(self.path)
        if text is None or not text.strip():
            return self._write_anew(draft)
        lines, reached = text.split("\n"), 0
        for number, hunk in enumerate(self.hunks, 1):
            if hunk.changes:
                lines, reached = self._applied(lines, hunk, reached, number)
        return draft.write(self.path, "\n".join(lines))

    def _write_anew(self, draft: Draft) -> None:
        if any(line.sign == "-" for hunk in self.hunks for line in hunk.lines if line.text.strip()):
            raise Malformed(f"{self.path}: the diff takes lines out of a file that holds none")
        added = [line.text for hunk in self.hunks for line in hunk.lines]
        draft.write(self.path, "\n".join([*added, ""]))

    def _applied(self, lines: list[str], hunk: Hunk, reached: int, number: int) -> tuple[list[str], int]:
        """The lines after this hunk, and where it ended."""
        if not any(text.strip() for text in hunk.old):
            return self._inserted(lines, hunk, number)
        for shorter in _with_fewer_ends(hunk):
            if place := _nearest(find_all(lines, shorter.old), shorter, reached):
                return _exchanged(lines, shorter, place)
            if aligned := _with_skipped_lines(lines, shorter, reached):
                return aligned
        shown = next(text.strip() for text in hunk.old if text.strip())[:60]
        raise Malformed(f"{self.path}: the lines of hunk {number} are not there, such as {shown!r}")

    def _inserted(self, lines: list[str], hunk: Hunk, number: int) -> tuple[list[str], int]:
        """Nothing but new lines: only a line number can place them."""
        if hunk.start is None or hunk.start > len(lines):
            raise Malformed(f"{self.path}: hunk {number} has neither context nor a line number of the file")
        return [*lines[: hunk.start], *hunk.new, *lines[hunk.start :]], hunk.start + len(hunk.new)


def _with_fewer_ends(hunk: Hunk) -> Iterator[Hunk]:
    """The hunk itself, then without up to so many lines of context at its ends."""
    yield hunk
    for cut in range(1, MOST_INVENTED + 1):
        for head, tail in ((cut, 0), (0, cut), (cut, cut)):
            shorter = hunk.lines[head : len(hunk.lines) - tail]
            gone = (*hunk.lines[:head], *hunk.lines[len(hunk.lines) - tail :])
            left = Hunk(None if hunk.start is None else hunk.start + head, shorter)
            if all(line.sign == " " for line in gone) and any(text.strip() for text in left.old):
                yield left


def _nearest(places: list[MatchedLines], hunk: Hunk, reached: int) -> MatchedLines | None:
    """Of several places the one that the line number means, else the first after the last hunk."""
    later = [place for place in places if place.start >= reached] or places
    if not later:
        return None
    if hunk.start is None:
        return later[0]
    wanted = hunk.start - 1
    return min(later, key=lambda place: abs(place.start - wanted))


def _exchanged(lines: list[str], hunk: Hunk, place: MatchedLines) -> tuple[list[str], int]:
    """Context stays as the file has it, whatever the answer made of its white space."""
    old, new, at = lines[place.start : place.end], list[str](), 0
    for line in hunk.lines:
        if line.sign == "+":
            new += place.adapted([line.text])
            continue
        at = _skip_blanks(old, at, line.text, new)
        if not line.text.strip() and (at >= len(old) or old[at].strip()):
            continue  # a blank line of the answer's own
        if line.sign == " ":
            new.append(old[at])
        at += 1
    new += old[at:]
    return [*lines[: place.start], *new, *lines[place.end :]], place.start + len(new)


def _skip_blanks(old: list[str], at: int, text: str, new: list[str]) -> int:
    """Blank lines of the file that the answer does not have stay."""
    while text.strip() and at < len(old) and not old[at].strip():
        new.append(old[at])
        at += 1
    return at


def _with_skipped_lines(lines: list[str], hunk: Hunk, reached: int) -> tuple[list[str], int] | None:
    """Where the hunk left out a few lines of the file between its own."""
    starts = range(len(lines))
    wanted = reached if hunk.start is None else hunk.start - 1
    for start in sorted(starts, key=lambda start: (start < reached, abs(start - wanted))):
        if aligned := _aligned(lines, hunk, start):
            return aligned
    return None


def _aligned(lines: list[str], hunk: Hunk, start: int) -> tuple[list[str], int] | None:
    at, skipped, new = start, 0, list[str]()
    indents: dict[str, str] = {}
    for line in hunk.lines:
        if line.sign == "+":
            new += MatchedLines(0, 0, indents).adapted([line.text])
            continue
        while at < len(lines) and lines[at].strip() != line.text.strip() and at > start:
            new.append(lines[at])
            at, skipped = at + 1, skipped + 1
            if skipped > MOST_SKIPPED:
                return None
        if at >= len(lines) or lines[at].strip() != line.text.strip():
            return None
        if line.sign == " ":
            new.append(lines[at])
        if line.text.strip():  # new lines are indented as the nearest old ones before them
            indents[indent_of(line.text)] = indent_of(lines[at])
        at += 1
    return [*lines[:start], *new, *lines[at:]], start + len(new)


def take_diffs(lines: list[str], only: str | None) -> tuple[list[FileDiff], list[str]]:
    """The diffs of an answer, and its other lines. `only` is the file of hunks that name none."""
    by_file: dict[str, FileDiff] = {}
    rest: list[str] = []
    number = 0
    while number < len(lines):
        diff, end = _file_diff(lines, number, only)
        if diff is None:
            if not GIT_LINES.match(lines[number]):
                rest.append(lines[number])
            number += 1
            continue
        known = by_file.get(diff.path)
        by_file[diff.path] = replace(known, hunks=(*known.hunks, *diff.hunks)) if known else diff
        number = end
    return list(by_file.values()), rest


def _file_diff(lines: list[str], number: int, only: str | None) -> tuple[FileDiff | None, int]:
    if RENAMES.match(lines[number]):
        raise Malformed("a diff that renames a file")
    old = OLD.match(lines[number])
    new = NEW.match(lines[number + 1]) if old and number + 1 < len(lines) else None
    if old and new:
        hunks, end = _hunks(lines, number + 2)
        if new["path"].strip() == NOTHING:
            return FileDiff(_path(old["path"]), (), deletes=True), end
        if not hunks:
            raise Malformed(f"{_path(new['path'])}: a diff without a hunk")
        return FileDiff(_path(new["path"]), hunks), end
    if only is not None and re.match(r"^@@( |$)", lines[number]):
        hunks, end = _hunks(lines, number)
        return FileDiff(only, hunks), end
    return None, number


def _path(written: str) -> str:
    name = written.strip().strip('"')
    return name[2:] if re.match(r"[ab]/", name) else name


def _hunks(lines: list[str], number: int) -> tuple[tuple[Hunk, ...], int]:
    """The hunks from here on, and where they are over: at a fence, at the next file, at the text's end."""
    hunks: list[Hunk] = []
    current: list[HunkLine] = []
    start: int | None = None
    while number < len(lines) and not _is_over(lines, number):
        head = HUNK.match(lines[number])
        if head:
            _close(hunks, current, start)
            current, start = [], int(head["start"]) if head["start"] else None
        elif not lines[number].startswith("\\"):
            current.append(_line(lines[number]))
        number += 1
    _close(hunks, current, start)
    return tuple(hunks), number


def _is_over(lines: list[str], number: int) -> bool:
    line = lines[number]
    next_file = OLD.match(line) and number + 1 < len(lines) and NEW.match(lines[number + 1])
    return bool(FENCE.match(line) or next_file or line.startswith("diff --git "))


def _close(hunks: list[Hunk], current: Sequence[HunkLine], start: int | None) -> None:
    """Blank lines at the end belong to the answer, not to the file."""
    kept = list(current)
    while kept and kept[-1].sign == " " and not kept[-1].text.strip():
        kept.pop()
    if kept:
        hunks.append(Hunk(start, tuple(kept)))


def _line(written: str) -> HunkLine:
    """A line without its sign is context that lost its first space."""
    if written[:1] in ("+", "-", " "):
        return HunkLine(written[0], written[1:])
    return HunkLine(" ", written)
