"""What the status and the headers of an HTTP reply say about asking again."""

from __future__ import annotations

import email.utils
import json
import re
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

from benchkit.addresses import split_credentials

BUSY = frozenset({408, 425, 429, 502, 503, 504, 529})  # may well work in a moment
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NEVER_OFFERED = frozenset({501, 505})  # of the 500s, those that another try does not mend
ROUTES = ("/chat/completions", "/completions", "/models")
KINDS_OF_ERROR = ("type", "code", "status")  # what an error without words still tells
STATUS_OF_KIND = {
    "invalid_request_error": 400,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "insufficient_quota": 429,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "resource_exhausted": 429,
    "overloaded_error": 529,
}
LONGEST_WISHED_PAUSE_S = 300.0  # nobody waits longer because a Retry-After says so


def may_pass(status: int) -> bool:
    """Whether the same request may be answered in a moment."""
    return status in BUSY or (status >= 500 and status not in NEVER_OFFERED)


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Retry-After's seconds or date (RFC 9110, section 10.2.3), as seconds from now."""
    value = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", value):
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None


def message_of(body: str) -> str:
    """What an error's body says, in one line: the message in its JSON, or the text of a page."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        page = re.sub(
            r"<(style|script).*?</\1>|<[^>]{0,500}>", " ", body[:20_000], flags=re.DOTALL | re.IGNORECASE
        )
        return " ".join(page.split())
    value = value[0] if isinstance(value, list) and value else value  # Google's errors come in a list
    while isinstance(value, dict) and (
        inner := value.get("error") or value.get("message") or value.get("detail")
    ):
        value = inner
    if isinstance(value, str):  # routers pass on what another server said, as it was
        return message_of(value) if value.lstrip().startswith(("{", "[{")) else " ".join(value.split())
    if isinstance(value, dict) and (words := [value[name] for name in KINDS_OF_ERROR if value.get(name)]):
        return " ".join(str(word) for word in words)
    return " ".join(json.dumps(value).split())


def error_in(reply: Mapping[str, Any]) -> Any:
    """The error that a reply of status 200, or an event of its stream, holds; None where it holds none."""
    if reply.get("error"):
        return reply["error"]
    bare = "choices" not in reply and (reply.get("object") == "error" or "detail" in reply)
    return reply if bare else None


def status_of(error: Any) -> int:
    """The status that an error would have had as a reply of its own."""
    fields = error if isinstance(error, dict) else {}
    for name in ("code", "status", "type"):
        kind = fields.get(name)
        if isinstance(kind, int) and 400 <= kind < 600:
            return kind
        if isinstance(kind, str) and kind.lower() in STATUS_OF_KIND:
            return STATUS_OF_KIND[kind.lower()]
    return 500


def redirection(status: int, url: str, headers: Mapping[str, str]) -> str:
    """A question is not sent on to where somebody else says: the person is to decide."""
    location = headers.get("Location")
    if not location:
        return f"redirects with {status}, and does not say where to: check --base-url"
    target, _ = split_credentials(urljoin(url, location))
    for route in ROUTES:
        target = target.removesuffix(route)
    return f"redirects with {status}: where that is right, use --base-url {target}"
