"""The whole lines of a file that another process appends to."""

from __future__ import annotations

from typing import BinaryIO

MOST_BYTES = 1 << 20  # of one reading, and of a line


def whole_lines(file: BinaryIO, offset: int) -> tuple[list[bytes], int]:
    """The lines from that byte on, and the offset from which to go on.

    A line that is still being written is read once it has its end. Of one that is longer than a reading what
    fits is passed over, lest it be waited for without end.
    """
    file.seek(offset)
    data = file.read(MOST_BYTES)
    end = data.rfind(b"\n") + 1
    if not end and len(data) == MOST_BYTES:
        return [], offset + MOST_BYTES
    return data[:end].splitlines(), offset + end
