"""Ways around the limits and around the judge, each closed for all programs and not for one case."""

from __future__ import annotations

import resource
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Limits, Program, Sandbox
from benchkit.judging.sandbox.judge.disk import DiskWatch
from benchkit.judging.sandbox.pool.pool import Pool
from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import codec, decoding
from benchkit.judging.sandbox.wire.decoding import BadBytes
from benchkit.records import Verdict
from tests.judging.sandbox.attack import cpu_s, kill


def test_an_exception_cannot_end_a_tests_own_loop(best: Sandbox) -> None:
    """StopIteration would tell `all(map(...))` that there are no more cases."""
    source = "def same(x): raise StopIteration"
    loop = "def check(c): assert all(map(lambda x: c(x) == x, [1, 2]))"
    outcome = best.check(source, loop, "same")
    assert (outcome.verdict, outcome.detail) == (Verdict.ERROR, "StopIteration")


def test_depth_does_not_lead_inside(best: Sandbox) -> None:
    """A value as deep as may be, given back to the candidate, is no reason to run the test beside it."""
    source = "def same(x):\n for _ in range(201): x = [x]\n return x"
    outcome = best.check(source, "def check(c): assert c(c(3)) == 3", "same")
    assert (outcome.verdict, outcome.inside) == (Verdict.WRONG, False)
    assert "nested deeper" in outcome.detail


def _multiple(of: int) -> bytes:
    """An encoded integer whose hash is 0, like that of all others."""
    value, digits = of * (2**61 - 1), []
    while value:
        digits.append(value & 0x7FFF)
        value >>= 15
    return b"l" + struct.pack(f"<i{len(digits)}H", len(digits), *digits)


def test_keys_made_to_be_alike_are_refused() -> None:
    """A set or a dictionary of keys with one hash takes time by the square of their number."""
    keys = [_multiple(of) for of in range(1, 20_000)]
    head = struct.pack("<i", len(keys))
    items, pairs = b"".join(keys), b"N".join(keys) + b"N"
    for encoded in (b"<" + head + items, b">" + head + items, b"{" + pairs + b"0"):
        with pytest.raises(BadBytes, match="alike"):
            decoding.decode(encoded)
    honest = {(a, b, c): {a, b, c} for a in range(-9, 9) for b in range(-9, 9) for c in range(-9, 9)}
    assert decoding.decode(codec.encode(honest)) == honest


def test_containers_without_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes that name millions of empty ones take a hundred times their room, and minutes to read."""
    monkeypatch.setattr(decoding, "_MOST_CONTAINERS", 1000)
    assert decoding.decode(codec.encode([[]] * 999)) == [[]] * 999
    empties: tuple[object, ...] = ([], {}, set())
    for empty in empties:
        with pytest.raises(BadBytes, match="too many containers"):
            decoding.decode(codec.encode([empty] * 1000))


@pytest.mark.parametrize(
    "memory",
    [
        "libc.mmap(None, size, 3, MAP_PRIVATE | MAP_ANONYMOUS | 0x100, -1, 0)",
        "libc.mremap(stack, 4096, size, 1)",
        "libc.mmap(None, 1 << 37, 0, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)",
    ],
    ids=["a second stack", "the stack grown by hand", "endless page tables"],
)
def test_memory_that_counts_as_no_data(best: Sandbox, memory: str) -> None:
    """Programs of other languages are limited in data; what the kernel does not count as data is refused."""
    source = f"""
import ctypes
from mmap import MAP_ANONYMOUS, MAP_PRIVATE
libc = ctypes.CDLL(None, use_errno=True)
for function in (libc.mmap, libc.mremap):
    function.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.mremap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_int]
size = 1 << 30
stack = ctypes.c_void_p.in_dll(libc, "program_invocation_name").value & ~4095
print({memory} == ctypes.c_void_p(-1).value)
"""
    outcome = best.run(Program(argv=["python3", "-c", source]), Limits(memory_mb=512))
    assert outcome.stdout == b"True\n", outcome


def test_files_without_number() -> None:
    """Empty files fill no disk, yet somebody has to remove them all: the next program would wait for it."""
    source = "import os\nfor n in range(10**7): os.close(os.open(str(n), os.O_CREAT))"
    with Pool("landlock", 1) as sandbox:
        outcome = sandbox.run(Program(source=source), Limits(wall_s=30))
        assert (outcome.verdict, "20,000 files" in outcome.detail) == (Verdict.OUTPUT_LIMIT, True), outcome
        folders = [path for path in Path(sandbox.scratch).iterdir() if path.is_dir()]
        assert [list(folder.iterdir()) for folder in folders] == [[]], "whoever left them has waited for that"


def test_a_crash_is_nobody_elses_matter(best: Sandbox) -> None:
    """Only a core limit of one byte keeps the kernel from calling the system's crash handler."""
    source = """
from resource import RLIMIT_CORE, getrlimit, setrlimit
print(*getrlimit(RLIMIT_CORE))
setrlimit(RLIMIT_CORE, (0, 0))
print(*getrlimit(RLIMIT_CORE))
"""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    most = b"0 0\n" if hard == 0 else b"1 1\n"
    assert best.run(Program(argv=["python3", "-c", source])).stdout == 2 * most


@pytest.mark.parametrize(
    ("free_at_last", "verdict"), [(9 << 30, Verdict.OUTPUT_LIMIT), (1 << 30, Verdict.INFRASTRUCTURE)]
)
def test_whose_the_missing_space_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free_at_last: int, verdict: Verdict
) -> None:
    """Deleted files that are still open are seen nowhere; a program is to blame if its end brings it back."""
    free = iter([9 << 30, 1 << 30, 1 << 30, free_at_last])
    monkeypatch.setattr(DiskWatch, "_free", lambda _: (next(free), 10**6))
    watch = DiskWatch(str(tmp_path), 1 << 20, str(tmp_path / "turn"))
    watch.next_check = 0.0
    with pytest.raises(ProgramStopped) as over:
        watch.check()
    assert watch.settled(over.value).verdict is verdict


def test_buffers_of_a_programs_own_size(best: Sandbox) -> None:
    """The kernel's memory for socket buffers is in no limit: they stay as small as they come."""
    source = """
import socket
ours, theirs = socket.socketpair()
before = ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * before)
print(ours.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == before)
"""
    assert best.run(Program(source=source)).stdout == b"True\n"


def test_a_judge_that_dies_while_a_program_is_loaded() -> None:
    """Its calls say so, the end of the `with` raises nothing, and the next program has a new judge."""
    with Pool("landlock", 1) as sandbox:
        with sandbox.load("def same(x): return x") as program:
            (worker,) = sandbox.all
            kill(worker.pid)
        assert program.failure is None
        assert sandbox.run(Program(source="print(1)")).stdout == b"1\n"


def test_a_judge_that_waits_uses_no_time() -> None:
    """Where nobody reads the requests any more, poll tells of it again and again."""
    source = "import os, time\ndef wait(x): os.close(3); time.sleep(9)"
    with Pool("landlock", 1) as sandbox:
        (judge,) = (worker.pid for worker in sandbox.all)
        before = cpu_s(judge)
        sandbox.check(source, "def check(c): c(1)", "wait", Limits(wall_s=0.6))
        assert cpu_s(judge) - before < 0.15


def test_two_judges_never_end_their_programs_for_one_disk(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else the space that one program's end brings back would be taken for the other's."""
    free = 9 << 30
    monkeypatch.setattr(DiskWatch, "_free", lambda _: (free, 10**6))
    turn = str(tmp_path / "turn")
    innocent, guilty = (DiskWatch(str(tmp_path), 1 << 20, turn) for _ in range(2))
    innocent.next_check = guilty.next_check = 0.0
    free = 1 << 30
    with pytest.raises(ProgramStopped) as over:
        innocent.check()
    guilty.check()
    assert innocent.settled(over.value).sandbox_failed
    guilty.next_check = 0.0
    with pytest.raises(ProgramStopped) as over:
        guilty.check()
    free = 9 << 30
    assert guilty.settled(over.value).verdict is Verdict.OUTPUT_LIMIT


HOLDS_DELETED_FILES = """
import os, time
for n in range(12):
    fd = os.open(str(n), os.O_RDWR | os.O_CREAT)
    os.posix_fallocate(fd, 0, 60 << 20)
    os.unlink(str(n))
time.sleep(20)
"""


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The temporary folder on a disk of its own, so that filling it is nobody else's matter."""
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1g,mode=755", "small", tmp_path])
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    subprocess.run(["umount", "--lazy", tmp_path], check=True)


@pytest.mark.usefixtures("small_disk")
def test_a_neighbour_of_one_who_fills_the_disk_is_judged_again() -> None:
    """Most of a disk in deleted files: their owner is told apart, and a right program beside it passes."""
    right = Program(source="import time\ntime.sleep(1.5)\nprint(1)")
    with Pool("landlock", 2) as sandbox, ThreadPoolExecutor(1) as caller:
        guilty = caller.submit(sandbox.run, Program(source=HOLDS_DELETED_FILES), Limits(wall_s=30))
        outcome = sandbox.run(right)
        again = sandbox.run(right) if outcome.sandbox_failed else outcome
        assert (again.verdict, again.stdout) == (Verdict.PASSED, b"1\n"), (outcome, again)
        assert guilty.result().verdict is Verdict.OUTPUT_LIMIT, guilty.result()
