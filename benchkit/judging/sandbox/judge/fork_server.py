"""The process that a pool's judges are forked from: what all of them need is imported once, here.

It starts without the caller's environment and data: each judge forks its zygote from this memory, and a
program can read whatever its zygote holds.
"""

from __future__ import annotations

import marshal
import os
import socket
import traceback
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import NoReturn

from benchkit.judging.sandbox.jail.rehearsal import rehearse
from benchkit.judging.sandbox.jail.setting import import_common, out_of_the_way, settle
from benchkit.judging.sandbox.jail.syscalls import name_process
from benchkit.judging.sandbox.judge import launch
from benchkit.judging.sandbox.judge.main import serve_pool
from benchkit.judging.sandbox.wire.frames import MESSAGE

_LAST_WAIT_S = 5.0  # for judges whose pool has ended


def main(fd: int) -> NoReturn:
    name_process("bench-forkserv")
    control = out_of_the_way(fd)
    import_common()
    rehearse()
    settle()
    ForkServer(control).serve()


class ForkServer:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.judges: dict[int, int] = {}  # the pool's numbers for them, and the processes'

    def serve(self) -> NoReturn:
        with suppress(ConnectionError):  # the pool may end before it has its answer
            self.obey_orders()
        deadline = monotonic() + _LAST_WAIT_S
        for number in list(self.judges):
            self.end_judge(number, max(0.0, deadline - monotonic()))
        os._exit(0)

    def obey_orders(self) -> None:
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 2)
            if not message:
                return
            kind, number, detail = marshal.loads(message)
            if kind == "start":
                self.start_judge(number, fds, contained=detail)
            else:
                self.end_judge(number, detail)
                self.control.send(marshal.dumps(number))

    def start_judge(self, number: int, fds: Sequence[int], *, contained: bool) -> None:
        try:
            pid = os.fork()
            if pid == 0:
                self.become_judge(*fds, contained=contained)
            self.judges[number] = pid
        except OSError:  # the machine is full; the pool finds its line closed
            pass
        for fd in fds:
            os.close(fd)

    def become_judge(self, line: int, shared: int, *, contained: bool) -> NoReturn:
        try:
            self.control.close()
            os.setsid()
            serve_pool(line, shared, contained)
        except (EOFError, ConnectionError):  # the pool has ended already
            pass
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def end_judge(self, number: int, wait_s: float) -> None:
        """A judge ends when its pool hangs up; one that does not in time is ended."""
        if (pid := self.judges.pop(number, None)) is not None:
            launch.reap(pid, wait_s)
