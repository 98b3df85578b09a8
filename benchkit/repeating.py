"""What is done again and again while something else goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread


@contextmanager
def repeating(every_s: float, action: Callable[[], None]) -> Iterator[None]:
    """Meanwhile the action is done, in a thread of its own; once it raises OSError, not again."""
    over = Event()

    def go_on() -> None:
        try:
            while not over.wait(every_s):
                action()
        except OSError:
            return  # whoever it is done for is gone

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
