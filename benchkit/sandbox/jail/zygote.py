"""The zygote: a fresh process that is warmed up once and then forks once a program.

It is told over a control socket what kind of program comes and which descriptors it gets, never its code or data:
those go from the judge straight to the fork, so that no program can find another's in its memory.
"""

from __future__ import annotations

import array
import gc
import json
import os
import resource
import select
import signal
import site
import socket
import stat
import sys
from typing import Any, NoReturn

from benchkit.sandbox.jail import folder, frames, functions, landlock, namespaces, programs, seccomp, syscalls
from benchkit.sandbox.jail.confine import Cage, Job, as_job, confine, drop_identity, rules

# What solutions commonly use, so that their import costs nothing.
WARM = """abc bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum fractions functools
hashlib heapq itertools json math operator queue random re statistics string struct textwrap time typing
unicodedata warnings""".split()
MESSAGE = 1 << 16
_WARM_UP = 30


def main(control_fd: int) -> None:
    control = socket.socket(fileno=control_fd)
    config = json.loads(control.recv(MESSAGE))
    try:
        zygote = Zygote(control, config, *_set_up(control, config))
    except OSError as error:
        _send(control, {"failed": f"{error.strerror}"})
        os._exit(1)
    zygote.warm_up()
    _send(control, {"ready": zygote.report})
    zygote.serve()


def _send(control: socket.socket, message: dict[str, Any], fds: tuple[int, ...] = ()) -> None:
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    control.sendmsg([json.dumps(message).encode()], rights)


def _set_up(control: socket.socket, config: dict[str, Any]) -> tuple[Cage, dict[str, Any]]:
    """Build the level asked for; any OSError here means that the machine does not give it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    syscalls.forbid_huge_pages()
    level = config["level"]
    report: dict[str, Any] = {"missing": ()}
    if level == "namespaces":
        report["missing"] = _enter_namespaces(control, config)
    private = namespaces.PRIVATE if level == "namespaces" else config["scratch"]
    os.environ.update(HOME=private, TMPDIR=private)
    os.chdir(private)
    syscalls.drop_bounding_capabilities()
    syscalls.adopt_orphans()
    syscalls.forbid_dumps()
    abi = 0 if level == "none" else min(landlock.abi(), config["most_landlock"])
    if level == "landlock" and abi == 0:
        raise OSError(0, "this kernel has no Landlock")
    report.update(landlock_abi=abi)
    cage = Cage(
        private=private,
        own_pid_namespace=level == "namespaces",
        own_root=level == "namespaces",
        uid=config["uid"] if level != "namespaces" else None,
        landlock_abi=abi,
        landlock_rules=_landlock_rules(level, config, abi, private) if abi else None,
        filtered=level != "none",
        tasks_already=4 if level == "namespaces" else config["tasks_already"],
    )
    return cage, report


def _enter_namespaces(control: socket.socket, config: dict[str, Any]) -> tuple[str, ...]:
    outside = os.getuid()
    syscalls.unshare(namespaces.ALL)
    if config["uid"] is None:
        namespaces.map_user(os.getpid(), outside)
    else:  # root: only the parent may map another user
        _send(control, {"map": os.getpid()})
        control.recv(MESSAGE)
    if os.fork():
        os._exit(0)  # the judge adopts the child, the first process of the new pid namespace
    socket.sethostname("jail")
    return namespaces.enter_root(config["scratch"], config["readable"], config["private_bytes"])


def _landlock_rules(level: str, config: dict[str, Any], abi: int, private: str) -> int:
    devices = [(f"/dev/{name}", landlock.DEVICE) for name in namespaces.DEVICES]
    readable = ["/"] if level == "namespaces" else config["readable"]
    grants = [(path, landlock.READ) for path in readable]
    return landlock.ruleset(abi, [*grants, *devices, (private, landlock.PRIVATE)])


class Zygote:
    def __init__(
        self, control: socket.socket, config: dict[str, Any], cage: Cage, report: dict[str, Any]
    ) -> None:
        self.control = control
        self.cage = cage
        self.report = report
        self.private_bytes = config["private_bytes"]
        self.fresh = namespaces.FreshPidNamespaces() if cage.own_pid_namespace else None
        sys.path[:] = [*config["site"], *sys.path[1:]]
        self.nothing = os.open("/dev/null", os.O_RDWR)

    def warm_up(self) -> None:
        """Import, then run the path of a program some dozens of times so that its pages are there."""
        for name in WARM:
            __import__(name)
        site.setquit()
        site.sethelper()
        gc.collect()
        gc.freeze()

    def serve(self) -> NoReturn:
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 4)
            if not message:
                os._exit(0)
            order = json.loads(message)
            if "job" in order:
                self.run(as_job(order["job"]), fds)

    def run(self, job: Job, fds: list[int]) -> None:
        if self.cage.filtered:
            seccomp.compile_filter(rules(self.cage, job))  # kept for this fork and all later ones
        self.fit_private(job)
        init = self.begin_namespace()
        pid = os.fork()
        if pid == 0:
            self.become(job, fds)
        for fd in fds:
            os.close(fd)
        self.wait(pid)
        status, usage = self.end(pid, init)
        kept = self.kept(job)
        self.clean()
        ended = {"status": status, "cpu": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss}
        _send(self.control, {"ended": ended, "kept": [name for name, _ in kept]}, tuple(fd for _, fd in kept))
        for _, fd in kept:
            os.close(fd)

    def fit_private(self, job: Job) -> None:
        if self.cage.own_root and job.file_bytes != self.private_bytes:
            self.private_bytes = job.file_bytes
            namespaces.renew_private(job.file_bytes)

    def begin_namespace(self) -> int | None:
        """The first process of a new pid namespace: it only waits, and all others end with it."""
        if self.fresh is None:
            return None
        self.fresh.begin()
        init = os.fork()
        if init == 0:
            self.idle()
        return init

    def idle(self) -> NoReturn:
        try:
            os.setsid()
            os.closerange(0, 64)
            syscalls.drop_capabilities()
            while True:
                signal.pause()
        finally:
            os._exit(1)

    def become(self, job: Job, fds: list[int]) -> NoReturn:
        """In the fork: put everything in place, confine, run. Never comes back."""
        code = 70
        try:
            code = self.live(job, fds)
        except EOFError:
            code = 0
        finally:
            os._exit(code)

    def live(self, job: Job, fds: list[int]) -> int:
        os.setsid()
        if self.fresh is None:
            syscalls.die_with_parent()
        fds = fds if job.kind != "functions" else [self.nothing] * 3 + fds
        rules = self.cage.landlock_rules
        _place(fds if rules is None else [*fds, rules])
        gc.enable()
        drop_identity(self.cage)
        task = frames.read_request(frames.REQUESTS)
        os.chdir(self.cage.private)
        _write_files(task["files"], task["executable"])
        confine(self.cage, job, None if rules is None else len(fds))
        if job.kind == "command":
            os.set_inheritable(frames.REQUESTS, False)
            return programs.run_command(task["argv"])
        sys.path.insert(0, self.cage.private)
        if job.kind == "source":
            os.close(frames.REQUESTS)
            return programs.run_source(task["source"])
        functions.serve(task["source"])
        return 0

    def wait(self, pid: int) -> None:
        """Until the program's end, which the judge may order; a judge that has gone ends us all."""
        watched = syscalls.pidfd_open(pid)
        poll = select.poll()
        poll.register(watched, select.POLLIN)
        poll.register(self.control, select.POLLIN)
        ready = dict(poll.poll())
        while watched not in ready:
            message = self.control.recv(MESSAGE)
            os.kill(pid, signal.SIGKILL)
            if not message:
                self.end(pid, None)
                os._exit(0)
            poll.unregister(self.control)
            ready = dict(poll.poll())
        os.close(watched)

    def end(self, pid: int, init: int | None) -> tuple[int, resource.struct_rusage]:
        """Bury the program and whatever it started; its times and peak are its own, by wait4."""
        if init is None:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            _kill_group(pid)  # its number is still taken, so the group is still its own
        _, status, usage = os.wait4(pid, 0)
        if init is None:
            _bury_orphans()
        else:
            os.kill(init, signal.SIGKILL)
            os.waitpid(init, 0)  # returns when the whole namespace is dead
        return status, usage

    def kept(self, job: Job) -> list[tuple[str, int]]:
        """Descriptors of the files to bring back: regular ones, opened without following a link."""
        found = []
        for name in job.keep[:8]:
            try:
                fd = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            if stat.S_ISREG(os.fstat(fd).st_mode):
                found.append((name, fd))
            else:
                os.close(fd)
        return found

    def clean(self) -> None:
        if not os.listdir(self.cage.private):
            return
        if self.cage.own_root:
            namespaces.renew_private(self.private_bytes)
        else:
            folder.empty(self.cage.private)


def _place(fds: list[int]) -> None:
    """The descriptors at 0, 1, 2…, in this order, and nothing else open."""
    held = [os.dup(fd) for fd in fds]
    high = [os.dup2(fd, 100 + index) for index, fd in enumerate(held)]
    for index, fd in enumerate(high):
        os.dup2(fd, index)
    os.closerange(len(fds), 1 << 16)


def _write_files(files: dict[str, bytes], executable: list[str]) -> None:
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
        if name in executable:
            os.chmod(name, 0o755)


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass


def _bury_orphans() -> None:
    """All that is left are descendants that became our children; none of them may live."""
    while True:
        try:
            with open("/proc/thread-self/children") as file:
                for child in file.read().split():
                    os.kill(int(child), signal.SIGKILL)
            os.waitpid(-1, 0)
        except (ChildProcessError, FileNotFoundError):
            return
