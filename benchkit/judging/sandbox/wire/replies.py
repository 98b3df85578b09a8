"""One reply of a program, as bytes and in words: whatever it claims, it is only read, never believed."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

from benchkit.judging.sandbox.stopped import ProgramStopped
from benchkit.judging.sandbox.wire import decoding
from benchkit.verdict import Verdict

MOST_TEXT = 300


@dataclass(frozen=True)
class RawReply:
    """One reply as it came."""

    kind: bytes
    seconds: float
    body: bytes


def value_of(body: bytes) -> Any:
    try:
        return decoding.decode(body)
    except (decoding.BadBytes, struct.error):
        raise ProgramStopped(Verdict.ERROR, "wrote to the judge's descriptor what is no value") from None


def readable(body: bytes) -> str:
    return body[:MOST_TEXT].decode("utf-8", "replace")


def read_exception(reply: RawReply) -> tuple[str, str, str]:
    """An exception's type, builtin base and text."""
    kind, base, text = (readable(part) for part in (*reply.body.split(b"\0"), b"", b"", b"")[:3])
    return kind, base, text


def describe_exception(reply: RawReply) -> str:
    kind, _, text = read_exception(reply)
    return f"{kind}: {text}" if text else kind


def raised(reply: RawReply) -> ProgramStopped:
    """What an exception in the candidate comes to."""
    memory = read_exception(reply)[1] == "MemoryError"
    return ProgramStopped(Verdict.MEMORY if memory else Verdict.ERROR, describe_exception(reply))
