"""One GGUF file's metadata and tensor infos, read in milliseconds without touching a weight.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

from benchkit.errors import ModelFileError
from benchkit.serving.gguf.types import TENSOR_TYPES

# The numbers' kinds, each with the letter that the struct module has for it.
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_KEPT_ARRAY = (
    1024  # per-layer facts are this short; the tokenizer's arrays, which are not needed here, are not
)
_MAX_DIMENSIONS = 4
# What no model comes near, so that a header made to exhaust this program is refused in time: the largest
# real ones have 20 MB, some thousand tensors and a tokenizer of half a million words.
_MAX_HEADER_BYTES = 64 << 20
_MAX_ENTRIES = 1 << 16  # keys, and tensors
_MAX_VALUES = 2_000_000  # array elements of the whole header
_MAX_NAME_BYTES = 1 << 16  # of a key or a tensor
_MAX_TEXT_BYTES = 16 << 20  # all strings that are kept
_OTHER_FILES = {
    b"version https://git-lfs": "a Git LFS pointer: fetch the weights with `git lfs pull`",
    b"<!DOCTYPE": "a web page, saved in place of the model: download it again",
    b"<html": "a web page, saved in place of the model: download it again",
    b"PK\x03\x04": "a zip archive or a PyTorch checkpoint: convert it to GGUF first",
    b"ggjt": "GGML, the format before GGUF: download the model as GGUF",
    b"tjgg": "GGML, the format before GGUF: download the model as GGUF",
}


@dataclass(frozen=True)
class Tensor:
    """A tensor's place and kind."""

    name: str
    shape: tuple[int, ...]
    type: str
    size_bytes: int

    @property
    def elements(self) -> int:
        return prod(self.shape)


@dataclass(frozen=True)
class GgufHeader:
    """The header of a GGUF file: all that precedes its weights."""

    path: Path
    version: int
    size_bytes: int
    metadata: Mapping[str, Any]  # long arrays are left out
    tensors: tuple[Tensor, ...]


def read_container(path: Path) -> GgufHeader:
    """The file's header, once it is sure that the file is as long as its header promises."""
    size = path.stat().st_size
    if not path.is_file():  # a pipe would be waited for, and a device has no end
        raise ModelFileError(f"{path} is no regular file: name a .gguf file")
    if size == 0:
        raise ModelFileError(f"{path} is empty: the download failed, fetch it again")
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            version = _check_magic(path, bytes(data[:32]))
            return _parse(path, data, version)
    except (struct.error, IndexError, OverflowError) as error:
        raise _truncated(path, size, "its header is not complete") from error
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}") from error


def _check_magic(path: Path, start: bytes) -> int:
    if start[:4] != b"GGUF":
        known = (text for begin, text in _OTHER_FILES.items() if start.lower().startswith(begin.lower()))
        raise ModelFileError(f"{path} is not a GGUF file but {next(known, 'something else: check the path')}")
    if len(start) < 8:
        raise _truncated(path, len(start), "its header is not complete")
    (version,) = struct.unpack_from("<I", start, 4)
    if version and version & 0xFFFF == 0:
        raise ModelFileError(f"{path} is a big-endian GGUF file: download or convert a little-endian one")
    if version not in (2, 3):
        raise ModelFileError(f"{path} is GGUF version {version}, not 2 or 3: download a newer conversion")
    return int(version)


def _truncated(path: Path, size: int, detail: str) -> ModelFileError:
    return ModelFileError(f"{path} is truncated at {size:,} bytes ({detail}): download it again")


def _corrupt(path: Path, detail: str) -> ModelFileError:
    return ModelFileError(f"{path} is damaged ({detail}): download it again")


class _Cursor:
    """Reads the header's values one after the other, and refuses a header that asks for too much."""

    def __init__(self, path: Path, data: mmap.mmap) -> None:
        self.path = path
        self.data = data
        self.position = 8
        self._values_left = _MAX_VALUES
        self._text_left = _MAX_TEXT_BYTES

    def count(self, what: str) -> int:
        """The number of keys or tensors, checked before anything is made of it."""
        number = int(self.number("Q"))
        if number > _MAX_ENTRIES:
            raise _corrupt(self.path, f"its header promises {number:,} {what}")
        return number

    def number(self, letter: str) -> Any:
        if self.position > _MAX_HEADER_BYTES:
            raise self._too_long()
        layout = f"<{letter}"
        (value,) = struct.unpack_from(layout, self.data, self.position)
        self.position += struct.calcsize(layout)
        return value

    def string(self) -> str:
        length = self.number("Q")
        if length > len(self.data) - self.position:
            raise IndexError("a string that is longer than the file")
        if length > self._text_left:
            raise _corrupt(self.path, f"its header holds a string of {length:,} bytes")
        self._text_left -= length
        start, self.position = self.position, self.position + length
        return self.data[start : self.position].decode("utf-8", "replace")

    def name(self) -> str:
        """A key or a tensor's name: short, or the header is not what it seems."""
        text = self.string()
        if len(text) > _MAX_NAME_BYTES:
            raise _corrupt(self.path, f"its header holds a name of {len(text):,} characters")
        return text

    def value(self, kind: int) -> Any:
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self.array()
        if kind not in _SCALARS:
            raise _corrupt(self.path, f"unknown kind of value {kind} in its header")
        return self.number(_SCALARS[kind])

    def array(self) -> tuple[Any, ...] | None:
        """A short array of numbers; None for one that was passed over."""
        kind, count = self.number("I"), self.number("Q")
        if kind == _STRING or count <= _KEPT_ARRAY:
            self._count_values(count)
        if kind == _STRING:
            self.pass_over_strings(count)
            return None
        if kind not in _SCALARS:
            raise _corrupt(self.path, f"unknown kind of array {kind} in its header")
        if count <= _KEPT_ARRAY:
            return tuple(self.number(_SCALARS[kind]) for _ in range(count))
        self.position += count * struct.calcsize(f"<{_SCALARS[kind]}")
        return None

    def _too_long(self) -> ModelFileError:
        return _corrupt(self.path, f"its header is longer than {_MAX_HEADER_BYTES >> 20} MB")

    def _count_values(self, values: int) -> None:
        """Count what is read one by one against what a header may hold."""
        self._values_left -= values
        if self._values_left < 0:
            raise _corrupt(self.path, f"its header holds more than {_MAX_VALUES:,} values")

    def pass_over_strings(self, count: int) -> None:
        """Kept tight: a tokenizer has some 400,000 of them."""
        unpack, data, position = struct.Struct("<Q").unpack_from, self.data, self.position
        for _ in range(count):
            if position > _MAX_HEADER_BYTES:
                raise self._too_long()
            position += 8 + unpack(data, position)[0]
        self.position = position


def _parse(path: Path, data: mmap.mmap, version: int) -> GgufHeader:
    cursor = _Cursor(path, data)
    tensor_count, key_count = cursor.count("tensors"), cursor.count("keys")
    metadata = {}
    for _ in range(key_count):
        key = cursor.name()
        value = cursor.value(cursor.number("I"))
        if value is not None:
            metadata[key] = value
    tensors, ends = [], [0]
    for _ in range(tensor_count):
        tensor, offset = _tensor(cursor)
        tensors.append(tensor)
        ends.append(offset + tensor.size_bytes)
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment <= 0:
        raise _corrupt(path, f"its weights are aligned to {alignment!r}")
    _check_length(cursor, alignment, ends)
    return GgufHeader(path, version, len(data), metadata, tuple(tensors))


def _tensor(cursor: _Cursor) -> tuple[Tensor, int]:
    name, dimensions = cursor.name(), cursor.number("I")
    if dimensions > _MAX_DIMENSIONS:
        raise _corrupt(cursor.path, f"tensor {name!r} has {dimensions} dimensions")
    shape = tuple(cursor.number("Q") for _ in range(dimensions))
    kind, offset = cursor.number("I"), cursor.number("Q")
    # A type newer than this table: its size is not known, so only the tensors after it can tell of a cut.
    type_name, block, block_bytes = TENSOR_TYPES.get(kind, (f"type {kind}", 1, 0))
    return Tensor(name, shape, type_name, prod(shape) // block * block_bytes), int(offset)


def _check_length(cursor: _Cursor, alignment: int, ends: list[int]) -> None:
    """The weights begin at the next multiple of the alignment after the header."""
    size, header = len(cursor.data), cursor.position
    if header > size:
        raise IndexError("the header is longer than the file")
    if len(ends) == 1:
        return
    promised = -(-header // alignment) * alignment + max(ends)
    if size < promised:
        raise _truncated(cursor.path, size, f"its header promises {promised:,}")
