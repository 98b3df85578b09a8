"""The providers. One more is one more row; `documentation` is where its facts are from."""

from __future__ import annotations

from collections.abc import Mapping

from benchkit.contract import Variable
from benchkit.errors import UnknownName
from benchkit.providers.preset import Provider
from benchkit.providers.usage import UsagePlaces

SAMPLING = frozenset({"temperature", "top_p"})
BUDGET_OF_COMPLETION = {"max_tokens": "max_completion_tokens"}
OPENAI_RESETS = ("x-ratelimit-reset-requests", "x-ratelimit-reset-tokens")
ANTHROPIC_RESETS = tuple(
    f"anthropic-ratelimit-{kind}-reset" for kind in ("requests", "tokens", "input-tokens", "output-tokens")
)

# A table, one provider below the other.
_ROWS = (
    Provider(
        name="openai",
        title="OpenAI",
        base_url="https://api.openai.com/v1",
        key_variable=Variable.API_KEY,
        documentation="https://platform.openai.com/docs/api-reference/chat/create",
        key_prefixes=("sk-proj-", "sk-svcacct-", "sk-admin-"),
        renamed=BUDGET_OF_COMPLETION,
        reasoning_models=r"(?:o\d|gpt-5(?!\S*chat))",
        reasoning_refuses=SAMPLING,
        reset_headers=OPENAI_RESETS,
    ),
    Provider(
        name="anthropic",
        title="Anthropic",
        base_url="https://api.anthropic.com/v1",
        key_variable="ANTHROPIC_API_KEY",
        documentation="https://docs.anthropic.com/en/api/messages",
        key_prefixes=("sk-ant-",),
        dialect="anthropic",
        refuses=frozenset({"seed"}),
        reset_headers=ANTHROPIC_RESETS,
    ),
    Provider(
        name="hf",
        title="Hugging Face router",
        base_url="https://router.huggingface.co/v1",
        key_variable="HF_TOKEN",
        documentation="https://huggingface.co/docs/inference-providers/index",
        key_prefixes=("hf_",),
        has_variants=True,  # model:provider, model:fastest
    ),
    Provider(
        name="openrouter",
        title="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        key_variable="OPENROUTER_API_KEY",
        documentation="https://openrouter.ai/docs/use-cases/usage-accounting",
        key_prefixes=("sk-or-",),
        usage=UsagePlaces(cost=("cost",)),
        reset_headers=("x-ratelimit-reset",),
        has_variants=True,  # model:nitro, model:free
    ),
    Provider(
        name="groq",
        title="Groq",
        base_url="https://api.groq.com/openai/v1",
        key_variable="GROQ_API_KEY",
        documentation="https://console.groq.com/docs/rate-limits",
        key_prefixes=("gsk_",),
        renamed=BUDGET_OF_COMPLETION,
        reset_headers=OPENAI_RESETS,
    ),
    Provider(
        name="mistral",
        title="Mistral",
        base_url="https://api.mistral.ai/v1",
        key_variable="MISTRAL_API_KEY",
        documentation="https://docs.mistral.ai/api/",
        renamed={"seed": "random_seed"},
        refuses=frozenset({"stream_options"}),  # a stream's last event has the usage unasked
    ),
    Provider(
        name="deepseek",
        title="DeepSeek",
        base_url="https://api.deepseek.com/v1",
        key_variable="DEEPSEEK_API_KEY",
        documentation="https://api-docs.deepseek.com/api/create-chat-completion",
        refuses=frozenset({"seed"}),
        usage=UsagePlaces(
            cached_tokens=("prompt_cache_hit_tokens", "prompt_tokens_details.cached_tokens"),
        ),
    ),
    Provider(
        name="google",
        title="Google Gemini (compatible endpoint)",
        base_url="https://generativelanguage.googleapis.com/v1beta/openai",
        key_variable="GEMINI_API_KEY",
        documentation="https://ai.google.dev/gemini-api/docs/openai",
        key_prefixes=("AIza",),
        listed_prefix="models/",
    ),
    Provider(
        name="ollama",
        title="Ollama",
        base_url="http://localhost:11434/v1",
        key_variable="OLLAMA_API_KEY",
        documentation="https://docs.ollama.com/api/openai-compatibility",
        needs_key=False,
        is_local=True,
    ),
    Provider(
        name="vllm",
        title="vLLM",
        base_url="http://localhost:8000/v1",
        key_variable="VLLM_API_KEY",
        documentation="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
        needs_key=False,
        is_local=True,
    ),
    Provider(
        name="lmstudio",
        title="LM Studio",
        base_url="http://localhost:1234/v1",
        key_variable="LMSTUDIO_API_KEY",
        documentation="https://lmstudio.ai/docs/developer/openai-compat",
        needs_key=False,
        is_local=True,
    ),
    Provider(
        name="llama-server",
        title="llama-server",
        base_url="http://localhost:8080/v1",
        key_variable="LLAMA_API_KEY",
        documentation="https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md",
        needs_key=False,
        is_local=True,
        takes_any_name=True,
    ),
)

PROVIDERS: Mapping[str, Provider] = {row.name: row for row in _ROWS}

LOCAL = Provider(
    name="local",
    title="any OpenAI-compatible address",
    base_url="",
    key_variable=Variable.API_KEY,
    documentation="https://platform.openai.com/docs/api-reference/chat/create",
    needs_key=False,
    usage=UsagePlaces(
        cached_tokens=("prompt_tokens_details.cached_tokens", "prompt_cache_hit_tokens"), cost=("cost",)
    ),
    reset_headers=OPENAI_RESETS,
)
"""What is assumed of an address that nobody knows; it has no address of its own."""


def find_provider(name: str) -> Provider:
    """The row of that name."""
    if name == LOCAL.name:
        return LOCAL
    try:
        return PROVIDERS[name]
    except KeyError:
        raise UnknownName("provider", name, [*PROVIDERS, LOCAL.name]) from None
