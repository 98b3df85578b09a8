"""A file below a folder, opened so that no link on the way leads out of it."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO


def open_below(folder: Path, name: str) -> BinaryIO:
    """The regular file of that relative name; FileNotFoundError for any other thing."""
    parts = name.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts):
        raise FileNotFoundError(errno.ENOENT, "no such file", name)
    opened = [os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
    try:
        for part in parts[:-1]:
            opened.append(_open(part, os.O_DIRECTORY, opened[-1]))
        file = _open(parts[-1], os.O_NONBLOCK, opened[-1])  # a pipe would be waited for
    finally:
        for descriptor in opened:
            os.close(descriptor)
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise FileNotFoundError(errno.ENOENT, "no regular file", name)
    return os.fdopen(file, "rb")


def last_lines(path: Path, most_bytes: int, most: int) -> list[str]:
    """The end of a log that is still written; none where it is gone, or a link out of its folder."""
    try:
        with open_below(path.parent, path.name) as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - most_bytes))
            return file.read().decode("utf-8", "replace").splitlines()[-most:]
    except OSError:
        return []


def _open(name: str, flags: int, folder: int) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=folder)
    except OSError as error:
        with suppress(KeyError):
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ENXIO, errno.EINVAL):
                raise FileNotFoundError(errno.ENOENT, "no such file", name) from None
        raise
