"""The stream's bytes to its events, whatever the reads."""

from __future__ import annotations

import io
import json
import time

import pytest

from benchkit.asking.client.failures import Overlong, RequestFailure
from benchkit.asking.client.stream import events

EVENTS = [{"choices": [{"delta": {"content": text}}]} for text in ("def", " é😀", "\n", "")]
BYTES = b": hello\n\n" + b"".join(
    f"data: {json.dumps(event, ensure_ascii=False)}\n\n".encode() for event in EVENTS
)


class Reads:
    """Gives out bytes as a socket does: some now, some later."""

    def __init__(self, *chunks: bytes) -> None:
        self._chunks = [chunk for chunk in chunks if chunk]

    def __call__(self, _amount: int, /) -> bytes:
        return self._chunks.pop(0) if self._chunks else b""


def all_events(*chunks: bytes) -> list[object]:
    return [event for batch in events(Reads(*chunks)) for event in batch]


def test_any_cut_gives_the_same_events() -> None:
    """Cut at every byte, also in the middle of a character, the events are the same."""
    for place in range(len(BYTES)):
        assert all_events(BYTES[:place], BYTES[place:]) == EVENTS


def test_byte_by_byte_gives_the_same_events() -> None:
    """Even one byte a read changes nothing."""
    assert all_events(*(bytes([byte]) for byte in BYTES)) == EVENTS


def test_a_last_line_without_its_end_counts() -> None:
    """The last event needs no newline."""
    assert all_events(BYTES.rstrip()) == EVENTS


@pytest.mark.parametrize("body", [b'{"choices": []}', b'{\n  "choices": [\n  ]\n}\n', b'\n\n{"choices": []}'])
def test_a_document_is_one_event(body: bytes) -> None:
    """A reply that is no stream, also one printed over several lines, is one event."""
    assert all_events(body) == [{"choices": []}]


def test_nothing_at_all_is_said() -> None:
    """An empty reply is a failure with its own words."""
    with pytest.raises(RequestFailure, match="empty"):
        all_events()


def test_a_line_of_many_reads_is_linear() -> None:
    """One event of 16 MB in reads of 4 kB takes about as long as its bytes take to parse."""
    line = b"data: " + json.dumps({"content": "x" * (16 << 20)}).encode() + b"\n"
    source = io.BytesIO(line)
    reads = Reads(*iter(lambda: source.read(4096), b""))
    begun = time.process_time()
    assert sum(len(batch) for batch in events(reads)) == 1
    assert time.process_time() - begun < 3


def test_a_reply_without_end_is_given_up() -> None:
    """A server that never stops is left once no budget of tokens could explain the size."""
    with pytest.raises(Overlong, match="does not end: 1 MB so far"):
        for _ in events(Reads(*[b"data: {}\n" * 10_000] * 20), most=1 << 20):
            pass
