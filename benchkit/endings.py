"""Why an answer ended, in each provider's words: one table to OpenAI's words."""

from __future__ import annotations

STOP, LENGTH, CONTENT_FILTER = "stop", "length", "content_filter"
FAILED = "error"
"""The provider gave the answer up: no answer at all."""

_WORDS = {
    STOP: ("stop", "end_turn", "stop_sequence", "eos", "eos_token", "pause_turn"),
    LENGTH: ("length", "max_tokens", "model_length", "model_context_window_exceeded"),
    CONTENT_FILTER: ("content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content"),
    FAILED: ("error", "insufficient_system_resource", "engine_overloaded"),
}
_ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words}


def ending(reason: str) -> str:
    """OpenAI's word for a reason; one that nobody knows stays as it is."""
    return _ENDINGS.get(reason.lower(), reason)
