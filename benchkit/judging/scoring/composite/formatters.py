"""Lines that a language's own formatter would change, where it is installed; it runs nothing of the code.

Chosen names, comments and line wraps count for nothing: the formatter is given the code without comments and
breaks no long lines; compared are blanks, indentation, and what has to begin a line.

Each source goes in by standard input: in files, rustfmt follows what `mod` names, wherever it lies, and
writes to it. A source that a formatter fails at leaves the others alone.

To add a formatter: its line in FORMATTERS, and its language's in `tokens`.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

from benchkit.errors import MissingDependency
from benchkit.judging.scoring.composite.tokens import Token, tokens_of, without_comments
from benchkit.languages import find_language
from benchkit.languages.rust import EDITION

TIMEOUT_S = 60.0  # of one source
_TAB = " " * 5  # as wide as no usual indentation by blanks
_LONGEST_GAP = 40  # tokens that the formatter may add or remove at once
_ENDS_GAP = 3  # equal tokens in a row that end such a gap
_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")
_UNWRAPPED = "max_width=100000,use_small_heuristics=Max,reorder_imports=false,reorder_modules=false"


@dataclass(frozen=True)
class Formatter:
    """A program that lies beside the compiler and formats the files that it is given."""

    name: str
    beside: str  # the language's program in whose folder it lies
    options: tuple[str, ...]


FORMATTERS: Mapping[str, Formatter] = {
    "go": Formatter("gofmt", "go", ()),
    "rust": Formatter("rustfmt", "rustc", ("--edition", EDITION, "--config", _UNWRAPPED)),
}
"""By the language's name."""


def program_beside(language: str, beside: str, name: str) -> tuple[Path, str] | None:
    """A program beside one of the language's, and the toolchain's version; None where it is not there."""
    try:
        toolchain = find_language(language).find_toolchain()
    except MissingDependency:
        return None
    program = Path(toolchain.executables[beside]).resolve().with_name(name)
    return (program, toolchain.version) if program.exists() else None


@cache
def _installed(language: str) -> tuple[Path, str] | None:
    formatter = FORMATTERS[language]
    return program_beside(language, formatter.beside, formatter.name)


def formatter_version(language: str) -> str | None:
    installed = _installed(language)
    return installed[1] if installed else None


def count_formatter_changes(language: str, sources: Sequence[str]) -> list[int | None]:
    """For each source how many lines change; None where the formatter is absent or cannot read it."""
    installed = _installed(language)
    if installed is None or not sources:
        return [None] * len(sources)
    plain = [_plain(language, source) for source in sources]
    command = (str(installed[0]), *FORMATTERS[language].options)
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        formatted = list(pool.map(partial(_formatted, command), plain))
    return [
        None if after is None else count_layout_changes(language, before, after)
        for before, after in zip(plain, formatted, strict=True)
    ]


def _formatted(command: Sequence[str], source: str) -> str | None:
    """As the formatter writes it; None where it cannot read it, or is not done with it in time."""
    try:
        done = subprocess.run(
            command,
            input=source.encode("utf-8", "replace"),
            cwd="/",  # no file of its own settings lies above it
            capture_output=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None


def _plain(language: str, source: str) -> str:
    """Without comments, and without the attribute that switches the formatter off."""
    return re.sub(r"\brustfmt\b", "unformatted", without_comments(language, source))


class _Placed(NamedTuple):
    """A token's place: the blanks before it on its line, or how far its line is indented in its block."""

    text: str
    line: int
    begins_line: bool
    blanks: bool
    indented: int


def count_layout_changes(language: str, before: str, after: str) -> int:
    """Lines of the formatter's result that have other blanks or another indentation, or are new."""
    if before == after:
        return 0
    own = list(_placed(tokens_of(language, before)))
    formatted = list(_placed(tokens_of(language, after)))
    return len({theirs.line for ours, theirs in _equal_ones(own, formatted) if _differs(ours, theirs)})


def _equal_ones(own: list[_Placed], formatted: list[_Placed]) -> Iterator[tuple[_Placed, _Placed]]:
    """Pairs of tokens that follow an equal one: those that the formatter adds and removes are no layout."""
    texts, results = [one.text for one in own], [one.text for one in formatted]
    a = b = 0
    while a < len(own) and b < len(formatted):
        if texts[a] == results[b]:
            yield own[a], formatted[b]
            a, b = a + 1, b + 1
            continue
        found = _next_equal(texts, a, results, b)
        if found is None:
            return
        a, b = found[0] + 1, found[1] + 1


def _next_equal(texts: list[str], a: int, results: list[str], b: int) -> tuple[int, int] | None:
    """The nearest places from which on some tokens are equal; none where the two have gone apart."""
    for skipped in range(1, 2 * _LONGEST_GAP):
        for first in range(max(0, skipped - _LONGEST_GAP), min(skipped, _LONGEST_GAP) + 1):
            own, theirs = (
                texts[a + first : a + first + _ENDS_GAP],
                results[b + skipped - first : b + skipped - first + _ENDS_GAP],
            )
            if own and own == theirs:
                return a + first, b + skipped - first
    return None


def _differs(ours: _Placed, theirs: _Placed) -> bool:
    if theirs.begins_line:
        return not ours.begins_line or ours.indented != theirs.indented
    return not ours.begins_line and ours.blanks != theirs.blanks


def _placed(tokens: Sequence[Token]) -> Iterator[_Placed]:
    """A line's indentation counts from that of the line on which its block was opened."""
    line = indentation = 0
    opened: list[int] = []
    for number, token in enumerate(tokens):
        begins = number == 0 or "\n" in token.before
        if begins:
            line += 1
            indentation = len(token.before.rpartition("\n")[2].replace("\t", _TAB))
        around = opened[-1] if opened else 0
        if token.text in _CLOSING and opened:
            opened.pop()
        yield _Placed(token.text, line, begins, bool(token.before), indentation - around if begins else 0)
        if token.text in _OPENING:
            opened.append(indentation)
