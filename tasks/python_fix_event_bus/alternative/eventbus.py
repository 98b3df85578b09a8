"""The event bus of an editor, with patterns as regular expressions and subscriptions in a dict by number."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable

Handler = Callable[..., object]


class EmitError(Exception):
    def __init__(self, errors):
        super().__init__("; ".join(repr(error) for _, error in errors))
        self.errors = errors


def compile_pattern(pattern: str) -> re.Pattern[str]:
    segments = pattern.split(".")
    if "" in segments or "**" in segments[:-1]:
        raise ValueError(pattern)
    last_open = segments[-1] == "**"
    if last_open:
        segments.pop()
    parts = ["[^.]+" if segment == "*" else re.escape(segment) for segment in segments]
    expression = r"\.".join(parts)
    if last_open:
        expression = expression + r"(\..*)?" if parts else ".*"
    return re.compile(expression, re.DOTALL)


class EventBus:
    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._held: dict[int, tuple[re.Pattern[str], Handler, int, bool]] = {}
        self._queue: list | None = None

    def subscribe(self, pattern, handler, *, priority=0, once=False):
        number = next(self._numbers)
        self._held[number] = (compile_pattern(pattern), handler, priority, once)

        def unsubscribe():
            self._held.pop(number, None)

        return unsubscribe

    def emit(self, name, *args):
        if "" in name.split("."):
            raise ValueError(name)
        if self._queue is not None:
            self._queue.append((name, args))
            return 0
        self._queue = [(name, args)]
        calls, errors = [], []
        try:
            for event in self._queue:
                self._deliver(event, calls, errors)
        finally:
            self._queue = None
        if errors:
            raise EmitError(errors)
        return len(calls)

    def _deliver(self, event, calls, errors):
        name, args = event
        numbers = [n for n, held in self._held.items() if held[0].fullmatch(name)]
        numbers.sort(key=lambda n: (-self._held[n][2], n))
        for number in numbers:
            if number not in self._held:
                continue
            _, handler, _, once = self._held[number]
            if once:
                del self._held[number]
            calls.append(number)
            try:
                handler(name, *args)
            except Exception as error:
                errors.append((handler, error))
