"""How long an answer is waited for on a machine that stands still now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

PARTS = 4

Answer = TypeVar("Answer")


async def answer_within(seconds: float, work: Awaitable[Answer]) -> Answer:
    """What comes of it; TimeoutError where that takes longer.

    The time passes in parts. Where this machine stands still, one of them is used up, however long that was:
    what was said meanwhile is still unread, and who said it is not lost.
    """
    working = asyncio.ensure_future(work)
    try:
        for _ in range(PARTS):
            done, _ = await asyncio.wait({working}, timeout=seconds / PARTS)
            if done:
                return await working
        raise TimeoutError
    finally:
        if not working.done():
            working.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await working
