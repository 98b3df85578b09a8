"""What no answer may write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

from benchkit.asking.answers.edits.base import Change, Draft, Malformed

LARGEST_FILE = 5 * 1000 * 1000
LARGEST_ANSWER = 20 * 1000 * 1000  # characters; read at all
MOST_FILES = 200


def is_inside(name: str) -> bool:
    """Whether a relative name stays below the folder that it is relative to."""
    parts = PurePosixPath(name).parts
    sound = bool(parts) and not name.startswith("/") and "\\" not in name and "\0" not in name
    return sound and not name.endswith("/") and ".." not in parts and parts[0] != "~"


def check_size(response: str) -> None:
    if len(response) > LARGEST_ANSWER:
        raise Malformed(f"an answer of {len(response):,} characters; {LARGEST_ANSWER:,} are read")


def check_paths(changes: Sequence[Change], links: Iterable[str]) -> None:
    """Malformed for a path that leads out of the workspace."""
    named = {change.path for change in changes if change.path is not None}
    if len(named) > MOST_FILES:
        raise Malformed(f"an answer of {len(named):,} files; {MOST_FILES} may be changed")
    for path in sorted(named):
        if not is_inside(path):
            raise Malformed(f"{path!r} lies outside of the workspace")
        if path in links:
            raise Malformed(f"{path} is a symbolic link")


def checked_contents(draft: Draft) -> dict[str, bytes]:
    """What was written; Malformed for what is no text or too large."""
    contents: dict[str, bytes] = {}
    for name in sorted(draft.texts):
        if "\0" in draft.texts[name]:
            raise Malformed(f"{name}: NUL bytes, so no text")
        try:
            content = draft.stored(name)
        except UnicodeEncodeError:
            raise Malformed(f"{name}: characters that no file can hold") from None
        if len(content) > LARGEST_FILE:
            raise Malformed(f"{name}: {len(content):,} bytes; {LARGEST_FILE:,} may be written")
        contents[name] = content
    return contents
