"""One streamed request: how many tokens came, and when."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from benchkit.errors import ServerError
from benchkit.json_values import mapping, mappings, numbers
from benchkit.providers import read_usage
from benchkit.serving.servers.http import no_answer, stream

PATIENCE_S = 600.0  # for the next piece: a long prompt on a slow machine
MOST_TIMES, MOST_BESIDE = 10, 100  # more tokens than it was asked for: then the server does not heed it
_DATA = b"data:"
END: dict[str, Any] = {"choices": [{"finish_reason": "stop"}]}  # what the last line says, too


@dataclass(frozen=True)
class StreamingServer:
    """A server that answers."""

    base_url: str
    model: str
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Streamed:
    """One answer, in tokens and seconds since it was asked for."""

    prompt_tokens: int
    tokens: int
    first_s: float
    last_s: float
    timings: Mapping[str, float] = field(default_factory=dict)  # the server's own

    @property
    def tokens_per_second(self) -> float | None:
        """By our clock, from the first token to the last."""
        seconds = self.last_s - self.first_s
        return (self.tokens - 1) / seconds if self.tokens > 1 and seconds > 0 else None


def ask_for_tokens(target: StreamingServer, prompt: str, tokens: int, over: Event | None = None) -> Streamed:
    """An answer of exactly so many tokens where the server can be told to go on, else of at most so many.

    When `over` is set, nobody waits for it any more, and the server is not to compute the rest.
    """
    body = {
        "model": target.model,
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    on_and_on = {"ignore_eos": True, "cache_prompt": False}  # llama.cpp's words; vLLM knows the first
    try:
        return _streamed(target, body | on_and_on, over)
    except ServerError as error:
        if not _refuses_a_field(error):
            raise
        return _streamed(target, body, over)


def _refuses_a_field(error: ServerError) -> bool:
    """As strict servers do with fields that are not OpenAI's own."""
    return any(f"({status})" in str(error) for status in (400, 422))


def _streamed(target: StreamingServer, body: dict[str, Any], over: Event | None) -> Streamed:
    began = time.monotonic()
    first = last = None
    pieces, is_whole = 0, False
    asked = body["max_tokens"]
    most = MOST_TIMES * asked + MOST_BESIDE
    usage: Mapping[str, Any] = {}
    timings: dict[str, float] = {}
    for event in _events(target, body):
        if over is not None and over.is_set():
            raise ServerError("nobody waits for this answer")
        if error := event.get("error"):
            said = error.get("message") if isinstance(error, dict) else error
            raise ServerError(f"{target.base_url} gives up an answer: {' '.join(str(said).split())}")
        choices = mappings(event.get("choices")) or ()
        if any(map(_has_text, choices)):
            last = time.monotonic() - began
            first, pieces = first or last, pieces + 1
        is_whole = is_whole or any(choice.get("finish_reason") for choice in choices)
        if pieces > most:
            raise ServerError(f"{target.base_url} goes on after {most} tokens, and {asked} were asked for")
        usage = mapping(event.get("usage")) or usage
        timings |= numbers(event.get("timings")) or {}
    if first is None or last is None:
        raise ServerError(f"{target.base_url} answered without a single token")
    if not is_whole:
        raise ServerError(f"{target.base_url} broke off an answer after {pieces} tokens")
    counted = read_usage(usage)
    tokens = int(counted.completion_tokens or timings.get("predicted_n") or pieces)
    return Streamed(
        prompt_tokens=int(counted.prompt_tokens or timings.get("prompt_n") or 0),
        tokens=tokens if 0 < tokens <= most else pieces,
        first_s=first,
        last_s=last,
        timings=timings,
    )


def _events(target: StreamingServer, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    url = f"{target.base_url}/chat/completions"
    for line in _lines(url, body, target.key):
        if not line.startswith(_DATA):
            continue
        if line.strip().endswith(b"[DONE]"):
            yield END
            continue
        try:
            event = json.loads(line[len(_DATA) :])
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _lines(url: str, body: dict[str, Any], key: str | None) -> Iterator[bytes]:
    try:
        yield from stream(url, body, timeout=PATIENCE_S, key=key)
    except OSError as error:  # a server that breaks off is the server's failure
        raise no_answer(url, error, PATIENCE_S) from error


def _has_text(choice: Mapping[str, Any]) -> bool:
    said = mapping(choice.get("delta")) or {}
    return any(said.get(part) for part in ("content", "reasoning_content", "reasoning"))
