"""Telling a server that hangs from one that is slow, while somebody uses it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from benchkit.errors import ServerDied, ServerError, ServerHangs
from benchkit.serving.servers.http import prove_token

ShowsLife = Callable[[], bool]
"""Whether the server has computed something since the last look, or is idle and says so."""


ASKS_NO_LONGER_S = 3600.0


@dataclass(frozen=True)
class Patience:
    """How often to look, and how long silence is borne."""

    every_s: float = 5.0
    quiet_s: float = 30.0  # so long without progress, and a one-token probe is sent
    probe_s: float = 180.0  # so long for its answer, counted anew at every sign of life


class Watchdog:
    """A thread that sees tokens move or, where it cannot, asks for one.

    Slow prompt processing shows life, or ends in the probe's answer; a hang does neither.
    """

    def __init__(
        self, base_url: str, model: str, shows_life: ShowsLife, patience: Patience, key: str | None = None
    ) -> None:
        self._base_url, self._model, self._key = base_url, model, key
        self._shows_life, self._patience = shows_life, patience
        self._stop = threading.Event()
        self._progress_at = time.monotonic()
        self.verdict: ServerError | None = None
        self._thread = threading.Thread(target=self._watch, name="server watchdog", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    def _watch(self) -> None:
        while self.verdict is None and not self._stop.wait(self._patience.every_s):
            if self._progressed() or self._silence() < self._patience.quiet_s:
                continue
            self.verdict = self._probe()

    def _progressed(self) -> bool:
        if not self._shows_life():
            return False
        self._progress_at = time.monotonic()
        return True

    def _silence(self) -> float:
        return time.monotonic() - self._progress_at

    def _probe(self) -> ServerError | None:
        """Ask for one token in a thread of its own, and go on looking for progress meanwhile."""
        answer: list[ServerError | None] = []
        asking = threading.Thread(target=lambda: answer.append(self._ask()), daemon=True)
        asking.start()
        deadline = time.monotonic() + self._patience.probe_s
        while asking.is_alive() and time.monotonic() < deadline and not self._stop.is_set():
            asking.join(self._patience.every_s)
            if self._progressed():
                deadline = time.monotonic() + self._patience.probe_s
        if self._stop.is_set():
            return None
        if not answer:
            return self._hangs()
        self._progress_at = time.monotonic()
        return answer[0]

    def _ask(self) -> ServerError | None:
        """None if an answer came, be it a refusal: it lives. Its process's end is noticed elsewhere."""
        try:
            prove_token(self._base_url, self._model, self._key, timeout=ASKS_NO_LONGER_S)
        except (ServerHangs, ServerDied):
            return self._hangs()
        except ServerError:
            return None
        return None

    def _hangs(self) -> ServerHangs:
        return ServerHangs(
            f"{self._base_url} hangs: nothing computed for {self._silence():.0f} s, and no answer to a probe"
        )
