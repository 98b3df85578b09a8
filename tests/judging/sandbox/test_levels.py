"""Which level is taken, what is said of it, and what happens where it cannot be had."""

from __future__ import annotations

import marshal
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from benchkit.errors import SandboxError, UnknownName, UsageError
from benchkit.judging.sandbox import Limits, Program, levels, open_sandbox, probe
from benchkit.judging.sandbox.missing import LevelMissing
from benchkit.judging.sandbox.pool.fork_server import ForkServer
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.judging.sandbox.wire.deadline import shared_memory
from benchkit.judging.sandbox.wire.setup import JailFacts
from benchkit.records import Verdict
from tests.judging.sandbox.attack import alive, cpu_s, descendants, kill
from tests.support import wait_until

ROOT = Path(__file__).resolve().parents[3]


def without(monkeypatch: pytest.MonkeyPatch, *missing: str) -> None:
    """Has the machine refuse these levels."""

    class PoorPool(Pool):
        def ready(self) -> JailFacts:
            if self.level in missing:
                raise LevelMissing("Operation not permitted")
            return super().ready()

    monkeypatch.setattr(levels, "Pool", PoorPool)


def test_auto_takes_namespaces_first() -> None:
    """And says in words what stands between the code and the machine."""
    with open_sandbox(workers=1) as sandbox:
        record = sandbox.isolation.as_record()
    assert record["level"] == "namespaces"
    assert any("seccomp" in layer for layer in record["layers"])


def test_auto_without_namespaces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on with Landlock, and warns with the next step."""
    without(monkeypatch, "namespaces")
    with open_sandbox(workers=1) as sandbox:
        assert sandbox.isolation.level == "landlock"
        assert "kernel.apparmor_restrict_unprivileged_userns" in sandbox.isolation.warnings[0]
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_namespaces_really_switched_off() -> None:
    """Inside a user namespace that allows no further one, the floor is what `auto` finds."""
    script = (
        "echo 0 > /proc/sys/user/max_user_namespaces; exec "
        f"{sys.executable} -c 'from benchkit.judging.sandbox import *\nwith open_sandbox(workers=1) as s: "
        'print(s.isolation.level, s.run(Program(source="print(1)")).verdict)\''
    )
    shown = subprocess.run(["unshare", "-Ur", "sh", "-c", script], cwd=ROOT, capture_output=True, text=True)
    if "max_user_namespaces" in shown.stderr or "unshare" in shown.stderr:
        pytest.skip(f"cannot switch namespaces off here: {shown.stderr.strip()}")
    assert shown.stdout.split() == ["landlock", "passed"], shown.stderr


def test_nothing_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuses in one line with reason and advice; it never runs code with less."""
    without(monkeypatch, "namespaces", "landlock")
    with pytest.raises(SandboxError, match=r"no safe way.*landlock: Operation not permitted.*docker"):
        open_sandbox().__enter__()


def test_no_landlock_means_no_landlock_level() -> None:
    """A kernel without it is told apart by asking the kernel."""
    with pytest.raises(LevelMissing, match="no Landlock"):
        Pool("landlock", 1, most_landlock=0).ready()


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5, 6])
def test_older_landlock(abi: int, open_folder: Path) -> None:
    """What an older version leaves open, the filter closes: truncation, signals, sockets.

    Access mode 3 neither reads nor writes, so Landlock looks away; yet it can truncate.
    """
    target = open_folder / "file"
    target.write_text("untouched")
    target.chmod(0o666)
    attacks = (
        f"os.truncate({str(target)!r}, 0)",
        f"os.open({str(target)!r}, os.O_RDONLY | os.O_TRUNC)",
        f"os.open({str(target)!r}, 3 | os.O_TRUNC)",
        f"os.open({str(target)!r}, 3)",
        "open(os.path.realpath(os.__file__), 'r+')",
        "os.truncate(os.path.realpath(os.__file__), 0)",
        f"os.kill({os.getpid()}, 0)",
        "socket.create_connection(('127.0.0.1', 9))",
    )
    with Pool("landlock", 1, most_landlock=abi) as sandbox:
        for attack in attacks:
            outcome = sandbox.run(
                Program(source=f"import os, socket\ntry: {attack}\nexcept PermissionError: print('no')")
            )
            assert outcome.stdout == b"no\n", (attack, outcome)
    assert target.read_text() == "untouched"


@pytest.mark.parametrize(("python", "told"), [("3.11.9", 0), ("3.12.3", 1), ("3.13.0", 1), ("3.14.0", 0)])
def test_a_python_that_ends_recursions_early_is_told(python: str, told: int) -> None:
    """Verdicts on recursions through functools.cache depend on it, so it is warned of and recorded."""
    facts = JailFacts(missing=(), landlock_abi=7, root=False, python=python)
    isolation = levels.describe("namespaces", facts, {})
    assert sum("functools.cache" in warning for warning in isolation.warnings) == told
    assert isolation.as_record()["python"] == python


def test_unknown_level() -> None:
    """Lists the known ones."""
    with pytest.raises(UnknownName, match=r"unknown sandbox level 'namespace': did you mean namespaces\?"):
        open_sandbox("namespace").__enter__()


def test_probe_tells_each_level() -> None:
    """Each with its layers, or with a reason and what to do."""
    facts = {fact.level: fact for fact in probe()}
    assert list(facts) == ["namespaces", "landlock", "docker", "podman", "cgroup"]
    for fact in facts.values():
        assert fact.layers if fact.available else (fact.reason and fact.advice)


def test_no_capability_is_left() -> None:
    """Of the program: none effective, none permitted, none to gain, and no privileges by exec."""
    wanted = "('Cap', 'NoNew', 'Seccomp:')"
    source = f"print(*[l.split()[1] for l in open('/proc/self/status') if l.startswith({wanted})])"
    with open_sandbox("namespaces", workers=1) as sandbox:
        words = sandbox.run(Program(source=source)).stdout.decode().split()
    assert [int(word, 16) for word in words] == [0, 0, 0, 0, 0, 1, 2]


def test_workers_are_small() -> None:
    """A worker's zygote stays under 40 MB before a program runs, its judge under 150."""
    before = descendants(os.getpid())
    with open_sandbox(workers=1):
        sizes = sorted(_resident_mb(pid) for pid in descendants(os.getpid()) - before)
    assert sizes
    assert sizes[-1] < 40


def _resident_mb(pid: int) -> float:
    rows = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")]
    return int(rows[0].split()[1]) / 1024 if rows else 0.0


def test_nothing_is_left_after_closing() -> None:
    """No process, no folder."""
    before = descendants(os.getpid())
    with open_sandbox(workers=2) as sandbox:
        assert isinstance(sandbox, Pool)
        folder = Path(sandbox.scratch)
        assert folder.is_dir()
    assert descendants(os.getpid()) <= before
    assert not folder.exists()


def test_killed_from_outside_a_worker_is_replaced() -> None:
    """The program in it is nobody's fault; the next one runs."""
    with open_sandbox(workers=1) as sandbox:
        assert isinstance(sandbox, Pool)
        (worker,) = sandbox.all
        kill(worker.pid)
        assert sandbox.run(Program(source="print(1)")).verdict is Verdict.INFRASTRUCTURE
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_a_fork_server_killed_from_outside_is_replaced() -> None:
    """Its judges go on, and a judge that is killed after it has a successor all the same."""
    with open_sandbox(workers=1) as sandbox:
        assert isinstance(sandbox, Pool)
        kill(sandbox.fork_server.process.pid)
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"
        (worker,) = sandbox.all
        kill(worker.pid)
        assert sandbox.run(Program(source="print(1)")).verdict is Verdict.INFRASTRUCTURE
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_a_caller_that_goes_at_once_leaves_no_process() -> None:
    """Before it has told its judge anything: fork server, judge and zygote all notice."""
    before = descendants(os.getpid())
    ours, theirs = socket.socketpair()
    with closing(ForkServer()) as fork_server, theirs, shared_memory() as shared:
        fork_server.start_judge(theirs, shared, contained=False)
        wait_until(lambda: len(descendants(fork_server.process.pid)) == 2)
        born = descendants(os.getpid()) - before
        theirs.close()
        ours.close()
    wait_until(lambda: not any(map(alive, born)))


def test_a_judge_that_hangs_is_ended_though_its_fork_server_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the pool can do it then; nothing is left when the pool is closed, its folder neither."""
    monkeypatch.setattr("benchkit.judging.sandbox.pool.pool._GRACE_S", 0.2)
    before = descendants(os.getpid())
    with open_sandbox(workers=1) as sandbox:
        assert isinstance(sandbox, Pool)
        folder = Path(sandbox.scratch)
        inside = descendants(os.getpid()) - before
        kill(sandbox.fork_server.process.pid)
        endless = "def check(c): c(), sum(range(10**13))"  # in C, where no alarm is heard
        assert sandbox.check("def f(): pass", endless, "f", Limits(wall_s=0.5)).verdict is Verdict.TIMEOUT
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"
    wait_until(lambda: not any(map(alive, inside)))  # each follows its judge by itself
    assert not folder.exists()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one CPU only")
@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_program_that_takes_longer_has_all_cpus(level: str) -> None:
    """At first it stays on its judge's; two such must not share one while another idles."""
    source = """
import os, threading, time
cpus = []
def watch():
    until = time.monotonic() + 9
    while len(os.sched_getaffinity(0)) == 1 and time.monotonic() < until: time.sleep(0.01)
    cpus.append(len(os.sched_getaffinity(0)))
thread = threading.Thread(target=watch)
thread.start()
watch()
thread.join()
print(min(cpus))
"""
    with open_sandbox(level, workers=1) as sandbox:
        assert int(sandbox.run(Program(source=source)).stdout) == len(os.sched_getaffinity(0))


def test_workers_that_do_not_start_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback of ours."""
    monkeypatch.setattr("benchkit.judging.sandbox.pool.fork_server._ENTRY", "raise SystemExit(3)")
    with pytest.raises(SandboxError, match="a worker of the sandbox did not start"):
        open_sandbox(workers=2).__enter__()


@pytest.mark.skipif(os.getuid() != 0, reason="only root may read the memory of a zygote")
@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_nothing_of_the_callers_environment_is_in_the_sandbox(
    level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key in a variable is found nowhere in the memory of fork server, judges and zygotes."""
    key = "key-" + os.urandom(12).hex()
    monkeypatch.setenv("A_KEY_OF_MINE", key)
    before = descendants(os.getpid())
    with open_sandbox(level, workers=1) as sandbox:
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"
        inside = set(filter(alive, descendants(os.getpid()) - before))
        assert len(inside) >= 3
        assert [pid for pid in inside if _knows(pid, key)] == []
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as child:
        assert _knows(child.pid, key)


def _knows(pid: int, key: str) -> bool:
    """Whether it is in anything that the process could write to."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, rights = line.split()[:2]
            first, last = (int(end, 16) for end in place.split("-"))
            if "rw" in rights:
                memory.seek(first)
                if key.encode() in memory.read(last - first):
                    return True
    return False


@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_a_killed_tester_leaves_nothing(level: str) -> None:
    """SIGKILL to the tool while a program runs: judge, zygote, program and folder are gone soon after."""
    script = (
        "from benchkit.judging.sandbox import *\n"
        f"with open_sandbox({level!r}, workers=1) as s:\n"
        "    print(s.scratch, flush=True)\n"
        "    s.run(Program(source='while True: pass'), Limits(wall_s=60))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        folder = Path(child.stdout.readline().strip())
        wait_until(lambda: any(cpu_s(pid) > 0.2 for pid in descendants(child.pid)))  # the program is at work
        below = descendants(child.pid)
        child.kill()
    wait_until(lambda: not any(alive(pid) for pid in below) and not folder.exists())


def test_what_a_whole_tree_of_killed_processes_left_is_taken_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tool and judges killed at once leave their folder to the next start, which spares those in use."""
    script = (
        "from benchkit.judging.sandbox import *\nimport time\n"
        "with open_sandbox(workers=1) as s: print(s.scratch, flush=True), time.sleep(60)"
    )
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    ) as child:
        assert child.stdout is not None
        left = Path(child.stdout.readline().strip())
        for pid in (child.pid, *descendants(child.pid)):
            os.kill(pid, signal.SIGSTOP)
        for pid in (*descendants(child.pid), child.pid):
            with suppress(ProcessLookupError):  # it died with one that was killed before it
                os.kill(pid, signal.SIGKILL)
    assert left.exists()
    with open_sandbox(workers=1) as first, open_sandbox(workers=1):
        assert not left.exists()
        assert first.run(Program(source="print(1)")).stdout == b"1\n"
        assert len(list(tmp_path.iterdir())) == 2
    assert list(tmp_path.iterdir()) == []


def test_time_limit_is_kept() -> None:
    """Overshoot is at most 0.2 s, seen from outside, once the machine leaves us alone for as long."""
    with open_sandbox(workers=1) as sandbox:

        def seconds() -> float:
            began = time.monotonic()
            sandbox.run(Program(source="while True: pass"), Limits(wall_s=0.3))
            return time.monotonic() - began

        took: list[float] = []

        def once_undisturbed() -> bool:
            took.append(seconds())
            return min(took) < 0.5

        wait_until(once_undisturbed)
    assert min(took) >= 0.3


def test_more_workers_than_a_machine_bears_are_refused() -> None:
    """A slip such as --workers 100000 took all memory before anything was judged."""
    with pytest.raises(UsageError, match=r"100000 workers are too many for \d+ cores: at most \d+"):
        open_sandbox(workers=100_000).__enter__()


def test_a_relative_temporary_folder_is_the_same_for_all_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With TMPDIR=. the workers looked for their folder where they themselves stood."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", ".")
    with open_sandbox("landlock", workers=1) as sandbox:
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_a_temporary_folder_behind_a_link_has_one_name_for_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its home and where it works are the same to one that compares their names."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "link"))
    with open_sandbox("landlock", workers=1) as sandbox:
        outcome = sandbox.run(Program(source="import os; print(os.getcwd() == os.environ['HOME'])"))
    assert outcome.stdout == b"True\n", outcome


def test_too_few_open_files_are_named() -> None:
    """By one line with the number that is needed, and not by a worker's traceback."""
    script = """
import resource
from benchkit.errors import SandboxError
from benchkit.judging.sandbox import open_sandbox
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
try:
    open_sandbox(workers=1).__enter__()
except SandboxError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == (
        "only 64 files may be open at once (ulimit -n), and the sandbox needs 256: ulimit -n 1024\n"
    )
    assert done.stderr == ""


def test_a_fork_server_whose_pool_waits_no_longer_ends_in_peace() -> None:
    """As where Ctrl-C is pressed twice: its answer came too late, and it said so by a traceback."""
    with closing(ForkServer()) as fork_server:
        os.kill(fork_server.process.pid, signal.SIGSTOP)
        fork_server.control.send(marshal.dumps(("end", 1, 0.0)))
        fork_server.control.close()
        os.kill(fork_server.process.pid, signal.SIGCONT)
        assert fork_server.process.wait() == 0
