"""A model's SHA-256: right, and computed once."""

import hashlib
import os
from pathlib import Path

import pytest

from benchkit.records import ModelFile
from benchkit.serving.gguf import sha256_of


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def _model(*parts: Path) -> ModelFile:
    return ModelFile(path=parts[0], parts=parts, size_bytes=sum(part.stat().st_size for part in parts))


def test_of_one_file_and_of_parts(tmp_path: Path) -> None:
    """The hash is the file's own; of parts, that of all their bytes in order."""
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"a" * 3_000_000)
    second.write_bytes(b"b" * 10)
    assert sha256_of(_model(first)) == hashlib.sha256(b"a" * 3_000_000).hexdigest()
    assert sha256_of(_model(first, second)) == hashlib.sha256(b"a" * 3_000_000 + b"b" * 10).hexdigest()


def test_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    """An untouched file is not read again; one with another time is."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"first")
    before = sha256_of(_model(path))
    stat = path.stat()
    path.write_bytes(b"other")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert sha256_of(_model(path)) == before
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert sha256_of(_model(path)) == hashlib.sha256(b"other").hexdigest()


def test_a_damaged_memory_is_no_trouble(tmp_path: Path) -> None:
    """What the cache holds is never trusted blindly: nonsense there is computed anew."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"bytes")
    right = sha256_of(_model(path))
    (remembered,) = (tmp_path / "cache" / "bench_runner" / "sha256").iterdir()
    remembered.write_text("{")
    assert sha256_of(_model(path)) == right


def test_a_cache_that_cannot_be_written_costs_nothing_else(tmp_path: Path) -> None:
    """Where the hash cannot be remembered it is told all the same."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"weights")
    (tmp_path / "cache" / "bench_runner").mkdir(parents=True)
    (tmp_path / "cache" / "bench_runner" / "sha256").write_text("no folder can be here")
    assert sha256_of(_model(path)) == hashlib.sha256(b"weights").hexdigest()
