"""The event bus of an editor: patterns, priorities, one-time handlers, nested emits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

Handler = Callable[..., object]


class EmitError(Exception):
    """Handlers raised: `errors` holds (handler, exception) for each of them."""

    def __init__(self, errors: list[tuple[Handler, Exception]]):
        super().__init__(f"{len(errors)} handlers raised")
        self.errors = errors


def split_name(name: str) -> list[str]:
    segments = name.split(".")
    if not all(segments):
        raise ValueError(f"an empty segment in {name!r}")
    return segments


class Subscription:
    def __init__(self, pattern: str, handler: Handler, priority: int, once: bool):
        self.segments = split_name(pattern)
        if "**" in self.segments[:-1]:
            raise ValueError(f"** stands last: {pattern!r}")
        self.handler = handler
        self.priority = priority
        self.once = once
        self.ended = False

    def matches(self, name: list[str]) -> bool:
        wanted = self.segments
        if wanted[-1] == "**":
            wanted = wanted[:-1]
            if len(name) < len(wanted):
                return False
        elif len(name) != len(wanted):
            return False
        return all(pattern in ("*", segment) for pattern, segment in zip(wanted, name))


class EventBus:
    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._queue: deque[tuple[str, tuple[object, ...]]] = deque()
        self._delivering = False

    def subscribe(self, pattern: str, handler: Handler, *, priority: int = 0, once: bool = False) -> Callable[[], None]:
        subscription = Subscription(pattern, handler, priority, once)
        self._subscriptions.append(subscription)
        self._subscriptions.sort(key=lambda held: -held.priority)
        return lambda: self._end(subscription)

    def _end(self, subscription: Subscription) -> None:
        if not subscription.ended:
            subscription.ended = True
            self._subscriptions.remove(subscription)

    def emit(self, name: str, *args: object) -> int:
        split_name(name)
        self._queue.append((name, args))
        if self._delivering:
            return 0
        self._delivering = True
        called = 0
        errors: list[tuple[Handler, Exception]] = []
        try:
            while self._queue:
                called += self._deliver(*self._queue.popleft(), errors)
        finally:
            self._delivering = False
            self._queue.clear()
        if errors:
            raise EmitError(errors)
        return called

    def _deliver(self, name: str, args: tuple[object, ...], errors: list[tuple[Handler, Exception]]) -> int:
        called = 0
        segments = split_name(name)
        for subscription in [held for held in self._subscriptions if held.matches(segments)]:
            if subscription.ended:
                continue
            if subscription.once:
                self._end(subscription)
            called += 1
            try:
                subscription.handler(name, *args)
            except Exception as error:
                errors.append((subscription.handler, error))
        return called
