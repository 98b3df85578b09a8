"""Folders of toolchains that the sandbox is told of: read, never written, and nothing beside them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Limits, Program, open_sandbox


@pytest.fixture
def place() -> Iterator[Path]:
    """Where a user without rights can get as well."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:
        Path(name).chmod(0o755)
        for folder in ("told", "untold"):
            (Path(name) / folder).mkdir()
            (Path(name) / folder / "file").write_text(folder)
        yield Path(name)


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_program_reads_what_the_sandbox_was_told_of_and_nothing_beside_it(place: Path, level: str) -> None:
    script = f"cat {place}/told/file; cat {place}/untold/file; echo x >{place}/told/new; echo end"
    with open_sandbox(level, 1, [str(place / "told")]) as sandbox:
        outcome = sandbox.run(Program(argv=("/bin/sh", "-c", script)), Limits(processes=8))
    assert outcome.stdout == b"toldend\n"
    assert not (place / "told" / "new").exists()


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_connected_pair_of_sockets_in_packets_is_had_as_rustc_needs_it(level: str) -> None:
    """And it reaches nobody else: no other kind of socket can be made."""
    source = (
        "import socket\n"
        "ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
        "ours.send(b'x')\nprint(theirs.recv(1))\n"
        "try:\n    socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)\n"
        "except OSError:\n    print('refused')\n"
    )
    with open_sandbox(level, 1) as sandbox:
        assert sandbox.run(Program(source=source)).stdout == b"b'x'\nrefused\n"
