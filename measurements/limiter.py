#!/usr/bin/env python3
"""How much of a provider's limit is used: 200 questions over a real socket against 10 a second, bursts of 20.

    python -m measurements.limiter

It prints the seconds, how many failed (none), the refusals, and the share of the allowed rate.
"""

from __future__ import annotations

import time

from tests.asking.client.test_limits import ask_all, failed
from tests.stand_ins.limits import Bucket

QUESTIONS, RATE, BURST, ASKERS = 200, 10.0, 20, 8


def main() -> None:
    bucket = Bucket(RATE, BURST, lambda wait_s: {"Retry_After": f"{wait_s:.3f}"})
    begun = time.monotonic()
    answers = ask_all("openai", QUESTIONS, ASKERS, bucket)
    seconds = time.monotonic() - begun
    used = (QUESTIONS - BURST) / RATE / seconds
    print(
        f"{seconds:.1f} s, {len(failed(answers))} failed, {bucket.refused} refusals, {used:.0%} of the rate"
    )


if __name__ == "__main__":
    main()
