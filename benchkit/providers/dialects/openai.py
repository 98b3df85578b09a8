"""OpenAI's chat completions, which most providers speak: https://platform.openai.com/docs/api-reference/chat"""

from __future__ import annotations

from collections.abc import Mapping

from benchkit.providers.base import Body

PATHS = {"chat": "/chat/completions", "completion": "/completions"}


class OpenAi:
    """Everything stays as it is."""

    def path(self, mode: str) -> str:
        return PATHS[mode]

    def models_path(self) -> str:
        return "/models"

    def headers(self, key: str | None) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {key}"} if key else {}

    def body(self, body: Body) -> Body:
        return body

    def event(self, event: Body) -> Body:
        return event
