"""A member of a zip archive, also of one compressed with Zstandard, which `zipfile` learns in Python 3.14."""

from __future__ import annotations

import struct
import zipfile
from importlib import import_module
from pathlib import Path

from parsers.harness import Untrue

LOCAL_HEADER = struct.Struct("<26xHH")  # the lengths of the name and of the extra field close the header


def read_member(path: Path, name: str) -> bytes:
    """The member's content, unpacked."""
    with zipfile.ZipFile(path) as archive:
        member = archive.getinfo(name)
        try:
            return archive.read(member)
        except NotImplementedError:
            packed = _packed(path, member)
    return _decompress(packed, path)


def _packed(path: Path, member: zipfile.ZipInfo) -> bytes:
    with path.open("rb") as file:
        file.seek(member.header_offset)
        name_length, extra_length = LOCAL_HEADER.unpack(file.read(LOCAL_HEADER.size))
        file.seek(name_length + extra_length, 1)
        return file.read(member.compress_size)


def _decompress(data: bytes, path: Path) -> bytes:
    try:
        zstandard = import_module("zstandard")
    except ModuleNotFoundError:
        hint = "pip install zstandard, or run inspect with --log-format json"
        raise Untrue(f"{path.name} is compressed with Zstandard: {hint}") from None
    content: bytes = zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return content
