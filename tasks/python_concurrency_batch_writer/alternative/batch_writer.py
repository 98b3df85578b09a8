"""The same with one condition: the buffer is a list, and a flag says whether a write runs."""

import threading
import time


class BatchWriter:
    def __init__(self, write, *, size, max_age, clock=time.monotonic):
        if size <= 0:
            raise ValueError(size)
        self.write, self.size, self.max_age, self.clock = write, size, max_age, clock
        self.items, self.times = [], []
        self.first_number = 0  # the number of the first item that is not written
        self.busy = False
        self.closed = False
        self.changed = threading.Condition()

    @property
    def pending(self):
        with self.changed:
            return len(self.items)

    def add(self, item):
        with self.changed:
            if self.closed:
                raise RuntimeError("the writer is closed")
            self.items.append(item)
            self.times.append(self.clock())
            # Items of a running write stand in the list until it is over.
            waiting = len(self.items) - (self.in_write if self.busy else 0)
            if waiting < self.size:
                return
            self._wait_for_turn()
            while len(self.items) >= self.size:
                self._write_first(self.size)
                self._wait_for_turn()

    def tick(self):
        with self.changed:
            self._wait_for_turn()
            if self.times and self.clock() - self.times[0] >= self.max_age:
                self._write_until(self.first_number + len(self.items))

    def flush(self):
        with self.changed:
            self._flush()

    def close(self):
        with self.changed:
            self.closed = True
            self._flush()

    def _flush(self):
        goal = self.first_number + len(self.items)
        self._wait_for_turn()
        self._write_until(goal)

    def _write_until(self, goal):
        while self.first_number < goal:
            self._write_first(min(self.size, goal - self.first_number))
            self._wait_for_turn()

    def _wait_for_turn(self):
        self.changed.wait_for(lambda: not self.busy)

    def _write_first(self, count):
        self.busy, self.in_write = True, count
        batch = self.items[:count]
        self.changed.release()
        try:
            done = False
            self.write(batch)
            done = True
        finally:
            self.changed.acquire()
            self.busy = False
            if done:
                del self.items[:count], self.times[:count]
                self.first_number += count
            self.changed.notify_all()
