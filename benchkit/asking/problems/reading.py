"""Rows of .jsonl and .jsonl.gz files, streamed; each kind of bad file has its one clear line."""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast

from benchkit.asking.problems.base import BadRow
from benchkit.errors import ProblemsError

GZIP_MAGIC = b"\x1f\x8b"
Row = dict[str, Any]


def file_sha256(path: Path) -> str:
    """The hash of the file as it lies there; a large file is streamed."""
    with as_problems_error(path), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def rows(path: Path, *, skip_broken: bool = False) -> Iterator[tuple[int, Row]]:
    """(line number, object) of each line that is not blank; a file without any is refused."""
    any_row = any_broken = False
    for number, line in _lines(path):
        if line.isspace():
            continue
        try:
            row = _row(path, number, line)
        except BadRow:
            if not skip_broken:
                raise
            any_broken = True
            continue
        any_row = True
        yield number, row
    if not any_row:
        what = "holds no JSON object" if any_broken else "is empty"
        raise ProblemsError(f"{path} {what}: it needs one JSON object a line")


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with as_problems_error(path), _opened(path) as file:
        yield from enumerate(file, start=1)


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as file:
        packed = file.read(2) == GZIP_MAGIC
    return cast("IO[bytes]", gzip.open(path)) if packed else path.open("rb")


def _row(path: Path, number: int, line: bytes) -> Row:
    try:
        row = json.loads(line)
    except UnicodeDecodeError as error:
        raise BadRow(path, number, f"not UTF-8 text ({error.reason})") from None
    except (ValueError, RecursionError) as error:
        raise BadRow(path, number, f"not JSON ({error})") from None
    if not isinstance(row, dict):
        raise BadRow(path, number, f"a JSON object is needed, this is a {type(row).__name__}")
    return row


@contextmanager
def as_problems_error(path: Path) -> Iterator[None]:
    """Errors of the file system and of gzip become a ProblemsError with the next step."""
    try:
        yield
    except FileNotFoundError:
        raise ProblemsError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise ProblemsError(f"{path} is a folder: name the .jsonl or .jsonl.gz file in it") from None
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise ProblemsError(
            f"{path} is no whole gzip file: it was cut short or damaged; get it again"
        ) from None
    except OSError as error:
        raise ProblemsError(f"{path} cannot be read: {error.strerror or error}") from None
