"""A text with an undo history, kept as lists of small changes."""

import time
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Step:
    """Changes (place, removed, added) in order; and what decides about merging."""

    changes: list = field(default_factory=list)
    typing: bool = False
    end: int = 0
    at: float = 0.0


class UndoText:
    def __init__(self, text="", *, limit=100, merge_seconds=1.0, clock=time.monotonic):
        if limit < 1:
            raise ValueError("one step at least")
        self._text = text
        self._limit = limit
        self._merge_seconds = merge_seconds
        self._clock = clock
        self._done = []
        self._undone = []
        self._open = None  # the step of the group that is open
        self._depth = 0

    def __str__(self):
        return self._text

    def __len__(self):
        return len(self._text)

    def insert(self, place, piece):
        self._check(place, place)
        if not piece:
            return
        now = self._clock()
        typed = "\n" not in piece
        self._apply([(place, "", piece)], typed and self._continues(place, now))
        if self._open is None:
            last = self._done[-1]
            last.typing, last.end, last.at = typed, place + len(piece), now

    def _continues(self, place, now):
        if self._open is not None or not self._done:
            return False
        last = self._done[-1]
        return last.typing and last.end == place and now - last.at <= self._merge_seconds

    def delete(self, start, end):
        self._check(start, end)
        removed = self._text[start:end]
        if removed:
            self._apply([(start, removed, "")])
        return removed

    def replace(self, old, new):
        if not old:
            raise ValueError("nothing to look for")
        count = self._text.count(old)
        if old != new and count:
            changes = []
            shift = 0
            place = self._text.find(old)
            while place >= 0:
                changes.append((place + shift, old, new))
                shift += len(new) - len(old)
                place = self._text.find(old, place + len(old))
            self._apply(changes)
        return count

    def _check(self, start, end):
        if not 0 <= start <= end <= len(self._text):
            raise IndexError("outside of the text")

    def _apply(self, changes, merged=False):
        for change in changes:
            self._do(*change)
        if self._open is not None:
            self._open.changes.extend(changes)
            return
        self._undone.clear()
        if merged:
            self._done[-1].changes.extend(changes)
        else:
            self._push(Step(list(changes)))

    def _push(self, step):
        self._done.append(step)
        if len(self._done) > self._limit:
            del self._done[0]

    def _do(self, place, removed, added):
        self._text = self._text[:place] + added + self._text[place + len(removed):]

    def _take_back(self, changes):
        for place, removed, added in reversed(changes):
            self._do(place, added, removed)

    def undo(self):
        self._refuse_in_group()
        if not self._done:
            return False
        step = self._done.pop()
        self._take_back(step.changes)
        step.typing = False
        self._undone.append(step)
        self._interrupt()
        return True

    def redo(self):
        self._refuse_in_group()
        if not self._undone:
            return False
        step = self._undone.pop()
        for change in step.changes:
            self._do(*change)
        self._done.append(step)
        self._interrupt()
        return True

    def _interrupt(self):
        if self._done:
            self._done[-1].typing = False

    def _refuse_in_group(self):
        if self._open is not None:
            raise RuntimeError("a group is open")

    @property
    def can_undo(self):
        return len(self._done)

    @property
    def can_redo(self):
        return len(self._undone)

    @contextmanager
    def group(self):
        if self._open is None:
            self._open = Step()
        self._depth += 1
        before = len(self._open.changes)
        try:
            yield
        except BaseException:
            self._take_back(self._open.changes[before:])
            del self._open.changes[before:]
            raise
        finally:
            self._depth -= 1
            if self._depth == 0:
                step, self._open = self._open, None
                if step.changes:
                    self._undone.clear()
                    self._push(step)
