"""Starts a worker's zygote at one level and speaks with it over its control socket."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from benchkit.sandbox import places
from benchkit.sandbox.base import MIB
from benchkit.sandbox.containers import ENGINES, Container
from benchkit.sandbox.jail import namespaces
from benchkit.sandbox.jail.setting import MESSAGE
from benchkit.sandbox.missing import LevelMissing

PRIVATE_BYTES = 64 * MIB
_START_S = 30.0
_CLEANING_S = 60.0
_ROOT = str(Path(__file__).resolve().parents[2])
ENTRY = "import sys; sys.path.insert(1, {root!r}); from benchkit.sandbox.jail.zygote import main; main({fd})"


@dataclass(frozen=True)
class Ended:
    """What the zygote tells of a program that is over."""

    status: int
    cpu_s: float
    peak_mb: float
    kept: Mapping[str, bytes]


class Local:
    """A zygote started as a process of this machine."""

    def __init__(self, log: IO[bytes]) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = _spawn(theirs, log)

    def stop(self) -> None:
        """The zygote ends when its judge hangs up, and all it started with it."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()
        _bury()


class Jail:
    """A zygote that waits for programs, at one level."""

    def __init__(self, level: str, scratch: str, most_landlock: int) -> None:
        self.scratch = tempfile.mkdtemp(dir=scratch)
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        self.clean = True
        self.number = 0  # of the program that runs
        self.on_disk = level in ("landlock", "none")  # the private folder is an ordinary one
        self.caller: int | None = None  # who speaks here while a program runs, or hangs up, wants it ended
        self.zygote: Local | Container | None = None
        self.jobs: socket.socket | None = None
        try:
            self.zygote = self._start_zygote(level)
            self.control = self.zygote.control
            self.jobs = self._introduce(_config(level, self.scratch, most_landlock))
            self.report = self._introduction()
        except BaseException:
            self.close()
            raise

    def _start_zygote(self, level: str) -> Local | Container:
        if level not in ENGINES:
            return Local(self.log)
        try:
            return Container(level, self.scratch, self.log, PRIVATE_BYTES)
        except LevelMissing as missing:
            raise LevelMissing(_last_line(self.tail()) or str(missing), log=self.tail()) from None

    def _introduce(self, config: Mapping[str, Any]) -> socket.socket:
        """Tell the level; the programs themselves come over a socket of their own."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            socket.send_fds(self.control, [json.dumps(config).encode()], [theirs.fileno()])
        return ours

    def _introduction(self) -> dict[str, Any]:
        while True:
            answer = self._hear(_START_S)
            if "map" in answer:
                namespaces.map_user(answer["map"], places.NOBODY)
                self._tell({"mapped": True})
            elif "ready" in answer:
                return dict(answer["ready"])
            else:
                raise LevelMissing(answer.get("failed", "its first process ended"), log=self.tail())

    def tail(self) -> str:
        self.log.seek(0)
        return self.log.read()[-2000:].decode("utf-8", "replace")

    def start(self, job: Mapping[str, Any], fds: Sequence[int], keep: Sequence[str]) -> None:
        self.number += 1
        if keep:
            self._tell({"keep": list(keep)})
        assert self.jobs is not None
        socket.send_fds(self.jobs, [json.dumps(job).encode()], list(fds))

    def tidy(self) -> None:
        """Wait until what the last program left behind is gone."""
        while not self.clean:
            self.clean = bool(self._hear(_CLEANING_S)["clean"])

    def kill_program(self) -> None:
        with contextlib.suppress(OSError):
            self._tell({"kill": self.number})

    def ended(self) -> Ended | None:
        """The zygote's word on the program; None where the zygote itself is gone."""
        message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 8)
        if not message:
            return None
        answer = json.loads(message)
        if answer.get("number") != self.number:  # a process that stood ready died before its time
            return None
        kept = dict(zip(answer["kept"], map(_content, fds), strict=False))
        ended = answer["ended"]
        self.clean = answer["clean"]
        return Ended(ended["status"], ended["cpu"], ended["peak"] / 1024, kept)

    def close(self) -> None:
        """End the zygote and with it all it started; its folder goes too."""
        if self.zygote is not None:
            self.zygote.control.close()
            if self.jobs is not None:
                self.jobs.close()
            self.zygote.stop()
        self.log.close()
        places.remove(self.scratch)

    def _tell(self, message: Mapping[str, Any]) -> None:
        self.control.send(json.dumps(message).encode())

    def _hear(self, timeout_s: float) -> dict[str, Any]:
        ready, _, _ = select.select([self.control], [], [], timeout_s)
        message = self.control.recv(MESSAGE) if ready else b""
        return dict(json.loads(message)) if message else {}


def _last_line(text: str) -> str:
    """What an engine said, without its pointer to its own help."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Run '")]
    return lines[-1] if lines else ""


def _content(fd: int) -> bytes:
    with open(fd, "rb") as file:
        return file.read()


def _bury() -> None:
    """Children that we adopted from a zygote that ended: none may live on."""
    with contextlib.suppress(ChildProcessError, FileNotFoundError):
        while True:
            for child in Path("/proc/thread-self/children").read_text().split():
                os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)


def _spawn(control: socket.socket, log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A fresh interpreter that holds nothing of ours: empty environment, no site, one descriptor."""
    entry = ENTRY.format(root=_ROOT, fd=control.fileno())
    return subprocess.Popen(
        [sys.executable, "-P", "-s", "-S", "-B", "-X", "utf8", "-c", entry],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        # A fixed seed: what depends on a set's order comes out alike in all workers and tomorrow.
        env={"PATH": places.search_path(), "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
        cwd="/",
        pass_fds=(control.fileno(),),
        start_new_session=True,
    )


def _config(level: str, scratch: str, most_landlock: int) -> dict[str, Any]:
    uid = places.NOBODY if places.can_become_nobody() else None
    if uid is not None and level != "namespaces":
        os.chown(scratch, -1, uid)  # programs come as root without rights, or as nobody
        Path(scratch).chmod(0o770)
    return {
        "level": level,
        "scratch": scratch,
        "readable": places.IN_A_CONTAINER if level in ENGINES else places.readable(),
        "site": places.libraries(),
        "uid": uid,
        "uid_reads_python": places.all_can_read(sys.executable),
        "most_landlock": most_landlock,
        "private_bytes": PRIVATE_BYTES,
    }
