"""What each program has for itself: its threads are counted alone, its descriptors are its own, and it finds
nothing of the program before it."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchkit.judging.sandbox import Limits, Program, Sandbox, open_sandbox
from benchkit.judging.sandbox.judge import launch
from benchkit.judging.sandbox.pool.places import all_can_read
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.records import Verdict
from tests.support import wait_until

ROOT = Path(__file__).resolve().parents[3]
NOBODY = 65534

THREADS = """
import threading
end = threading.Event()
count = 0
try:
    while count < 300:
        threading.Thread(target=end.wait, daemon=True).start()
        count += 1
except RuntimeError as error:
    print(count, error)
end.set()
"""
IN_WAVES = """
import threading
from concurrent.futures import ThreadPoolExecutor
total = 0
for _ in range(20):
    with ThreadPoolExecutor(24) as pool: total += sum(pool.map(lambda n: 1, range(100)))
print(total)
"""
FROM_ALL_AT_ONCE = """
import threading, time
end = threading.Event()
refused = []
def grow():
    try:
        for _ in range(4): threading.Thread(target=grow, daemon=True).start()
    except RuntimeError: refused.append(1)
    end.wait()
threading.Thread(target=grow, daemon=True).start()
while len(refused) < 9: time.sleep(0.01)
print(threading.active_count())
end.set()
"""


def test_threads_have_a_limit(sandbox: Sandbox) -> None:
    """As many as allowed, and the next is refused as by the system itself."""
    outcome = sandbox.run(Program(source=THREADS), Limits(threads=32, memory_mb=4096))
    count, _, error = outcome.stdout.decode().partition(" ")
    assert (30 <= int(count) <= 36, "can't start new thread" in error) == (True, True), outcome


def test_threads_that_ended_count_no_more(sandbox: Sandbox) -> None:
    """Hundreds one after the other are no matter."""
    assert sandbox.run(Program(source=IN_WAVES), Limits(threads=32, memory_mb=4096)).stdout == b"2000\n"


def test_threads_asked_for_at_once(sandbox: Sandbox) -> None:
    """From many threads at the same time, no more are had."""
    outcome = sandbox.run(Program(source=FROM_ALL_AT_ONCE), Limits(threads=32, memory_mb=4096))
    assert 20 <= int(outcome.stdout) <= 37, outcome


LEAVES_DESCRIPTORS = """
import socket
for _ in range(100):
    one, other = socket.socketpair()
    socket.send_fds(one, [b"x"], [other.fileno()])
    socket.send_fds(other, [b"x"], [one.fileno()])
    one.close(), other.close()
"""


def test_threads_after_one_who_left_descriptors_in_sockets(sandbox: Sandbox) -> None:
    """They count for the user until the kernel gets round to them, and stop no program after it."""
    for _ in range(3):
        sandbox.run(Program(source=LEAVES_DESCRIPTORS))
        assert sandbox.run(Program(source=IN_WAVES), Limits(threads=32)).stdout == b"2000\n"


def test_descriptors_that_are_still_under_way_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel has not let go of what an earlier program left in sockets, and the judge ended of that."""
    refusals, send_fds = iter(range(3)), socket.send_fds

    def busy(control: socket.socket, buffers: list[bytes], fds: list[int]) -> int:
        if next(refusals, None) is not None:
            raise OSError(errno.ETOOMANYREFS, "Too many references: cannot splice")
        return send_fds(control, buffers, fds)

    monkeypatch.setattr(socket, "send_fds", busy)
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, other:
        launch._send_descriptors(one, b"order", [one.fileno()])
        message, fds, _, _ = socket.recv_fds(other, 100, 4)
        os.close(*fds)
    assert message == b"order"


SCRIPT = f"""
import json, sys
sys.path.insert(0, sys.argv[1])
from benchkit.judging.sandbox import Limits, Program, open_sandbox
with open_sandbox(sys.argv[2], workers=1) as sandbox:
    outcome = sandbox.run(Program(source={THREADS!r}), Limits(threads=32, memory_mb=4096))
    print(json.dumps([outcome.verdict, outcome.stdout.decode()]))
"""


@pytest.mark.skipif(os.getuid() != 0, reason="already an ordinary user: the other tests show it")
@pytest.mark.parametrize("level", ["namespaces", "landlock"])
def test_threads_of_an_ordinary_user(level: str) -> None:
    """Whose other processes the kernel counts along with the program's."""
    python = next((p for p in (sys.executable, "/usr/bin/python3") if all_can_read(p)), None)
    if python is None:
        pytest.skip("no Python interpreter on this machine that an ordinary user could start")
    verdict, stdout = _as_nobody(python, level)
    assert verdict == Verdict.PASSED
    assert 30 <= int(stdout.split()[0]) <= 36


def _as_nobody(python: str, level: str) -> Any:
    code = Path(f"/tmp/bench-code-{os.getpid()}-{level}")
    shutil.copytree(ROOT / "benchkit", code / "benchkit", ignore=shutil.ignore_patterns("__pycache__"))
    code.chmod(0o755)
    try:
        done = subprocess.run(
            [python, "-B", "-c", SCRIPT, str(code), level],
            capture_output=True,
            text=True,
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            env={"PATH": os.environ["PATH"]},
        )
    finally:
        shutil.rmtree(code)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MARK = """
import fcntl, os
def mark():
    for fd in (0, 1, 2):
        fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND)
        fcntl.flock(fd, fcntl.LOCK_EX)
    open('x', 'w').close()
    os.unlink('x')
def look():
    flags = [fcntl.fcntl(fd, fcntl.F_GETFL) & (os.O_NONBLOCK | os.O_APPEND) for fd in (0, 1, 2)]
    try: fcntl.flock(0, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error: flags.append(error.errno)
    return flags, os.stat('.').st_mtime_ns, os.lseek(0, 0, os.SEEK_CUR)
"""


def _look(sandbox: Sandbox, *names: str) -> Any:
    with sandbox.load(MARK) as program:
        results = [result for name in names for result in program.call_many(name, [()])]
        return results[-1].value


def test_marks_on_descriptors_and_folder_are_gone(sandbox: Pool) -> None:
    """Flags and locks on the standard streams, the times of the private folder: as they were at first."""

    def seen_by_one_worker() -> bool:
        """One that others kept waiting is replaced, and the next has a folder of its own."""
        workers = set(sandbox.all)
        first, marked, second = (_look(sandbox, *names) for names in (["look"], ["mark", "look"], ["look"]))
        if set(sandbox.all) != workers:
            return False
        assert first[0] == [0, 0, 0] != marked[0]
        assert second == first
        return True

    wait_until(seen_by_one_worker)


def test_a_lock_that_is_held_bothers_no_program_beside_it() -> None:
    """Two workers' programs have no description in common either."""
    with open_sandbox(workers=2) as sandbox, sandbox.load(MARK) as one, sandbox.load(MARK) as other:
        assert [result.ok for result in one.call_many("mark", [()])] == [True]
        (result,) = other.call_many("look", [()])
        flags, _, _ = result.value
    assert flags[:3] == [0, 0, 0]
