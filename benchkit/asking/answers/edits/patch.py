"""The patch from the workspace before an answer to the one after it, as `git apply` takes it."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

from benchkit.asking.answers.edits.base import decoded

CONTEXT = 3
COMPARED = (
    20_000  # lines; a larger file is shown as taken out and put in again, since comparing takes too long
)


def patch_of(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> bytes:
    """Empty where nothing changed."""
    names = sorted({*before, *after})
    parts = (
        line
        for name in names
        if before.get(name) != after.get(name)
        for line in _file(name, before.get(name), after.get(name))
    )
    return "".join(parts).encode("utf-8", "surrogateescape")


def _file(name: str, old: bytes | None, new: bytes | None) -> Iterator[str]:
    ours, theirs = _quoted(f"a/{name}"), _quoted(f"b/{name}")
    yield f"diff --git {ours} {theirs}\n"
    if old is None:
        yield "new file mode 100644\n"
    if new is None:
        yield "deleted file mode 100644\n"
    before, after = _lines(old or b""), _lines(new or b"")
    if before != after:
        yield f"--- {'/dev/null' if old is None else _named(ours)}\n"
        yield f"+++ {'/dev/null' if new is None else _named(theirs)}\n"
        yield from _hunks(before, after)


def _hunks(before: list[str], after: list[str]) -> Iterator[str]:
    if len(before) + len(after) > COMPARED:
        yield f"@@ -{_span(before)} +{_span(after)} @@\n"
        yield from (_ended("-" + line) for line in before)
        yield from (_ended("+" + line) for line in after)
        return
    for number, line in enumerate(difflib.unified_diff(before, after, n=CONTEXT)):
        if number >= 2:  # the names are ours
            yield _ended(line)


def _span(lines: list[str]) -> str:
    return f"{1 if lines else 0},{len(lines)}"


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    """Line feeds alone end a line here, as they do for git."""
    return [line + "\n" for line in decoded(content).split("\n")[:-1]] + (
        [tail] if (tail := decoded(content).rpartition("\n")[2]) else []
    )


def _named(name: str) -> str:
    """git takes a tab for the name's end, where the name holds a space."""
    return f"{name}\t" if " " in name and not name.startswith('"') else name


def _quoted(name: str) -> str:
    """As git writes a name with characters that would mislead a reader."""
    if all(31 < ord(character) < 127 and character not in '"\\' for character in name):
        return name
    encoded = name.encode("utf-8", "surrogateescape")
    escaped = "".join(
        chr(byte) if 31 < byte < 127 and byte not in b'"\\' else f"\\{byte:03o}" for byte in encoded
    )
    return f'"{escaped}"'
