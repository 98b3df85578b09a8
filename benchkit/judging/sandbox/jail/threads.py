"""Keeps a program's threads within its limit where no namespace counts its processes apart.

The kernel counts the processes of a user, all programs and the user's own together. So the filter has each
request for a thread wait for the zygote's answer, which counts the threads of this one program.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import socket
import struct
from time import monotonic, sleep

_RECEIVE, _SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, …_SEND
_REQUEST_BYTES = 80
_GO_ON = 1  # SECCOMP_USER_NOTIF_FLAG_CONTINUE
_STARTED_S = 0.01  # that a thread takes at most from our permission until it is counted


class ThreadGuard:
    """The zygote's end: one at a time, for the program that runs."""

    def __init__(self, poll: select.poll, inbox: socket.socket, outbox: socket.socket) -> None:
        self.poll = poll
        self.inbox = inbox
        self.outbox = outbox  # for a fork to send us its filter's listener
        self.listener = -1
        self.pid = 0
        self.most = 0
        self.granted: list[float] = []  # when the last permissions were given
        self.ever = 0
        inbox.setblocking(False)
        poll.register(inbox, select.POLLIN)

    def begin(self, pid: int, most: int) -> None:
        self.pid, self.most = pid, most
        self.granted.clear()
        self.ever = 0

    def handles(self, fd: int, event: int) -> bool:
        """Whether the event of poll was for this object."""
        if fd == self.inbox.fileno():
            self._take_listener()
        elif fd != self.listener:
            return False
        elif event & select.POLLIN:
            self._answer()
        else:  # no process is left that could ask
            self._let_go()
        return True

    def end(self) -> None:
        """The program is over; one that was killed at once may have left its listener in the inbox."""
        self._take_listener()
        self._let_go()

    def _take_listener(self) -> None:
        with contextlib.suppress(BlockingIOError):
            _, (listener,), _, _ = socket.recv_fds(self.inbox, 1, 1)
            self.listener = listener
            self.poll.register(listener, select.POLLIN)

    def _let_go(self) -> None:
        if self.listener >= 0:
            self.poll.unregister(self.listener)
            os.close(self.listener)
            self.listener = -1

    def _answer(self) -> None:
        request = bytearray(_REQUEST_BYTES)
        with contextlib.suppress(OSError):  # the thread that asked has ended
            fcntl.ioctl(self.listener, _RECEIVE, request)
            (number,) = struct.unpack_from("=Q", request)
            error, flags = (0, _GO_ON) if self._may_have_another() else (-errno.EAGAIN, 0)
            fcntl.ioctl(self.listener, _SEND, struct.pack("=QqiI", number, 0, error, flags))

    def _may_have_another(self) -> bool:
        """Threads that are permitted and not started yet count as well."""
        while True:
            now = monotonic()
            self.granted = [at for at in self.granted if now - at < _STARTED_S]
            there = self._count()
            if there + len(self.granted) < self.most:
                self.granted.append(now)
                self.ever += 1
                return True
            if there >= self.most or not self.granted:
                return False
            sleep(0.001)

    def _count(self) -> int:
        """The threads beside the first; where /proc is closed, all that were ever started."""
        try:
            return len(os.listdir(f"/proc/{self.pid}/task")) - 1  # noqa: PTH208 - pathlib is too large here
        except OSError:
            return self.ever
