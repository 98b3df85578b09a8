"""What an error reply or a broken one means: stop, retry, or the answer was cut off at the context's end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from benchkit.contract import Variable
from benchkit.errors import EndpointError
from benchkit.providers.pace import RATE_LIMITED, wished_pause_s
from benchkit.providers.parameters import REFUSAL
from benchkit.providers.refusals import AS_TO_MONEY, is_about_money, is_about_the_key
from benchkit.replies import BUSY, REDIRECTS, may_pass, message_of, redirection

WRONG_SETUP = frozenset({401, 403, 404, 405, 407})  # every other question would fail as well
SHOWN = 200  # characters of a server's own words

CONTEXT_EXCEEDED = re.compile(
    r"exceed_context_size|context_length_exceeded|maximum context|context (size|length|window)"
    r"|exceeds? .{0,40}context|context .{0,20}overflow|prompt is too long|too many tokens",
    re.IGNORECASE,
)


class ContextExceeded(Exception):
    """The prompt is longer than the context: the model cannot answer, and a retry cannot help."""


@dataclass
class RequestFailure(Exception):
    """No answer this time. `tries` bounds how often this kind of failure is worth a request."""

    why: str
    tries: int | None = None  # None: as often as --retries allows
    wait_s: float | None = None  # the server asked for this pause
    unreachable: bool = False  # no connection was made
    rate_limited: bool = False  # the provider's rate limit, for us or for all its users

    def __str__(self) -> str:
        return self.why


class Overlong(RequestFailure):
    """The reply is longer than any requested answer can be."""


@dataclass(frozen=True)
class Refusal:
    """A reply other than 200."""

    status: int
    body: str
    headers: Mapping[str, str]
    url: str = ""  # what was asked
    reset_headers: tuple[str, ...] = ()  # where this provider says when a limit is over
    key_variable: str = Variable.API_KEY


@dataclass
class ParameterRefused(RequestFailure):
    """The server rejects a parameter and names it."""

    refusal: Refusal | None = None


def failure_of(refusal: Refusal) -> Exception:
    """The exception for an error reply."""
    status, body, headers = refusal.status, refusal.body, refusal.headers
    said = error_text(body)
    if status in REDIRECTS:
        return EndpointError(f"the server {redirection(status, refusal.url, headers)}")
    if is_about_money(status, body):
        return EndpointError(f"the server refuses with {status} ({said}): {AS_TO_MONEY}")
    if status in WRONG_SETUP or is_about_the_key(status, body):
        return EndpointError(f"the server refuses with {status} ({said}): {_next_step(refusal)}")
    if status < 500 and status not in BUSY and CONTEXT_EXCEEDED.search(body):
        return ContextExceeded(said)
    if status in BUSY:
        return RequestFailure(
            f"the server answers {status} ({said})",
            wait_s=wished_pause_s(headers, refusal.reset_headers, body),
            rate_limited=status in RATE_LIMITED,
        )
    if status in REFUSAL:
        return ParameterRefused(f"the server answers {status} ({said})", tries=1, refusal=refusal)
    if status >= 500 and CONTEXT_EXCEEDED.search(body):
        return ContextExceeded(said)
    return RequestFailure(f"the server answers {status} ({said})", tries=None if may_pass(status) else 1)


def _next_step(refusal: Refusal) -> str:
    if is_about_the_key(refusal.status, refusal.body):
        return f"put the key into {refusal.key_variable}"
    return "check --base-url, which normally ends in /v1, and --model"


def error_text(body: str) -> str:
    """The server's own words, as one short line."""
    line = message_of(body)
    return line[:SHOWN] + "…" if len(line) > SHOWN else line or "no words"
