"""A server as a process of ours: started under the supervisor, watched, and ended with all it started."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import BinaryIO

from benchkit.serving.servers import leftovers

SUPERVISOR = Path(__file__).with_name("supervisor.py")
KIND_VARIABLE = "BENCH_RUNNER_SUPERVISOR"  # namespace, subreaper, group; not set: the first that works
TERM_GRACE_S = 10.0
KILL_GRACE_S = 5.0
TAIL_BYTES = 64 * 1024


class Process:
    """One supervised process. This object owns the pipe that keeps the process alive."""

    def __init__(self, command: Sequence[str], log: Path, environment: Mapping[str, str]) -> None:
        self.command = tuple(command)
        self.log = log
        self._oom_kills = _oom_kills()
        self._lock = threading.Lock()
        log.parent.mkdir(parents=True, exist_ok=True)
        reading, self._pipe = os.pipe()
        _set_aside(log)
        with log.open("wb") as output:
            self._supervisor = self._start(reading, output, environment)
        os.close(reading)
        self._record: Path | None = None
        self._note()

    def _start(self, pipe: int, output: BinaryIO, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        kind = os.environ.get(KIND_VARIABLE, "auto")
        return subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(pipe), kind, *self.command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env=environment,
            pass_fds=(pipe,),
            start_new_session=True,  # Ctrl-C is for the runner, which then stops the server in good order
        )

    def exit_code(self) -> int | None:
        """None while it runs; 128 and the signal's number if a signal ended it."""
        return self._supervisor.poll()

    def ended_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self._supervisor.wait(seconds)
        return self.exit_code() is not None

    def killed_for_memory(self) -> bool | None:
        """Whether the kernel has killed anything for want of memory since the start; None: unknown."""
        if self._oom_kills is None:
            return None
        return _oom_kills() != self._oom_kills

    def pids(self) -> tuple[int, ...]:
        """The server's processes, numbered as this process sees them; the supervisor is not among them."""
        descendants = leftovers.descendants(self._supervisor.pid)
        return tuple(pid for pid in descendants if not _is_supervisor(pid))

    def cpu_s(self) -> float | None:
        """The processor time that its processes have used; None where it is unknown."""
        import psutil

        try:
            times = [psutil.Process(pid).cpu_times() for pid in self.pids()]
        except psutil.Error:
            return None  # one of them has just ended
        return sum(one.user + one.system for one in times) if times else None

    def remember_pids(self) -> tuple[int, ...]:
        """Note the processes in the pid file, for a later run that must end what this one left."""
        pids = self.pids()
        self._note(pids)
        return pids

    def _note(self, pids: Sequence[int] = ()) -> None:
        with suppress(OSError):  # a cache that cannot be written is no reason not to serve
            self._record = leftovers.record(self._supervisor.pid, pids)

    def stop(self) -> bool:
        """Ask the server to end, kill it after the grace period, wait for its end; True if killed."""
        with self._lock:
            self._ask_to_end()
            killed = not self.ended_within(TERM_GRACE_S)
            self._close_pipe()
            if not self.ended_within(KILL_GRACE_S):
                self._supervisor.kill()
                self.ended_within(KILL_GRACE_S)
            if self._record:
                self._record.unlink(missing_ok=True)
            return killed

    def _ask_to_end(self) -> None:
        if self._pipe >= 0 and self.exit_code() is None:
            with suppress(BrokenPipeError):
                os.write(self._pipe, b"t")

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def output(self) -> str:
        """All that it has printed."""
        return self.log.read_text(errors="replace")

    def tail(self, lines: int = 20) -> str:
        """The last lines that it has printed."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.rstrip().splitlines()[-lines:])


def _set_aside(log: Path) -> None:
    """Keep the log of an earlier server of this run, which died: server.log becomes server-1.log."""
    if log.exists():
        names = (log.with_name(f"{log.stem}-{number}{log.suffix}") for number in count(1))
        log.rename(next(name for name in names if not name.exists()))


def _is_supervisor(pid: int) -> bool:
    """Whether this is process 1 of the namespace, which is a copy of the supervisor."""
    try:
        return str(SUPERVISOR).encode() in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False


def _oom_kills() -> int | None:
    """How many processes the kernel has killed for want of memory since the system's start."""
    with suppress(OSError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return None
