# ruff: noqa: PTH101, PTH116, PTH208
# Descriptors and byte-exact calls of the system; pathlib would be memory and time for nothing in every fork.
"""The zygote: a process that holds nothing but code, and forks once a program.

A control socket says what kind of program comes and which descriptors it gets; the zygote never reads
from these: code and data go from the judge to the fork, so that no program finds another's in its memory.
"""

from __future__ import annotations

import array
import contextlib
import fcntl
import gc
import marshal
import os
import resource
import select
import signal
import socket
import stat
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from benchkit.judging.sandbox.jail import folder, functions, programs, semaphores, syscalls
from benchkit.judging.sandbox.jail.confine import ConfinementPlan, confine, drop_identity, plan
from benchkit.judging.sandbox.jail.descriptors import open_kept_files, place_descriptors, write_files
from benchkit.judging.sandbox.jail.ending import ends_by_itself, kill_all, reap_orphans
from benchkit.judging.sandbox.jail.setting import (
    ZygoteState,
    close_others,
    import_also,
    new_seeds,
    out_of_the_way,
    send,
    set_up,
    warm_up,
)
from benchkit.judging.sandbox.jail.threads import ThreadGuard
from benchkit.judging.sandbox.wire import frames
from benchkit.judging.sandbox.wire.frames import MESSAGE, Job
from benchkit.judging.sandbox.wire.setup import WorkerSetup, as_message

_TOGETHER_MS = 20  # that a program stays on its judge's CPU; most have ended
_RIGHTS = socket.CMSG_LEN(4 * array.array("i").itemsize)


def main(control_fd: int) -> NoReturn:
    syscalls.name_process("bench-zygote")
    control = out_of_the_way(control_fd)
    close_others()  # the judge's own end is among them: closing it would not be noticed
    _start_zygote(control, {})


def main_in_container(address: str, private: str) -> None:
    """The same where the judge is reached by a name and the machine is another's."""
    control = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    control.connect(address)
    _start_zygote(
        out_of_the_way(control.detach()),
        {"scratch": private, "uid": None, "uid_reads_python": True, "site": None, "path": None},
    )


def _start_zygote(control: socket.socket, further: dict[str, Any]) -> NoReturn:
    message, fds, _, _ = socket.recv_fds(control, MESSAGE, 1)
    if not message:
        os._exit(0)
    for own_log in fds:
        os.dup2(own_log, 2)
    log = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 200)
    setup = WorkerSetup(**{**marshal.loads(message), **further})
    if setup.path:
        os.environ["PATH"] = setup.path
    try:
        warm_up(setup.site)
        setting = set_up(control, setup)
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
    def __init__(self, setting: ZygoteState) -> None:
        self.setting = setting
        self.control = setting.control
        self.cage = setting.cage
        self.number = 0  # of the program; the judge counts as well
        self.cpu: int | None = None  # where programs run now; None: anywhere
        self.cpus = os.sched_getaffinity(0)
        self.order = bytearray(MESSAGE)
        self.poll = select.poll()
        self.poll.register(self.control, select.POLLIN)
        self.guard = self.make_guard()

    def make_guard(self) -> ThreadGuard | None:
        if not self.cage.asks_for_threads:
            return None
        ends = (out_of_the_way(end.detach()) for end in socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
        return ThreadGuard(self.poll, *ends)

    def serve(self) -> NoReturn:
        gc.disable()  # in a fork it would copy every page; there it waits for the program
        send(self.control, {"ready": as_message(self.setting.facts)})
        while True:
            self.run()

    def run(self) -> None:
        """One program, from its job to its end."""
        init = self.setting.begin_namespace()
        new_seeds()
        order, fds = self.next_job()
        self.number += 1
        job = Job(*order["job"])
        self.move(order["cpu"])
        planned = plan(self.cage, job)
        self.setting.make_room(job.file_bytes)
        pid = syscalls.fork()
        if pid == 0:
            self.run_fork(job, planned, fds)
        for fd in fds:
            os.close(fd)
        if self.guard is not None:
            self.guard.begin(pid, job.threads)
        ordered = self.wait(pid, init)
        status, usage, namespace_lost = self.end(pid, init, ordered=ordered)
        self.report_end(status, usage, open_kept_files(order["keep"]), namespace_lost=namespace_lost)

    def move(self, cpu: int | None) -> None:
        """With all programs to come; a container may not have this very CPU."""
        if cpu != self.cpu:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, self.cpus if cpu is None else {cpu})
            self.cpu = cpu

    def release(self, pid: int) -> None:
        """From the CPU where it has stayed so far, lest it shares that with another all its life."""
        with contextlib.suppress(OSError):
            os.sched_setaffinity(pid, self.cpus)  # the first thread, also where there is no /proc
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), self.cpus)

    def next_job(self) -> tuple[dict[str, Any], Sequence[int]]:
        """What else may come is an order to end a program that has ended by itself."""
        while True:
            order, fds = self.next_order()
            if "job" in order:
                return order, fds
            if "import" in order:
                import_also(order["import"])
                send(self.control, {"imported": True})
            if not order:
                os._exit(0)

    def run_fork(self, job: Job, planned: ConfinementPlan, fds: Sequence[int]) -> NoReturn:
        """In the fork: never comes back."""
        code = 70
        try:
            code = self._run_program(job, planned, fds)
        except EOFError:  # the judge has hung up
            code = 0
        finally:
            os._exit(code)

    def _run_program(self, job: Job, planned: ConfinementPlan, fds: Sequence[int]) -> int:
        """Take the program, put everything in place, confine, run."""
        os.setsid()
        if not self.cage.own_pid_namespace:
            syscalls.die_with_parent()
        descriptors = place_descriptors(job.kind, fds)
        drop_identity(planned.uid)
        task = frames.read_request(frames.REQUESTS)
        if task["files"]:
            write_files(task["files"], task["executable"])
        outbox = self.guard.outbox if self.guard is not None else None
        confine(planned, self.setting.landlock_rules, descriptors, outbox)
        if job.kind == "command":
            return programs.run_command(task["argv"])
        sys.path.insert(0, self.cage.private)
        if job.processes == 1:
            semaphores.install()
        gc.enable()
        if job.kind == "source":
            os.close(frames.REQUESTS)
            return programs.run_source(task["source"])
        functions.serve(task["source"])
        return 0

    def wait(self, pid: int, init: int | None) -> bool:
        """Wait for the program's end; whether the judge ordered it. The zygote ends with its judge."""
        ordered = False
        watched = syscalls.pidfd_open(pid)
        self.poll.register(watched, select.POLLIN)
        left_ms = None if self.cpu is None else _TOGETHER_MS
        while (watched, select.POLLIN) not in (events := self.poll.poll(left_ms)):
            if not events:
                self.release(pid)
                left_ms = None
                continue
            for fd, event in events:
                if self.guard is None or not self.guard.handles(fd, event):
                    ordered |= self.handle_order(pid, init)
        self.poll.unregister(watched)
        os.close(watched)
        if self.guard is not None:
            self.guard.end()
        return ordered

    def handle_order(self, pid: int, init: int | None) -> bool:
        """Whether it was an order to end this program."""
        order, _ = self.next_order()
        ordered = not order or order.get("kill") == self.number
        if ordered:
            kill_all(pid, init)
        if not order:
            self.end(pid, init, ordered=True)
            os._exit(0)
        return ordered

    def next_order(self) -> tuple[dict[str, Any], Sequence[int]]:
        """Empty where the judge has ended. marshal is safe here, since the judge is trusted."""
        size, rights, _, _ = self.control.recvmsg_into([self.order], _RIGHTS)
        fds = array.array("i", rights[0][2]) if rights else ()
        return marshal.loads(self.order) if size else {}, fds

    def end(self, pid: int, init: int | None, *, ordered: bool) -> tuple[int, resource.struct_rusage, bool]:
        """Reap the program and whatever it started; its times and peak are its own, by wait4.

        The last is whether somebody ended its namespace's first process, and the program died of that.
        """
        namespace_lost = False
        if init is None:
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            kill_all(pid, init)  # its number is still taken, so the group is still its own
        _, status, usage = os.wait4(pid, 0)
        if init is None:
            reap_orphans()
        else:
            # It cannot reach that process itself, so that one which ends first was ended from outside.
            namespace_lost = status == signal.SIGKILL and not ordered and ends_by_itself(init)
            kill_all(pid, init)
            os.waitpid(init, 0)  # returns when the whole namespace is dead
        return status, usage, namespace_lost

    def report_end(
        self,
        status: int,
        usage: resource.struct_rusage,
        kept: Mapping[int, int],
        *,
        namespace_lost: bool,
    ) -> None:
        """Report at once; cleaning up may take long, and the next program waits for it."""
        clean = self.is_clean()
        cpu_s = usage.ru_utime + usage.ru_stime
        report = frames.END.pack(status, cpu_s, usage.ru_maxrss, clean, namespace_lost) + bytes(kept)
        if kept:
            socket.send_fds(self.control, [report], list(kept.values()))
            for fd in kept.values():
                os.close(fd)
        else:
            self.control.send(report)
        if not clean:
            self.clean()
            send(self.control, {"clean": True})

    def is_clean(self) -> bool:
        facts = os.stat(self.cage.private)
        untouched = stat.S_IMODE(facts.st_mode), facts.st_mtime_ns
        return untouched == self.setting.private_facts and not os.listdir(self.cage.private)

    def clean(self) -> None:
        if self.cage.own_root:
            self.setting.renew_private()
        else:
            os.chmod(self.cage.private, self.setting.private_facts[0])
            folder.empty(self.cage.private)
            self.setting.note_private()
