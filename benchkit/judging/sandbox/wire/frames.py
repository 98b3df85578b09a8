"""The small messages between judge and jail: length and plain data on a pipe, replies with a fixed head."""

from __future__ import annotations

import marshal
import os
import struct
from typing import Any, NamedTuple

# judge -> jail, on REQUESTS; marshal is safe here: the judge is trusted
LENGTH = struct.Struct("<Q")
# jail -> judge, on REPLIES: kind, seconds, length of what follows; the judge trusts none of it
REPLY = struct.Struct("<cdQ")

# zygote -> judge, when a program has ended: wait status, CPU seconds, peak in KiB, whether nothing is left to
# clean, whether its pid namespace was ended from outside; then a byte for each kept file, its place
# in the list of files to keep
END = struct.Struct("<idQ??")

REQUESTS, REPLIES = 3, 4  # the descriptors' numbers in the jail

LOADED = b"L"  # the source ran to its end
VALUE = b"V"  # an encoded value
DIGEST = b"D"  # a digest and a length: the value is large and stays until it is asked for
OPAQUE = b"O"  # text: the result is not plain data
RAISED = b"E"  # an exception: its type, its builtin base, its text, NUL between them
SHARED = b"S"  # an encoded tuple: what became of a test's call, the shared values that changed, what it gave
ENDED = b"T"  # the test inside ran to its end: the completion token

UNCAUGHT = 213  # the exit code of a Python program that an exception ended; reported as Python's own 1

LARGE = 64 << 10
MESSAGE = 1 << 16  # the longest order to a zygote, or report of one


class Job(NamedTuple):
    """What the zygote receives about a program."""

    kind: str  # functions, source, command
    cpu_s: int
    memory: int
    file_bytes: int
    processes: int
    threads: int
    addresses: int


def request(message: Any) -> bytes:
    body = marshal.dumps(message)
    return LENGTH.pack(len(body)) + body


def read_request(fd: int) -> Any:
    """The next request; EOFError where the judge has ended."""
    (size,) = LENGTH.unpack(_read(fd, LENGTH.size))
    return marshal.loads(_read(fd, size))


def _read(fd: int, size: int) -> bytes:
    parts = []
    while size:
        part = os.read(fd, min(size, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def write_reply(fd: int, kind: bytes, seconds: float, body: bytes) -> None:
    rest = memoryview(REPLY.pack(kind, seconds, len(body)) + body)
    while rest:
        rest = rest[os.write(fd, rest) :]
