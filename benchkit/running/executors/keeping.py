"""Boxes are looked at here as well, while the batch itself waits: such as for a database that says nothing.

A box at whose groups nobody looks stops them, and one that does not answer is taken for lost: neither must
happen because this machine had to wait for something else.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from threading import Event, Thread
from typing import Any

from benchkit.link.calls import Box, Calls, Operation
from benchkit.running.executors.sending import Sent
from benchkit.telling.history.leases import Lease

LOOKS_EVERY_S = 1.0
WAITED_S = 1.5  # since the batch last looked by itself


class Keeper:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._at_work: list[tuple[Box, Lease]] = []
        self._noted_at = time.monotonic()
        self._answered: dict[Lease, float] = {}
        self._over = Event()
        self._thread = Thread(target=self._keep, daemon=True)

    def note(self, at_work: Sequence[Sent]) -> None:
        """The batch looks by itself, and at these."""
        self._at_work = [(sent.box, sent.lease) for sent in at_work if sent.box and sent.lease]
        self._noted_at = time.monotonic()
        if self._thread.ident is None:
            self._thread.start()

    def answered_at(self, lease: Lease) -> float:
        """When its box last answered here."""
        return self._answered.get(lease, float("-inf"))

    def end(self) -> None:
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _keep(self) -> None:
        while not self._over.wait(LOOKS_EVERY_S):
            if time.monotonic() - self._noted_at > WAITED_S:
                for box, lease in self._at_work:
                    asked = {lease.group: lease.attempt}
                    look = self._calls.asked(box, Operation.LOOK, asked=asked, seen={}, wait_s=0.0)
                    look.add_done_callback(partial(self._note_answer, lease))

    def _note_answer(self, lease: Lease, look: Future[Any]) -> None:
        if not look.cancelled() and look.exception() is None:
            self._answered[lease] = time.monotonic()
