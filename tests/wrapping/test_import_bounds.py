"""Archives made to exhaust the machine: `import` refuses them in 2 s and 300 MB."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import ROOT

HEADER = {"eval": {"task": "t"}, "status": "success", "results": {"scores": []}}


def archive(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method, compresslevel=1) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return content.getvalue()


def with_header(summaries: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    return archive({"header.json": json.dumps(HEADER).encode(), "summaries.json": summaries}, method)


def many_entries() -> bytes:
    """A million names in an archive's directory, of which none has content."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
    directory = (entry + b"a") * 1_000_000
    count, size = 0xFFFF, len(directory)
    return directory + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, 0, 0)


def lying_zstandard() -> bytes:
    """A member that says it is of half a gigabyte, compressed with Zstandard."""
    made = bytearray(with_header(b"[]" * 100, zipfile.ZIP_STORED))
    entry = made.rindex(b"PK\1\2")
    struct.pack_into("<H", made, entry + 10, 93)
    struct.pack_into("<L", made, entry + 24, 1 << 29)
    return bytes(made)


BOMBS: dict[str, Callable[[], bytes]] = {
    "a quarter of a gigabyte of blanks": lambda: with_header(b" " * (1 << 28)),
    "a header of a quarter of a gigabyte": lambda: archive({"header.json": b" " * (1 << 28)}),
    "five million lists": lambda: with_header(b"[" + b"[]," * 5_000_000 + b"[]]"),
    "five million objects in little text": lambda: with_header(b"[" + b'{"":0},' * 2_000_000 + b"0]"),
    "lists in lists": lambda: with_header(b"[" * 2_000_000),
    "an archive in an archive": lambda: with_header(with_header(b" " * (1 << 28))),
    "bzip2": lambda: with_header(b" " * (1 << 28), zipfile.ZIP_BZIP2),
    "a million names": many_entries,
    "Zstandard that lies": lying_zstandard,
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused(name: str, tmp_path: Path) -> None:
    """One line, exit code 1 or 2, nothing added; processor time and peak memory of the whole command."""
    (tmp_path / "bomb.eval").write_bytes(BOMBS[name]())
    refused(tmp_path)


def test_a_large_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    """Four gigabytes without a byte of JSON in them are not read to find that out."""
    with (tmp_path / "bomb.eval").open("wb") as file:
        file.truncate(4 << 30)
    refused(tmp_path)


MEASURED = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([done.returncode, done.stderr, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""
"""In a small process of its own: a child's peak memory is at least what its parent has when it starts it."""


def refused(folder: Path) -> None:
    command = [sys.executable, str(ROOT / "bench_runner.py"), "import", "bomb.eval", "--model", "M"]
    measuring = [sys.executable, "-c", MEASURED, *command]
    code, told, seconds, kilobytes = json.loads(subprocess.check_output(measuring, cwd=folder))
    assert code in (1, 2), told
    assert "bomb.eval" in told
    assert told.count("\n") == 1, told
    assert "Traceback" not in told
    assert seconds < 2.0
    assert kilobytes < 300_000
    assert not (folder / "benchmark_results.json").exists()
