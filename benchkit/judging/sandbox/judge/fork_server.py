"""The process that a pool's judges are forked from: what all of them need is imported once, here.

It is started with nothing of the caller's in it, neither environment nor data: each judge forks its zygote
from what it got here, and what a zygote holds, a program can find in its own memory.
"""

from __future__ import annotations

import marshal
import os
import socket
import traceback
from time import monotonic
from typing import NoReturn

from benchkit.judging.sandbox import judge, launch
from benchkit.judging.sandbox.jail.frames import MESSAGE
from benchkit.judging.sandbox.jail.rehearsal import rehearse
from benchkit.judging.sandbox.jail.setting import import_common, out_of_the_way, settle
from benchkit.judging.sandbox.jail.syscalls import name_process

_LAST_WAIT_S = 5.0  # for judges whose pool has gone


def main(fd: int) -> NoReturn:
    name_process("bench-mother")
    control = out_of_the_way(fd)
    import_common()
    rehearse()
    settle()
    Mother(control).serve()


class Mother:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.judges: dict[int, int] = {}  # the pool's numbers for them, and the processes'

    def serve(self) -> NoReturn:
        while True:
            message, fds, _, _ = socket.recv_fds(self.control, MESSAGE, 1)
            if not message:
                break
            kind, number, detail = marshal.loads(message)
            if kind == "bear":
                self.bear(number, fds[0], detail)
            else:
                self.bury(number, detail)
                self.control.send(marshal.dumps(number))
        deadline = monotonic() + _LAST_WAIT_S
        for number in list(self.judges):
            self.bury(number, max(0.0, deadline - monotonic()))
        os._exit(0)

    def bear(self, number: int, line: int, contained: bool) -> None:
        try:
            pid = os.fork()
        except OSError:  # the machine is full; the pool finds its line closed
            os.close(line)
            return
        if pid == 0:
            self.become_judge(line, contained)
        os.close(line)
        self.judges[number] = pid

    def become_judge(self, line: int, contained: bool) -> NoReturn:
        try:
            self.control.close()
            os.setsid()
            judge.main(line, contained)
        except (EOFError, ConnectionError):  # the pool has gone at once
            pass
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)

    def bury(self, number: int, wait_s: float) -> None:
        """A judge ends when its pool hangs up; one that does not in time is ended."""
        if (pid := self.judges.pop(number, None)) is not None:
            launch.bury(pid, wait_s)
