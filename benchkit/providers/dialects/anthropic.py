"""Anthropic's messages.

https://docs.anthropic.com/en/api/messages, https://docs.anthropic.com/en/docs/build-with-claude/streaming,
https://docs.anthropic.com/en/api/errors and https://docs.anthropic.com/en/api/handling-stop-reasons
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from benchkit.errors import UsageError
from benchkit.providers.base import Body

VERSION = "2023-06-01"
SENT_AS_THEY_ARE = ("model", "max_tokens", "temperature", "top_p", "stream")
RENAMED = {"stop": "stop_sequences"}
LEFT_OUT = frozenset({"messages", "stream_options"})
STATUS_OF_ERROR = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class Anthropic:
    """The system's message apart, content in blocks, usage told in parts."""

    def path(self, mode: str) -> str:
        if mode != "chat":
            raise UsageError("anthropic continues no plain text: ask its models with --mode chat")
        return "/messages"

    def models_path(self) -> str:
        return "/models?limit=1000"  # 20 without it

    def headers(self, key: str | None) -> Mapping[str, str]:
        return {"anthropic-version": VERSION} | ({"x-api-key": key} if key else {})

    def body(self, body: Body) -> Body:
        """Further fields go through as they are."""
        messages = [dict(message) for message in body["messages"]]
        system = "\n\n".join(one["content"] for one in messages if one["role"] == "system")
        others = [one for one in messages if one["role"] != "system"]
        if others and others[-1]["role"] == "assistant":  # a begun answer must not end in white space
            others[-1]["content"] = others[-1]["content"].rstrip()
        sent = {RENAMED.get(name, name): value for name, value in body.items() if name not in LEFT_OUT}
        return sent | {"messages": others} | ({"system": system} if system else {})

    def event(self, event: Body) -> Body:
        match event.get("type"):
            case "error":
                return {"error": _error(event.get("error"))}
            case "message":  # not streamed
                return _message(event)
            case "message_start":
                return {"usage": _usage(_object(event.get("message")).get("usage"))}
            case "content_block_start":
                return _choice(_block(event.get("content_block")))
            case "content_block_delta":
                return _choice(_block(event.get("delta")))
            case "message_delta":
                reason = _object(event.get("delta")).get("stop_reason")
                return _choice({}, reason) | {"usage": _usage(event.get("usage"))}
            case _:  # ping, the ends of blocks and of the message, and kinds that are yet to come
                return {} if "type" in event else event


def _message(event: Body) -> Body:
    content = event.get("content")
    blocks = [_block(block) for block in (content if isinstance(content, list) else ())]
    said = {
        name: "".join(block.get(name, "") for block in blocks) for name in ("content", "reasoning_content")
    }
    return _choice(said, event.get("stop_reason")) | {"usage": _usage(event.get("usage"))}


def _choice(said: Body, reason: Any = None) -> Body:
    return {"choices": [{"delta": said, "finish_reason": reason}]}


def _block(block: Any) -> Body:
    """A block, or what is new of one: its text, or its thoughts."""
    block_fields = _object(block)
    text, thoughts = block_fields.get("text"), block_fields.get("thinking")
    if isinstance(text, str) and text:
        return {"content": text}
    return {"reasoning_content": thoughts} if isinstance(thoughts, str) and thoughts else {}


def _usage(usage: Any) -> Body:
    """The prompt's tokens are told in three parts, of which the cache's two are apart."""
    given = _object(usage)
    counts: Body = {}
    if "output_tokens" in given:
        counts["completion_tokens"] = given["output_tokens"]
    fresh, read, written = (
        given.get(name) for name in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    if isinstance(fresh, int):
        read, written = (count if isinstance(count, int) else 0 for count in (read, written))
        counts["prompt_tokens"] = fresh + read + written
        counts["prompt_tokens_details"] = {"cached_tokens": read, "cache_write_tokens": written}
    return counts


def _error(error: Any) -> Body:
    """With the status that its kind has where it comes as a reply's own."""
    fields = dict(_object(error))
    return fields | {"code": STATUS_OF_ERROR.get(str(fields.get("type")), 500)}


def _object(value: Any) -> Body:
    return value if isinstance(value, dict) else {}
