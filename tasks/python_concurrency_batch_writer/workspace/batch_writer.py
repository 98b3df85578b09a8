"""Collects items of many threads and writes them in batches."""

import time


class BatchWriter:
    def __init__(self, write, *, size, max_age, clock=time.monotonic):
        raise NotImplementedError

    @property
    def pending(self):
        raise NotImplementedError

    def add(self, item):
        raise NotImplementedError

    def tick(self):
        raise NotImplementedError

    def flush(self):
        raise NotImplementedError

    def close(self):
        raise NotImplementedError
