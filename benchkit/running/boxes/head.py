"""The head of a cluster: Dask's scheduler, which knows the boxes that are there and notices lost ones.

It runs nothing and keeps nothing: started anew, it learns of the boxes again within a second. A box that it
has lost sight of has no connection to it any more, and joins again over a new one.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any

from distributed import Scheduler
from distributed.metrics import time
from tornado.ioloop import PeriodicCallback

from benchkit.errors import ClusterError
from benchkit.link.certificates import Credentials
from benchkit.link.wire import LOST_AFTER_S, as_url, head_address, keep_only, security_of

OPERATIONS = ("identity", "connection_stream", "register-worker", "heartbeat_worker", "unregister")
STREAMED = ("keep-alive", "worker-status-change", "log-event")
NOTES_TIME_EVERY_S = 0.5
STOOD_STILL_S = 1.0  # beyond that


class Head(Scheduler):  # type: ignore[misc]
    """Without its page, which has a plain port, and without all that runs what a message brings."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(dashboard=False, worker_ttl=LOST_AFTER_S, extensions={}, **arguments)
        keep_only(self, OPERATIONS, STREAMED)
        self.handlers |= {"register-worker": self.admit, "heartbeat_worker": self.hear}
        self._heard_over: dict[str, Any] = {}  # by a box's address: where its signs of life come in
        self._noted_at = self._going_since = time()
        self.periodic_callbacks["note_time"] = PeriodicCallback(self._note_time, NOTES_TIME_EVERY_S * 1000)

    def _note_time(self) -> None:
        now = time()
        if now - self._noted_at > NOTES_TIME_EVERY_S + STOOD_STILL_S:
            self._going_since = now
        self._noted_at = now

    async def check_worker_ttl(self) -> None:
        """Silent boxes are lost, but for a while after this machine stood still, or its clock was set.

        What they said meanwhile has not been read yet: all of them would be lost at once.
        """
        self._note_time()
        if time() - self._going_since > LOST_AFTER_S:
            await super().check_worker_ttl()

    async def admit(self, comm: Any, **told: Any) -> None:
        """Until the box is gone, or refused: then this connection has no further use."""
        await self.add_worker(comm, **told)
        await comm.close()

    def hear(self, comm: Any, *, address: str, **told: Any) -> Any:
        answer = self.heartbeat_worker(address=address, **told)
        if address in self.workers:
            self._heard_over[address] = comm
        return answer

    async def remove_worker(self, address: str, **further: Any) -> Any:
        """A box that is stuck would not close its connections, and each time it is back it opens new ones."""
        streamed, heard_over = self.stream_comms.get(address), self._heard_over.pop(address, None)
        outcome = await super().remove_worker(address, **further)
        if streamed is not None:
            streamed.abort()
        if heard_over is not None:
            heard_over.abort()
        return outcome

    def start_http_server(self, *_arguments: object, **_further: object) -> None:
        """None: what it showed, `cluster status` shows."""


async def run_head(host: str, port: int, credentials: Credentials, ready: Callable[[], None]) -> None:
    """Until a signal comes."""
    address = as_url(host.strip("[]"), port)
    head_address(address)  # refuses what is none
    try:
        head = await Head(host=address, port=port, security=security_of(credentials))
    except RuntimeError as error:
        why = error.__cause__
        reason = why.strerror if isinstance(why, OSError) else why
        raise ClusterError(
            f"the head cannot listen at {host}, port {port}: {reason}; --host and --port choose another place"
        ) from None
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    ready()
    await over.wait()
    await head.close(reason="asked to end")
