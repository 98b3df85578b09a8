"""Whole files: a fence with a file's name before it, in its label or in its first line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchkit.asking.answers.edits.base import Draft, Malformed, Workspace
from benchkit.asking.answers.fences import Fence, fences

PATH = re.compile(r"(?:[\w.@~+-]*[/\\])*[\w.@+-]*\.[A-Za-z0-9]{1,8}|(?:\.{0,2}/)?(?:[\w.@+-]+/)+[\w.@+-]+")
LABEL = re.compile(r"^\s*(?:`{3,}|~{3,})\s*(?P<info>[^`]*)$")
MARKUP = " \t*#`'\"<>:()[]{}"
LONGEST_LINE = 200
COMMENT = re.compile(r"^\s*(?://|#|--|/\*|<!--)\s*(?P<text>.*?)\s*(?:\*/|-->)?\s*$")
WORDS_BEFORE = re.compile(
    r"^(?:file ?name|file|path|new file|create|update|updated|modified)\s*:?\s+", re.IGNORECASE
)


@dataclass(frozen=True)
class WholeFile:
    """A file's whole new text."""

    path: str
    text: str

    def apply(self, draft: Draft) -> None:
        draft.read(self.path)
        draft.write(self.path, self.text)


class FileNames:
    """Finds the names of files in what models write around code."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = sorted(known, key=len, reverse=True)

    def in_line(self, line: str) -> str | None:
        """The file that a line of prose, a heading or a fence's opening names."""
        label = LABEL.match(line)
        return self.in_label(label["info"]) if label else self.in_text(line)

    def in_text(self, line: str) -> str | None:
        if len(line) > LONGEST_LINE:
            return None
        if name := self._name_in(line):
            return name
        bare = WORDS_BEFORE.sub("", line.strip(MARKUP)).strip(MARKUP)
        return bare if PATH.fullmatch(bare) else None

    def in_label(self, info: str) -> str | None:
        """`go lru.go`, `go:lru.go`, `lru.go`, `go title="lru.go"`."""
        if name := self._name_in(info):
            return name
        for word in re.split(r"[\s:={}\"',]+", info):
            if PATH.fullmatch(word) and ("." in word or "/" in word):
                return word
        return None

    def in_comment(self, line: str) -> str | None:
        """A known file in a comment that holds nothing else."""
        comment = COMMENT.match(line)
        text = WORDS_BEFORE.sub("", comment["text"]) if comment else ""
        return text if text in self._known else None

    def _name_in(self, line: str) -> str | None:
        for name in self._known:
            match = re.search(rf"(?<![\w./\\-]){re.escape(name)}(?![\w/\\-]|\.\w)", line.replace("./", ""))
            if match:
                return name
        return None


def whole_files(lines: list[str], workspace: Workspace, names: FileNames, *, alone: bool) -> list[WholeFile]:
    """The named fences; `alone`, with none named, the longest one for the only editable file."""
    filled = [fence for fence in fences("\n".join(lines)) if fence.code.strip()]
    named: dict[str, WholeFile] = {}
    for fence in filled:
        if name := _name_of(fence, lines, names):
            named[name] = WholeFile(name, _text_of(fence, name, names))
    if named or not alone or not filled:
        return list(named.values())
    if len(workspace.editable) > 1:
        raise Malformed(f"no fence names its file, and there are {len(workspace.editable)} to write")
    return [WholeFile(workspace.editable[0], _best(filled, workspace.labels).code)]


def _best(candidates: Sequence[Fence], labels: tuple[str, ...]) -> Fence:
    """The longest in the task's language, else the longest."""
    own = [fence for fence in candidates if fence.label in labels]
    return max(own or candidates, key=lambda fence: len(fence.code))


def _name_of(fence: Fence, lines: list[str], names: FileNames) -> str | None:
    label = LABEL.match(lines[fence.start])
    if label and (name := names.in_label(label["info"])):
        return name
    return _named_above(lines, fence.start, names) or names.in_comment(_first_line(fence))


def _named_above(lines: list[str], start: int, names: FileNames) -> str | None:
    """In the nearest line above that is not blank, unless that line ends another fence."""
    for number in range(start - 1, max(-1, start - 4), -1):
        if lines[number].strip():
            return None if LABEL.match(lines[number]) else names.in_text(lines[number])
    return None


def _first_line(fence: Fence) -> str:
    return fence.code.partition("\n")[0]


def _text_of(fence: Fence, name: str, names: FileNames) -> str:
    """Without a first line that holds nothing but the file's name."""
    head, _, rest = fence.code.partition("\n")
    return rest.lstrip("\n") if head.strip() == name and names.in_text(head) == name else fence.code
