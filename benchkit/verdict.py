"""What an answer and a run can come to; apart from the records, which the sandbox's processes do without."""

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


class Status(StrEnum):
    """What became of one run."""

    OK = "ok"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"  # in a race, before its end: it could not be wanted any more
