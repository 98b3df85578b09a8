"""What passes through a script: a question, its answer, and a row with the verdict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Protocol

from benchkit.endings import CONTENT_FILTER, LENGTH
from benchkit.json_values import mapping, number, whole
from benchkit.verdict import Verdict

Message = dict[str, str]
FACTS_OF_USAGE = ("cached_tokens", "cache_write_tokens", "reasoning_tokens", "cost")


@dataclass(frozen=True)
class Prompt:
    """What the model is sent: messages for its chat template, or plain text to continue."""

    content: tuple[Message, ...] | str
    stop: tuple[str, ...] = ()
    prefill_head: str | None = None  # the last definition that the prefill begins: "def add"
    schema: Mapping[str, Any] | None = None  # of the answer, for servers that hold a model to it

    @property
    def mode(self) -> str:
        return "completion" if isinstance(self.content, str) else "chat"

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The roles and their texts, for people to read."""
        if isinstance(self.content, str):
            return [("text", self.content)]
        return [(message["role"], message["content"]) for message in self.content]

    @property
    def prefill(self) -> str:
        """The start of the answer that was put into the model's mouth."""
        role, text = self.parts[-1]
        return text if role == "assistant" else ""

    @cached_property
    def digest(self) -> str:
        """Tells whether a stored answer was given to this very prompt."""
        from hashlib import sha256  # loads OpenSSL, which judging alone does not need

        asked = [self.content, self.stop, *([self.schema] if self.schema else [])]
        return sha256(json.dumps(asked).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Question:
    """One sample to ask for; all samples of a problem share one prompt."""

    task_id: str
    sample: int
    prompt: Prompt
    task: Any = None  # the script's own problem, handed through to its judge
    turn: int = 0  # of a chat in which the same sample is asked for again


@dataclass(frozen=True)
class Answer:
    """What came back, and what it took."""

    response: str = ""
    reasoning: str = ""  # thoughts that the server kept apart from the answer
    finish_reason: str | None = None  # "length": cut off at the token budget or at the context's end
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None  # of the prompt's: read from the provider's cache
    cache_write_tokens: int | None = None  # of the prompt's: written into it, where that costs extra
    reasoning_tokens: int | None = None  # of the completion's
    cost: float | None = None  # in US dollars
    cost_source: str = ""  # where it is from; empty: the reply itself
    started: float = 0.0  # seconds since the epoch
    seconds: float = 0.0
    first_token_s: float | None = None
    server: Mapping[str, float] = field(default_factory=dict)  # the server's own timings
    tries: int = 1
    reused: str = ""  # the earlier run that it was asked for in; then it tells no times
    note: str = ""  # what was odd about it, for people
    failure: str | None = None  # the server's fault: no answer came, and why

    @property
    def truncated(self) -> bool:
        return self.finish_reason == LENGTH

    @property
    def filtered(self) -> bool:
        return self.finish_reason == CONTENT_FILTER

    def as_record(self) -> dict[str, Any]:
        """The line of a journal; what is unknown is left out."""
        return {name: value for name, value in asdict(self).items() if value not in (None, "", {})}

    def facts(self) -> dict[str, Any]:
        """The fields of a verdict's line about the request."""
        record = self.as_record()
        names = ("finish_reason", "prompt_tokens", *FACTS_OF_USAGE, "first_token_s", "reused", "note")
        return {name: record[name] for name in names if name in record} | {"request_s": self.seconds}


_TEXTS = ("response", "reasoning", "cost_source", "reused", "note")
_COUNTS = (
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "tries",
)
_NUMBERS = ("cost", "started", "seconds", "first_token_s")


def read_answer(row: Mapping[str, Any]) -> Answer | None:
    """The answer in a journal's line; None where it is damaged, so that it is asked for again."""
    known = {name: row[name] for name in _READERS if row.get(name) is not None}
    if "response" not in known or any(_READERS[name](value) is None for name, value in known.items()):
        return None
    return Answer(**known)


def _text(value: object) -> str | None:
    """An empty one, too."""
    return value if isinstance(value, str) else None


_READERS: Mapping[str, Callable[[object], object]] = {
    **dict.fromkeys((*_TEXTS, "finish_reason"), _text),
    **dict.fromkeys(_COUNTS, whole),
    **dict.fromkeys(_NUMBERS, number),
    "server": mapping,
}
"""Of each field that a journal keeps: what failed is in none."""


class VerdictRow(Protocol):
    """One sample's verdict, as the script's judge gives it."""

    @property
    def task_id(self) -> str: ...
    @property
    def sample(self) -> int: ...
    @property
    def verdict(self) -> Verdict: ...
    @property
    def detail(self) -> str: ...
    @property
    def tokens(self) -> int | None: ...

    # The line of verdicts.jsonl.
    def as_record(self) -> dict[str, Any]: ...
