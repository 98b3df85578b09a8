"""JSON in a zip archive, also compressed with Zstandard, which `zipfile` learns in Python 3.14.

A small archive may unpack to more than the machine holds: the directory, a member's bytes and the objects
that they become are bounded before they are read.
"""

from __future__ import annotations

import ctypes
import json
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO

from parsers.harness import Untrue

LIBRARY = "libzstd.so.1"  # a part of every common Linux
LOCAL_HEADER = struct.Struct("<26xHH")  # the lengths of the name and of the extra field close the header
END_OF_DIRECTORY = struct.Struct("<4s8xL6x")
END_OF_DIRECTORY_64 = struct.Struct("<4s36xQ8x")
LOCATOR_64 = struct.Struct("<4s4xQ4x")
LONGEST_COMMENT = 0xFFFF
ZSTANDARD = 93

MOST_DIRECTORY_BYTES = 6_000_000  # about 75,000 samples
MOST_BYTES = 16_000_000  # about 10,000 summaries
MOST_OBJECTS = 500_000


def read_json_members(path: Path, *names: str) -> list[Any]:
    """What the members hold, in the order of their names; None for one that is not there."""
    if _directory_bytes(path) > MOST_DIRECTORY_BYTES:
        raise Untrue(f"{path.name} has too many members to be a log")
    with zipfile.ZipFile(path) as archive:
        known = set(archive.namelist())
        return [_parsed(_content(archive, path, name), path) if name in known else None for name in names]


def _directory_bytes(path: Path) -> int:
    """How long the archive says its directory is; 0 where it says nothing."""
    with path.open("rb") as file:
        start = max(0, file.seek(0, 2) - END_OF_DIRECTORY.size - LONGEST_COMMENT - LOCATOR_64.size)
        file.seek(start)
        end = file.read()
        place = end.rfind(b"PK\5\6")
        if place < 0 or place + END_OF_DIRECTORY.size > len(end):
            return 0
        size: int = END_OF_DIRECTORY.unpack_from(end, place)[1]
        return max(size, _directory_bytes_64(file, end[max(0, place - LOCATOR_64.size) : place]))


def _directory_bytes_64(file: BinaryIO, locator: bytes) -> int:
    """The same of an archive that is too large for the older form."""
    if not locator.startswith(b"PK\6\7"):
        return 0
    file.seek(LOCATOR_64.unpack(locator)[1])
    record = file.read(END_OF_DIRECTORY_64.size)
    return END_OF_DIRECTORY_64.unpack(record)[1] if len(record) == END_OF_DIRECTORY_64.size else 0


def _content(archive: zipfile.ZipFile, path: Path, name: str) -> bytes:
    member = archive.getinfo(name)
    if max(member.file_size, member.compress_size) > MOST_BYTES:
        raise Untrue(f"{name} in {path.name} would take {member.file_size:,} bytes")
    if member.compress_type == ZSTANDARD:
        return _decompress(_packed(path, member), member.file_size, path)
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Untrue(f"{name} in {path.name} is compressed in a way that no log is")
    try:
        with archive.open(member) as file:
            return file.read(MOST_BYTES)
    except RuntimeError as error:  # it is encrypted
        raise Untrue(f"{path.name} cannot be unpacked: {error}") from None


def _parsed(content: bytes, path: Path) -> Any:
    if content.count(b"[") + content.count(b"{") > MOST_OBJECTS:
        raise Untrue(f"{path.name} holds too many objects to be a log")
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise Untrue(f"{path.name} is damaged: what should be JSON in it is none") from None


def _packed(path: Path, member: zipfile.ZipInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(member.header_offset)
        name_length, extra_length = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        file.seek(name_length + extra_length, 1)
        return file.read(member.compress_size)


def _decompress(packed: bytes, size: int, path: Path) -> bytes:
    try:
        zstd = ctypes.CDLL(LIBRARY)
    except OSError:
        hint = "install libzstd, or run inspect with --log-format json"
        raise Untrue(f"{path.name} is compressed with Zstandard: {hint}") from None
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    content = ctypes.create_string_buffer(size)
    if zstd.ZSTD_decompress(content, size, packed, len(packed)) != size:
        raise Untrue(f"{path.name} is damaged")
    return content.raw
