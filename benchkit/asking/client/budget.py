"""How much of an answer is read at most: as much as its token budget can account for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_REPLY = 64 << 20  # bytes; only a server that never stops sending exceeds this
CHARACTERS_OF_A_TOKEN = 256  # the longest ones of today's vocabularies are 128 spaces
BYTES_OF_A_TOKEN = 8 << 10  # its event, with the probabilities of twenty others
SLACK_CHARACTERS, SLACK_BYTES = 4096, 256 << 10
TOKEN_BUDGETS = ("max_tokens", "max_completion_tokens", "n_predict")  # a request's fields


@dataclass(frozen=True)
class Budget:
    """The most that is read of one answer."""

    characters: int = LONGEST_REPLY  # of its text and its thoughts
    bytes: int = LONGEST_REPLY  # of the whole reply


def budget_of(request: Mapping[str, Any]) -> Budget:
    """What follows from the request's token budget; a negative one stands for none."""
    tokens = [value for name in TOKEN_BUDGETS if isinstance(value := request.get(name), int)]
    if not tokens or min(tokens) < 0:
        return Budget()
    most = max(tokens)
    return Budget(
        min(LONGEST_REPLY, most * CHARACTERS_OF_A_TOKEN + SLACK_CHARACTERS),
        min(LONGEST_REPLY, most * BYTES_OF_A_TOKEN + SLACK_BYTES),
    )
