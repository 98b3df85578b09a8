"""Which models are of one family, by their names: a judge should not be of the family that it judges."""

from __future__ import annotations

import re

FAMILIES = {
    "claude": ("claude",),
    "command": ("command-r", "c4ai", "aya"),
    "deepseek": ("deepseek",),
    "falcon": ("falcon",),
    "gemma and gemini": ("gemma", "gemini"),
    "glm": ("glm", "chatglm"),
    "gpt": ("gpt", "o1", "o3", "o4", "chatgpt"),
    "granite": ("granite",),
    "grok": ("grok",),
    "kimi": ("kimi", "moonshot"),
    "llama": ("llama", "codellama"),
    "minimax": ("minimax",),
    "mistral": ("mistral", "mixtral", "codestral", "devstral", "magistral", "ministral", "pixtral"),
    "nemotron": ("nemotron",),
    "olmo": ("olmo",),
    "phi": ("phi",),
    "qwen": ("qwen", "qwq", "codeqwen"),
    "seed": ("seed-coder", "doubao"),
    "starcoder": ("starcoder",),
    "yi": ("yi",),
}
"""A family -> the words that its models' names begin with; makers train one on another's answers."""


def families_of(name: str) -> frozenset[str]:
    """All families that a name tells of: `DeepSeek-R1-Distill-Qwen-7B` is of two."""
    words = re.sub(r"[^a-z0-9]+", " ", name.casefold())
    families = {family for family, begins in FAMILIES.items() if any(_names(words, each) for each in begins)}
    return frozenset(families)


def related_by(one: str, other: str) -> str:
    """The family that both are of; without a known one, the same model under any quantization."""
    shared = sorted(families_of(one) & families_of(other))
    return ", ".join(shared) or (one if one == other else "")


def _names(words: str, begin: str) -> bool:
    return re.search(rf"\b{begin.replace('-', ' ')}(?=\d|\b)", words) is not None
