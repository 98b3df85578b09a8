"""Providers of models on a real socket of this machine: each speaks as its public documentation says.

OpenAI's dialect and where the others differ in it; anthropic.py has the one that is of its own. The pages:

openai       platform.openai.com/docs/api-reference/chat, …/docs/guides/rate-limits, …/error-codes,
             …/reasoning (no temperature, max_completion_tokens)
openrouter   openrouter.ai/docs/use-cases/usage-accounting, …/reasoning-tokens, …/docs/api/reference/errors
groq         console.groq.com/docs/rate-limits, …/docs/api-reference
mistral      docs.mistral.ai/api (random_seed, no further fields), docs.mistral.ai/capabilities/reasoning
deepseek     api-docs.deepseek.com/api/create-chat-completion, …/guides/reasoning_model,
             …/quick_start/error_codes
google       ai.google.dev/gemini-api/docs/openai, …/docs/troubleshooting
hf           huggingface.co/docs/inference-providers
ollama       docs.ollama.com/api/openai-compatibility
vllm         docs.vllm.ai/en/latest/serving/openai_compatible_server.html
lmstudio     lmstudio.ai/docs/developer/openai-compat
llama-server github.com/ggml-org/llama.cpp tools/server/README.md

What it does beyond that, limits and faults, a test scripts with a function that may reply before it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.stand_ins import anthropic
from tests.stand_ins.chat_server import ChatServer, Turn, chat_server

Answers = Callable[[str], str]
"""The text of an answer to a question."""
Script = Callable[[Turn], bool]
"""Replies in its own way to a request, and says whether it did."""
THOUGHT = "Let me think."
CACHED, REASONING = 4, 3  # tokens that the usage tells


def openai_usage(words: int) -> dict[str, Any]:
    return {
        "prompt_tokens": 11,
        "completion_tokens": words,
        "total_tokens": 11 + words,
        "prompt_tokens_details": {"cached_tokens": CACHED},
        "completion_tokens_details": {"reasoning_tokens": REASONING},
    }


def openrouter_usage(words: int) -> dict[str, Any]:
    return openai_usage(words) | {"cost": 0.00095, "cost_details": {"upstream_inference_cost": None}}


def deepseek_usage(words: int) -> dict[str, Any]:
    told = openai_usage(words) | {"prompt_cache_hit_tokens": CACHED, "prompt_cache_miss_tokens": 11 - CACHED}
    del told["prompt_tokens_details"]
    return told


def plain_usage(words: int) -> dict[str, Any]:
    return {"prompt_tokens": 11, "completion_tokens": words, "total_tokens": 11 + words}


@dataclass(frozen=True)
class Manner:
    """How one provider differs."""

    models: tuple[str, ...] = ("model-1", "model-2")
    prefix: str = "/v1"  # of its paths
    usage: Callable[[int], dict[str, Any]] = plain_usage
    thoughts: str = ""  # the field of them; "": they are not told
    refuses: Mapping[str, str] = field(default_factory=dict)  # parameter -> the words, with a 400 or 422
    strict: bool = False  # a field that it does not know is refused with 422
    wrong_key: tuple[int, Any] = (401, {"error": {"message": "Incorrect API key provided: {key}"}})
    headers: Mapping[str, str] = field(default_factory=dict)


UNSUPPORTED = "Unsupported parameter: '{0}' is not supported with this model."
MANNERS: Mapping[str, Manner] = {
    "openai": Manner(
        models=("gpt-4", "o3-mini", "gpt-5"),
        usage=openai_usage,
        refuses={"max_tokens": f"{UNSUPPORTED} Use 'max_completion_tokens' instead."},
        wrong_key=(
            401,
            {
                "error": {
                    "message": "Incorrect API key provided: {key}.",
                    "type": "invalid_request_error",
                    "param": None,
                    "code": "invalid_api_key",
                }
            },
        ),
        headers={
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "1s",
        },
    ),
    "openrouter": Manner(
        models=("google/gemini-pro", "model-1"),
        prefix="/api/v1",
        usage=openrouter_usage,
        thoughts="reasoning",
        wrong_key=(401, {"error": {"code": 401, "message": "No auth credentials found for {key}"}}),
    ),
    "groq": Manner(
        prefix="/openai/v1",
        refuses={"logprobs": "not supported"},
        thoughts="reasoning",
        wrong_key=(401, {"error": {"message": "Invalid API Key", "code": "invalid_api_key"}}),
    ),
    "mistral": Manner(strict=True, wrong_key=(401, {"detail": "Unauthorized"})),
    "deepseek": Manner(usage=deepseek_usage, thoughts="reasoning_content"),
    "google": Manner(
        models=("models/gemini-pro", "models/model-1"),
        prefix="/v1beta/openai",
        wrong_key=(
            400,
            [{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}],
        ),
    ),
    "hf": Manner(wrong_key=(401, {"error": "Invalid username or password."})),
    "ollama": Manner(thoughts="reasoning"),
    "vllm": Manner(thoughts="reasoning_content"),
    "lmstudio": Manner(models=("liquid/lfm2.5-1.2b", "model-1")),
    "llama-server": Manner(models=("model-1.gguf",), thoughts="reasoning_content"),
}
KNOWN_TO_MISTRAL = frozenset({
    "model", "messages", "temperature", "top_p", "max_tokens", "stream", "stop", "random_seed",
})  # fmt: skip


def never(_turn: Turn) -> bool:
    return False


@contextmanager
def provider(
    name: str, answers: Answers = str, *, key: str | None = None, script: Script = never, streams: bool = True
) -> Iterator[ChatServer]:
    """The provider's stand-in; its base_url is what stands in the place of the provider's own."""
    if name == "anthropic":
        with anthropic.provider(answers, key=key, script=script, streams=streams) as server:
            yield server
        return
    manner = MANNERS[name]

    def do(turn: Turn) -> None:
        turn.further.update(manner.headers)
        if not script(turn) and _is_welcome(turn, manner, key):
            _answer(turn, manner, answers(turn.question), streams)

    def get(turn: Turn, path: str) -> bool:
        if path != f"{manner.prefix}/models":
            return False
        if _has_key(turn, manner, key):
            turn.status(200, {"object": "list", "data": [{"id": model} for model in manner.models]})
        return True

    with chat_server(do, slots=None) as server:
        server.get = get
        server.base_url = server.base_url.removesuffix("/v1") + manner.prefix
        yield server


def _is_welcome(turn: Turn, manner: Manner, key: str | None) -> bool:
    if turn.path != f"{manner.prefix}/chat/completions":
        turn.error(404, f"no such path: {turn.path}")
        return False
    return _has_key(turn, manner, key) and _takes_parameters(turn, manner) and _has_model(turn, manner)


def _has_key(turn: Turn, manner: Manner, key: str | None) -> bool:
    sent = turn.headers["Authorization"]
    if key is None or sent == f"Bearer {key}":
        return True
    status, body = manner.wrong_key
    turn.status(status, _filled(body, (sent or "none").removeprefix("Bearer ")))
    return False


def _filled(body: Any, key: str) -> Any:
    if isinstance(body, dict):
        return {name: _filled(value, key) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(one, key) for one in body]
    return body.replace("{key}", key) if isinstance(body, str) else body


def _takes_parameters(turn: Turn, manner: Manner) -> bool:
    refuses = dict(manner.refuses)
    if str(turn.body["model"]).startswith(("o3", "gpt-5")):
        refuses |= {name: UNSUPPORTED for name in ("temperature", "top_p")}
    for name, words in refuses.items():
        if name in turn.body:
            message = words.format(name)
            told = {"message": message, "param": name, "code": "unsupported_parameter"}
            turn.status(400, {"error": told | {"type": "invalid_request_error"}})
            return False
    unknown = sorted(set(turn.body) - KNOWN_TO_MISTRAL) if manner.strict else []
    if unknown:
        detail = [
            {"type": "extra_forbidden", "loc": ["body", name], "msg": "not permitted"} for name in unknown
        ]
        turn.status(422, {"object": "error", "message": {"detail": detail}})
    return not unknown


def _has_model(turn: Turn, manner: Manner) -> bool:
    if any(turn.body["model"] in (model, model.removeprefix("models/")) for model in manner.models):
        return True
    turn.error(404, f"The model `{turn.body['model']}` does not exist", "invalid_request_error")
    return False


def _answer(turn: Turn, manner: Manner, text: str, streams: bool) -> None:
    words = text.split(" ")
    usage = manner.usage(len(words))
    if not (streams and turn.body.get("stream")):
        message = {"role": "assistant", "content": text} | (
            {manner.thoughts: THOUGHT} if manner.thoughts else {}
        )
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return turn.status(200, {"choices": [choice], "usage": usage})
    turn.begin()
    if manner.thoughts:
        turn.delta(**{manner.thoughts: THOUGHT})
    for place, word in enumerate(words):
        turn.delta(word if place == 0 else f" {word}")
    turn.delta(finish="stop")
    if manner.strict or turn.body.get("stream_options", {}).get("include_usage"):
        turn.event({"choices": [], "usage": usage})
    return turn.end()
