"""A box from joining to leaving: it takes messages, tells the head that it is there, and minds its groups."""

from __future__ import annotations

import asyncio
import json
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

from distributed import Worker
from distributed.comm import get_address_host
from distributed.core import Server

from benchkit.errors import BenchError, ClusterError
from benchkit.link.calls import BOX_ADDRESS, MAY_PASS, REFUSED, Operation, Refused
from benchkit.link.certificates import Credentials
from benchkit.link.own_address import address_towards, listening_place
from benchkit.link.wire import LOST_AFTER_S, as_url, keep_only, security_of
from benchkit.running.boxes.groups import Groups
from benchkit.running.boxes.judging import Judging

GLANCE_S = 0.1
FENCES_EVERY_S = 0.5
TRIES_AGAIN_S = 0.5
STREAMED = ("close", "worker-status-change", "remove-worker")

Handler = Callable[..., Awaitable[str]]


class Messages(Server):  # type: ignore[misc]
    """Where this box takes messages, whether or not its head is there."""

    def __init__(self, handlers: dict[str, Handler], security: Any) -> None:
        arguments = security.get_connection_args("worker")
        super().__init__(handlers, deserialize=False, connection_args=arguments, needs_workdir=False)
        keep_only(self, handlers, ())
        self._listening = security.get_listen_args("worker")
        self._addresses: dict[str, str] = {}  # by this machine's own

    async def address_for(self, host: str, port: int) -> str:
        """Where this box is reached by those who reach the head there; OSError where it has no way to it.

        Asked anew each time that it joins: at its start the network may not have been up, and a lease of
        DHCP ends.
        """
        own = await asyncio.to_thread(address_towards, host, port)
        if own not in self._addresses:
            place = await asyncio.to_thread(listening_place, own, port)
            await self.listen(as_url(place, 0), **self._listening)
            self._addresses[own] = as_url(own, self.listeners[-1].get_host_port()[1])
        return self._addresses[own]


class Member(Worker):  # type: ignore[misc]
    """What the head knows of this box: that it is there, and where it takes messages. It runs no tasks."""

    def __init__(self, head: str, name: str, address: str, *, security: Any, folder: str) -> None:
        host = get_address_host(address)
        super().__init__(
            head,
            host=f"[{host}]" if ":" in host else host,  # its listener is of no use, and need be nowhere else
            name=name,
            nthreads=1,
            security=security,
            memory_limit=0,
            dashboard=False,
            extensions={},
            local_directory=folder,
            startup_information={BOX_ADDRESS: lambda _worker: address},
        )
        keep_only(self, (), STREAMED)
        self.deserialize = False

    def start_http_server(self, *_arguments: object, **_further: object) -> None:
        """None: it has a plain port."""


async def run_box(
    host: str, port: int, credentials: Credentials, groups: Groups, say: Callable[[str], None]
) -> None:
    """Until a signal comes; a head that is gone is waited for, and what runs goes on meanwhile."""
    security = security_of(credentials)
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    judging = Judging()
    messages = Messages(_handlers(groups, judging), security)
    with tempfile.TemporaryDirectory(prefix="bench-box-") as folder:
        minding = asyncio.create_task(_mind(groups, say))
        minding_sessions = asyncio.create_task(judging.mind())
        member = partial(Member, as_url(host, port), credentials.name, security=security, folder=folder)
        joining = asyncio.create_task(_stay(host, port, credentials.name, messages, member, say))
        leaving = asyncio.create_task(over.wait())
        try:
            await asyncio.wait({minding, joining, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await _ended(leaving)
            error = await _ended(joining)
            await _ended(minding)
            await _ended(minding_sessions)
            await judging.end()
            await asyncio.to_thread(groups.end)
            await messages.close()
    if error is not None:
        raise error


async def _ended(task: asyncio.Task[Any]) -> BaseException | None:
    """Ended, and what it ended of by itself."""
    if task.done():
        return task.exception()
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    return None


async def _stay(
    host: str,
    port: int,
    name: str,
    messages: Messages,
    new_member: Callable[[str], Member],
    say: Callable[[str], None],
) -> None:
    """A member of the cluster, again and again."""
    head, loop = as_url(host, port), asyncio.get_running_loop()
    began, joined_once, cut_off = loop.time(), False, False
    while True:
        try:
            address = await messages.address_for(host, port)
        except OSError:
            if not cut_off:
                say(f"this machine has no way to {head} for now: waiting for its network")
            cut_off = True
            await asyncio.sleep(TRIES_AGAIN_S)
            continue
        cut_off = False
        member = new_member(address)
        try:
            await member
            say(f"{name} has joined {head}")
            joined_once = True
            await member.finished()
            say(f"{head} is gone, or has lost sight of this box: trying again")
        except RuntimeError as error:
            # After a cut the head may not have noticed yet that this box's former connection is dead.
            if not joined_once and loop.time() - began > 2 * LOST_AFTER_S + 1:
                raise ClusterError(_in_words(name, error)) from None
        finally:
            await member.close(reason="leaving", nanny=False)
        await asyncio.sleep(TRIES_AGAIN_S)


def _in_words(name: str, error: RuntimeError) -> str:
    if "name taken" in str(error.__cause__):
        return f"a box of the name {name} is in the cluster already: give this one a certificate of its own"
    return f"the head does not take this box: {error.__cause__ or error}"


async def _mind(groups: Groups, say: Callable[[str], None]) -> None:
    while True:
        await asyncio.sleep(FENCES_EVERY_S)
        for group in await asyncio.to_thread(groups.fence):
            say(f"{group}: nobody looks at it any more, so it may be at work elsewhere: stopped here")


def _handlers(groups: Groups, judging: Judging) -> dict[str, Handler]:
    plain: dict[str, Callable[..., Any]] = {
        Operation.FACTS: groups.facts,
        Operation.OFFER: groups.offer,
        Operation.START: groups.start,
        Operation.STOP: groups.stop,
        Operation.RECORD: groups.record,
        Operation.FILE: groups.file,
    }
    awaited: dict[str, Callable[..., Awaitable[Any]]] = {
        **{name: partial(asyncio.to_thread, work) for name, work in plain.items()},
        **judging.handlers,
        Operation.LOOK: partial(_news, groups),
    }
    return {name: _handler(work) for name, work in awaited.items()}


def _handler(work: Callable[..., Awaitable[Any]]) -> Handler:
    async def handle(body: str) -> str:
        return await _answered(work, body)

    return handle


async def _answered(work: Callable[..., Awaitable[Any]], body: str) -> str:
    """As JSON; what went wrong as well."""
    try:
        arguments = json.loads(body)
        if not isinstance(arguments, dict):
            raise TypeError("no names with values")
        return json.dumps(await work(**arguments))
    except BenchError as error:
        may_pass = isinstance(error, Refused) and error.may_pass
        return json.dumps({REFUSED: str(error), MAY_PASS: may_pass})
    except (OSError, ValueError, TypeError) as error:
        return json.dumps({REFUSED: f"{type(error).__name__}: {error}"})


async def _news(groups: Groups, asked: dict[str, int], seen: Any, wait_s: float) -> Any:
    """How the groups are, as soon as that is not what was seen; after a while in any case."""
    deadline = asyncio.get_running_loop().time() + min(float(wait_s), LOST_AFTER_S)
    while True:
        now = await asyncio.to_thread(groups.look, asked)
        if now != seen or asyncio.get_running_loop().time() >= deadline:
            return now
        await asyncio.sleep(GLANCE_S)
