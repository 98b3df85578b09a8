"""A small state that several processes change in turn: a dataclass of plain fields in a file.

A process that is killed at any moment leaves at worst a file that cannot be read, which counts as none: the
next one goes on from what it knew itself. Where the file cannot be used at all, each keeps to its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any, Generic, TypeVar

from benchkit.files import locked, opened, write_all

State = TypeVar("State")
LARGEST = 1 << 16
WAIT_S = 10.0  # for others, who hold the lock for less than a millisecond


class SharedState(Generic[State]):
    """The file, as one of the processes sees it; of its threads one at a time."""

    def __init__(self, path: Path, make: Callable[..., State]) -> None:
        self._path, self._make = path, make

    @contextmanager
    def changing(self, own: State) -> Iterator[State]:
        """What all others know, else one's own; the file holds it afterwards as it was changed."""
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self._path, WAIT_S))
                file = stack.enter_context(opened(self._path, os.O_RDWR | os.O_CREAT))
            except OSError:  # the folder is gone, or no lock can be had there
                file = None
            state = own if file is None else self._read(file) or own
            yield state
            if file is not None:
                _write(file, json.dumps(asdict(state)).encode())  # type: ignore[call-overload]

    def _read(self, file: int) -> State | None:
        try:
            state: dict[str, Any] = json.loads(os.pread(file, LARGEST, 0))
            return self._make(**state)
        except (OSError, ValueError, TypeError):
            return None


def _write(file: int, data: bytes) -> None:
    """Over what is there, which costs no disk; where the disk is full the others do not learn of it."""
    with suppress(OSError):
        write_all(file, data, 0)
        os.ftruncate(file, len(data))
