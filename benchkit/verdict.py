"""What an answer can come to; apart from the records, so that the sandbox's processes start without those."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """What became of one answer."""

    PASSED = "passed"
    WRONG = "wrong"
    ERROR = "error"
    TIMEOUT = "timeout"
    MEMORY = "memory"
    OUTPUT_LIMIT = "output limit"
    TRUNCATED = "truncated"  # the model hit its token budget
    EMPTY = "empty"  # no code in the answer
    MALFORMED = "malformed"  # an edit that cannot be applied
    INFRASTRUCTURE = "infrastructure"  # server or sandbox failed: never counted as the model's fault
