"""Time limits of requests, and the pauses before retries."""

from __future__ import annotations

import random
from dataclasses import dataclass

from benchkit.asking.client.failures import RequestFailure
from benchkit.replies import LONGEST_WISHED_PAUSE_S


@dataclass(frozen=True)
class Patience:
    """Retries and time limits for a server that is busy, slow or silent."""

    retries: int = 6
    first_pause_s: float = 0.5  # doubled each time
    longest_pause_s: float = 30.0
    longest_wished_pause_s: float = LONGEST_WISHED_PAUSE_S  # a Retry-After beyond that ends the question
    # After so long without any answer, a rate limit counts as permanent.
    unanswered_s: float = 600.0
    stall_s: float = 300.0
    total_s: float = 3600.0

    def pause_after(self, failure: RequestFailure, attempt: int) -> float | None:
        """How long to wait before the next try; None: no further try."""
        if attempt >= min(self.retries + 1, failure.tries or self.retries + 1):
            return None
        if failure.wait_s is not None:
            return failure.wait_s if failure.wait_s <= self.longest_wished_pause_s else None
        pause = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (attempt - 1))
        return pause * random.uniform(0.8, 1.2)  # so that parallel requests do not come back all at once
