"""Anthropic's messages on a real socket of this machine.

docs.anthropic.com/en/api/messages (max_tokens is required, the system's text is apart, x-api-key and
anthropic-version), …/en/docs/build-with-claude/streaming (the events, ping and error among them),
…/en/api/errors (529 is overloaded_error), …/en/api/rate-limits (the headers), …/en/api/models-list.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.stand_ins.chat_server import ChatServer, Turn, chat_server

MODELS = ("claude-3-opus", "claude-sonnet-4-5", "model-1")
KNOWN = frozenset({
    "model", "messages", "max_tokens", "system", "temperature", "top_p", "top_k", "stop_sequences", "stream",
    "thinking", "metadata",
})  # fmt: skip
THOUGHT = "Let me think."
READ, WRITTEN, FRESH = 4, 2, 5  # of the prompt's tokens: from the cache, into it, and neither


def refusal(turn: Turn, status: int, kind: str, message: str, **headers: str) -> None:
    turn.status(status, {"type": "error", "error": {"type": kind, "message": message}}, **headers)


def limits(reset_s: float, remaining: int = 0) -> dict[str, str]:
    """The headers of a limit that is over in so many seconds."""
    moment = datetime.now(UTC) + timedelta(seconds=reset_s)
    return {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": str(remaining),
        "anthropic-ratelimit-requests-reset": moment.isoformat().replace("+00:00", "Z"),
    }


def event(turn: Turn, kind: str, **further: Any) -> None:
    turn.send(f"event: {kind}\ndata: {json.dumps({'type': kind, **further})}\n\n".encode())


def begin(turn: Turn) -> None:
    turn.begin()
    usage = {
        "input_tokens": FRESH,
        "cache_read_input_tokens": READ,
        "cache_creation_input_tokens": WRITTEN,
        "output_tokens": 1,
    }
    message: dict[str, object] = {
        "id": "msg_1", "type": "message", "role": "assistant", "content": [], "stop_reason": None
    }  # fmt: skip
    event(turn, "message_start", message=message | {"model": turn.body["model"], "usage": usage})
    event(turn, "ping")


def block(turn: Turn, index: int, kind: str, pieces: list[str]) -> None:
    """A block of text or of thinking, piece by piece."""
    field = "text" if kind == "text" else "thinking"
    event(turn, "content_block_start", index=index, content_block={"type": kind, field: ""})
    for piece in pieces:
        event(turn, "content_block_delta", index=index, delta={"type": f"{field}_delta", field: piece})
    event(turn, "content_block_stop", index=index)


def end(turn: Turn, tokens: int, reason: str = "end_turn") -> None:
    delta = {"stop_reason": reason, "stop_sequence": None}
    event(turn, "message_delta", delta=delta, usage={"output_tokens": tokens})
    event(turn, "message_stop")
    turn.send(b"")


def answer(turn: Turn, text: str, reason: str = "end_turn") -> None:
    words = text.split(" ")
    begin(turn)
    block(turn, 0, "thinking", [THOUGHT])
    block(turn, 1, "text", [words[0], *(f" {word}" for word in words[1:])])
    end(turn, len(words), reason)


def whole(turn: Turn, text: str, reason: str = "end_turn") -> None:
    """Not streamed."""
    usage = {"input_tokens": FRESH, "cache_read_input_tokens": READ, "cache_creation_input_tokens": WRITTEN}
    content = [{"type": "thinking", "thinking": THOUGHT}, {"type": "text", "text": text}]
    message = {"type": "message", "role": "assistant", "content": content, "stop_reason": reason}
    turn.status(200, message | {"usage": usage | {"output_tokens": len(text.split(" "))}})


@contextmanager
def provider(
    answers: Callable[[str], str], *, key: str | None, script: Callable[[Turn], bool], streams: bool
) -> Iterator[ChatServer]:
    def do(turn: Turn) -> None:
        if script(turn) or not _is_welcome(turn, key):
            return
        text = answers(turn.question)
        answer(turn, text) if streams and turn.body.get("stream") else whole(turn, text)

    def get(turn: Turn, path: str) -> bool:
        if path.partition("?")[0] != "/v1/models":
            return False
        if _has_key(turn, key):
            data = [{"type": "model", "id": model} for model in MODELS]
            turn.status(200, {"data": data, "has_more": False})
        return True

    with chat_server(do, slots=None) as server:
        server.get = get
        yield server


def _has_key(turn: Turn, key: str | None) -> bool:
    if turn.headers["Authorization"] is not None or turn.headers["anthropic-version"] is None:
        refusal(turn, 400, "invalid_request_error", "anthropic-version: header is required")
        return False
    if key is not None and turn.headers["x-api-key"] != key:
        refusal(turn, 401, "authentication_error", f"invalid x-api-key: {turn.headers['x-api-key']}")
        return False
    return True


def _is_welcome(turn: Turn, key: str | None) -> bool:
    if turn.path != "/v1/messages":
        refusal(turn, 404, "not_found_error", f"no such path: {turn.path}")
        return False
    return _has_key(turn, key) and not _complaint(turn)


def _complaint(turn: Turn) -> bool:
    """Whether the body is refused."""
    body = turn.body
    if unknown := sorted(set(body) - KNOWN):
        refusal(turn, 400, "invalid_request_error", f"{unknown[0]}: Extra inputs are not permitted")
    elif "max_tokens" not in body:
        refusal(turn, 400, "invalid_request_error", "max_tokens: Field required")
    elif any(message["role"] not in ("user", "assistant") for message in body["messages"]):
        refusal(turn, 400, "invalid_request_error", 'messages: Unexpected role "system"')
    elif body["messages"][-1]["content"] != body["messages"][-1]["content"].rstrip():
        words = "final assistant content cannot end with trailing whitespace"
        refusal(turn, 400, "invalid_request_error", f"messages: {words}")
    elif body.get("temperature", 0) > 1:
        refusal(turn, 400, "invalid_request_error", "temperature: range: 0..1")
    elif body["model"] not in MODELS:
        refusal(turn, 404, "not_found_error", f"model: {body['model']}")
    else:
        return False
    return True
