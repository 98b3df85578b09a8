"""The signals that end a run."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from benchkit.errors import Interrupted
from benchkit.running.runner.interrupts import Interrupts


@pytest.fixture(autouse=True)
def hangups_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_terminal_that_goes_interrupts() -> None:
    """Closing the terminal's window ends the run as Ctrl-C does, though nothing can be said there."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    kept, (master, slave) = os.dup(2), os.openpty()
    os.close(master)
    os.dup2(slave, 2)
    try:
        with pytest.raises(Interrupted), Interrupts():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(slave)


def test_under_nohup_a_hangup_is_nothing() -> None:
    """Started with nohup, a run goes on when the terminal goes."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with Interrupts():
        os.kill(os.getpid(), signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
