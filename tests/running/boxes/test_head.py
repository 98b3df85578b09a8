"""A head keeps nothing of a box that it has lost sight of, and no connection of one that it has refused."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("distributed")

from distributed.comm import CommClosedError, connect

from benchkit.link.certificates import make_certificates, own_credentials
from benchkit.link.wire import as_url, prepare, security_of
from benchkit.running.boxes.box import Member
from benchkit.running.boxes.head import Head

SOON_S = 30.0
NAME = "alpha"


@pytest.fixture
def security(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    make_certificates(NAME, [])
    prepare()
    return security_of(own_credentials())


@asynccontextmanager
async def head_with_a_box(security: Any, folder: Path, *, is_heard_on: bool = True) -> AsyncIterator[Head]:
    """Which has given a sign of life, and may be silent from then on."""
    head = await Head(host=as_url("127.0.0.1", 0), port=0, security=security)
    member = await Member(head.address, NAME, as_url("127.0.0.1", 1), security=security, folder=str(folder))
    deadline = time.monotonic() + SOON_S
    while not head._heard_over:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    if not is_heard_on:
        member.periodic_callbacks["heartbeat"].stop()
    try:
        yield head
    finally:
        await member.close(reason="the test is over", nanny=False)
        await head.close(reason="the test is over")


def test_a_lost_boxs_connections_are_closed(security: Any, tmp_path: Path) -> None:
    """Without waiting for the box, which may be frozen: it would keep them, and come back with new ones."""

    async def lose() -> list[bool]:
        async with head_with_a_box(security, tmp_path) as head:
            (address,), open_before = head.workers, list(head._comms)
            await head.remove_worker(address, stimulus_id="no sign of life")
            assert not head._heard_over
            return [comm.closed() for comm in open_before]

    assert asyncio.run(lose()) == [True, True]


def test_a_lost_boxs_events_are_forgotten(security: Any, tmp_path: Path) -> None:
    """The library keeps them an hour: a box that comes and goes all night would fill the head's memory."""

    async def forget() -> None:
        async with head_with_a_box(security, tmp_path) as head:
            (address,) = head.workers
            assert head.get_events(address)
            await head.remove_worker(address, stimulus_id="no sign of life")
            deadline = time.monotonic() + SOON_S
            while head.get_events(address):
                assert time.monotonic() < deadline
                await asyncio.sleep(0.05)

    asyncio.run(forget())


def test_a_refused_box_is_answered_and_its_connection_closed(security: Any, tmp_path: Path) -> None:
    """Its name is taken; the one that has it stays."""
    told = {
        "address": as_url("127.0.0.1", 2), "status": "running", "server_id": "x", "nthreads": 1, "name": NAME,
        "now": 0.0, "resources": {}, "memory_limit": 0, "metrics": {}, "services": {}, "local_directory": "",
        "versions": {}, "nanny": "", "extra": {}, "stimulus_id": "x",
    }  # fmt: skip

    async def refuse() -> tuple[dict[str, Any], bool, int]:
        async with head_with_a_box(security, tmp_path) as head:
            comm = await connect(head.address, **security.get_connection_args("worker"))
            await comm.write({"op": "register-worker", "reply": False, **told})
            answer, ended = await comm.read(), False
            with suppress(CommClosedError):
                async with asyncio.timeout(SOON_S):
                    await comm.read()
            ended = comm.closed()
            await comm.close()
            return answer, ended, len(head.workers)

    answer, ended, boxes = asyncio.run(refuse())
    assert (answer["message"], ended, boxes) == (f"name taken, {NAME}", True, 1)


def test_a_head_that_stood_still_has_lost_no_box(
    security: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What its boxes said meanwhile is still unread: only one that is silent from then on is lost."""
    now = time.time()
    for module in ("distributed.scheduler", "benchkit.running.boxes.head"):
        monkeypatch.setattr(f"{module}.time", lambda: now)

    async def stand_still() -> tuple[int, int]:
        nonlocal now
        async with head_with_a_box(security, tmp_path, is_heard_on=False) as head:
            now += 60
            await head.check_worker_ttl()
            boxes_then = len(head.workers)
            for _ in range(10):
                now += 1
                await head.check_worker_ttl()
            return boxes_then, len(head.workers)

    assert asyncio.run(stand_still()) == (1, 0)
