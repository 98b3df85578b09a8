"""Parses the bytes of a reply into events. Each token costs one split and one json.loads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from benchkit.asking.client.bodies import READ_AT_MOST, Read
from benchkit.asking.client.budget import LONGEST_REPLY
from benchkit.asking.client.failures import Overlong, RequestFailure, error_text

Event = dict[str, Any]


def events(read: Read, most: int = LONGEST_REPLY) -> Iterator[list[Event]]:
    """The events of each read; a reply that is not streamed is one event.

    Empty lists are yielded as well (for keep-alive comments), so that the caller can check its time limits.
    """
    tail: list[bytes] = []  # the incomplete last line
    stray: list[bytes] = []  # lines that belong to no event
    streamed = False
    for chunk in _chunks(read, most):
        *lines, rest = chunk.split(b"\n")
        if lines:
            lines[0] = b"".join([*tail, lines[0]])
            tail.clear()
        tail.append(rest)
        batch = [event for line in lines if (event := _event(line, stray)) is not None]
        streamed = streamed or bool(batch)
        yield batch
    last = _event(b"".join(tail), stray)
    if last is not None:
        yield [last]
    elif not streamed:
        yield [_whole(b"\n".join(stray))]


def _chunks(read: Read, most: int) -> Iterator[bytes]:
    size = 0
    while chunk := read(READ_AT_MOST):
        size += len(chunk)
        if size > most:
            raise Overlong(f"the reply does not end: {size >> 20} MB so far", tries=1)
        yield chunk


def _event(line: bytes, stray: list[bytes]) -> Event | None:
    """The event of a line, if it holds one; bytes that are no UTF-8 become replacement characters."""
    if line.startswith((b"data:", b"error:")):
        kind, _, data = line.partition(b":")
        text = data.decode("utf-8", "replace").strip()
        if text in ("[DONE]", ""):
            return None
        return _parsed(text) if kind == b"data" else {"error": _parsed(text)}
    if line.strip() and not line.startswith((b":", b"event:", b"id:", b"retry:")):
        stray.append(line)
    return None


def _parsed(text: str) -> Event:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        raise RequestFailure(f"the stream holds broken JSON: {text[:80]!r}", tries=2) from None
    if isinstance(event, list) and len(event) == 1:  # as Google's errors come
        event = event[0]
    if not isinstance(event, dict):
        raise RequestFailure(f"the stream holds {text[:80]!r} where an object belongs", tries=2)
    return event


def _whole(body: bytes) -> Event:
    """A reply that came in one piece, as servers without streaming send it."""
    text = body.decode("utf-8", "replace").strip()
    if not text:
        raise RequestFailure("the reply is empty", tries=2)
    if text.startswith("<"):
        raise RequestFailure(
            f"a web page came instead of an answer ({error_text(text)}): "
            "check --base-url, which normally ends in /v1",
            tries=1,
        )
    return _parsed(text)
