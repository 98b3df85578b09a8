"""Empties a folder, whatever was left in it: unreadable folders, links, a tree ten thousand folders deep."""

from __future__ import annotations

import contextlib
import os
import stat

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(path: str) -> None:
    """The folder itself too, as far as it goes."""
    with contextlib.suppress(OSError):
        empty(path)
        os.rmdir(path)  # noqa: PTH106


def empty(path: str) -> None:
    """Remove all that is below, one folder open at a time, by names that are never longer than one step.

    Nobody may be at work in it: going up by ".." must lead where we came from.
    """
    here = os.open(path, _FOLDER)
    way: list[str] = []
    waiting = [_clear(here)]
    while waiting:
        if waiting[-1]:
            way.append(waiting[-1].pop())
            here = _enter(here, way[-1])
            waiting.append(_clear(here))
        else:
            waiting.pop()
            if way:
                here = _enter(here, "..")
                os.rmdir(way.pop(), dir_fd=here)
    os.close(here)


def _clear(here: int) -> list[str]:
    """Remove all that is no folder; the folders' names are left."""
    folders = []
    for name in os.listdir(here):
        if stat.S_ISDIR(os.lstat(name, dir_fd=here).st_mode):
            folders.append(name)
        else:
            os.unlink(name, dir_fd=here)
    return folders


def _enter(here: int, name: str) -> int:
    if name != "..":
        os.chmod(name, 0o700, dir_fd=here)
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there
