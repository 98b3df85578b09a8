"""The same with one future for each waiting call, filled by one loader coroutine for each load."""

import asyncio
import time


class _Load:
    def __init__(self, stays):
        self.stays = stays
        self.futures = set()
        self.stored = True
        self.task = None


class FlightCache:
    def __init__(self, load, *, ttl, stale=0, max_entries=None, clock=time.monotonic):
        self.load, self.ttl, self.stale, self.limit, self.clock = load, ttl, stale, max_entries, clock
        self.entries = {}  # in order of use
        self.loads = {}
        self.tasks = set()
        self.closed = False

    def __len__(self):
        return len(self.entries)

    def _use(self, key, entry):
        self.entries.pop(key, None)
        self.entries[key] = entry

    async def get(self, key):
        self._check()
        entry = self.entries.get(key)
        age = None if entry is None else self.clock() - entry[1]
        if age is not None and age < self.ttl + self.stale:
            self._use(key, entry)
            if age >= self.ttl:
                self._find_load(key, True)
            return entry[0]
        load = self._find_load(key, False)
        future = asyncio.get_running_loop().create_future()
        load.futures.add(future)
        try:
            return await future
        except asyncio.CancelledError:
            load.futures.discard(future)
            if not load.futures and not load.stays and not load.task.done():
                self._forget(key, load)
                load.task.cancel()
            raise

    def _check(self):
        if self.closed:
            raise RuntimeError("the cache is closed")

    def _find_load(self, key, stays):
        if key not in self.loads:
            load = self.loads[key] = _Load(stays)
            load.task = asyncio.create_task(self._run(key, load))
            self.tasks.add(load.task)
            load.task.add_done_callback(self.tasks.discard)
        return self.loads[key]

    def _forget(self, key, load):
        load.stored = False
        if self.loads.get(key) is load:
            del self.loads[key]

    async def _run(self, key, load):
        try:
            value = await self.load(key)
        except Exception as error:
            self._answer(load, lambda future: future.set_exception(error))
        else:
            self._answer(load, lambda future: future.set_result(value))
            if load.stored:
                self._use(key, (value, self.clock()))
                if self.limit is not None and len(self.entries) > self.limit:
                    del self.entries[next(iter(self.entries))]
        finally:
            self._forget(key, load)

    @staticmethod
    def _answer(load, fill):
        for future in load.futures:
            if not future.done():
                fill(future)

    def invalidate(self, key):
        self.entries.pop(key, None)
        if key in self.loads:
            self._forget(key, self.loads[key])

    async def aclose(self):
        self.closed = True
        for load in list(self.loads.values()):
            self._answer(load, lambda future: future.set_exception(RuntimeError("the cache is closed")))
        tasks = list(self.tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
