"""A cache for asyncio that loads each key once, however many tasks ask for it."""

import time


class FlightCache:
    def __init__(self, load, *, ttl, stale=0, max_entries=None, clock=time.monotonic):
        raise NotImplementedError

    async def get(self, key):
        raise NotImplementedError

    def invalidate(self, key):
        raise NotImplementedError

    async def aclose(self):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError
