"""Empties a folder, whatever was left in it: unreadable folders, links, a tree ten thousand folders deep."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import count


def empty(path: str) -> None:
    """Remove all that is below; folders are pulled up to the top first, so depth costs nothing."""
    top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    names = (f".emptied-{number}" for number in count())
    try:
        while entries := os.listdir(top):
            for entry in entries:
                _remove(top, entry, names)
    finally:
        os.close(top)


def _remove(top: int, entry: str, names: Iterator[str]) -> None:
    if not stat.S_ISDIR(os.lstat(entry, dir_fd=top).st_mode):
        os.unlink(entry, dir_fd=top)
        return
    os.chmod(entry, 0o700, dir_fd=top)
    folder = os.open(entry, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=top)
    try:
        for below in os.listdir(folder):
            if stat.S_ISDIR(os.lstat(below, dir_fd=folder).st_mode):
                os.chmod(below, 0o700, dir_fd=folder)
                os.rename(below, _free(top, names), src_dir_fd=folder, dst_dir_fd=top)
            else:
                os.unlink(below, dir_fd=folder)
    finally:
        os.close(folder)
    os.rmdir(entry, dir_fd=top)


def _free(top: int, names: Iterator[str]) -> str:
    """A name that the program has not taken."""
    for name in names:
        try:
            os.lstat(name, dir_fd=top)
        except FileNotFoundError:
            return name
    raise AssertionError("count() has no end")
