"""A cache for asyncio that loads each key once, however many tasks ask for it."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass

CLOSED = "the cache is closed"


@dataclass
class Flight:
    """A load under way."""

    task: asyncio.Task
    background: bool
    waiting: int = 0


class FlightCache:
    def __init__(self, load, *, ttl, stale=0, max_entries=None, clock=time.monotonic):
        self._load = load
        self._ttl = ttl
        self._stale = stale
        self._max_entries = max_entries
        self._clock = clock
        self._values = OrderedDict()  # key -> (value, time of its load)
        self._flights = {}
        self._running = set()  # all tasks, those of forgotten flights included
        self._closed = False

    def __len__(self):
        return len(self._values)

    async def get(self, key):
        if self._closed:
            raise RuntimeError(CLOSED)
        if key in self._values:
            value, loaded = self._values[key]
            age = self._clock() - loaded
            if age < self._ttl + self._stale:
                self._values.move_to_end(key)
                if age >= self._ttl and key not in self._flights:
                    self._take_off(key, background=True)
                return value
        flight = self._flights.get(key) or self._take_off(key, background=False)
        return await self._join(key, flight)

    def _take_off(self, key, background):
        flight = Flight(asyncio.ensure_future(self._load(key)), background)
        self._flights[key] = flight
        self._running.add(flight.task)
        flight.task.add_done_callback(lambda task: self._land(key, flight))
        return flight

    def _land(self, key, flight):
        self._running.discard(flight.task)
        current = self._flights.get(key) is flight
        if current:
            del self._flights[key]
        if flight.task.cancelled() or flight.task.exception() is not None or not current or self._closed:
            return
        self._values[key] = (flight.task.result(), self._clock())
        self._values.move_to_end(key)
        if self._max_entries is not None and len(self._values) > self._max_entries:
            self._values.popitem(last=False)

    async def _join(self, key, flight):
        flight.waiting += 1
        try:
            # asyncio.wait leaves the load alone when this call is cancelled.
            await asyncio.wait([flight.task])
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.background and not flight.task.done():
                if self._flights.get(key) is flight:
                    del self._flights[key]
                flight.task.cancel()
        if self._closed:
            raise RuntimeError(CLOSED)
        return flight.task.result()

    def invalidate(self, key):
        self._values.pop(key, None)
        self._flights.pop(key, None)

    async def aclose(self):
        self._closed = True
        running = list(self._running)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
