"""A member of a zip archive, also of one compressed with Zstandard, which `zipfile` learns in Python 3.14."""

from __future__ import annotations

import ctypes
import struct
import zipfile
from pathlib import Path

from parsers.harness import Untrue

LIBRARY = "libzstd.so.1"  # a part of every common Linux
LOCAL_HEADER = struct.Struct("<26xHH")  # the lengths of the name and of the extra field close the header
MOST_BYTES = 1 << 30


def read_member(path: Path, name: str) -> bytes:
    """The member's content, unpacked."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
        try:
            return archive.read(member)
        except NotImplementedError:
            return _decompress(_packed(path, member), member.file_size, path)
        except RuntimeError as error:  # it is encrypted
            raise Untrue(f"{path.name} cannot be unpacked: {error}") from None


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
    if size > MOST_BYTES:
        raise Untrue(f"{path.name} would take {size} bytes")
    zstd.ZSTD_decompress.restype = ctypes.c_size_t
    zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
    content = ctypes.create_string_buffer(size)
    if zstd.ZSTD_decompress(content, size, packed, len(packed)) != size:
        raise Untrue(f"{path.name} is damaged")
    return content.raw
