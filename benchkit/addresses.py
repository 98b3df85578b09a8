"""What is a server's address."""

from __future__ import annotations

from urllib.parse import urlsplit


def host_of(url: str) -> str | None:
    """None where it is no address: another scheme, half an IPv6 address, a port that is none."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if sound else None
