"""A header made to exhaust whoever reads it is refused within two seconds and 300 MB."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchkit.serving.gguf import read_model_file
from tests.serving.gguf.writing import Shape, string, write_model

MOST_SECONDS, MOST_MB = 2.0, 300
READ = """
import re, sys, time
from pathlib import Path
from benchkit.errors import ModelFileError
from benchkit.serving.gguf import read_model_facts, read_model_file
began = time.process_time()
try:
    read_model_file(sys.argv[1])
    read_model_facts(sys.argv[1])
    said = "it was read"
except ModelFileError as error:
    said = str(error)
seconds = time.process_time() - began
peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())
print(seconds, int(peak[1]) // 1024, said, sep="\\n")
"""
EIGHT_GB = 8_000_000_000
STRING, ARRAY, BYTE = 8, 9, 0


def _start(tensors: int, keys: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, keys)


def _key(name: str, kind: int) -> bytes:
    return string(name) + struct.pack("<I", kind)


def _strings_of(size: int, count: int) -> bytes:
    """An array of strings of one size, with room for them all."""
    return struct.pack("<IQ", STRING, count) + (struct.pack("<Q", size) + bytes(size)) * count


# Made when a test needs them: together they are some 400 MB.
BOMBS: dict[str, Callable[[], bytes]] = {
    "a key of 8e9 bytes": lambda: _start(0, 1) + struct.pack("<Q", EIGHT_GB),
    "a string of 8e9 bytes": lambda: (
        _start(0, 1) + _key("general.name", STRING) + struct.pack("<Q", EIGHT_GB)
    ),
    "a tensor whose name has 8e9 bytes": lambda: _start(1, 0) + struct.pack("<Q", EIGHT_GB),
    "1e8 keys": lambda: _start(0, 100_000_000),
    "1e8 tensors": lambda: _start(100_000_000, 0),
    "1e9 empty strings": lambda: _start(0, 1) + _key("a", ARRAY) + struct.pack("<IQ", STRING, 1_000_000_000),
    "1e5 arrays of 1000 numbers": lambda: (
        _start(0, 65_536) + (_key("a", ARRAY) + struct.pack("<IQ", BYTE, 1000) + bytes(1000)) * 50_000
    ),
    "strings that lie far apart": lambda: _start(0, 1) + _key("a", ARRAY) + _strings_of(4096, 40_000),
    "long texts": lambda: (
        _start(0, 60) + b"".join(_key(str(n), STRING) + string("ä" * 500_000) for n in range(60))
    ),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_header_is_refused_in_time_and_memory(tmp_path: Path, name: str) -> None:
    """Nine gigabytes that take no room on the disk, behind a header that promises too much of something."""
    path = tmp_path / "bomb.gguf"
    path.write_bytes(BOMBS[name]())
    with path.open("r+b") as file:
        file.truncate(9_000_000_000)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)], capture_output=True, text=True, timeout=120, check=True
    )
    seconds, megabytes, said = done.stdout.splitlines()
    assert "bomb.gguf is damaged (its header " in said
    assert float(seconds) < MOST_SECONDS
    assert int(megabytes) < MOST_MB


@pytest.mark.parametrize(
    "further",
    [
        lambda: {"tokenizer__ggml__merges": ["Ġ t"] * 600_000},
        lambda: {"tokenizer__chat_template": "{{ message }}" * 20_000},
    ],
    ids=["merges", "template"],
)
def test_a_large_tokenizer_is_no_bomb(tmp_path: Path, further: Callable[[], dict[str, object]]) -> None:
    """The bounds lie above what the largest real models hold."""
    path = write_model(tmp_path / "large.gguf", Shape(), **further())
    assert read_model_file(path).layers == Shape().layers


def test_of_many_missing_parts_only_some_are_named(tmp_path: Path) -> None:
    """A part that claims 99,999 others gets one line, not a megabyte of names."""
    path = tmp_path / "m-00001-of-99999.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(Exception, match="and 99,995 more: put") as caught:
        read_model_file(path)
    assert len(str(caught.value)) < 1000
