"""What every fork does, done a few times before the first: the interpreter adapts the code that it runs often
and remembers where names were found. A fork would learn all that anew, each note of it on a page to copy."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

from benchkit.judging.sandbox.jail import functions
from benchkit.judging.sandbox.wire import frames

_TIMES = 12  # a function is adapted after eight calls
_SOURCE = """
from typing import List

def double(numbers: List[int]) -> List[int]:
    return [2 * number for number in numbers]
"""
_CALL: tuple[Any, ...] = ("call", "double", [([1, 2],), ([1, 2],)], {})
_SHARE: tuple[Any, ...] = ("share", "double", [([1, 2], 1)], {}, [], 2, 1 << 20)
_PLACES = (frames.REQUESTS, frames.REPLIES)


def rehearse() -> None:
    """On the descriptors that a program gets: no others may be open."""
    for place in _PLACES:
        os.dup2(0, place)  # so that no pipe comes there by itself
    for _ in range(_TIMES):
        _rehearse_fork()
    for place in _PLACES:
        os.close(place)
    del sys.modules[functions.MODULE]


def _rehearse_fork() -> None:
    (requests, ours), (theirs, replies) = os.pipe(), os.pipe()
    os.write(ours, frames.request({"source": _SOURCE}) + frames.request(_CALL) + frames.request(_SHARE))
    for end, place in zip((requests, replies), _PLACES, strict=True):
        os.dup2(end, place)
    for end in (requests, ours, replies):
        os.close(end)
    with suppress(EOFError):
        functions.serve(frames.read_request(frames.REQUESTS)["source"])
    os.close(theirs)
