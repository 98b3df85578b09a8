"""Tells somebody who is not looking: a command of the user's, ntfy, or a webhook."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable

NTFY_VARIABLE = "BENCH_NTFY_URL"
WEBHOOK_VARIABLE = "BENCH_WEBHOOK_URL"
TIMEOUT_S = 30.0


def notify(command: str | None, title: str, text: str, report: Callable[[str], None]) -> None:
    """Send to every place that is set; a failure is a line, never the end of the night."""
    places: list[tuple[str, Callable[[], None]]] = []
    if command:
        places.append((command, lambda: _run(command, text)))
    if ntfy := os.environ.get(NTFY_VARIABLE):
        places.append((NTFY_VARIABLE, lambda: _post(ntfy, text.encode(), {"Title": title.encode()})))
    if hook := os.environ.get(WEBHOOK_VARIABLE):
        places.append((WEBHOOK_VARIABLE, lambda: _post_json(hook, {"title": title, "text": text})))
    for place, send in places:
        try:
            send()
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            report(f"notification by {place} failed: {_without_secrets(str(error))}")


def _run(command: str, text: str) -> None:
    subprocess.run(
        shlex.split(command),
        input=text,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _post(url: str, data: bytes, headers: dict[str, bytes]) -> None:
    import requests

    requests.post(url, data=data, headers=headers, timeout=TIMEOUT_S).raise_for_status()


def _post_json(url: str, body: dict[str, str]) -> None:
    import requests

    requests.post(url, json=body, timeout=TIMEOUT_S).raise_for_status()


def _without_secrets(text: str) -> str:
    """A webhook's address is its password: requests puts it into its messages."""
    for name in (NTFY_VARIABLE, WEBHOOK_VARIABLE):
        if os.environ.get(name):
            text = text.replace(os.environ[name], f"${name}")
    return text
