"""Starts the process that the pool's judges are forked from, and sends it orders.

Few imports: it is started before everything else, so that it gets ready while the caller does.
"""

from __future__ import annotations

import marshal
import resource
import socket
import subprocess
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Lock

from benchkit.errors import SandboxError

FILES_NEEDED = 256
_ROOT = str(Path(__file__).resolve().parents[4])
# No collection while she imports; later ones would copy every page that her judges share with her.
_ENTRY = (
    "import gc, sys; gc.disable(); sys.path.insert(1, {root!r}); "
    "from benchkit.judging.sandbox.judge.fork_server import main; main({fd})"
)
_ANSWER = 16  # bytes


class ForkServer:
    """Starts and ends judges, each known by a number."""

    def __init__(self) -> None:
        _refuse_few_files()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = _start(theirs)
        self.numbers = count()
        self.lock = Lock()

    def start_judge(self, line: socket.socket, shared: int, *, contained: bool) -> int:
        """A judge at the end of that line, with that memory to share; its number."""
        number = next(self.numbers)
        message = marshal.dumps(("start", number, contained))
        socket.send_fds(self.control, [message], [line.fileno(), shared])
        return number

    def end_judge(self, number: int, wait_s: float) -> None:
        """Wait for a judge's end, and bring it about where it does not come in time."""
        with self.lock, suppress(OSError, EOFError):  # a fork server that was killed answers nothing
            self.control.send(marshal.dumps(("end", number, wait_s)))
            while marshal.loads(self.control.recv(_ANSWER)) != number:
                pass  # the answer to a call that was interrupted before it came

    def close(self) -> None:
        self.control.close()
        self.process.wait()


def _refuse_few_files() -> None:
    """What lies open in a worker has high numbers, out of the programs' way."""
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most < FILES_NEEDED:
        raise SandboxError(
            f"only {most} files may be open at once (ulimit -n), and the sandbox needs {FILES_NEEDED}:"
            " ulimit -n 1024"
        )


def _start(theirs: socket.socket) -> subprocess.Popen[bytes]:
    """A fresh interpreter without this process's data: empty environment, no site, one descriptor."""
    entry = _ENTRY.format(root=_ROOT, fd=theirs.fileno())
    keep_none = ["-B"] if sys.dont_write_bytecode else []  # compiled modules, as in this process
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-S", *keep_none, "-X", "utf8", "-c", entry],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        # A fixed seed: what depends on a set's order comes out alike in all workers and tomorrow.
        # Symbols are looked up at once, not again by each fork.
        env={"LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "LD_BIND_NOW": "1"},
        cwd="/",
        pass_fds=(theirs.fileno(),),
        start_new_session=True,
    )
