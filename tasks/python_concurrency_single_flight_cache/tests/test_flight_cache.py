import asyncio
import gc
import unittest

from flight_cache import FlightCache


async def settle():
    """Lets all other tasks run as far as they can."""
    for _ in range(30):
        await asyncio.sleep(0)


class Source:
    """Loads that end when the test says so."""

    def __init__(self):
        self.calls = []
        self.waiting = []
        self.cancelled = []

    async def __call__(self, key):
        self.calls.append(key)
        future = asyncio.get_running_loop().create_future()
        self.waiting.append(future)
        try:
            return await future
        except asyncio.CancelledError:
            self.cancelled.append(key)
            raise

    async def finish(self, result, index=-1):
        future = self.waiting[index]
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
        await settle()


class FlightCacheTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.now = 100.0
        self.source = Source()
        self.reported = []

    async def asyncSetUp(self):
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: self.reported.append(context["message"]))

    async def asyncTearDown(self):
        gc.collect()
        await settle()
        self.assertEqual(self.reported, [])

    def cache(self, **settings):
        return FlightCache(self.source, **{"ttl": 10, "clock": lambda: self.now, **settings})

    async def start(self, cache, key="k", count=1):
        tasks = [asyncio.create_task(cache.get(key)) for _ in range(count)]
        await settle()
        return tasks

    async def filled(self, value="old", key="k", **settings):
        cache = self.cache(**settings)
        (task,) = await self.start(cache, key)
        await self.source.finish(value)
        self.assertEqual(await self.within(task), value)
        return cache

    async def within(self, awaitable):
        return await asyncio.wait_for(awaitable, 2.5)

    async def test_waiting_calls_share_one_load(self):
        cache = self.cache()
        tasks = await self.start(cache, count=20)
        self.assertEqual(self.source.calls, ["k"])
        await self.source.finish("v")
        self.assertEqual(await self.within(asyncio.gather(*tasks)), ["v"] * 20)
        self.assertEqual((await self.within(cache.get("k")), len(cache)), ("v", 1))
        self.assertEqual(self.source.calls, ["k"])

    async def test_different_keys_load_at_the_same_time(self):
        cache = self.cache()
        tasks = [*await self.start(cache, "a"), *await self.start(cache, "b")]
        self.assertEqual(self.source.calls, ["a", "b"])
        await self.source.finish(2)
        await self.source.finish(1, index=0)
        self.assertEqual(await self.within(asyncio.gather(*tasks)), [1, 2])

    async def test_age_counts_from_the_end_of_the_load(self):
        cache = self.cache()
        (task,) = await self.start(cache)
        self.now += 50
        await self.source.finish(None)
        self.assertIsNone(await self.within(task))
        self.now += 9.5
        self.assertIsNone(await self.within(cache.get("k")))
        self.now += 0.5
        (task,) = await self.start(cache)
        self.assertEqual(len(self.source.calls), 2)
        self.assertFalse(task.done())
        await self.source.finish("new")
        self.assertEqual(await self.within(task), "new")

    async def test_errors_reach_all_and_are_not_kept(self):
        cache = self.cache()
        tasks = await self.start(cache, count=3)
        problem = OSError("down")
        await self.source.finish(problem)
        results = await self.within(asyncio.gather(*tasks, return_exceptions=True))
        self.assertEqual([type(result) for result in results], [OSError] * 3)
        self.assertEqual(len(cache), 0)
        (task,) = await self.start(cache)
        await self.source.finish("up")
        self.assertEqual(await self.within(task), "up")

    async def test_stale_value_is_returned_at_once_and_refreshed(self):
        cache = await self.filled(stale=20)
        self.now += 10
        tasks = await self.start(cache, count=3)
        self.assertEqual([task.done() and task.result() for task in tasks], ["old"] * 3)
        self.assertEqual(len(self.source.calls), 2)
        await self.source.finish("new")
        self.now += 9
        self.assertEqual(await self.within(cache.get("k")), "new")
        self.assertEqual(len(self.source.calls), 2)

    async def test_failed_refresh_keeps_the_old_value_until_it_expires(self):
        cache = await self.filled(stale=20)
        self.now += 15
        self.assertEqual(await self.within(cache.get("k")), "old")
        await settle()
        await self.source.finish(OSError("down"))
        self.assertEqual(await self.within(cache.get("k")), "old")
        await settle()
        self.assertEqual(len(self.source.calls), 3)
        await self.source.finish(OSError("down"))
        self.now += 15
        (task,) = await self.start(cache)
        self.assertFalse(task.done())
        await self.source.finish("new")
        self.assertEqual(await self.within(task), "new")

    async def test_expired_call_joins_the_running_refresh(self):
        for result in ("new", OSError("down")):
            with self.subTest(result=result):
                cache = await self.filled(stale=20)
                self.now += 15
                self.assertEqual(await self.within(cache.get("k")), "old")
                await settle()
                calls = len(self.source.calls)
                self.now += 15
                (task,) = await self.start(cache)
                self.assertEqual(len(self.source.calls), calls)
                self.assertFalse(task.done())
                await self.source.finish(result)
                (got,) = await self.within(asyncio.gather(task, return_exceptions=True))
                self.assertIs(type(got), type(result))

    async def test_one_cancelled_call_leaves_the_others(self):
        cache = self.cache()
        tasks = await self.start(cache, count=3)
        tasks[0].cancel()
        await settle()
        self.assertTrue(tasks[0].cancelled())
        self.assertEqual(self.source.cancelled, [])
        await self.source.finish("v")
        self.assertEqual(await self.within(asyncio.gather(*tasks[1:])), ["v", "v"])

    async def test_load_is_cancelled_with_its_last_call(self):
        cache = self.cache()
        tasks = await self.start(cache, count=2)
        for task in tasks:
            task.cancel()
        (late,) = await self.start(cache)
        self.assertEqual(self.source.cancelled, ["k"])
        self.assertEqual(len(self.source.calls), 2)
        await self.source.finish("second")
        self.assertEqual(await self.within(late), "second")

    async def test_background_load_is_not_cancelled_with_its_last_call(self):
        cache = await self.filled(stale=20)
        self.now += 15
        self.assertEqual(await self.within(cache.get("k")), "old")
        await settle()
        self.now += 15
        (task,) = await self.start(cache)
        task.cancel()
        await settle()
        self.assertEqual(self.source.cancelled, [])
        await self.source.finish("new")
        self.assertEqual(await self.within(cache.get("k")), "new")

    async def test_invalidate_forgets_the_value(self):
        cache = await self.filled()
        cache.invalidate("unknown")
        cache.invalidate("k")
        self.assertEqual(len(cache), 0)
        (task,) = await self.start(cache)
        await self.source.finish("new")
        self.assertEqual(await self.within(task), "new")

    async def test_invalidate_during_a_load(self):
        cache = self.cache()
        (early,) = await self.start(cache)
        cache.invalidate("k")
        (late,) = await self.start(cache)
        self.assertEqual(len(self.source.calls), 2)
        await self.source.finish("second")
        await self.source.finish("first", index=0)
        self.assertEqual(await self.within(asyncio.gather(early, late)), ["first", "second"])
        self.assertEqual(await self.within(cache.get("k")), "second")
        self.assertEqual(len(self.source.calls), 2)

    async def test_least_recently_used_value_is_dropped(self):
        cache = await self.filled(key="a", max_entries=2)
        for key in ("b", "c"):
            self.assertEqual(await self.within(cache.get("a")), "old")
            (task,) = await self.start(cache, key)
            await self.source.finish(key)
            await self.within(task)
        self.assertEqual(len(cache), 2)
        self.assertEqual(await self.within(cache.get("a")), "old")
        self.assertEqual(self.source.calls, ["a", "b", "c"])
        (task,) = await self.start(cache, "b")
        self.assertEqual(self.source.calls[-1], "b")
        await self.source.finish("again")
        await self.within(task)

    async def test_close(self):
        cache = await self.filled(key="held", stale=20)
        self.now += 15
        self.assertEqual(await self.within(cache.get("held")), "old")
        tasks = await self.start(cache, count=2)
        await self.within(cache.aclose())
        self.assertEqual(sorted(self.source.cancelled), ["held", "k"])
        results = await self.within(asyncio.gather(*tasks, cache.get("held"), return_exceptions=True))
        self.assertEqual([(type(r), str(r)) for r in results], [(RuntimeError, "the cache is closed")] * 3)
        await self.within(cache.aclose())
