"""What counts as a server's silence, and what is the machine's."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from benchkit.errors import ServerHangs
from benchkit.serving.servers import watchdog
from benchkit.serving.servers.watchdog import HangLimits, WakingClock, Watchdog, WatchedServer
from tests.support import wait_until

NOBODY_THERE = "http://127.0.0.1:9/v1"


def test_a_machine_that_stands_still_is_no_server_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten minutes in which nobody got a turn are no silence of the server's; half a minute of its own is."""
    passed_s = 0.0
    looks = pauses = 0
    is_silent = False

    def shows_life() -> bool:
        nonlocal looks, passed_s
        looks += 1
        passed_s += 31.0 * is_silent
        return False

    def pause(clock: WakingClock, wait: Callable[[float], object], seconds: float) -> None:
        def sleep(seconds: float) -> None:
            nonlocal pauses, passed_s
            wait(seconds)
            pauses += 1
            passed_s += 600.0 * (pauses == 3)

        real_pause(clock, sleep, seconds)

    real_pause = WakingClock.pause
    monkeypatch.setattr(WakingClock, "pause", pause)
    monkeypatch.setattr(watchdog, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed_s))
    watched = Watchdog(WatchedServer(NOBODY_THERE, "m", shows_life), HangLimits(every_s=0.01, quiet_s=30.0))
    wait_until(lambda: looks > 5 or watched.verdict)
    assert watched.verdict is None
    is_silent = True
    wait_until(lambda: watched.verdict)
    assert isinstance(watched.verdict, ServerHangs)
