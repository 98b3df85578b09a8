import threading
import unittest

from batch_writer import BatchWriter

LONG = 4  # seconds; reached only when something is stuck


class Sink:
    """Keeps batches; can be told to fail or to hold a write until it is released."""

    def __init__(self):
        self.batches = []
        self.failures = 0
        self.hold = False
        self.entered = threading.Event()
        self.release = threading.Event()
        self.inside = 0
        self.overlaps = 0

    def __call__(self, items):
        self.inside += 1
        self.overlaps += self.inside > 1
        try:
            if self.hold:
                self.entered.set()
                self.release.wait(LONG)
            if self.failures:
                self.failures -= 1
                raise OSError("disk full")
            self.batches.append(list(items))
        finally:
            self.inside -= 1


class BatchWriterTest(unittest.TestCase):
    def setUp(self):
        self.now = 0.0
        self.sink = Sink()
        self.writer = BatchWriter(self.sink, size=3, max_age=5, clock=lambda: self.now)
        self.addCleanup(self.sink.release.set)

    def add(self, *items):
        for item in items:
            self.writer.add(item)

    def in_thread(self, work):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def finish(self, thread):
        thread.join(LONG)
        self.assertFalse(thread.is_alive())

    def hold_a_write(self):
        """Another thread is inside of a write of [1, 2, 3]."""
        self.sink.hold = True
        self.add(1, 2)
        thread = self.in_thread(lambda: self.writer.add(3))
        self.assertTrue(self.sink.entered.wait(LONG))
        self.sink.hold = False
        return thread

    def test_full_batches(self):
        self.add(1, 2)
        self.assertEqual((self.sink.batches, self.writer.pending), ([], 2))
        self.add(3, 4, 5, 6, 7)
        self.assertEqual((self.sink.batches, self.writer.pending), ([[1, 2, 3], [4, 5, 6]], 1))

    def test_bad_size(self):
        for size in (0, -1):
            with self.assertRaises(ValueError):
                BatchWriter(self.sink, size=size, max_age=1)

    def test_tick_looks_at_the_first_item(self):
        self.writer.tick()
        self.add("a")
        self.now = 4.9
        self.add("b")
        self.writer.tick()
        self.assertEqual(self.sink.batches, [])
        self.now = 5.0
        self.writer.tick()
        self.assertEqual(self.sink.batches, [["a", "b"]])
        self.add("c")
        self.now = 9.9
        self.writer.tick()
        self.assertEqual(self.writer.pending, 1)

    def test_age_of_what_a_full_batch_left(self):
        self.add(1, 2)
        self.now = 4
        self.add(3, 4)
        self.now = 8
        self.writer.tick()
        self.assertEqual(self.sink.batches, [[1, 2, 3]])
        self.now = 9
        self.writer.tick()
        self.assertEqual(self.sink.batches, [[1, 2, 3], [4]])

    def test_flush_and_close(self):
        self.writer.flush()
        self.add(None, 2)
        self.writer.flush()
        self.assertEqual(self.sink.batches, [[None, 2]])
        self.add(3)
        self.writer.close()
        self.assertEqual(self.sink.batches, [[None, 2], [3]])
        with self.assertRaises(RuntimeError) as caught:
            self.add(4)
        self.assertEqual(str(caught.exception), "the writer is closed")
        self.writer.close()
        self.writer.tick()
        self.writer.flush()
        self.assertEqual((len(self.sink.batches), self.writer.pending), (2, 0))

    def test_failed_write_is_tried_again_in_order(self):
        self.add(1, 2)
        self.sink.failures = 2
        for item in (3, 4):
            with self.assertRaises(OSError):
                self.add(item)
        self.assertEqual(self.writer.pending, 4)
        self.add(5)
        self.assertEqual((self.sink.batches, self.writer.pending), ([[1, 2, 3]], 2))
        self.add(6)
        self.assertEqual(self.sink.batches, [[1, 2, 3], [4, 5, 6]])

    def test_failed_flush_keeps_ages_and_writes_nothing_more(self):
        self.add(1, 2)
        self.sink.failures = 2
        for item in (3, 4):
            with self.assertRaises(OSError):
                self.add(item)
        self.sink.failures = 1
        with self.assertRaises(OSError):
            self.writer.flush()
        self.assertEqual((self.sink.batches, self.writer.pending), ([], 4))
        self.now = 5
        self.writer.tick()
        self.assertEqual(self.sink.batches, [[1, 2, 3], [4]])

    def test_failed_close_has_closed(self):
        self.add(1)
        self.sink.failures = 1
        with self.assertRaises(OSError):
            self.writer.close()
        with self.assertRaises(RuntimeError):
            self.add(2)
        self.assertEqual(self.writer.pending, 1)
        self.writer.close()
        self.assertEqual(self.sink.batches, [[1]])

    def test_add_does_not_wait_for_a_running_write(self):
        writing = self.hold_a_write()
        seen = []
        other = self.in_thread(lambda: (self.writer.add(4), seen.append(self.writer.pending)))
        self.finish(other)
        self.assertEqual((seen, self.sink.batches), ([4], []))
        self.sink.release.set()
        self.finish(writing)
        self.assertEqual((self.sink.batches, self.writer.pending), ([[1, 2, 3]], 1))

    def test_flush_waits_its_turn(self):
        writing = self.hold_a_write()
        done = threading.Event()
        self.add(4)
        flushing = self.in_thread(lambda: (self.writer.flush(), done.set()))
        self.assertFalse(done.wait(0.05))
        self.sink.release.set()
        self.finish(writing)
        self.finish(flushing)
        self.assertEqual((self.sink.batches, self.sink.overlaps), ([[1, 2, 3], [4]], 0))

    def test_items_behind_a_failing_write_stay_behind_it(self):
        self.sink.failures = 1
        self.sink.hold = True
        self.add(1, 2)
        caught = []

        def last():
            try:
                self.writer.add(3)
            except OSError as error:
                caught.append(error)

        writing = self.in_thread(last)
        self.assertTrue(self.sink.entered.wait(LONG))
        self.add(4, 5)
        self.sink.hold = False
        self.sink.release.set()
        self.finish(writing)
        self.assertEqual((len(caught), self.writer.pending), (1, 5))
        self.writer.flush()
        self.assertEqual(self.sink.batches, [[1, 2, 3], [4, 5]])

    def test_many_threads_lose_nothing(self):
        writer = BatchWriter(self.sink, size=7, max_age=5)
        gate = threading.Barrier(8)

        def produce(number):
            gate.wait(LONG)
            for i in range(300):
                writer.add((number, i))

        threads = [self.in_thread(lambda n=n: produce(n)) for n in range(8)]
        for thread in threads:
            self.finish(thread)
        writer.close()
        items = [item for batch in self.sink.batches for item in batch]
        self.assertEqual(sorted(items), [(n, i) for n in range(8) for i in range(300)])
        for number in range(8):
            self.assertEqual([i for n, i in items if n == number], list(range(300)))
        self.assertEqual(self.sink.overlaps, 0)
        self.assertLessEqual(max(map(len, self.sink.batches)), 7)
