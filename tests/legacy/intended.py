"""Where the present version prints something else than version 0.1.0 did, and is meant to.

The frozen texts stay as they were; a deliberate change is an entry here, in which a reader sees what it was.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple


class Difference(NamedTuple):
    why: str
    cases: str  # pattern of the names in v0_1_0/expected, without .txt; `options` is the list of options
    old: str
    new: str

    def concerns(self, name: str) -> bool:
        return fnmatchcase(name, self.cases)


INTENDED: tuple[Difference, ...] = ()


def as_meant(name: str, frozen: str) -> str:
    """The frozen text with every intended difference made to it."""
    for one in INTENDED:
        if one.concerns(name):
            frozen = frozen.replace(one.old, one.new)
    return frozen
