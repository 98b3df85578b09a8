"""A text with an undo history. See the description; this is only the interface."""

import time


class UndoText:
    def __init__(self, text="", *, limit=100, merge_seconds=1.0, clock=time.monotonic):
        raise NotImplementedError

    def __str__(self):
        raise NotImplementedError

    def __len__(self):
        raise NotImplementedError

    def insert(self, place, piece):
        raise NotImplementedError

    def delete(self, start, end):
        raise NotImplementedError

    def replace(self, old, new):
        raise NotImplementedError

    def undo(self):
        raise NotImplementedError

    def redo(self):
        raise NotImplementedError

    @property
    def can_undo(self):
        raise NotImplementedError

    @property
    def can_redo(self):
        raise NotImplementedError

    def group(self):
        raise NotImplementedError
