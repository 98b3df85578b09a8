"""Problems that are known to be wrong themselves: scores are shown with and without them."""

from __future__ import annotations

FAULTY: dict[str, dict[str, str]] = {}
