"""Notifications for a user who is away: a command of their own, ntfy, or a webhook."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from threading import Thread
from typing import Any

from benchkit.errors import UsageError

NTFY_VARIABLE = "BENCH_NTFY_URL"
WEBHOOK_VARIABLE = "BENCH_WEBHOOK_URL"
TIMEOUT_S = 30.0  # for one channel to take one message
LAST_WAIT_S = 60.0  # when the batch is over

Send = Callable[[str, str], None]  # a title and a text


def open_channels(command: str | None) -> dict[str, Send]:
    """Each channel by a name that holds no secret: an address or an argument may be a password."""
    channels: dict[str, Send] = {}
    if command:
        words = _words(command)
        channels[f"the command {words[0]}"] = lambda _, text: _run(words, text)
    if ntfy := os.environ.get(NTFY_VARIABLE):
        channels[NTFY_VARIABLE] = lambda title, text: _post(
            ntfy, data=text.encode(), headers={"Title": title.encode()}
        )
    if hook := os.environ.get(WEBHOOK_VARIABLE):
        channels[WEBHOOK_VARIABLE] = lambda title, text: _post(hook, json={"title": title, "text": text})
    return channels


class Notifier:
    """Serves each channel in a thread of its own: a slow one delays neither the batch nor another channel."""

    def __init__(self, send_to: Mapping[str, Send], report: Callable[[str], None]) -> None:
        self._report = report
        self._queues: dict[str, SimpleQueue[tuple[str, str] | None]] = {
            channel: SimpleQueue() for channel in send_to
        }
        self._threads = {
            channel: Thread(target=self._send_all, args=(channel, send), daemon=True)
            for channel, send in send_to.items()
        }
        for thread in self._threads.values():
            thread.start()

    def send(self, title: str, text: str) -> None:
        """Queue it; characters that cannot be encoded are replaced, since file names may hold anything."""
        shown = (_sendable(" ".join(title.split())), _sendable(text))
        for queue in self._queues.values():
            queue.put(shown)

    def close(self, patience_s: float = LAST_WAIT_S) -> None:
        """Wait until every channel has taken its messages, but no longer than this."""
        deadline = time.monotonic() + patience_s
        for queue in self._queues.values():
            queue.put(None)
        for channel, thread in self._threads.items():
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                self._report(f"notification by {channel} given up: it takes more than {patience_s:g} s")

    def _send_all(self, channel: str, send: Send) -> None:
        """A failure is a line, never the end of the batch."""
        while (message := self._queues[channel].get()) is not None:
            try:
                send(*message)
            except Exception as error:  # whatever the other server or program does
                self._report(f"notification by {channel} failed: {_why(error)}")


def _sendable(text: str) -> str:
    return text.encode(errors="replace").decode()


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"--notify-command: {error}") from None
    if not words:
        raise UsageError("--notify-command is empty")
    if shutil.which(words[0]) is None:
        raise UsageError(f"--notify-command: {words[0]} is no program here")
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

    # The body of the answer is not read: only the status counts. Redirected, a POST would become a GET.
    given: dict[str, Any] = {"timeout": TIMEOUT_S, "stream": True, "allow_redirects": False, **content}
    with requests.post(url, **given) as reply:
        if not 200 <= reply.status_code < 300:
            raise requests.HTTPError(response=reply)


def _why(error: Exception) -> str:
    """The error's own text may hold the address or the whole command: only its kind is shown."""
    if isinstance(error, subprocess.CalledProcessError):
        return f"it ended with exit code {error.returncode}"
    if isinstance(error, subprocess.TimeoutExpired):
        return f"it did not end within {TIMEOUT_S:g} s"
    status = getattr(getattr(error, "response", None), "status_code", None)
    return f"it answered with status {status}" if status else type(error).__name__
