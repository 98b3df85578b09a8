"""Tells somebody who is not looking: a command of the user's, ntfy, or a webhook."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable, Mapping

from benchkit.errors import UsageError

NTFY_VARIABLE = "BENCH_NTFY_URL"
WEBHOOK_VARIABLE = "BENCH_WEBHOOK_URL"
TIMEOUT_S = 30.0

Send = Callable[[str, str], None]  # a title and a text


def places(command: str | None) -> dict[str, Send]:
    """Everywhere to tell it, by a name that holds no secret: an address or an argument may be a password."""
    found: dict[str, Send] = {}
    if command:
        words = _words(command)
        found[f"the command {words[0]}"] = lambda _, text: _run(words, text)
    if ntfy := os.environ.get(NTFY_VARIABLE):
        found[NTFY_VARIABLE] = lambda title, text: _post(
            ntfy, data=text.encode(), headers={"Title": title.encode()}
        )
    if hook := os.environ.get(WEBHOOK_VARIABLE):
        found[WEBHOOK_VARIABLE] = lambda title, text: _post(hook, json={"title": title, "text": text})
    return found


def notify(send_to: Mapping[str, Send], title: str, text: str, report: Callable[[str], None]) -> None:
    """Send to every place; a failure is a line, never the end of the night."""
    title, text = (part.encode(errors="replace").decode() for part in (title, text))
    for place, send in send_to.items():
        try:
            send(title, text)
        except Exception as error:  # whatever a stranger's server or program does to us
            report(f"notification by {place} failed: {_why(error)}")


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--notify-command: {error}") from None
    if not words:
        raise UsageError("--notify-command is empty")
    return words


def _run(words: list[str], text: str) -> None:
    subprocess.run(
        words,
        input=text.encode(),
        timeout=TIMEOUT_S,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _post(url: str, **content: object) -> None:
    import requests

    # What it answers is not read: only that it took it counts.
    with requests.post(url, timeout=TIMEOUT_S, stream=True, **content) as reply:  # type: ignore[arg-type]
        reply.raise_for_status()


def _why(error: Exception) -> str:
    """The error's own text may hold the address or the whole command: only its kind is told."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {TIMEOUT_S:g} s"
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"it answered with status {status}" if status else type(error).__name__
