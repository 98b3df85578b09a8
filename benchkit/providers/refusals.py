"""Refusals that no further request mends, whatever their status: no money, a wrong key."""

from __future__ import annotations

import re

_NO_MONEY = 402
_MAY_MEAN_MONEY = frozenset({400, 403, 429})
_MONEY_WORDS = re.compile(
    r"insufficient_quota|insufficient_balance|credit_balance_exhausted|billing_hard_limit|billing_not_active"
    r"|credit balance is too low|spend_limit_reached",
    re.IGNORECASE,
)
_KEY_WORDS = re.compile(r"API[_ ]KEY[_ ](?:not valid|INVALID)", re.IGNORECASE)  # Google's, with a 400

AS_TO_MONEY = (
    "see to the account there; what was answered so far is kept, and the same command goes on from it"
)


def is_about_money(status: int, body: str) -> bool:
    """Whether the account is empty, or its own limit reached: waiting does not fill it."""
    return status == _NO_MONEY or (status in _MAY_MEAN_MONEY and _MONEY_WORDS.search(body) is not None)


def is_about_the_key(status: int, body: str) -> bool:
    return status in (401, 403, 407) or (status == 400 and _KEY_WORDS.search(body) is not None)
