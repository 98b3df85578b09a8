"""Prompts of about so many tokens, each with another beginning: what a server keeps of one helps no other."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchkit.serving.speed.streaming import StreamingServer, ask_for_tokens

WORDS = [
    "def",
    "return",
    "for",
    "while",
    "if",
    "else",
    "import",
    "class",
    "self",
    "value",
    "index",
    "list",
    "total",
    "count",
    "result",
    "name",
    "key",
    "item",
    "data",
    "node",
    "left",
    "right",
    "start",
    "end",
    "length",
    "string",
    "number",
    "print",
    "range",
    "append",
    "yield",
    "lambda",
    "try",
    "except",
    "raise",
]
FEW_WORDS, MANY_WORDS = 10, 50  # also a small context has room for them


@dataclass(frozen=True)
class Wording:
    """How many tokens this server's model makes of a prompt."""

    fixed: float  # of the chat template around it
    a_word: float

    def prompt(self, tokens: int, seed: int) -> str:
        """About so many tokens; the server tells how many they were."""
        chance = random.Random(seed)
        count = max(1, round((tokens - self.fixed) / self.a_word))
        return " ".join(chance.choice(WORDS) for _ in range(count))


def learn_wording(target: StreamingServer) -> Wording:
    """From two short prompts; a server that counts no tokens gets one a word."""
    chance = random.Random(0)
    few, many = FEW_WORDS, MANY_WORDS
    counted = [
        ask_for_tokens(target, " ".join(chance.choice(WORDS) for _ in range(count)), 1).prompt_tokens
        for count in (few, many)
    ]
    a_word = (counted[1] - counted[0]) / (many - few)
    if a_word <= 0:
        return Wording(0.0, 1.0)
    return Wording(max(0.0, counted[0] - few * a_word), a_word)
