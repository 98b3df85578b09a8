"""Messages between a box and its judging process: a number, a size, and bytes."""

from __future__ import annotations

from typing import BinaryIO

from benchkit.contract import JUDGING_FRAME


def write_frame(file: BinaryIO, number: int, data: bytes) -> None:
    file.write(JUDGING_FRAME.pack(number, len(data)) + data)
    file.flush()


def read_frame(file: BinaryIO) -> tuple[int, bytes] | None:
    """None at the end."""
    head = file.read(JUDGING_FRAME.size)
    if len(head) < JUDGING_FRAME.size:
        return None
    number, size = JUDGING_FRAME.unpack(head)
    data = file.read(size)
    return (number, data) if len(data) == size else None
