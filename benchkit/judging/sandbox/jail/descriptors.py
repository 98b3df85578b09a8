# ruff: noqa: PTH101, PTH103, PTH120, PTH123
# As in the zygote, pathlib would be memory and time for nothing in every fork.
"""What a fork gets and leaves: its descriptors at their numbers, its files, and the files to bring back."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence

from benchkit.judging.sandbox.wire import frames

_MOST_KEPT = 8


def place_descriptors(kind: str, fds: Sequence[int]) -> int:
    """The descriptors at their numbers; returns the first number that is free.

    They come as 3 and up, requests first: for functions all is in place already.
    """
    if kind == "functions":
        _open_nothing()
        return frames.REPLIES + 1
    for fd, number in zip(fds[1:], range(3), strict=True):
        os.dup2(fd, number)
    os.set_inheritable(frames.REQUESTS, False)
    return frames.REQUESTS + 1


def _open_nothing() -> None:
    """Streams of the program's own: what it does to a descriptor of the zygote's, the next one would find."""
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    os.close(nothing)


def write_files(files: dict[str, bytes], executable: list[str]) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
        if name in executable:
            os.chmod(name, 0o755)


def open_kept_files(names: Sequence[str]) -> dict[int, int]:
    """Descriptors of the files to bring back, by their places: regular ones, opened following no link."""
    kept = {}
    for place, name in enumerate(names[:_MOST_KEPT]):
        try:
            fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except OSError:
            continue
        if stat.S_ISREG(os.fstat(fd).st_mode):
            kept[place] = fd
        else:
            os.close(fd)
    return kept
