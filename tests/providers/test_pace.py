"""When a refusal asks for the next request, in the forms that providers document."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import pytest

from benchkit.providers import find_provider
from benchkit.providers.pace import span_s, wished_pause_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1s", 1.0),
        ("6m0s", 360.0),
        ("7.66s", 7.66),
        ("120ms", 0.12),
        ("1h2m3s", 3723.0),
        ("2m59.56s", 179.56),
        ("1d", 86400.0),
        ("12", 12.0),
        ("", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_spans(text: str, seconds: float | None) -> None:
    assert span_s(text) == (None if seconds is None else pytest.approx(seconds))


def test_moments() -> None:
    """In RFC 3339, in seconds and in milliseconds; one that is over is now."""
    later = time.time() + 3600
    in_words = datetime.fromtimestamp(later, UTC).isoformat().replace("+00:00", "Z")
    for moment in (in_words, f"{later:.0f}", f"{later * 1000:.0f}"):
        assert span_s(moment) == pytest.approx(3600, abs=60)
    assert span_s("2020-01-01T00:00:00Z") == 0.0
    assert span_s("0001-01-01") is None


def test_which_header_counts() -> None:
    """Retry-After before all; then the limits that are used up, the last of them; else the nearest."""
    resets = find_provider("openai").reset_headers
    told = {"x-ratelimit-reset-requests": "2s", "x-ratelimit-reset-tokens": "6m0s"}
    assert wished_pause_s(told, resets) == 2.0
    assert wished_pause_s(told | {"x-ratelimit-remaining-tokens": "0"}, resets) == 360.0
    assert wished_pause_s(told | {"Retry-After": "7"}, resets) == 7.0
    assert wished_pause_s(told | {"retry-after-ms": "250"}, resets) == 0.25
    assert wished_pause_s({"X-Ratelimit-Reset-Requests": "3s"}, resets) == 3.0  # names in any case
    assert wished_pause_s({}, resets) is None


def test_googles_delay_is_in_the_body() -> None:
    details = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36s"}]
    body = json.dumps([{"error": {"code": 429, "details": details}}])
    assert wished_pause_s({}, (), body) == 36.0
    assert wished_pause_s({"Retry-After": "1"}, (), body) == 1.0
