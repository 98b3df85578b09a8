"""Pid files: what a dead runner left is ended, what a living one uses is not touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.files import cache_folder
from benchkit.serving.servers.leftovers import descendants, end_leftovers, identity, record

A_PARENT = "import subprocess, time; subprocess.Popen(['sleep', '60']); print(flush=True); time.sleep(60)"


@pytest.fixture
def server() -> Iterator[subprocess.Popen[bytes]]:
    """A process with a child, as a server may have one."""
    process = subprocess.Popen([sys.executable, "-c", A_PARENT], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    yield process
    for pid in descendants(process.pid):
        os.kill(pid, 9)
    process.kill()
    process.wait()


def note(runner: dict[str, object], servers: list[dict[str, object]]) -> Path:
    path = cache_folder() / "servers" / "1-2.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"runner": runner, "supervisor": identity(0), "servers": servers}))
    return path


def dead() -> dict[str, object]:
    """A runner that has ended."""
    process = subprocess.Popen(["sleep", "600"])
    known = identity(process.pid)
    process.kill()
    process.wait()
    return known


def test_what_a_dead_runner_left_is_ended(server: subprocess.Popen[bytes]) -> None:
    """The server and its child are killed, and the pid file is gone."""
    path = note(dead(), [identity(server.pid)])
    assert len(end_leftovers()) == 2
    assert server.wait(120) == -9
    assert not path.exists()


def test_a_living_runner_keeps_its_server(server: subprocess.Popen[bytes]) -> None:
    """The runner is this test, and lives."""
    path = record(os.getpid(), [server.pid])
    assert end_leftovers() == ()
    assert server.poll() is None
    assert path.exists()


def test_a_number_that_was_given_again(server: subprocess.Popen[bytes]) -> None:
    """The pid is in use, but by a process that started at another time: it is not ours to kill."""
    note(dead(), [identity(server.pid) | {"started": "some other boot:12345"}])
    assert end_leftovers() == ()
    assert server.poll() is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"runner": 3}'])
def test_a_broken_pid_file_harms_nobody(content: str) -> None:
    """It is thrown away."""
    path = note(dead(), [])
    path.write_text(content)
    assert end_leftovers() == ()
    assert not path.exists()
