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

from benchkit.errors import SandboxError
from benchkit.sandbox import places
from benchkit.sandbox.base import MIB
from benchkit.sandbox.jail import folder, namespaces
from benchkit.sandbox.jail.zygote import MESSAGE

_START_S = 30.0
_ROOT = str(Path(__file__).resolve().parents[2])
ENTRY = "import sys; sys.path.insert(1, {root!r}); from benchkit.sandbox.jail.zygote import main; main({fd})"


class LevelMissing(SandboxError):
    """This machine does not give the level."""


@dataclass(frozen=True)
class Ended:
    """What the zygote tells of a program that is over."""

    status: int
    cpu_s: float
    peak_mb: float
    kept: Mapping[str, bytes]


class Jail:
    """A zygote that waits for programs; `broken` once it cannot be trusted to go on."""

    def __init__(self, level: str, most_landlock: int = 99) -> None:
        self.scratch = places.scratch()
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the zygote
        with theirs:
            self.process = _spawn(theirs, self.log)
        self.pid = self.process.pid
        try:
            self._tell(_config(level, self.scratch, most_landlock))
            self.report = self._introduction()
        except BaseException:
            self.close()
            raise

    def _introduction(self) -> dict[str, Any]:
        while True:
            answer = self._hear(_START_S)
            if "map" in answer:
                namespaces.map_user(answer["map"], places.NOBODY)
                self._tell({"mapped": True})
            elif "ready" in answer:
                self.pid = answer["ready"].get("pid", self.pid)
                return dict(answer["ready"])
            else:
                raise LevelMissing(answer.get("failed", "its first process ended"), log=self.tail())

    def tail(self) -> str:
        self.log.seek(0)
        return self.log.read()[-2000:].decode("utf-8", "replace")

    def start(self, job: Mapping[str, Any], fds: Sequence[int]) -> None:
        socket.send_fds(self.control, [json.dumps({"job": job}).encode()], list(fds))

    def kill_program(self) -> None:
        with contextlib.suppress(OSError):
            self._tell({"kill": True})

    def ended(self) -> Ended | None:
        """The zygote's word on the program; None where the zygote itself is gone."""
        message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 8)
        if not message:
            return None
        answer = json.loads(message)
        kept = dict(zip(answer["kept"], map(_content, fds), strict=False))
        ended = answer["ended"]
        return Ended(ended["status"], ended["cpu"], ended["peak"] / 1024, kept)

    def close(self) -> None:
        """End the zygote and with it all it started; its folder goes too."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        self.process.kill()
        self.process.wait()
        _bury()
        self.log.close()
        with contextlib.suppress(OSError):
            folder.empty(self.scratch)
        places.remove(self.scratch)

    def _tell(self, message: Mapping[str, Any]) -> None:
        self.control.send(json.dumps(message).encode())

    def _hear(self, timeout_s: float) -> dict[str, Any]:
        ready, _, _ = select.select([self.control], [], [], timeout_s)
        message = self.control.recv(MESSAGE) if ready else b""
        return dict(json.loads(message)) if message else {}


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
        [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", entry],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=log,
        env={"PATH": places.search_path(), "LANG": "C.UTF-8"},
        cwd="/",
        pass_fds=(control.fileno(),),
        start_new_session=True,
    )


def _config(level: str, scratch: str, most_landlock: int) -> dict[str, Any]:
    uid = None
    if os.getuid() == 0 and (level == "namespaces" or places.all_can_read(sys.executable)):
        uid = places.NOBODY
    if uid is not None and level != "namespaces":
        os.chown(scratch, uid, uid)
    return {
        "level": level,
        "scratch": scratch,
        "readable": places.readable(),
        "site": places.libraries(),
        "uid": uid,
        "most_landlock": most_landlock,
        "private_bytes": 64 * MIB,
        "tasks_already": 0
        if level == "namespaces"
        else _tasks(uid if uid is not None else os.getuid()) + 256,
    }


def _tasks(uid: int) -> int:
    """Processes and threads of a user, which the kernel counts together."""
    count = 0
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and entry.stat().st_uid == uid:
                count += sum(1 for _ in (entry / "task").iterdir())
    return count
