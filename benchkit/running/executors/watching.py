"""Boxes are looked at here as well, while the batch itself waits: such as for a database that says nothing.

A box at whose groups nobody looks stops them, and one that does not answer is taken for lost: neither must
happen because this machine had to wait for something else.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from functools import partial
from typing import Any

from benchkit.link.calls import Box, Calls, Operation
from benchkit.repeating import repeating
from benchkit.running.executors.answers import read_news
from benchkit.running.executors.sending import Sent
from benchkit.telling.history.leases import Lease

LOOKS_EVERY_S = 1.0
WAITED_S = 1.5  # since the batch last looked by itself


class BoxWatch:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._at_work: list[tuple[Box, Lease]] = []
        self._noted_at: float | None = None  # the batch has not begun
        self._answered: dict[Lease, float] = {}
        self._meanwhile = ExitStack()

    def note(self, at_work: Sequence[Sent]) -> None:
        """The batch looks by itself, and at these."""
        self._at_work = [(sent.box, sent.lease) for sent in at_work if sent.box and sent.lease]
        begun, self._noted_at = self._noted_at is not None, time.monotonic()
        if not begun:
            self._meanwhile.enter_context(repeating(LOOKS_EVERY_S, self._look_where_nobody_does))

    def answered_at(self, lease: Lease) -> float:
        """When its box last answered here."""
        return self._answered.get(lease, float("-inf"))

    def end(self) -> None:
        self._meanwhile.close()

    def _look_where_nobody_does(self) -> None:
        assert self._noted_at is not None
        if time.monotonic() - self._noted_at <= WAITED_S:
            return
        for box, lease in self._at_work:
            asked = {lease.group: lease.attempt}
            read = partial(read_news, group=lease.group)
            look = self._calls.asked(box, Operation.LOOK, read=read, asked=asked, seen={}, wait_s=0.0)
            look.add_done_callback(partial(self._note_answer, lease))

    def _note_answer(self, lease: Lease, look: Future[Any]) -> None:
        if not look.cancelled() and look.exception() is None:
            self._answered[lease] = time.monotonic()
