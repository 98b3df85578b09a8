"""Shared by servers that we did not start: their processes, and whether they still respond."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from benchkit.errors import ServerDied, ServerError
from benchkit.serving.servers.http import LOOPBACK, ask

LOOKS_EVERY_S = 5.0
NO_REPLY_S = 2.0
FORWARDERS = {"docker-proxy", "ssh", "sshd"}  # they hold the port, not the model


def is_local(url: str) -> bool:
    return urlsplit(url).hostname in LOOPBACK


def environment_past_proxies(url: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What whoever asks a server of this machine must be told where the user has a proxy: it cannot reach it.

    Programs read one spelling or the other.
    """
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if not is_local(url) or excepted == "*":
        return {}
    hosts = ",".join([*([excepted] if excepted else []), *LOOPBACK])
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def owners_of(url: str) -> tuple[int, ...]:
    """The processes that listen at an address of this machine; none where the system does not tell."""
    import psutil

    if not is_local(url):
        return ()
    port = urlsplit(url).port
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pids = {c.pid for c in listening if c.pid and c.laddr and c.laddr.port == port}
        return tuple(sorted(pid for pid in pids if psutil.Process(pid).name() not in FORWARDERS))
    except psutil.Error:
        return ()


class Liveness:
    """Checks now and then whether an address still responds; a refused connection means it has ended.

    No answer in time is not: a server that computes on all cores may be slow to say that it lives.
    """

    def __init__(self, what: str, url: str, key: str | None = None) -> None:
        self._what, self._url, self._key = what, url, key
        self._next_check = time.monotonic() + LOOKS_EVERY_S
        self._verdict: ServerError | None = None

    def failure(self) -> ServerError | None:
        if self._verdict is None and time.monotonic() >= self._next_check:
            self._verdict = self._check_life()
            self._next_check = time.monotonic() + LOOKS_EVERY_S
        return self._verdict

    def _check_life(self) -> ServerError | None:
        try:
            ask(self._url, timeout=NO_REPLY_S, key=self._key)
        except TimeoutError:
            return None
        except OSError as error:
            return ServerDied(f"{self._what} is gone while it was in use: {self._url}: {error}")
        return None
