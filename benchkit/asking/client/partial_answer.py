"""Collects events into an Answer: text, reasoning, finish reason, tokens and timings."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from benchkit.asking.client.failures import (
    CONTEXT_EXCEEDED,
    ContextExceeded,
    Refusal,
    RequestFailure,
    error_text,
    failure_of,
)
from benchkit.asking.client.stream import Event
from benchkit.asking.script.base import Answer
from benchkit.endings import CONTENT_FILTER, FAILED, LENGTH, ending
from benchkit.json_values import number
from benchkit.providers.dialects import dialect_of
from benchkit.providers.preset import Provider
from benchkit.providers.table import LOCAL
from benchkit.providers.usage import read_usage
from benchkit.replies import error_in, status_of

TIMINGS = (
    "prompt_n",
    "prompt_ms",
    "prompt_per_second",
    "predicted_n",
    "predicted_ms",
    "predicted_per_second",
    "draft_n",
    "draft_n_accepted",
)


NOTES = {CONTENT_FILTER: "the server's content filter ended the answer"}  # by finish reason


class PartialAnswer:
    """An answer whose events are still arriving."""

    def __init__(self, provider: Provider = LOCAL, hide: Callable[[str], str] = str) -> None:
        self._hide = hide  # masks an API key that the server repeats
        self._provider, self._in_openais_form = provider, dialect_of(provider).event
        self._text: list[str] = []
        self._thoughts: list[str] = []
        self._finish: str | None = None
        self._choices = 0
        self.characters = 0  # of text and thoughts
        self._usage: dict[str, Any] = {}
        self._timings: dict[str, Any] = {}
        self._started, self.begun = time.time(), time.monotonic()
        self._first: float | None = None
        self.last_token = self.begun

    def take(self, event: Event) -> None:
        """Add one event: a stream's, or a whole answer."""
        event = self._in_openais_form(event)
        if (error := error_in(event)) is not None:
            raise _error(error, self._hide)
        choices = event.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            self._choices += 1
            self._take_choice(_object(choice))
        self._usage |= _object(event.get("usage"))  # some tell it in parts
        self._timings = _object(event.get("timings")) or self._timings

    def _take_choice(self, choice: dict[str, Any]) -> None:
        said = _object(choice.get("delta")) or _object(choice.get("message")) or choice
        text = said.get("content") or said.get("text")
        thought = said.get("reasoning_content") or said.get("reasoning")
        if isinstance(text, list):
            text, thought = _in_parts(text)
        if text or thought:
            self.last_token = time.monotonic()
            self._first = self._first or self.last_token
            self._text.append(_as_text(text))
            self._thoughts.append(_as_text(thought))
            self.characters += len(self._text[-1]) + len(self._thoughts[-1])
        self._finish = ending(_as_text(choice.get("finish_reason"))) or self._finish

    @property
    def ended(self) -> bool:
        """Whether the server said that the answer is whole."""
        return self._finish is not None

    def answer(self) -> Answer:
        """The complete answer; raises where there is none or where the stream was cut."""
        if not self._choices:
            raise RequestFailure("the reply holds no choice", tries=2)
        if not self.ended:
            raise RequestFailure("the stream was cut in the middle of the answer")
        if self._finish == FAILED:
            raise RequestFailure("the server gave the answer up before its end")
        return self._answer(self._finish, NOTES.get(self._finish or "", ""))

    def cut_off(self) -> Answer:
        """The part of the answer that was read before its length limit."""
        note = f"the server goes on past the token budget: reading ended at {self.characters} characters"
        return self._answer(LENGTH, note)

    def _answer(self, finish: str | None, note: str) -> Answer:
        usage = read_usage(self._usage, self._provider.usage)
        return Answer(
            response=self._hide(_clean("".join(self._text))),
            reasoning=self._hide(_clean("".join(self._thoughts))),
            finish_reason=finish,
            note=note,
            prompt_tokens=_count(usage.prompt_tokens, self._timings.get("prompt_n")),
            completion_tokens=_count(usage.completion_tokens, self._timings.get("predicted_n")),
            cached_tokens=usage.cached_tokens,
            cache_write_tokens=usage.cache_write_tokens,
            reasoning_tokens=usage.reasoning_tokens,
            cost=usage.cost,
            started=round(self._started, 3),
            seconds=round(self.last_token - self.begun, 4) or time.monotonic() - self.begun,
            first_token_s=None if self._first is None else round(self._first - self.begun, 4),
            server={
                name: value for name in TIMINGS if (value := number(self._timings.get(name))) is not None
            },
        )


def _error(error: Any, hide: Callable[[str], str]) -> Exception:
    """An error that came inside a reply whose status was 200."""
    body = hide(json.dumps({"error": error}))
    if CONTEXT_EXCEEDED.search(body):
        return ContextExceeded(error_text(body))
    return failure_of(Refusal(status_of(error), body, {}))


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _in_parts(parts: list[Any]) -> tuple[str, str]:
    """Text and reasoning of a content made of parts, the form of Mistral's reasoning models."""
    text, thoughts = [], []
    for part in map(_object, parts):
        text.append(_as_text(part.get("text")))
        inner = part.get("thinking")
        thoughts.append(_in_parts(inner)[0] if isinstance(inner, list) else _as_text(inner))
    return "".join(text), "".join(thoughts)


def _as_text(part: Any) -> str:
    return part if isinstance(part, str) else ""


def _clean(text: str) -> str:
    """Join surrogate pairs that were split over two tokens; half a pair alone becomes U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(*values: Any) -> int | None:
    return next((int(known) for one in values if (known := number(one)) is not None), None)
