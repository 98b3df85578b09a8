"""The Protocol of a dialect: how questions and replies differ from those of OpenAI's chat completions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Body = dict[str, Any]


class Dialect(Protocol):
    """Translates between OpenAI's form, which the rest of the code speaks, and a provider's own."""

    # Where a question goes, below the base URL: one in chat messages, or a text to continue.
    def path(self, mode: str) -> str: ...

    # Where the list of models is, below the base URL.
    def models_path(self) -> str: ...

    # The headers of each request; those of the key only where there is one.
    def headers(self, key: str | None) -> Mapping[str, str]: ...

    # A question's body, from one in OpenAI's form.
    def body(self, body: Body) -> Body: ...

    # One event of a stream, or a whole reply, in OpenAI's form; empty where it says nothing that matters.
    def event(self, event: Body) -> Body: ...
