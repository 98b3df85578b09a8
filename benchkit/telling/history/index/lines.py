"""The lines of the runs behind a cursor, in a history laid out one run a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from benchkit.errors import HistoryError
from benchkit.telling.history.json_file import document

_CLOSING = document.TAIL.lstrip(b"\n")


@dataclass(frozen=True)
class RunLine:
    """A run's line without the comma that follows it, and where it lies."""

    offset: int
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


class LineReader:
    """Reads the whole lines behind a place; `whole` says in the end whether nothing half-written followed."""

    def __init__(self, file: BinaryIO, end: int) -> None:
        self._file, self._end = file, end
        self.whole = False

    def __iter__(self) -> Iterator[RunLine]:
        """A line counts once what follows it is there: a comma and another one, or the end of the list."""
        self._file.seek(self._end)
        lead = self._file.readline()
        if lead not in (b"\n", b",\n"):
            return
        offset, waiting = self._end + len(lead), None
        for data in self._file:
            if data == _CLOSING:
                self.whole = not self._file.read(1)
                if self.whole and waiting is not None:
                    yield waiting
                return
            if waiting is not None and data.endswith(b"\n"):
                raise HistoryError(
                    f"a comma is missing at byte {waiting.end}: mend it, or move the file away"
                )
            if waiting is not None or not data.endswith(b"\n"):
                return
            if data.endswith(b",\n"):
                yield RunLine(offset, data[:-2])
            else:
                waiting = RunLine(offset, data[:-1])
            offset += len(data)


def end_of_head(file: BinaryIO) -> int | None:
    """Where the head of the list ends; None for a file in another layout."""
    file.seek(0)
    head = file.read(document.LONGEST_HEAD).partition(b"\n")[0]
    return len(head) if document.is_head(head) else None
