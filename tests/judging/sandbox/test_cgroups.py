"""Which cgroup is ours, on trees made for the purpose; what one does, where this machine delegates one."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Limits, Program, open_sandbox
from benchkit.judging.sandbox.judge.cgroups import WorkerCgroup
from benchkit.judging.sandbox.pool import delegation
from benchkit.judging.sandbox.pool.delegation import NotDelegated, find
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.records import Verdict
from tests.judging.sandbox.attack import kill

ROOT = Path(__file__).resolve().parents[3]
THIRTY = """
import os, time
def child():
    taken = bytearray(16 << 20)
    for page in range(0, len(taken), 4096): taken[page] = 1
    time.sleep(60)
for _ in range(30):
    if os.fork() == 0: child()
time.sleep(60)
"""


@dataclass(frozen=True)
class Machine:
    """A tree shaped like the kernel's, and what /proc says of our place in it."""

    process: Path
    top: Path

    def ours(self, own: str, *, root: str = "/", controllers: str = "cpu memory pids") -> Path:
        """Every cgroup down to our own, each with its files."""
        self.process.mkdir()
        (self.process / "cgroup").write_text(f"4:memory:/old\n0::{own}\n")
        mounts = (
            f"24 23 0:22 / /proc rw - proc proc rw\n30 23 0:26 {root} {self.top} rw - cgroup2 cgroup2 rw\n"
        )
        (self.process / "mountinfo").write_text(mounts)
        place = self.top / Path(own).relative_to(root)
        for folder in (place, *place.parents):
            if folder.is_relative_to(self.top):
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "cgroup.controllers").write_text(controllers)
                for name in ("cgroup.procs", "cgroup.subtree_control"):
                    (folder / name).touch()
        return place


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "proc", tmp_path / "cgroup")


def mark(place: Path) -> None:
    """As systemd does with what it delegates."""
    try:
        os.setxattr(place, "user.delegate", b"1")
    except OSError:
        pytest.skip("the temporary folder keeps no extended attributes")


def test_a_delegated_unit(machine: Machine) -> None:
    """Systemd's attribute says that it is ours."""
    own = machine.ours("/system.slice/bench.service")
    mark(own)
    assert find(machine.process) == own


def test_below_a_delegated_unit(machine: Machine) -> None:
    """A cgroup that somebody made in a delegated one belongs to it; the nearest unit counts."""
    own = machine.ours("/user.slice/outer.scope/inner.scope/bench-others")
    mark(own.parent.parent)
    mark(own.parent)
    assert find(machine.process) == own.parent


def test_a_unit_that_is_not_delegated(machine: Machine) -> None:
    """Root could write to it, but it is systemd's; what lies above, however delegated, is not ours either."""
    mark(machine.ours("/outer.scope/session-2.scope").parent)
    with pytest.raises(NotDelegated, match=r"systemd keeps session-2\.scope for itself"):
        find(machine.process)


@pytest.mark.parametrize("answer", ["yes", "no"])
def test_a_users_own_unit(
    machine: Machine, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's systemd sets no attribute: it is asked."""
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\n[ "$1 $5" = "--user run-7.scope" ] && echo {answer}\n')
    (tools / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", str(tools), prepend=os.pathsep)
    own = machine.ours("/user.slice/user@1000.service/app.slice/run-7.scope")
    if answer == "yes":
        assert find(machine.process) == own
    else:
        with pytest.raises(NotDelegated, match=r"systemd keeps run-7\.scope"):
            find(machine.process)


def test_no_systemd_to_ask(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the unit is not ours."""
    monkeypatch.setenv("PATH", "/nowhere")
    machine.ours("/user@1000.service/run-7.scope")
    with pytest.raises(NotDelegated):
        find(machine.process)


def test_a_containers_own_root(machine: Machine) -> None:
    """A hierarchy without systemd's units that we may write to is ours from its top."""
    machine.ours("/some/where")
    assert find(machine.process) == machine.top


def test_a_mount_that_shows_a_part(machine: Machine) -> None:
    """A container that sees the machine's own names, and only its part of the tree."""
    own = machine.ours("/docker/0123/bench", root="/docker/0123")
    assert own == machine.top / "bench"
    assert find(machine.process) == machine.top


def test_up_to_the_last_that_is_ours(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cgroup that an administrator gave to this user, and we are somewhere in it."""
    own = machine.ours("/given/to/us")
    given = machine.top / "given"
    monkeypatch.setattr(os, "access", lambda path, _: Path(path).is_relative_to(given))
    assert find(machine.process) == given
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(NotDelegated, match=f"{own} is not ours to change"):
        find(machine.process)


def test_controllers_that_are_missing(machine: Machine) -> None:
    """They are named."""
    machine.ours("/", controllers="cpu pids")
    with pytest.raises(NotDelegated, match="has no controller for memory"):
        find(machine.process)


def test_only_version_1(machine: Machine) -> None:
    """Then there is no mount of version 2."""
    machine.ours("/")
    (machine.process / "mountinfo").write_text("30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw\n")
    with pytest.raises(NotDelegated, match="no cgroups of version 2 in sight"):
        find(machine.process)


def test_outside_of_what_is_mounted(machine: Machine) -> None:
    """A cgroup above the namespace's root cannot be reached by any path."""
    machine.ours("/")
    (machine.process / "cgroup").write_text("0::/../proc\n")
    with pytest.raises(NotDelegated, match="no cgroups of version 2 in sight"):
        find(machine.process)


def test_abandoned_ones_are_removed(tmp_path: Path) -> None:
    """By whoever comes next: those that no judge holds; and one that cannot be made leaves nothing behind."""
    (tmp_path / "bench-worker-dead").mkdir()
    (tmp_path / "bench-worker-live").mkdir()
    held = os.open(tmp_path / "bench-worker-live", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    with pytest.raises(FileNotFoundError, match=r"memory\.events"):  # an ordinary folder has no such file
        WorkerCgroup(str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["bench-worker-live"]
    os.close(held)


@pytest.fixture
def made_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> WorkerCgroup:
    """A new folder here has its files at once, and goes with them, as in the kernel's tree."""
    mkdir, rmdir = os.mkdir, os.rmdir

    def with_files(path: str, mode: int = 0o777) -> None:
        mkdir(path, mode)
        for name in ("memory.max", "memory.swap.max", "pids.max", "cgroup.procs", "cgroup.kill"):
            (Path(path) / name).touch()
        (Path(path) / "memory.events").write_text("max 7\noom 0\noom_kill 0\noom_group_kill 0\n")

    def and_files(path: str) -> None:
        for file in Path(path).iterdir():
            file.unlink()
        rmdir(path)

    monkeypatch.setattr(os, "mkdir", with_files)
    monkeypatch.setattr(os, "rmdir", and_files)
    return WorkerCgroup(str(tmp_path), 4321)


def test_limits_of_a_group(made_group: WorkerCgroup, tmp_path: Path) -> None:
    """The program's, with room for the zygote; the zygote is in it, and swap is no way out."""
    made_group.limit(100 << 20, 5)
    texts = {path.name: path.read_text() for path in Path(made_group.folder).iterdir()}
    assert texts["memory.max"] == str(164 << 20)
    assert (texts["pids.max"], texts["memory.swap.max"], texts["cgroup.procs"]) == ("21", "0", "4321")
    made_group.close()
    assert list(tmp_path.iterdir()) == []


def test_whose_limit_was_met(made_group: WorkerCgroup) -> None:
    """Ended for the machine's want of memory is not ended for ours; each program has its own count."""
    events = Path(made_group.folder) / "memory.events"
    made_group.limit(1, 1)
    events.write_text("oom 0\noom_kill 1\n")
    assert not made_group.ran_out()
    made_group.limit(1, 1)
    events.write_text("oom 1\noom_kill 1\n")  # the kernel is about to choose whom to end
    assert not made_group.ran_out()
    events.write_text("oom 1\noom_kill 2\n")
    assert made_group.ran_out()
    assert made_group.ran_out()
    made_group.limit(1, 1)
    assert not made_group.ran_out()
    made_group.close()


def test_a_cgroup_that_fails_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker starts without, and does not claim to have one."""
    monkeypatch.setattr(delegation, "place", lambda: str(tmp_path))
    with open_sandbox(workers=1) as sandbox:
        assert not any("cgroup" in layer for layer in sandbox.isolation.layers)
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


@pytest.fixture
def delegated() -> Path:
    """Where this machine lets us make cgroups."""
    try:
        return delegation.prepared()
    except (NotDelegated, OSError) as missing:
        pytest.skip(f"no cgroup is delegated here: {missing}")


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_many_processes_share_one_limit(level: str, delegated: Path) -> None:
    """Thirty, each far under the limit: together they are over it, and the same worker goes on."""
    limits = Limits(wall_s=50, memory_mb=128, processes=40, file_bytes=1 << 20)
    with open_sandbox(level, workers=1) as sandbox:
        assert any(layer.startswith("cgroup") for layer in sandbox.isolation.layers)
        outcome = sandbox.run(Program(source=THIRTY), limits)
        assert (outcome.verdict, outcome.detail) == (
            Verdict.MEMORY,
            "its processes took more than 128 MB together",
        )
        after = sandbox.run(Program(source="print(open('/proc/self/cgroup').read())"))
        assert after.verdict in (Verdict.PASSED, Verdict.ERROR)  # Landlock shows it to nobody
        assert sandbox.run(Program(source="print(1)"), limits).stdout == b"1\n"
    assert list(delegated.glob("bench-worker-*")) == []


def test_one_process_has_all_of_it(delegated: Path) -> None:
    """A program within its own limits does not feel the cgroup: memory and a full private folder."""
    source = (
        "taken = bytearray(300 << 20)\n"
        "with open('file', 'wb') as file:\n    for _ in range(60): file.write(bytes(1 << 20))\n"
        "print(taken.count(0))"
    )
    with open_sandbox("namespaces", workers=1) as sandbox:
        outcome = sandbox.run(Program(source=source), Limits(wall_s=60, memory_mb=400))
    assert outcome.stdout.split() == [b"%d" % (300 << 20)], outcome
    assert delegated.exists()


def test_a_killed_judge_leaves_a_cgroup_for_the_next(delegated: Path) -> None:
    """Nobody removes it then but whoever starts next."""
    with open_sandbox(workers=1) as sandbox:
        assert isinstance(sandbox, Pool)
        (worker,) = sandbox.all
        kill(worker.pid)
        (left,) = delegated.glob("bench-worker-*")
        with open_sandbox(workers=1):
            assert not left.exists()
    assert list(delegated.glob("bench-worker-*")) == []


def test_a_killed_tester_leaves_no_cgroup(delegated: Path) -> None:
    """SIGKILL to the tool: its judges take their cgroups along."""
    script = (
        "from benchkit.judging.sandbox import *\n"
        "with open_sandbox(workers=1) as s:\n"
        "    print(1, flush=True)\n"
        "    s.run(Program(source='import time; time.sleep(60)'), Limits(wall_s=60))"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert len(list(delegated.glob("bench-worker-*"))) == 1
        child.kill()
    deadline = time.monotonic() + 120
    while list(delegated.glob("bench-worker-*")) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert list(delegated.glob("bench-worker-*")) == []
