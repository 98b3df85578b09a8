"""Boxes that judge, without a network: their real part that passes frames on, and real judging processes.

It stands in for the link alone (benchkit/link/calls.py), which needs Dask; tests/running/boxes has both.
"""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, Self

import pytest

from benchkit import __version__
from benchkit.errors import ClusterError
from benchkit.judging.elsewhere import boxes
from benchkit.link.calls import Box, Operation
from benchkit.running.boxes.judging import Judging

OFFER = {"level": "namespaces", "python": "3.11", "workers": 2}
FACTS = {"version": __version__, "judging": OFFER}


class Boxes:
    """Several boxes by their names, with what each tells of itself; `dead` and `mad` may change meanwhile."""

    own_name = "desk"

    def __init__(self, facts: Mapping[str, Mapping[str, Any]]) -> None:
        self.facts = dict(facts)
        self.dead: set[str] = set()
        self.mad: set[str] = set()
        self.questions: list[tuple[str, str]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._minding: list[asyncio.Task[None]] = []
        self.judging = {name: self._now(self._made()) for name in facts}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """The boxes stay when a run ends."""

    def boxes(self) -> list[Box]:
        return [Box(name, f"tls://{name}:1") for name in sorted(self.facts)]

    def ask(self, box: Box, operation: str, within_s: float = 8.0, **arguments: Any) -> Any:
        self.questions.append((box.name, operation))
        if box.name in self.dead:
            raise ClusterError(f"{box.address} does not answer within {within_s:.0f} s")
        if operation == Operation.FACTS:
            return self.facts[box.name]
        if box.name in self.mad and operation == Operation.JUDGE:
            return {"frame": b64encode(b"what?").decode()}
        sent = json.loads(json.dumps(arguments))
        return json.loads(json.dumps(self._now(self.judging[box.name].handlers[operation](**sent))))

    def asked(self, *asked: Any, **arguments: Any) -> Future[Any]:
        answer: Future[Any] = Future()
        try:
            answer.set_result(self.ask(*asked, **arguments))
        except ClusterError as error:
            answer.set_exception(error)
        return answer

    def kill_processes(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """Of the sessions at one box."""
        for session in self.judging[name].sessions.values():
            session.process.send_signal(number)

    def end(self) -> None:
        for minding in self._minding:
            self._loop.call_soon_threadsafe(minding.cancel)
        for one in self.judging.values():
            self._now(one.end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _made(self) -> Judging:
        judging = Judging()
        self._minding.append(asyncio.create_task(judging.mind()))
        return judging

    def _now(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)


@contextmanager
def boxes_in_process(
    monkeypatch: pytest.MonkeyPatch, facts: Mapping[str, Mapping[str, Any]]
) -> Iterator[Boxes]:
    made = Boxes(facts)
    monkeypatch.setattr(boxes, "Calls", lambda _address: made)
    try:
        yield made
    finally:
        made.end()
