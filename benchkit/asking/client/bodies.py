"""The bytes of a reply, in bounded memory and time, whatever the server sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Timer
from typing import TYPE_CHECKING

from benchkit.asking.client.failures import RequestFailure

if TYPE_CHECKING:
    import requests

READ_AT_MOST = 1 << 16
MOST_OF_AN_ERROR = 64 << 10
ERROR_WITHIN_S = 10.0
PLAIN = ("", "identity")

Read = Callable[[int], bytes]
"""Returns what has arrived, at most that many bytes; waits for the first one; empty at the end."""


def reader(response: requests.Response) -> Read:
    """Reads a body; one that is compressed although we asked for plain text is unpacked."""
    raw = response.raw
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding in PLAIN:
        return lambda amount: bytes(raw.read1(amount, decode_content=False))
    if encoding not in raw.CONTENT_DECODERS:
        raise RequestFailure(
            f"the server compresses its answers with {encoding!r}, although it was asked not to: "
            "turn that off there",
            tries=1,
        )
    return lambda amount: bytes(raw.read1(amount, decode_content=True))


def read_whole(response: requests.Response, most: int, within_s: float) -> bytes | None:
    """The whole body; None where it is longer, or takes longer, than that."""
    chunks: list[bytes] = []
    size = 0
    for chunk in _chunks(response, within_s):
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
        if not chunk:
            return b"".join(chunks)
    return None


def read_error(response: requests.Response) -> str:
    """The beginning of an error's body, or what of it arrived in time."""
    chunks: list[bytes] = []
    size = 0
    for chunk in _chunks(response, ERROR_WITHIN_S):
        chunks.append(chunk)
        size += len(chunk)
        if not chunk or size >= MOST_OF_AN_ERROR:
            break
    return b"".join(chunks)[:MOST_OF_AN_ERROR].decode("utf-8", "replace")


def _chunks(response: requests.Response, within_s: float) -> Iterator[bytes]:
    """The chunks that arrive within the time limit, then an empty one at the body's end."""
    import urllib3

    deadline = time.monotonic() + within_s
    with suppress(urllib3.exceptions.HTTPError, OSError, RequestFailure), _ended_after(response, within_s):
        read = reader(response)
        while time.monotonic() < deadline:
            chunk = read(READ_AT_MOST)
            if not chunk and time.monotonic() >= deadline:
                return  # our time limit, not the body's end
            yield chunk
            if not chunk:
                return


@contextmanager
def _ended_after(response: requests.Response, seconds: float) -> Iterator[None]:
    """A read that waits longer ends as if the server had hung up."""

    def end() -> None:
        with suppress(
            ValueError, RuntimeError, OSError
        ):  # the body is read and the connection returned to its pool
            response.raw.shutdown()

    timer = Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
