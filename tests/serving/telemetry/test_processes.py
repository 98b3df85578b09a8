"""A server's RAM and CPU, its children and theirs included."""

import os
import shutil
import subprocess
import sys
import time

import psutil
import pytest

from benchkit.serving.telemetry import processes
from benchkit.serving.telemetry.processes import ProcessTree

HOLD = "import time, sys; held = bytearray(100 << 20); print('held', flush=True); time.sleep(60)"
PARENT = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {HOLD!r}])"
SPIN = "print('held', flush=True)\nwhile True: pass"


def _start(code: str, *prefix: str) -> subprocess.Popen[str]:
    child = subprocess.Popen([*prefix, sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def _end(child: subprocess.Popen[str], tree: ProcessTree) -> None:
    for pid in tree.read().pids:
        os.kill(pid, 9)
    child.communicate()


def test_memory_of_a_grandchild_counts() -> None:
    """The process known may only be a supervisor: what its children hold is the server's."""
    child = _start(PARENT)
    tree = ProcessTree(lambda: [child.pid])
    try:
        found = tree.read()
        assert len(found.pids) == 2
        assert found.ram_mb is not None
        assert found.ram_mb > 100
    finally:
        _end(child, tree)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("unshare"), reason="needs root and unshare")
def test_a_pid_namespace_is_no_hiding_place() -> None:
    """A server inside a pid namespace is followed from outside."""
    child = _start(HOLD, "unshare", "--fork", "--pid", "--kill-child")
    tree = ProcessTree(lambda: [child.pid])
    try:
        ram = tree.read().ram_mb
        assert ram is not None
        assert ram > 100
    finally:
        _end(child, tree)


def test_cpu_of_a_busy_server() -> None:
    """CPU seconds are those that the process has used since it was first seen."""
    child = _start(SPIN)
    tree = ProcessTree(lambda: [child.pid])
    process = psutil.Process(child.pid)

    def used() -> float:
        return sum(process.cpu_times()[:2])

    try:
        earliest, _, latest = used(), tree.read(), used()
        while used() - latest < 0.3:
            time.sleep(0.05)
        least, found, most = used() - latest, tree.read().cpu_s, used() - earliest
        assert least - 0.001 <= found <= most + 0.001
    finally:
        _end(child, tree)


def test_children_that_come_later_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tree is looked through again from time to time."""
    monkeypatch.setattr(processes, "_LOOK_AGAIN_S", 1e9)  # however long the child takes to start
    tree = ProcessTree(lambda: [os.getpid()])
    before = tree.read().pids
    child = _start(HOLD)
    try:
        assert child.pid not in tree.read().pids - before
        monkeypatch.setattr(processes, "_LOOK_AGAIN_S", 0.0)
        tree._look_again = 0.0
        assert child.pid in tree.read().pids
    finally:
        child.kill()
        child.communicate()
    assert child.pid not in tree.read().pids


def test_gone_or_never_there() -> None:
    """Processes that are gone, and a server not yet started, read as nothing."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert ProcessTree(lambda: [child.pid]).read().ram_mb is None
    assert ProcessTree(lambda: []).read().ram_mb is None
