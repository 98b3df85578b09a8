"""What a request must be, to be answered: each check is a line of CHECKS, and refuses with its remedy."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from benchkit.dashboard.access import TOKEN_PARAMETER, Access

Header = tuple[bytes, bytes]

READING = ("GET", "HEAD")
CHANGING = ("POST", "PUT", "DELETE")
MOST_BODY_BYTES = 64 * 1024 * 1024  # the result files of harnesses are long


@dataclass(frozen=True)
class CheckedRequest:
    """A request, as far as the checks look at it."""

    access: Access
    method: str  # of a WebSocket "WEBSOCKET"
    path: str
    query: str
    headers: Iterable[Header]

    def all_of(self, name: bytes) -> list[str]:
        return [value.decode("latin-1") for header, value in self.headers if header == name]

    def one_of(self, name: bytes) -> str | None:
        """The header's value; None where it is missing, or there twice."""
        values = self.all_of(name)
        return values[0] if len(values) == 1 else None

    @property
    def is_link(self) -> bool:
        """Whether it is the printed address, or another page's with the token."""
        return self.method in READING and any(name == TOKEN_PARAMETER for name, _ in self._parameters)

    @property
    def given_token(self) -> str:
        return next((value for name, value in self._parameters if name == TOKEN_PARAMETER), "")

    @property
    def address_without_token(self) -> str:
        left = [(name, value) for name, value in self._parameters if name != TOKEN_PARAMETER]
        return quote(self.path, safe="/:@!$&'()*+,;=~-._") + (f"?{urlencode(left)}" if left else "")

    @property
    def _parameters(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


@dataclass(frozen=True)
class RequestRefusal:
    status: int
    text: str  # what is wrong, and the remedy


LOOKED_UP = ("/models/", "/runs/", "/api/runs/")  # by names of somebody else's; a run's files have fixed ones

Check = Callable[[CheckedRequest], RequestRefusal | None]


def check_host(asked: CheckedRequest) -> RequestRefusal | None:
    host = asked.one_of(b"host")
    if host is not None and asked.access.is_ours(host):
        return None
    sent = "no Host" if host is None else f"Host {host!r}"
    return RequestRefusal(
        403,
        f"{sent} is not this page's address: open {asked.access.origin}; "
        f"through a tunnel take the same port, ssh -L {asked.access.port}:localhost:{asked.access.port}",
    )


def check_path(asked: CheckedRequest) -> RequestRefusal | None:
    segments = asked.path.split("/")
    odd = any(segment in (".", "..") for segment in segments) or "//" in asked.path
    odd = odd or ("\\" in asked.path and not asked.path.startswith(LOOKED_UP))
    if asked.path.startswith("/") and not odd and asked.path.isprintable():
        return None
    return RequestRefusal(400, "there is no such path: follow the links of the page")


def check_method(asked: CheckedRequest) -> RequestRefusal | None:
    if asked.method in (*READING, *CHANGING, "WEBSOCKET"):
        return None
    return RequestRefusal(405, f"{asked.method} is not answered: other pages may not use this one")


def check_origin(asked: CheckedRequest) -> RequestRefusal | None:
    """Of whatever changes something it is known that a page of ours asked for it."""
    origins = asked.all_of(b"origin")
    if not origins and asked.method in READING:
        return None
    if origins == [f"http://{asked.one_of(b'host')}"]:
        return None
    sent = "no Origin" if not origins else f"Origin {origins[0]!r}"
    origin = f"http://{asked.one_of(b'host')}"
    return RequestRefusal(
        403, f"{sent}: only pages of {origin} may do that; a program sends the header Origin: {origin}"
    )


def check_fetch_site(asked: CheckedRequest) -> RequestRefusal | None:
    site = asked.one_of(b"sec-fetch-site")
    if not asked.all_of(b"sec-fetch-site") or site in ("same-origin", "none"):
        return None
    if asked.is_link and asked.one_of(b"sec-fetch-mode") == "navigate":
        return None  # the printed address, clicked in a terminal that is itself a page
    return RequestRefusal(403, "another page asked for this one: open it by its own address, or type that")


def check_token(asked: CheckedRequest) -> RequestRefusal | None:
    if asked.is_link:
        if hmac.compare_digest(asked.given_token.encode(), asked.access.token.encode()):
            return None
        return RequestRefusal(
            401, "that link is of an earlier start: open the address printed at the last one"
        )
    for cookie in asked.all_of(b"cookie"):
        if hmac.compare_digest(_cookie(cookie, asked.access.cookie).encode(), asked.access.token.encode()):
            return None
    return RequestRefusal(
        401, "the token is missing: open the address that bench_runner.py dashboard printed"
    )


def check_body(asked: CheckedRequest) -> RequestRefusal | None:
    if asked.method not in CHANGING:
        return None
    length = asked.all_of(b"content-length")
    if not asked.all_of(b"transfer-encoding") and length in ([], ["0"]):
        return None
    kind = (asked.one_of(b"content-type") or "").replace(" ", "").lower()
    if kind not in ("application/json", "application/json;charset=utf-8"):
        return RequestRefusal(415, "bodies are JSON alone: send Content-Type: application/json")
    if length and length[0].isdecimal() and int(length[0]) > MOST_BODY_BYTES:
        return too_long()
    return None


CHECKS: tuple[Check, ...] = (
    check_host,
    check_path,
    check_method,
    check_origin,
    check_fetch_site,
    check_token,
    check_body,
)


def _cookie(header: str, name: str) -> str:
    parts = (part.strip().partition("=") for part in header.split(";"))
    return next((value for key, _, value in parts if key == name), "")


def too_long() -> RequestRefusal:
    return RequestRefusal(
        413, f"that is more than {MOST_BODY_BYTES // 1024**2} MB: import it with bench_runner.py import"
    )
