"""Collects items of many threads and writes them in batches."""

import threading
import time
from collections import deque


class BatchWriter:
    def __init__(self, write, *, size, max_age, clock=time.monotonic):
        if size < 1:
            raise ValueError("a batch holds one item at least")
        self._write = write
        self._size = size
        self._max_age = max_age
        self._clock = clock
        self._buffer = deque()  # (time of its add, item)
        self._under_way = 0
        self._added = 0
        self._written = 0
        self._closed = False
        self._state = threading.Lock()  # guards the fields above; never held during a write
        self._turn = threading.Lock()  # held by the thread that writes

    @property
    def pending(self):
        with self._state:
            return len(self._buffer) + self._under_way

    def add(self, item):
        with self._state:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._buffer.append((self._clock(), item))
            self._added += 1
            full = len(self._buffer) >= self._size
        if full:
            with self._turn:
                while self._write_batch(lambda: self._size if len(self._buffer) >= self._size else 0):
                    pass

    def tick(self):
        with self._turn:
            with self._state:
                due = self._buffer and self._clock() - self._buffer[0][0] >= self._max_age
                target = self._added
            if due:
                self._write_up_to(target)

    def flush(self):
        with self._state:
            target = self._added
        with self._turn:
            self._write_up_to(target)

    def close(self):
        with self._state:
            self._closed = True
        self.flush()

    def _write_up_to(self, target):
        while self._write_batch(lambda: min(self._size, target - self._written)):
            pass

    def _write_batch(self, count_items):
        """Writes as many items as the function says, in the turn of this thread; whether there were any."""
        with self._state:
            batch = [self._buffer.popleft() for _ in range(count_items())]
            self._under_way = len(batch)
        if not batch:
            return False
        try:
            self._write([item for _, item in batch])
        except BaseException:
            with self._state:
                self._buffer.extendleft(reversed(batch))
                self._under_way = 0
            raise
        with self._state:
            self._written += len(batch)
            self._under_way = 0
        return True
