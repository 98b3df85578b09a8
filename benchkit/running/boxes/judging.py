"""This box judges for runs elsewhere: a session each, whose frames go to a process of the scripts' side.

Here they are passed on and not read. As many answers are under way as this machine has processors, however
many sessions there are.
"""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from benchkit.contract import JUDGING_BEAT, JUDGING_FRAME, JUDGING_OFFER, JUDGING_SERVICE
from benchkit.environment import ROOT
from benchkit.link.calls import Operation, Refused

OFFER_WITHIN_S = 120.0
LEFT_ALONE_S = 30.0  # a session that nobody has asked for so long is over
LOOKS_EVERY_S = 1.0  # at all of them
SILENT_LOOKS = 30  # a process that sends nothing between so many of them is frozen: it would hold its slots
MOST_WAIT_S = 10.0
SESSIONS_A_PROCESSOR = 2
ENDS_WITHIN_S = 10.0
COMMAND = (sys.executable, "-m", JUDGING_SERVICE)


def judging_offer() -> dict[str, Any]:
    """How this machine judges: its level of isolation, Python and workers; or why it does not."""
    try:
        done = subprocess.run(
            [*COMMAND, JUDGING_OFFER], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=OFFER_WITHIN_S, check=False,
        )  # fmt: skip
        told: dict[str, Any] = json.loads(done.stdout)
    except subprocess.TimeoutExpired:
        return {"refusal": f"its sandbox did not start within {OFFER_WITHIN_S:.0f} s"}
    except ValueError:
        lines = done.stderr.decode(errors="replace").strip().splitlines()
        return {"refusal": lines[-1] if lines else "its sandbox does not start"}
    return told


class Session:
    """One run's judging process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.asked_at = time.monotonic()
        self._silent = 0  # looks, not seconds: this process may have been frozen itself
        self._over_because = "its judging process has ended"
        self._replies: dict[int, asyncio.Future[bytes]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._reading = asyncio.create_task(self._read())

    def reply(self, number: int, frame: bytes, slots: asyncio.Semaphore | None) -> asyncio.Future[bytes]:
        """The same one however often it is asked for."""
        self.keep()
        if number not in self._replies:
            self._replies[number] = asyncio.get_running_loop().create_future()
            task = asyncio.create_task(self._send(number, frame, slots))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return self._replies[number]

    @property
    def is_over(self) -> bool:
        """Its process has ended: it could not begin, or something killed it."""
        return self._reading.done()

    def keep(self) -> None:
        if self.is_over:
            raise Refused(self._over_because)
        self.asked_at = time.monotonic()

    def look(self) -> None:
        """Whether it has been silent for too long: then it is killed, and whoever waits for it is told."""
        self._silent += 1
        if self._silent > SILENT_LOOKS and not self.is_over:
            self._over_because = f"its judging process said nothing for {SILENT_LOOKS * LOOKS_EVERY_S:.0f} s"
            with suppress(ProcessLookupError):
                self.process.kill()

    def take(self, number: int) -> bytes | None:
        """The reply to this number, taken; None where it is not there yet."""
        reply = self._replies[number]
        if not reply.done():
            return None
        del self._replies[number]
        if reply.cancelled():
            raise Refused(self._over_because)
        return reply.result()

    async def _send(self, number: int, frame: bytes, slots: asyncio.Semaphore | None) -> None:
        if slots is None:
            self._write(number, frame)
            return
        reply = self._replies[number]
        async with slots:
            if not reply.done():
                self._write(number, frame)
                await asyncio.wait({reply})

    def _write(self, number: int, frame: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(JUDGING_FRAME.pack(number, len(frame)) + frame)

    async def _read(self) -> None:
        assert self.process.stdout is not None
        try:
            while True:
                head = await self.process.stdout.readexactly(JUDGING_FRAME.size)
                self._silent = 0
                number, size = JUDGING_FRAME.unpack(head)
                frame = await self.process.stdout.readexactly(size)
                reply = self._replies.get(number)
                if reply is not None and not reply.done():
                    reply.set_result(frame)
        except (asyncio.IncompleteReadError, OSError):
            pass
        for reply in self._replies.values():
            if not reply.done():
                reply.cancel()

    async def end(self) -> None:
        """Its sandbox goes with it."""
        assert self.process.stdin is not None
        for task in self._tasks:
            task.cancel()
        with suppress(OSError):
            self.process.stdin.close()
        try:
            await asyncio.wait_for(self.process.wait(), ENDS_WITHIN_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self.process.kill()
            await self.process.wait()
        await asyncio.wait({self._reading})


class Judging:
    """The sessions at this box; to be used in its event loop alone."""

    def __init__(self) -> None:
        processors = len(os.sched_getaffinity(0))
        self.most = SESSIONS_A_PROCESSOR * processors
        self._slots = asyncio.Semaphore(processors)
        self.sessions: dict[str, Session] = {}
        self._opening = asyncio.Lock()

    @property
    def handlers(self) -> dict[str, Callable[..., Awaitable[Any]]]:
        return {
            Operation.JUDGE_OPEN: self.open,
            Operation.JUDGE_PUT: self.put,
            Operation.JUDGE: self.judge,
            Operation.JUDGE_KEEP: self.keep,
            Operation.JUDGE_END: self.end_one,
        }

    async def open(self, session: str, number: int, frame: str, wait_s: float) -> dict[str, Any]:
        """Begin a session, unless this is the same question again."""
        async with self._opening:
            if session not in self.sessions:
                await self._end_where(lambda one: one.is_over)
                if len(self.sessions) >= self.most:
                    raise Refused("it judges for as many runs as it can")
                self.sessions[session] = Session(await _started())
        return await self._answer(session, number, frame, wait_s, None)

    async def put(self, session: str, number: int, frame: str, wait_s: float) -> dict[str, Any]:
        return await self._answer(session, number, frame, wait_s, None)

    async def judge(self, session: str, number: int, frame: str, wait_s: float) -> dict[str, Any]:
        return await self._answer(session, number, frame, wait_s, self._slots)

    async def _answer(
        self, session: str, number: int, frame: str, wait_s: float, slots: asyncio.Semaphore | None
    ) -> dict[str, Any]:
        """The reply, or nothing where it is not there yet: then the same is asked again."""
        one = self._session(session)
        if not 0 <= int(number) < JUDGING_BEAT:
            raise Refused(f"{number} is no number of a question")
        reply = one.reply(number, b64decode(frame), slots)
        await asyncio.wait({reply}, timeout=min(float(wait_s), MOST_WAIT_S))
        taken = one.take(number)
        return {} if taken is None else {"frame": b64encode(taken).decode()}

    async def keep(self, session: str) -> dict[str, Any]:
        self._session(session).keep()
        return {}

    async def end_one(self, session: str) -> dict[str, Any]:
        one = self.sessions.pop(session, None)
        if one is not None:
            await one.end()
        return {}

    def _session(self, name: str) -> Session:
        if name not in self.sessions:
            raise Refused("it has no such session")
        return self.sessions[name]

    async def mind(self) -> None:
        """End the sessions that nobody asks for any more, and those whose process is frozen."""
        while True:
            await asyncio.sleep(LOOKS_EVERY_S)
            for one in self.sessions.values():
                one.look()
            await self._end_where(lambda one: time.monotonic() - one.asked_at > LEFT_ALONE_S)

    async def _end_where(self, condition: Callable[[Session], bool]) -> None:
        for name, one in list(self.sessions.items()):
            if condition(one):
                await self.end_one(name)

    async def end(self) -> None:
        await asyncio.gather(*map(self.end_one, list(self.sessions)))


async def _started() -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
