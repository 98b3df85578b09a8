"""Until when a judge may compute: it writes that into memory which the pool reads, at no cost for either."""

from __future__ import annotations

import math
import mmap
import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

_MOMENT = struct.Struct("d")  # by the machine's clock, one for all processes; 0: no deadline
_NONE = 0.0


class SharedDeadline:
    """One end of it; a program has neither, since its zygote was forked before."""

    def __init__(self, memory: int) -> None:
        self._memory = mmap.mmap(memory, _MOMENT.size)

    def set(self, moment: float) -> None:
        _MOMENT.pack_into(self._memory, 0, moment)

    def clear(self) -> None:
        self.set(_NONE)

    def put_off(self, seconds: float) -> None:
        if (moment := self._moment()) != _NONE:
            self.set(moment + seconds)

    def left_s(self) -> float:
        """How long it is until then: below 0 where that has passed, infinite where there is no deadline."""
        moment = self._moment()
        return math.inf if moment == _NONE else moment - monotonic()

    def _moment(self) -> float:
        return float(_MOMENT.unpack_from(self._memory)[0])

    def close(self) -> None:
        self._memory.close()


@contextmanager
def shared_memory() -> Iterator[int]:
    """A descriptor of memory for one deadline, until both have taken it."""
    memory = os.memfd_create("bench-deadline")
    try:
        os.truncate(memory, _MOMENT.size)
        yield memory
    finally:
        os.close(memory)
