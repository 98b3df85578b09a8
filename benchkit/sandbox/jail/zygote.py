# ruff: noqa: PTH101, PTH103, PTH116, PTH120, PTH123, PTH208
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""The zygote: a fresh process that is warmed up once and then forks once a program.

It is told over a control socket what kind of program comes and which descriptors it gets, never its code or
data: those go from the judge straight to the fork, so that no program can find another's in its memory.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import select
import signal
import socket
import stat
import sys
import traceback
from typing import Any, NoReturn

from benchkit.sandbox.jail import folder, frames, functions, programs, syscalls
from benchkit.sandbox.jail.confine import Job, Plan, confine, drop_identity, plan
from benchkit.sandbox.jail.setting import MESSAGE, Setting, send, set_up, warm_up

_MOST_KEPT = 8


def main(control_fd: int) -> None:
    control = socket.socket(fileno=control_fd)
    _live(control, json.loads(control.recv(MESSAGE)))


def main_in_container(address: str, private: str) -> None:
    """The same where the judge is reached by a name and the machine is another's."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(address)
    config = json.loads(control.recv(MESSAGE))
    _live(control, {**config, "scratch": private, "uid": None, "uid_reads_python": True, "site": None})


def _live(control: socket.socket, config: dict[str, Any]) -> NoReturn:
    log = os.dup(2)
    try:
        warm_up(config["site"])
        setting = set_up(control, config)
    except OSError as error:
        traceback.print_exc()
        send(control, {"failed": error.strerror})
        os._exit(1)
    send(setting.control, {"ready": setting.report})
    try:
        Zygote(setting).serve()
    except BaseException:
        os.write(log, traceback.format_exc().encode())
    os._exit(1)


class Zygote:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.control = setting.control
        self.cage = setting.cage

    def serve(self) -> NoReturn:
        while True:
            init = (
                self.setting.begin_namespace()
            )  # ready before it is needed, and before it could hold a pipe open
            job, fds = self.next_job()
            self.run(job, fds, init)

    def next_job(self) -> tuple[Job, list[int]]:
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 4)
            if not message:
                os._exit(0)
            order = json.loads(message)
            if "job" in order:  # an order to kill may come when the program is over already
                return Job(**order["job"]), fds

    def run(self, job: Job, fds: list[int], init: int | None) -> None:
        self.setting.fit_private(job.file_bytes)
        planned = plan(self.cage, job)
        pid = os.fork()
        if pid == 0:
            self.become(job, planned, fds)
        for fd in fds:
            os.close(fd)
        self.wait(pid, init)
        self.report_end(*self.end(pid, init), self.kept(job))

    def become(self, job: Job, planned: Plan, fds: list[int]) -> NoReturn:
        """In the fork: never comes back."""
        code = 70
        try:
            code = self.live(job, planned, fds)
        except EOFError:  # the judge has hung up
            code = 0
        finally:
            os._exit(code)

    def live(self, job: Job, planned: Plan, fds: list[int]) -> int:
        """Put everything in place, confine, run."""
        os.setsid()
        if not self.cage.own_pid_namespace:
            syscalls.die_with_parent()
        descriptors = _place(job.kind, fds)
        drop_identity(planned.uid)
        task = frames.read_request(frames.REQUESTS)
        _write_files(task["files"], task["executable"])
        confine(planned, self.setting.landlock_rules, descriptors)
        if job.kind == "command":
            return programs.run_command(task["argv"])
        sys.path.insert(0, self.cage.private)
        if job.kind == "source":
            os.close(frames.REQUESTS)
            return programs.run_source(task["source"])
        functions.serve(task["source"])
        return 0

    def wait(self, pid: int, init: int | None) -> None:
        """Until the program's end, which the judge may order; a judge that has gone ends us all."""
        watched = syscalls.pidfd_open(pid)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        ready = dict(poll.poll())
        while watched not in ready:
            message = self.control.recv(MESSAGE)
            _kill_all(pid, init)
            if not message:
                self.end(pid, init)
                os._exit(0)
            poll.unregister(self.control)
            ready = dict(poll.poll())
        os.close(watched)

    def end(self, pid: int, init: int | None) -> tuple[int, resource.struct_rusage]:
        """Bury the program and whatever it started; its times and peak are its own, by wait4."""
        if init is None:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            _kill_all(pid, init)  # its number is still taken, so the group is still its own
        _, status, usage = os.wait4(pid, 0)
        if init is None:
            _bury_orphans()
        else:
            _kill_all(pid, init)
            os.waitpid(init, 0)  # returns when the whole namespace is dead
        return status, usage

    def report_end(self, status: int, usage: resource.struct_rusage, kept: list[tuple[str, int]]) -> None:
        """Tell at once; cleaning up may take its time, and the next program waits for it."""
        clean = self.is_clean()
        facts = {
            "status": status,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss,
            "clean": clean,
        }
        send(self.control, {"ended": facts, "kept": [name for name, _ in kept]}, [fd for _, fd in kept])
        for _, fd in kept:
            os.close(fd)
        if not clean:
            self.clean()
            send(self.control, {"clean": True})

    def kept(self, job: Job) -> list[tuple[str, int]]:
        """Descriptors of the files to bring back: regular ones, opened without following a link."""
        found = []
        for name in job.keep[:_MOST_KEPT]:
            try:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            if stat.S_ISREG(os.fstat(fd).st_mode):
                found.append((name, fd))
            else:
                os.close(fd)
        return found

    def is_clean(self) -> bool:
        facts = os.stat(self.cage.private)
        return stat.S_IMODE(facts.st_mode) == self.setting.private_mode and not os.listdir(self.cage.private)

    def clean(self) -> None:
        if self.cage.own_root:
            self.setting.renew_private()
        else:
            os.chmod(self.cage.private, self.setting.private_mode)
            folder.empty(self.cage.private)


def _place(kind: str, fds: list[int]) -> int:
    """The descriptors at their numbers; gives back the first number that is nobody's.

    They come as 3 and up, requests first: for functions all is in place already.
    """
    if kind == "functions":
        return frames.REPLIES + 1
    for fd, number in zip(fds[1:], range(3), strict=True):
        os.dup2(fd, number)
    os.set_inheritable(frames.REQUESTS, False)
    return frames.REQUESTS + 1


def _write_files(files: dict[str, bytes], executable: list[str]) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
        if name in executable:
            os.chmod(name, 0o755)


def _kill_all(pid: int, init: int | None) -> None:
    """With a namespace's first process all others die; without one there is the group that none can leave."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if init is not None:
            os.kill(init, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)  # it may not have made its group yet
            os.killpg(pid, signal.SIGKILL)


def _bury_orphans() -> None:
    """All that is left are descendants that became our children; none of them may live."""
    with contextlib.suppress(ChildProcessError, FileNotFoundError):
        while True:
            with open("/proc/thread-self/children") as file:
                children = file.read().split()
            for child in children:
                os.kill(int(child), signal.SIGKILL)
            for _ in children or ("none that we see",):
                os.waitpid(-1, 0)
