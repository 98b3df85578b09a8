"""Work of several threads that ask a model, each result as it gets ready."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from itertools import count
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def in_parallel(
    work: Callable[[T], R], things: Sequence[T], threads: int
) -> Generator[tuple[int, R], None, None]:
    """The place of each thing and its result; what one raises ends all.

    Threads are daemons, which a pool's are not: one that waits for a silent server must not keep an
    interrupted command alive.
    """
    results: Queue[tuple[int, R] | BaseException] = Queue()
    turns, ended = count(), Event()

    def loop() -> None:
        try:
            while not ended.is_set() and (place := next(turns)) < len(things):
                results.put((place, work(things[place])))
        except BaseException as error:
            results.put(error)

    for _ in range(min(max(1, threads), len(things))):
        Thread(target=loop, daemon=True).start()
    try:
        for _ in things:
            yield _next(results)
    finally:
        ended.set()


def _next(results: Queue[tuple[int, R] | BaseException]) -> tuple[int, R]:
    while True:  # with a timeout, so that Ctrl-C is seen
        try:
            result = results.get(timeout=1.0)
        except Empty:
            continue
        if isinstance(result, BaseException):
            raise result
        return result
