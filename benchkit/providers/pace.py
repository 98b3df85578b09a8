"""What a reply's headers say about when to ask again: Retry-After, or a provider's own."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime

from benchkit.replies import retry_after_s

RATE_LIMITED = frozenset({429, 529})  # too much was asked, by us or by everybody
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?"
                       r"(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")  # fmt: skip
_RETRY_DELAY = re.compile(r'"retryDelay":\s*"(\d+(?:\.\d+)?)s"')  # Google's, in the error's details
_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_EPOCH_MS, _EPOCH_S = 1e11, 1e8  # numbers above these are moments, not spans


def wished_pause_s(
    headers: Mapping[str, str], reset_headers: tuple[str, ...] = (), body: str = ""
) -> float | None:
    """The seconds that a refusal asks to wait; None where it does not say.

    Of several limits, those count of which nothing is left; where that is not told, the nearest reset.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    wished = _milliseconds(lowered)
    if wished is None:
        wished = retry_after_s({"Retry-After": lowered.get("retry-after", "")})
    if wished is None and (delay := _RETRY_DELAY.search(body)):
        wished = float(delay[1])
    if wished is not None:
        return wished
    resets = {name: span for name in reset_headers if (span := span_s(lowered.get(name, ""))) is not None}
    used_up = [
        span for name, span in resets.items() if lowered.get(name.replace("reset", "remaining")) == "0"
    ]
    if used_up:
        return max(used_up)
    return min(resets.values(), default=None)


def _milliseconds(headers: Mapping[str, str]) -> float | None:
    text = headers.get("retry-after-ms", "").strip()
    return float(text) / 1000 if re.fullmatch(r"\d+(\.\d+)?", text) else None


def span_s(text: str) -> float | None:
    """Seconds from now: of a span (`6m0s`, `120ms`, `1.5`), of a moment in RFC 3339, or in (milli)seconds."""
    text = text.strip()
    if not text:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text):
        number = float(text)
        if number > _EPOCH_MS:
            return max(0.0, number / 1000 - time.time())
        return max(0.0, number - time.time()) if number > _EPOCH_S else number
    if match := _DURATION.fullmatch(text):
        return sum(float(part) * unit for part, unit in zip(match.groups(), _UNITS, strict=True) if part)
    try:
        moment = datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):  # no moment at all, or none that a clock can show
        return None
    return max(0.0, moment - time.time())
