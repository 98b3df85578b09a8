# ruff: noqa: PTH101, PTH102, PTH123
# A worker starts the sooner for what it does not import, and pathlib with all that it brings is such a thing.
"""Starts a worker's zygote at one level and exchanges messages over its control socket."""

from __future__ import annotations

import contextlib
import errno
import json
import marshal
import os
import select
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import IO, TYPE_CHECKING, Any, Protocol

from benchkit.judging.sandbox.jail import folder, namespaces, syscalls
from benchkit.judging.sandbox.jail.ending import reap_orphans
from benchkit.judging.sandbox.jail.zygote import main as become_zygote
from benchkit.judging.sandbox.judge.cgroups import WorkerCgroup
from benchkit.judging.sandbox.missing import LevelMissing
from benchkit.judging.sandbox.wire import frames
from benchkit.judging.sandbox.wire.deadline import SharedDeadline
from benchkit.judging.sandbox.wire.frames import MESSAGE, Job
from benchkit.judging.sandbox.wire.setup import JailFacts, WorkerSetup, as_message

if TYPE_CHECKING:
    from benchkit.judging.sandbox.judge.containers import JailContainer

_START_S = 30.0
_IMPORT_S = 60.0
_UNDER_WAY_S = 5.0
_LOOKS_EVERY_S = 0.01
# What contest solutions take for granted, and too large to stand ready in every worker.
_ON_DEMAND = ("numpy", "sortedcontainers")


@dataclass(frozen=True)
class EndReport:
    """The zygote's report on a program that ended."""

    status: int
    cpu_s: float
    peak_mb: float
    kept: Mapping[str, bytes]
    namespace_lost: bool  # its pid namespace was ended from outside, and with it the program


class Unsettled(Protocol):
    """A program whose outcome was reported before it had ended."""

    # Whether its jail can run no other.
    broken: bool

    # Wait until nothing is left of it.
    def settle(self) -> None: ...


class Local:
    """A zygote forked from us: made before anything of the caller's is in our memory."""

    def __init__(self) -> None:
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                become_zygote(theirs.detach())
            finally:
                os._exit(1)
        theirs.close()

    def stop(self) -> None:
        """The zygote and all its processes end when its judge closes the connection."""
        reap(self.pid, 2)
        reap_orphans()


class Jail:
    """A zygote that waits for programs, at the level and with the rights that the setup names."""

    def __init__(self, zygote: Local | None, setup: WorkerSetup, deadline: SharedDeadline) -> None:
        level, self.uid = setup.level, setup.uid
        self.deadline = deadline  # of the judge itself, as the pool sees it
        self.scratch = f"{setup.scratch}/{os.urandom(4).hex()}"
        self.disk_turn = f"{setup.scratch}/disk-turn"
        os.mkdir(self.scratch, 0o700)
        self.log = _nameless_file(self.scratch)
        self.clean = True
        self.unsettled: Unsettled | None = None
        self.known: set[str] = set()  # libraries that the zygote has imported
        self.number = 0  # of the program that runs
        self.keep: Sequence[str] = ()  # files of it to bring back
        self.on_disk = level in ("landlock", "none")  # the private folder is an ordinary one
        self.caller: int | None = None  # a message or the end of this connection ends the program that runs
        self.zygote: Local | JailContainer | None = zygote
        self.group: WorkerCgroup | None = None
        try:
            if self.zygote is None:
                assert setup.engine is not None
                self.zygote = self._start_container(setup.engine, setup.private_bytes)
            self.control = self.zygote.control
            self.group = _group_around(self.zygote, setup.cgroup)
            self._grant_access(level)
            own = replace(setup, scratch=self.scratch, environment={})
            log = [self.log.fileno()] if isinstance(self.zygote, Local) else []  # an engine has its own way
            socket.send_fds(self.control, [marshal.dumps(as_message(own))], log)
            self.facts = replace(self._introduction(), cgroup=self.group is not None)
        except BaseException:
            self.close()
            raise

    def _start_container(self, engine: str, private_bytes: int) -> JailContainer:
        from benchkit.judging.sandbox.judge.containers import JailContainer

        try:
            return JailContainer(engine, self.scratch, self.log, private_bytes)
        except LevelMissing as missing:
            raise LevelMissing(_last_line(self.tail()) or str(missing), log=self.tail()) from None

    def _grant_access(self, level: str) -> None:
        """Programs enter a folder of ours as root without rights, or as the user nobody."""
        if self.uid is not None and level != "namespaces":
            os.chown(self.scratch, -1, self.uid)
            os.chmod(self.scratch, 0o770)

    def _introduction(self) -> JailFacts:
        while True:
            answer = self._receive(_START_S)
            if "map" in answer:
                assert self.uid is not None  # only then does it ask
                namespaces.map_user(answer["map"], self.uid, self.uid)
                self._send({"mapped": True})
            elif "ready" in answer:
                return JailFacts(**{**answer["ready"], "missing": tuple(answer["ready"]["missing"])})
            else:
                raise LevelMissing(answer.get("failed", "its first process ended"), log=self.tail())

    def tail(self) -> str:
        self.log.seek(0)
        return self.log.read()[-2000:].decode("utf-8", "replace")

    def import_libraries(self, source: str | bytes | None) -> None:
        """Have the zygote import rarely used libraries that the program needs, for all later ones too."""
        text = source.decode("latin-1") if isinstance(source, bytes) else source or ""
        wanted = [name for name in _ON_DEMAND if f"import {name}" in text or f"from {name}" in text]
        if not self.known.issuperset(wanted):
            self.known.update(wanted)
            self.settle()
            self._send({"import": wanted})
            self._receive(_IMPORT_S)

    def start(self, job: Job, fds: Sequence[int], keep: Sequence[str]) -> None:
        self.number += 1
        self.keep = keep
        if self.group is not None:  # a private tmpfs is memory, too
            self.group.limit(job.memory + job.file_bytes, job.processes + job.threads)
        # Where we are at first, unless it can use more: we take turns, and waking one elsewhere takes long.
        cpu = syscalls.current_cpu() if job.kind != "command" and job.processes == 1 else None
        order = {"job": tuple(job), "keep": tuple(keep), "cpu": cpu}
        _send_descriptors(self.control, marshal.dumps(order), fds)

    def tidy(self, until: float) -> bool:
        """Wait until what the last program left is removed; whether it is. EOFError: no zygote."""
        while not self.clean:
            ready, _, _ = select.select([self.control], [], [], max(0.0, until - monotonic()))
            if not ready:
                return False
            message = self.control.recv(MESSAGE)
            if not message:
                raise EOFError
            self.clean = bool(json.loads(message)["clean"])
        return True

    def settle(self) -> bool:
        """Wait until nothing is left of the last program; whether the jail can go on."""
        running, self.unsettled = self.unsettled, None
        if running is not None:
            running.settle()
        return running is None or not running.broken

    def kill_program(self) -> None:
        with contextlib.suppress(OSError):
            self._send({"kill": self.number})

    def ended(self) -> EndReport | None:
        """The zygote's report on the program; None where the zygote itself has ended."""
        message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 8)
        if not message:
            return None
        status, cpu_s, peak, self.clean, namespace_lost = frames.END.unpack_from(message)
        names = [self.keep[place] for place in message[frames.END.size :]]
        kept = dict(zip(names, map(_content, fds), strict=True))
        return EndReport(status, cpu_s, peak / 1024, kept, namespace_lost)

    def close(self) -> None:
        """End the zygote and with it all it started; its folder goes too."""
        if self.zygote is not None:
            self.zygote.control.close()
            self.zygote.stop()
        if self.group is not None:
            self.group.close()
        self.log.close()
        folder.remove(self.scratch)

    def _send(self, message: dict[str, Any]) -> None:
        self.control.send(marshal.dumps(message))

    def _receive(self, timeout_s: float) -> dict[str, Any]:
        ready, _, _ = select.select([self.control], [], [], timeout_s)
        message = self.control.recv(MESSAGE) if ready else b""
        return dict(json.loads(message)) if message else {}


def _send_descriptors(control: socket.socket, message: bytes, fds: Sequence[int]) -> None:
    """Those that earlier programs left under way count for the user until the kernel gets round to them."""
    until = monotonic() + _UNDER_WAY_S
    while True:
        try:
            socket.send_fds(control, [message], list(fds))
            return
        except OSError as error:
            if error.errno != errno.ETOOMANYREFS or monotonic() > until:
                raise
        sleep(_LOOKS_EVERY_S)


def _group_around(zygote: Local | JailContainer, place: str | None) -> WorkerCgroup | None:
    """A cgroup with the zygote in it, where there is a place for one."""
    if place is None:
        return None
    try:
        return WorkerCgroup(place, zygote.pid)
    except OSError:
        return None


def _last_line(text: str) -> str:
    """The last line of an engine's output, without the one that points to its help."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("Run '")]
    return lines[-1] if lines else ""


def _content(fd: int) -> bytes:
    with open(fd, "rb") as file:
        return file.read()


def reap(pid: int, wait_s: float) -> None:
    """Wait for the end of a child, and bring it about where it does not come in time."""
    watched = os.pidfd_open(pid)
    select.select([watched], [], [], wait_s)
    os.close(watched)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def _nameless_file(folder: str) -> IO[bytes]:
    """A file without a name, which ends with this process and which no program finds."""
    path = f"{folder}/log"
    file = open(path, "w+b")  # noqa: SIM115 - lives as long as the zygote
    os.unlink(path)  # noqa: PTH108
    return file
