# ruff: noqa: E501
# Programs are quoted line by line as they are.
"""Ordinary programs run as they would anywhere."""

from __future__ import annotations

import textwrap

import pytest

from benchkit.judging.sandbox import Limits, Program, Sandbox
from benchkit.records import Verdict

# How contest programs read their input; each prints the sum of the two numbers on each of two lines.
STDIN_STYLES = {
    "input": "for _ in range(2): print(sum(map(int, input().split())))",
    "input_until_eof": """
        while True:
            try: print(sum(map(int, input().split())))
            except EOFError: break""",
    "sys_stdin": "import sys\nfor line in sys.stdin: print(sum(map(int, line.split())))",
    "readline": "import sys\nfor _ in range(2): print(sum(map(int, sys.stdin.readline().split())))",
    "readline_bound": "import sys\ninput = sys.stdin.readline\nfor _ in range(2): print(sum(map(int, input().split())))",
    "readlines": "import sys\nfor line in sys.stdin.readlines(): print(sum(map(int, line.split())))",
    "read": "import sys\nfor line in sys.stdin.read().splitlines(): print(sum(map(int, line.split())))",
    "read_split": "import sys\na, b, c, d = map(int, sys.stdin.read().split()); print(a + b); print(c + d)",
    "buffer_read": "import sys\na, b, c, d = map(int, sys.stdin.buffer.read().split()); print(a + b); print(c + d)",
    "buffer_readline": "import sys\nr = sys.stdin.buffer.readline\nfor _ in '12': print(sum(map(int, r().split())))",
    "buffer_lines": "import sys\nfor line in sys.stdin.buffer: print(sum(map(int, line.split())))",
    "open_0": "for line in open(0): print(sum(map(int, line.split())))",
    "open_0_read": "a, b, c, d = map(int, open(0).read().split()); print(a + b); print(c + d)",
    "os_read": "import os\na, b, c, d = map(int, os.read(0, 10**6).split()); print(a + b); print(c + d)",
    "fileinput": "import fileinput\nfor line in fileinput.input(): print(sum(map(int, line.split())))",
    "iter_input": "import sys\nfor line in iter(sys.stdin.readline, ''): print(sum(map(int, line.split())))",
    "dev_stdin": "for line in open('/dev/stdin'): print(sum(map(int, line.split())))",
    "bytes_io": """
        import io, os
        data = io.BytesIO(os.read(0, os.fstat(0).st_size or 10**6))
        for line in data: print(sum(map(int, line.split())))""",
    "next_stdin": "import sys\nfor _ in range(2): print(sum(map(int, next(sys.stdin).split())))",
    "text_wrapper": "import io, sys\nsys.stdin = io.TextIOWrapper(sys.stdin.buffer)\n"
    "for _ in range(2): print(sum(map(int, input().split())))",
    "mapped_unpack": "from sys import stdin, stdout\nfor line in stdin:\n"
    "    a, b = map(int, line.split()); stdout.write(f'{a + b}\\n')",
    "main_guard": "def main():\n    for _ in '12': print(sum(map(int, input().split())))\n"
    "if __name__ == '__main__': main()",
    "big_stack_thread": """
        import sys, threading
        def main():
            for _ in '12': print(sum(map(int, input().split())))
        sys.setrecursionlimit(10**6); threading.stack_size(1 << 27)
        t = threading.Thread(target=main); t.start(); t.join()""",
}

# Each prints "ok".
PROGRAMS = {
    "tempfile": """
        import os, tempfile
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "x")
            open(path, "w").write("1"); assert open(path).read() == "1"
        with tempfile.NamedTemporaryFile("w+") as file: file.write("1")
        print("ok")""",
    "copy_and_modes": """
        import os, shutil
        open("a", "w").write("1"); shutil.copy("a", "b"); os.chmod("b", 0o600); os.utime("b"); os.rename("b", "c")
        os.makedirs("d/e"); shutil.move("c", "d/e/c"); shutil.rmtree("d"); os.truncate("a", 0); print("ok")""",
    "threads": """
        import threading, queue
        q = queue.Queue()
        ts = [threading.Thread(target=q.put, args=(n,)) for n in range(8)]
        [t.start() for t in ts]; [t.join() for t in ts]
        assert q.qsize() == 8; print("ok")""",
    "thread_pool": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(4) as pool: assert sum(pool.map(abs, range(-9, 1))) == 45
        print("ok")""",
    "asyncio": """
        import asyncio
        async def main(): await asyncio.sleep(0.001); print("ok")
        asyncio.run(main())""",
    "getcwd": "import os; os.listdir(os.getcwd()); print('ok')",
    "quit": "print('ok'); quit()",
    "exit": "print('ok'); exit(0)",
    "sys_exit": "import sys; print('ok'); sys.exit()",
    "deep_recursion": """
        import sys; sys.setrecursionlimit(60_000)
        def f(n): return 0 if n == 0 else 1 + f(n - 1)
        assert f(50_000) == 50_000; print("ok")""",
    "deep_cached_recursion": """
        import sys; from functools import cache; sys.setrecursionlimit(20_000)
        @cache
        def f(n): return 0 if n == 0 else 1 + f(n - 1)
        assert f(5_000) == 5_000; print("ok")""",
    "shared_map": "import mmap; m = mmap.mmap(-1, 4096); m[:2] = b'ok'; print(m[:2].decode())",
    "alarm": """
        import signal
        def ring(*_): raise TimeoutError
        signal.signal(signal.SIGALRM, ring)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.01)
            while True: pass
        except TimeoutError: print("ok")""",
    "pickle_and_dataclass": """
        import copy, dataclasses, pickle
        @dataclasses.dataclass
        class P: x: int
        assert pickle.loads(pickle.dumps(P(1))) == copy.deepcopy(P(1)); print("ok")""",
    "sqlite": "import sqlite3; c = sqlite3.connect(':memory:'); c.execute('select 1'); print('ok')",
    "atexit": "import atexit; atexit.register(print, 'ok')",
    "own_stdout": "import io, sys; sys.stdout = io.TextIOWrapper(sys.stdout.buffer); print('ok')",
    "os_write": "import os; os.write(1, b'ok\\n')",
    "random_and_time": "import os, random, time, uuid; random.random(); time.time(); os.urandom(4); uuid.uuid4(); print('ok')",
    "import_own_file": "import helper; print(helper.word)",
    "unicode": "print('ok' if 'é' == chr(233) else '')",
    "subprocess_refused": """
        import subprocess
        try: subprocess.run(["true"])
        except OSError: print("ok")""",
    "mkfifo_and_links": "import os; os.mkfifo('p'); os.symlink('p', 'q'); os.link('p', 'r'); print('ok')",
    "locale_and_decimal": "import locale, decimal, fractions; print('ok')",
    "home": "import os, pathlib; assert str(pathlib.Path.home()) == os.environ['HOME'] == os.getcwd(); print('ok')",
}


@pytest.mark.parametrize("style", STDIN_STYLES)
def test_every_way_to_read_stdin(sandbox: Sandbox, style: str) -> None:
    """Real descriptors: whatever reads the input gets it, whatever writes is heard."""
    source = textwrap.dedent(STDIN_STYLES[style])
    outcome = sandbox.run(Program(source=source, stdin=b"1 2\n30 40\n"), Limits(wall_s=60))
    assert (outcome.verdict, outcome.stdout) == (Verdict.PASSED, b"3\n70\n"), outcome


@pytest.mark.parametrize("name", PROGRAMS)
def test_ordinary_programs(sandbox: Sandbox, name: str) -> None:
    """What honest programs do is allowed."""
    if name == "deep_cached_recursion" and sandbox.isolation.python.startswith(("3.12.", "3.13.")):
        pytest.skip("this Python itself ends such a recursion, in the sandbox or not")
    files = {"helper.py": b"word = 'ok'"}
    outcome = sandbox.run(Program(source=textwrap.dedent(PROGRAMS[name]), files=files), Limits(wall_s=60))
    assert (outcome.verdict, outcome.stdout.strip()) == (Verdict.PASSED, b"ok"), outcome


@pytest.mark.parametrize("module", ["random", "numpy.random"])
def test_random_numbers_are_each_programs_own(module: str, sandbox: Sandbox) -> None:
    """Programs forked from one zygote do not go on with the same random numbers."""
    pytest.importorskip("numpy")
    source = f"import {module}\nprint({module}.random())"
    assert len({sandbox.run(Program(source=source)).stdout for _ in range(5)}) == 5


def test_nothing_is_left_of_the_rehearsal(sandbox: Sandbox) -> None:
    """No module and no descriptor beyond a program's own."""
    source = """
import os, sys
def is_open(fd):
    try: return bool(os.fstat(fd))
    except OSError: return False
print('solution' in sys.modules, any(map(is_open, range(3, 250))))
"""
    assert sandbox.run(Program(source=source)).stdout == b"False False\n"
    checked = "import sys\ndef f(): return sys.modules['solution'].__dict__.get('double')"
    assert sandbox.check(checked, "def check(c): assert c() is None", "f").verdict is Verdict.PASSED


def test_numpy(sandbox: Sandbox) -> None:
    """Libraries installed beside the tool can be imported, and their numbers come back as plain ones."""
    pytest.importorskip("numpy")
    source = "import numpy as np\ndef mean(xs): return np.mean(np.array(xs))"
    outcome = sandbox.check(
        source, "assert mean([1, 2, 3]) == 2.0", "mean", Limits(wall_s=60, memory_mb=4096)
    )
    assert outcome.verdict is Verdict.PASSED, outcome


def test_fork_where_asked_for(sandbox: Sandbox) -> None:
    """A program that may have processes can start them, and sees them end."""
    if any("run as root" in warning for warning in sandbox.isolation.warnings):
        pytest.skip("this level cannot count the processes of root, so it refuses to fork")
    source = (
        "import os, subprocess\nprint(subprocess.run(['echo', 'ok'], capture_output=True, text=True).stdout)"
    )
    outcome = sandbox.run(Program(source=source), Limits(wall_s=60, processes=8))
    assert (outcome.verdict, outcome.stdout.strip()) == (Verdict.PASSED, b"ok"), outcome
