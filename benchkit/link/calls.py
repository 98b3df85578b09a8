"""Questions to the head and to the boxes, each with its own time limit, many at once.

The library lives in an event loop in a thread of its own; whoever calls need not know of it.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from benchkit.errors import ClusterError, UsageError
from benchkit.files import atomic_write, make_private_folder
from benchkit.json_values import number
from benchkit.link.certificates import Credentials, own_credentials
from benchkit.link.own_address import is_loopback
from benchkit.link.patience import answer_within
from benchkit.link.probing import probe
from benchkit.link.wire import as_url, head_address, prepare, security_of

ANSWERS_WITHIN_S = 8.0
LARGEST_FILE_BYTES = 32 << 20  # larger ones stay on the box
BODY, REFUSED, MAY_PASS = "body", "refused", "may_pass"
BUSY = "busy"  # what a box refuses a group with while others take all its room
BOX_ADDRESS = "box_address"  # under which a box takes its own messages, among what it tells the head

Answer = TypeVar("Answer")


class Operation:
    """What a box can be asked."""

    FACTS = "box_facts"  # its GPUs, engines, models, toolchains
    OFFER = "box_offer"  # whether it could run an order
    START = "box_start"
    LOOK = "box_look"  # how its groups are; whoever looks keeps their leases
    STOP = "box_stop"
    RECORD = "box_record"  # of a run that has ended
    FILE = "box_file"  # a part of one of its files
    JUDGE_OPEN = "box_judge_open"  # a session, in which it judges answers of a run that is elsewhere
    JUDGE_PUT = "box_judge_put"  # a part of a problem
    JUDGE = "box_judge"  # an answer
    JUDGE_KEEP = "box_judge_keep"  # the session goes on, though nothing is asked now
    JUDGE_END = "box_judge_end"


class GroupState(StrEnum):
    """What a box says of an attempt at a group."""

    UNKNOWN = "unknown"  # it was never begun there, or the box began anew
    WORKING = "working"
    OVER = "over"  # its process has ended
    LOST = "lost"  # a later attempt took it over, or it was stopped because nobody looked at it


@dataclass(frozen=True)
class Box:
    """A box as the head knows it."""

    name: str
    address: str  # where it takes messages
    seen_at: float = field(default=0.0, compare=False)  # its last sign of life, by the head's clock


class Refused(ClusterError):
    """A box answered, and said no; where that `may_pass` it takes nothing at all for now."""

    def __init__(self, why: str, box: str = "", *, may_pass: bool = False) -> None:
        super().__init__(f"{box}: {why}" if box else why)
        self.why, self.may_pass = why, may_pass


class Nonsense(ClusterError):
    """A box answers what no box of ours does."""


def _as_it_is(answer: Any) -> Any:
    return answer


class Calls:
    """A connection to a head and to its boxes; to be entered."""

    def __init__(self, address: str, credentials: Credentials | None = None) -> None:
        self.host, self.port = head_address(address)
        prepare()
        self._credentials = credentials or own_credentials()
        self.own_name = self._credentials.name
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._pool: Any = None

    def __enter__(self) -> Self:
        probe(self.host, self.port, self._credentials)
        self._thread.start()
        self.now(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(ClusterError):
            self.now(self._pool.close(), ANSWERS_WITHIN_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(ANSWERS_WITHIN_S)

    async def _open(self) -> None:
        from distributed.core import ConnectionPool

        arguments = security_of(self._credentials).get_connection_args("client")
        self._pool = ConnectionPool(limit=4096, deserialize=False, connection_args=arguments)
        await self._pool.start()

    def boxes(self) -> list[Box]:
        """Those that the head knows of, by name."""
        return self.asked_boxes().result()

    def asked_boxes(self) -> Future[list[Box]]:
        """The same, for later."""
        return self._later(self._boxes())

    async def _boxes(self) -> list[Box]:
        identity = await self._asked(as_url(self.host, self.port), "identity", {})
        boxes = [self._box(one) for one in identity["workers"].values() if BOX_ADDRESS in one]
        return sorted((box for box in boxes if box is not None), key=lambda box: box.name)

    def _box(self, told: Mapping[str, Any]) -> Box | None:
        """None where it tells no address: nobody can ask it anything, but all others."""
        try:
            address = self._seen_from_here(str(told[BOX_ADDRESS]))
        except UsageError:
            return None
        return Box(str(told["name"]), address, number(told.get("last_seen")) or 0.0)

    def _seen_from_here(self, address: str) -> str:
        """A box that has joined over a loopback address is on the head's machine."""
        host, port = head_address(address)
        return as_url(self.host, port) if is_loopback(host) else address

    def ask(self, box: Box, operation: str, within_s: float = ANSWERS_WITHIN_S, **arguments: Any) -> Any:
        """What the box answers; ClusterError where it does not, Refused where it says no."""
        return self.asked(box, operation, within_s, **arguments).result()

    def asked(
        self,
        box: Box,
        operation: str,
        within_s: float = ANSWERS_WITHIN_S,
        read: Callable[[Any], Answer] = _as_it_is,
        **arguments: Any,
    ) -> Future[Answer]:
        """The same, for later: what `read` makes of it; Nonsense where that raises ValueError."""
        message = {BODY: json.dumps(arguments)}
        return self._later(self._answer(box, operation, message, within_s, read))

    async def _answer(
        self,
        box: Box,
        operation: str,
        message: Mapping[str, Any],
        within_s: float,
        read: Callable[[Any], Answer] = _as_it_is,
    ) -> Answer:
        text = await self._asked(box.address, operation, message, within_s)
        try:
            answer = json.loads(text)
            if isinstance(answer, dict) and REFUSED in answer:
                raise Refused(str(answer[REFUSED]), box.name, may_pass=bool(answer.get(MAY_PASS)))
            return read(answer)
        except (ValueError, TypeError, RecursionError) as error:
            raise Nonsense(f"{box.name} answers what no box of ours does ({operation}: {error})") from None

    def stopped(
        self, box: Box, group: str, attempt: int, within_s: float = ANSWERS_WITHIN_S, *, forget: bool
    ) -> Future[Any]:
        """Done once the box has ended this attempt; `forget` it where its results are taken."""
        return self.asked(box, Operation.STOP, within_s, group=group, attempt=attempt, forget=forget)

    def fetched(self, box: Box, group: str, run: str, folder: Path) -> Future[dict[str, Any]]:
        """The record of a run that has ended, once its small files lie in this folder."""
        return self._later(self._fetch(box, group, run, folder))

    async def _fetch(self, box: Box, group: str, run: str, folder: Path) -> dict[str, Any]:
        read = partial(_read_ended, run)
        record, files = await self._answer_now(box, Operation.RECORD, read, group=group, run=run)
        for name, size in files.items():
            if size <= LARGEST_FILE_BYTES:
                await self._copy(box, group, run, folder, name, size)
        return record

    async def _copy(self, box: Box, group: str, run: str, folder: Path, name: str, size: int) -> None:
        target = folder / name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise Nonsense(f"{box.name} sends a file that does not belong into the run's folder: {name}")
        data = bytearray()
        try:
            while len(data) < size:
                part = await self._answer_now(
                    box, Operation.FILE, _read_part, group=group, run=run, name=name, offset=len(data)
                )
                if not part:
                    break
                data += part
            make_private_folder(target.parent)
            atomic_write(target, bytes(data))
        except OSError as error:
            raise ClusterError(f"{target}: {error.strerror}") from None

    async def _answer_now(
        self, box: Box, operation: str, read: Callable[[Any], Answer], **arguments: Any
    ) -> Answer:
        return await self._answer(box, operation, {BODY: json.dumps(arguments)}, ANSWERS_WITHIN_S, read)

    async def _asked(
        self, address: str, operation: str, message: Mapping[str, Any], within_s: float = ANSWERS_WITHIN_S
    ) -> Any:
        try:
            return await answer_within(within_s, getattr(self._pool(address), operation)(**message))
        except TimeoutError:
            raise ClusterError(f"{address} does not answer within {within_s:.0f} s") from None
        except Exception as error:  # whatever the library and the network come up with
            raise ClusterError(f"{address} cannot be asked: {type(error).__name__}: {error}") from None

    def _later(self, work: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def now(self, work: Coroutine[Any, Any, Answer], within_s: float | None = None) -> Answer:
        return self._later(work).result(within_s)


def _read_ended(run: str, answer: Any) -> tuple[dict[str, Any], dict[str, int]]:
    """The record of this very run, and the sizes of its files."""
    told = answer if isinstance(answer, dict) else {}
    record, files = told.get("record"), told.get("files")
    if not isinstance(record, dict) or record.get("id") != run:
        raise ValueError(f"no record of {run}")
    if not isinstance(files, dict) or not all(
        isinstance(size, int) and "\0" not in name for name, size in files.items()
    ):
        raise ValueError(f"no files of {run}")
    return record, files


def _read_part(answer: Any) -> bytes:
    data = answer.get("data") if isinstance(answer, dict) else None
    if not isinstance(data, str):
        raise ValueError("no part of a file")
    return data.encode("latin-1")
