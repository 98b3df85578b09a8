"""What LM Studio's REST API reports of a loaded model: https://lmstudio.ai/docs/developer/rest"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from benchkit.serving.servers.http import ask

TOKEN_S = 120.0


def instance_config(url: str, identifier: str, key: str | None) -> dict[str, Any]:
    """The settings an instance really has; nothing where the API does not tell."""
    return _from_v1(url, identifier, key) or _from_v0(url, identifier, key)


def runtime(url: str, identifier: str, key: str | None) -> dict[str, Any]:
    """Which build of llama.cpp computes, by name and version; only an answer of the older API contains it."""
    body = {"model": identifier, "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 1}
    with suppress(OSError):
        answer = ask(f"{url}/api/v0/chat/completions", body, timeout=TOKEN_S, key=key).json()
        build = answer.get("runtime") if isinstance(answer, dict) else None
        return build if isinstance(build, dict) else {}
    return {}


def _from_v1(url: str, identifier: str, key: str | None) -> dict[str, Any]:
    for model in _listed(f"{url}/api/v1/models", "models", key):
        for instance in model.get("loaded_instances") or ():
            if instance.get("id") == identifier:
                return dict(instance.get("config") or {})
    return {}


def _from_v0(url: str, identifier: str, key: str | None) -> dict[str, Any]:
    """Before LM Studio 0.4; its answers lack the number of slots."""
    for model in _listed(f"{url}/api/v0/models", "data", key):
        if model.get("id") == identifier and model.get("loaded_context_length"):
            return {"context_length": model["loaded_context_length"]}
    return {}


def _listed(url: str, under: str, key: str | None) -> list[dict[str, Any]]:
    with suppress(OSError):
        body = ask(url, key=key).json()
        entries = body.get(under) if isinstance(body, dict) else None
        return [entry for entry in entries or () if isinstance(entry, dict)]
    return []
