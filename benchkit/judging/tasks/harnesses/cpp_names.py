"""Which names of a test framework's header an answer in C++ touches: its headers share a file with tests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

_SPLICE = re.compile(rb"\\[ \t]*\r?\n")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_MACRO = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+([A-Z]\w*)", re.MULTILINE)
_NAMESPACE = re.compile(rb"^namespace (\w+)", re.MULTILINE)
_BETWEEN = rb"(?:\s|/\*.*?\*/)*"
_CHANGED = re.compile(rb"(?:#|%:)" + _BETWEEN + rb"(?:define|undef)" + _BETWEEN + rb"(\w+)", re.DOTALL)
_REOPENED = re.compile(rb"\bnamespace" + _BETWEEN + rb"(\w+)", re.DOTALL)
_OF_COMPILER = re.compile(rb"_Pragma|pragma(?![ \t]+once\b)")
_KEPT_ASIDE = re.compile(rb"(?:push|pop)_macro" + _BETWEEN + rb"\(" + _BETWEEN + rb"\\?\"(\w+)", re.DOTALL)


def leaves_alone(header: bytes, answer: Iterable[bytes]) -> bool:
    """Whether these files neither use, test nor change what the header defines.

    Where it is included before them instead of after, they could otherwise take the checks out of a test.
    """
    words, own = _names(header)
    for text in answer:
        whole = _SPLICE.sub(b"", text)
        if _OF_COMPILER.search(whole) or not own.isdisjoint(_WORD.findall(whole)):
            return False
        if not words.isdisjoint(changed_macros(whole)):
            return False
    return True


def changed_macros(text: bytes) -> list[bytes]:
    """All that a file defines, or undefines."""
    return _CHANGED.findall(_SPLICE.sub(b"", text))


def changed_name(header: bytes, text: bytes) -> str:
    """A macro or a namespace of the header that this file changes; empty where it changes none."""
    whole = _SPLICE.sub(b"", text)
    changed = (*changed_macros(whole), *_REOPENED.findall(whole), *_KEPT_ASIDE.findall(whole))
    return next((name.decode() for name in changed if name in _names(header)[1]), "")


@cache
def _names(header: bytes) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """All words of a header; its macros and the namespace that all else of it lies in."""
    return frozenset(_WORD.findall(header)), frozenset(
        _MACRO.findall(header) + _NAMESPACE.findall(header)[:1]
    )
