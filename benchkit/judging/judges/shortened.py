"""Values as a person reads them in one line."""

from __future__ import annotations

from reprlib import Repr
from typing import Any

MOST = 120


class _Short(Repr):
    """The standard library's, which never builds the whole text of a large value."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxset = self.maxfrozenset = self.maxdict = 8
        self.maxstring = self.maxlong = 60
        self.maxlevel = 4

    def repr_int(self, x: int, level: int) -> str:
        """Printing an integer of a million digits takes minutes, and Python refuses it."""
        if x.bit_length() > 400:
            return f"<an integer of {x.bit_length()} bits>"
        return super().repr_int(x, level)


def shortened(value: Any) -> str:
    text = _Short().repr(value)
    return text if len(text) <= MOST else text[: MOST - 1] + "…"
