"""The zygote: a fresh process that is warmed up once and then forks once a program.

It is told over a control socket what kind of program comes and which descriptors it gets, never its code or data:
those go from the judge straight to the fork, so that no program can find another's in its memory.
"""

from __future__ import annotations

import array
import contextlib
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
from dataclasses import replace
from typing import Any, NoReturn

from benchkit.sandbox.jail import folder, frames, functions, landlock, namespaces, programs, seccomp, syscalls
from benchkit.sandbox.jail.confine import Cage, Job, as_job, becomes, confine, drop_identity, rules

# What solutions commonly use, so that their import costs nothing.
WARM = """abc bisect calendar cmath collections contextlib copy dataclasses datetime decimal enum fractions functools
hashlib heapq itertools json math operator queue random re statistics string struct textwrap time typing
unicodedata warnings""".split()
MESSAGE = 1 << 16
_WARM_UP = 30


def main(control_fd: int) -> None:
    control = socket.socket(fileno=control_fd)
    serve(control, json.loads(control.recv(MESSAGE)))


def main_in_container(address: str, private: str) -> None:
    """The same where the judge is reached by a name and the machine is another's."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(address)
    config = json.loads(control.recv(MESSAGE))
    config.update(scratch=private, uid=None, uid_reads_python=True, site=site.getsitepackages())
    serve(control, config)


def serve(control: socket.socket, config: dict[str, Any]) -> None:
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
    if os.listdir("."):  # it will be emptied after each program
        raise OSError(0, f"the private folder {private} is not empty")
    syscalls.drop_bounding_capabilities()
    syscalls.adopt_orphans()
    syscalls.forbid_dumps()
    abi = 0 if level == "none" else min(landlock.abi(), config["most_landlock"])
    if level == "landlock" and abi == 0:
        raise OSError(0, "this kernel has no Landlock")
    report.update(landlock_abi=abi, root=os.getuid() == 0 and not config["uid_reads_python"])
    cage = Cage(
        private=private,
        own_pid_namespace=level == "namespaces",
        own_root=level == "namespaces",
        uid=config["uid"] if level != "namespaces" else None,
        uid_reads_python=config["uid_reads_python"],
        landlock_abi=abi,
        landlock_rules=None,
        filtered=level != "none",
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
        self.readable = ["/"] if cage.own_root else list(config["readable"])
        if cage.landlock_abi:
            self.cage = replace(cage, landlock_rules=self.make_rules())
        self.nothing = os.open("/dev/null", os.O_RDWR)

    def make_rules(self) -> int:
        """The toolchain to read, a few devices, the private folder; nothing else."""
        devices = [(f"/dev/{name}", landlock.DEVICE) for name in namespaces.DEVICES]
        grants = [(path, landlock.READ) for path in self.readable]
        private = (self.cage.private, landlock.PRIVATE)
        return landlock.ruleset(self.cage.landlock_abi, [*grants, *devices, private])

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
        self.wait(pid, init)
        status, usage = self.end(pid, init)
        self.report_end(status, usage, self.kept(job))

    def report_end(self, status: int, usage: resource.struct_rusage, kept: list[tuple[str, int]]) -> None:
        """Tell at once; cleaning up may take its time, and the next program waits for it."""
        clean = self.is_clean()
        facts = {
            "status": status,
            "cpu": usage.ru_utime + usage.ru_stime,
            "peak": usage.ru_maxrss,
            "clean": clean,
        }
        _send(self.control, {"ended": facts, "kept": [name for name, _ in kept]}, tuple(fd for _, fd in kept))
        for _, fd in kept:
            os.close(fd)
        if not clean:
            self.clean()
            _send(self.control, {"clean": True})

    def fit_private(self, job: Job) -> None:
        if self.cage.own_root and job.file_bytes != self.private_bytes:
            self.private_bytes = job.file_bytes
            self.renew_private()

    def renew_private(self) -> None:
        """A new /tmp, and rules that know it: Landlock's belong to the old one's very folder."""
        namespaces.renew_private(self.private_bytes)
        if self.cage.landlock_rules is not None:
            os.close(self.cage.landlock_rules)
            self.cage = replace(self.cage, landlock_rules=self.make_rules())

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
        drop_identity(becomes(self.cage, job))
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

    def is_clean(self) -> bool:
        found = os.stat(self.cage.private)
        if self.cage.own_root and stat.S_IMODE(found.st_mode) != namespaces.PRIVATE_MODE:
            return False
        return not os.listdir(self.cage.private)

    def clean(self) -> None:
        if self.cage.own_root:
            self.renew_private()
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


def _kill_all(pid: int, init: int | None) -> None:
    """With the namespace's first process all others die; without one there is the group that none can leave."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if init is not None:
            os.kill(init, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)  # it may not have made its group yet
            os.killpg(pid, signal.SIGKILL)


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
