"""Tokens of Go and Rust: what lies between them is layout, comments among it say nothing of quality.

To add a language: its line in _PATTERNS.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

_GO = r"(?P<string>\"(?:\\.|[^\"\\\n])*\"|`[^`]*`|'(?:\\.[^'\n]*|[^'\\\n])')"
_RUST = (
    r"(?P<string>\b(?:br|cr|r)(?P<hashes>#*)\"[\s\S]*?\"(?P=hashes)"
    r"|[bc]?\"(?:\\[\s\S]|[^\"\\])*\"|b?'(?:\\.[^'\n]*|[^'\\\n])')"
)
_GO_COMMENT = r"/\*[\s\S]*?(?:\*/|$(?![\s\S]))"
_INNER = r"[^*/]|\*(?!/)|/(?!\*)"
_RUST_COMMENT = rf"/\*(?:{_INNER}|/\*(?:{_INNER}|/\*(?:{_INNER})*\*/)*\*/)*\*/"  # comments hold comments
_DIRECTIVES = ("//go:build", "//go:embed")  # comments that the compiler obeys
_GONE = "\0"  # where a comment was
# Of blanks and comments in a row: begun at each of them, a long row would take the square of its length.
_FIRST = r"(?<![ \t\0])"
_REMOVALS = (
    (re.compile(r"(?m)^[ \t]*(?:\0[ \t]*)+(?:\n|\Z)"), ""),  # a line that holds nothing else goes whole
    (re.compile(r"(?m)^([ \t]*)(?:\0[ \t]*)+"), r"\1"),
    (re.compile(rf"(?m){_FIRST}[ \t]*(?:\0[ \t]*)+$"), ""),
    (re.compile(rf"(?<=[(\[])[ \t]*(?:\0[ \t]*)+|{_FIRST}[ \t]*(?:\0[ \t]*)+(?=[)\],;])"), ""),
    (re.compile(r"(?<![ \t])[ \t]+(?:\0[ \t]+)+|(?<=\w)\0+(?=\w)"), " "),
    (re.compile(rf"{_FIRST}[ \t]*(?:\0[ \t]*)+"), ""),
)


def _pattern(string: str, comment: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<blanks>\s+)|(?P<comment>//[^\n]*|{comment})|{string}|(?P<word>[^\W\d]\w*)|(?P<sign>\d[\w.]*|.)"
    )


_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "go": _pattern(_GO, _GO_COMMENT),
    "rust": _pattern(_RUST, _RUST_COMMENT),
}


class Token(NamedTuple):
    """A word, a string, a number or a sign, and the comments and blanks before it."""

    text: str
    kind: str | None  # word, string, sign
    before: str


def without_comments(language: str, source: str) -> str:
    """The source without them, laid out as if they had never been there."""
    text = "".join(
        _GONE if match.lastgroup == "comment" and not match[0].startswith(_DIRECTIVES) else match[0]
        for match in _PATTERNS[language].finditer(source.replace("\r\n", "\n").replace(_GONE, " "))
    )
    for pattern, what_stays in _REMOVALS:
        text = pattern.sub(what_stays, text)
    return text


def tokens_of(language: str, source: str) -> list[Token]:
    """Those of a source without comments."""
    tokens, before = [], ""
    for match in _PATTERNS[language].finditer(source):
        kind = match.lastgroup
        if kind == "blanks" or kind == "comment":
            before += match[0]
        else:
            tokens.append(Token(match[0], kind, before))
            before = ""
    return tokens


def rewritten(language: str, source: str, change: Callable[[list[Token], int], str]) -> str:
    """The source with each word as `change` gives it, which is told all tokens and the word's place."""
    tokens = tokens_of(language, source)
    return "".join(
        token.before + (change(tokens, place) if token.kind == "word" else token.text)
        for place, token in enumerate(tokens)
    )
