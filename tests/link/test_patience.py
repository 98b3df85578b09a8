"""A time limit on an answer, where the machine stands still meanwhile."""

from __future__ import annotations

import asyncio
import time

import pytest

from benchkit.link.patience import answer_within

LIMIT_S = 2.0


def test_a_machine_that_stood_still_hears_what_was_said_meanwhile() -> None:
    """Longer than the limit: the answer that needs a moment more then is in time."""

    async def stand_still() -> str:
        asyncio.get_running_loop().call_later(0.01, time.sleep, LIMIT_S + 0.1)
        return await answer_within(LIMIT_S, _answer())

    assert asyncio.run(stand_still()) == "answer"


async def _answer() -> str:
    """After several turns of the event loop, as an answer over a connection takes."""
    for _ in range(5):
        await asyncio.sleep(0.01)
    return "answer"


def test_who_never_answers_is_given_up() -> None:
    """And what waited for it is ended."""

    async def give_up() -> bool:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with pytest.raises(TimeoutError):
            await answer_within(0.04, waiting)
        return waiting.cancelled()

    assert asyncio.run(give_up())


def test_what_goes_wrong_is_told_as_it_is() -> None:
    async def fail() -> None:
        raise ConnectionError("hung up")

    with pytest.raises(ConnectionError, match="hung up"):
        asyncio.run(answer_within(1.0, fail()))
