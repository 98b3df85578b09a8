"""A report's or a chart's file, written where it was asked for."""

from __future__ import annotations

from pathlib import Path

from benchkit.errors import UsageError


def write(path: Path, content: bytes) -> None:
    """The folder is made where there is none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error.strerror}; name another place with --output") from None
