"""What is a server's address."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit, urlunsplit

Login = tuple[str, str]


def host_of(url: str) -> str | None:
    """None where it is no address: another scheme, half an IPv6 address, a port that is none."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and parts.port != 0
    except ValueError:
        return None
    return parts.hostname if sound else None


def is_own_network(host: str) -> bool:
    """This machine or its own network."""
    import ipaddress  # takes a while to load, and most commands ask nobody

    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def split_credentials(url: str) -> tuple[str, Login | None]:
    """The address without the `user:password@` in it, and these two; None where it has none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, None
    login, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = login.partition(":")
    return urlunsplit(parts._replace(netloc=host)), (unquote(user), unquote(password))


def basic_authorization(user: str, password: str) -> str:
    """The header's value of HTTP's Basic scheme (RFC 7617)."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def with_version(url: str) -> str | None:
    """The address up to, and without, the slash before `chat/completions`; a bare host means its /v1.

    None where it is no address.
    """
    stripped = url.strip().rstrip("/").removesuffix("/chat/completions")
    if not host_of(stripped):
        return None
    return stripped if urlsplit(stripped).path else f"{stripped}/v1"
