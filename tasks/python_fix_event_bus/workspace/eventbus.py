"""The event bus of an editor: patterns, priorities, one-time handlers, nested emits."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fnmatch import fnmatch

Handler = Callable[..., object]


class EmitError(Exception):
    """Handlers raised: `errors` holds (handler, exception) for each of them."""

    def __init__(self, errors: list[tuple[Handler, Exception]]):
        super().__init__(f"{len(errors)} handlers raised")
        self.errors = errors


class Subscription:
    def __init__(self, pattern: str, handler: Handler, priority: int, once: bool):
        self.pattern = pattern
        self.handler = handler
        self.priority = priority
        self.once = once

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Subscription) and self.handler == other.handler

    def matches(self, name: str) -> bool:
        if self.pattern.endswith(".**"):
            return name.startswith(self.pattern[:-3])
        return fnmatch(name, self.pattern)


class EventBus:
    def __init__(self) -> None:
        self._subscriptions: list[Subscription] = []
        self._queue: deque[tuple[str, tuple[object, ...]]] = deque()
        self._delivering = False

    def subscribe(self, pattern: str, handler: Handler, *, priority: int = 0, once: bool = False) -> Callable[[], None]:
        if not pattern:
            raise ValueError("a pattern is needed")
        subscription = Subscription(pattern, handler, priority, once)
        place = 0
        while place < len(self._subscriptions) and self._subscriptions[place].priority > priority:
            place += 1
        self._subscriptions.insert(place, subscription)

        def unsubscribe() -> None:
            self._subscriptions.remove(subscription)

        return unsubscribe

    def emit(self, name: str, *args: object) -> int:
        self._queue.append((name, args))
        if self._delivering:
            return 0
        self._delivering = True
        called = 0
        errors: list[tuple[Handler, Exception]] = []
        while self._queue:
            name, args = self._queue.pop()
            for subscription in self._subscriptions:
                if not subscription.matches(name):
                    continue
                try:
                    subscription.handler(name, *args)
                    called += 1
                except BaseException as error:
                    errors.append((subscription.handler, error))
                if subscription.once:
                    self._subscriptions.remove(subscription)
        if errors:
            raise EmitError(errors)
        self._delivering = False
        return called
