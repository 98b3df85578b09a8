# ruff: noqa: PTH101, PTH103, PTH116, PTH120, PTH123, PTH208
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""The zygote: a fresh process that is warmed up once and then forks once a program.

It is told over a control socket what kind of program comes and which descriptors it gets, never its code or
data: those go from the judge straight to the fork, so that no program can find another's in its memory.
"""

from __future__ import annotations

import contextlib
import fcntl
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

from benchkit.sandbox.jail import folder, frames, functions, namespaces, programs, syscalls
from benchkit.sandbox.jail.confine import Job, confine, drop_identity, plan
from benchkit.sandbox.jail.frames import MESSAGE
from benchkit.sandbox.jail.setting import Setting, out_of_the_way, send, set_up, warm_up

_MOST_KEPT = 8


def main(control_fd: int) -> None:
    _live(out_of_the_way(control_fd), {})


def main_in_container(address: str, private: str) -> None:
    """The same where the judge is reached by a name and the machine is another's."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(address)
    _live(
        out_of_the_way(control.detach()),
        {"scratch": private, "uid": None, "uid_reads_python": True, "site": None},
    )


def _live(control: socket.socket, further: dict[str, Any]) -> NoReturn:
    log = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 200)
    message, fds, _, _ = socket.recv_fds(control, MESSAGE, 1)
    config = {**json.loads(message), **further}
    try:
        warm_up(config["site"])
        setting = set_up(control, out_of_the_way(fds[0]), config)
    except OSError as error:
        traceback.print_exc()
        send(control, {"failed": error.strerror})
        os._exit(1)
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
        self.keep: list[str] = []
        self.number = 0  # of the program; the judge counts as well
        for kind in ("functions", "source", "command"):
            for processes in (1, 2):
                plan(self.cage, Job(kind, 1, 1, 1, processes, 1))  # compiles the filters, for all forks

    def serve(self) -> NoReturn:
        send(self.control, {"ready": self.setting.report})
        while True:
            self.run()

    def run(self) -> None:
        """One program; its process stands ready before it comes."""
        self.number += 1
        init = self.setting.begin_namespace()
        pid = os.fork()
        if pid == 0:
            self.become()
        self.wait(pid, init)
        status, usage = self.end(pid, init)
        self.forget_job()
        self.report_end(status, usage, self.kept())

    def become(self) -> NoReturn:
        """In the fork: never comes back."""
        code = 70
        try:
            code = self.live()
        except EOFError:  # the judge has hung up
            code = 0
        finally:
            os._exit(code)

    def live(self) -> int:
        """Wait for a program, put everything in place, confine, run."""
        os.setsid()
        if not self.cage.own_pid_namespace:
            syscalls.die_with_parent()
        job, fds = self.next_job()
        planned = plan(self.cage, job)
        if self.cage.own_root:
            namespaces.resize_private(job.file_bytes)
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

    def next_job(self) -> tuple[Job, list[int]]:
        message, fds, _, _ = socket.recv_fds(self.setting.jobs, MESSAGE, 4)
        if not message:
            raise EOFError
        return Job(**json.loads(message)), fds

    def forget_job(self) -> None:
        """A program called off before its process took it: the judge waits for us, so it is no new one."""
        waiting, _, _ = select.select([self.setting.jobs], [], [], 0)
        if waiting:
            _, fds, _, _ = socket.recv_fds(self.setting.jobs, MESSAGE, 4)
            for fd in fds:
                os.close(fd)

    def wait(self, pid: int, init: int | None) -> None:
        """Until the program's end, which the judge may order; a judge that has gone ends us all."""
        self.keep = []
        watched = syscalls.pidfd_open(pid)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        ready = dict(poll.poll())
        while watched not in ready:
            order = self.next_order()
            self.keep = order.get("keep", self.keep)
            if (
                not order or order.get("kill") == self.number
            ):  # an order may come late, when its program is over
                _kill_all(pid, init)
            if not order:
                self.end(pid, init)
                os._exit(0)
            ready = dict(poll.poll())
        os.close(watched)

    def next_order(self) -> dict[str, Any]:
        """Empty where the judge has gone."""
        message = self.control.recv(MESSAGE)
        return dict(json.loads(message)) if message else {}

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
        }
        names = [name for name, _ in kept]
        report = {"ended": facts, "number": self.number, "clean": clean, "kept": names}
        send(self.control, report, [fd for _, fd in kept])
        for _, fd in kept:
            os.close(fd)
        if not clean:
            self.clean()
            send(self.control, {"clean": True})

    def kept(self) -> list[tuple[str, int]]:
        """Descriptors of the files to bring back: regular ones, opened without following a link."""
        found = []
        for name in self.keep[:_MOST_KEPT]:
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
