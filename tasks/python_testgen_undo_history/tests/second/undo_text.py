"""A text with an undo history, kept as whole texts."""

import time


class _Group:
    def __init__(self, owner):
        self.owner = owner

    def __enter__(self):
        self.text = self.owner.text
        self.edited = self.owner.edited
        self.owner.depth += 1

    def __exit__(self, kind, value, trace):
        owner = self.owner
        owner.depth -= 1
        if kind is not None:
            owner.text, owner.edited = self.text, self.edited
        if owner.depth == 0 and owner.edited:
            owner.edited = False
            owner.remember(self.text)


class UndoText:
    def __init__(self, text="", *, limit=100, merge_seconds=1.0, clock=time.monotonic):
        if limit <= 0:
            raise ValueError(limit)
        self.text, self.limit, self.pause, self.clock = text, limit, merge_seconds, clock
        self.before, self.after = [], []
        self.depth, self.edited = 0, False
        self.typed = None  # (place behind the last piece, time of it), while typing goes on

    def __str__(self):
        return "".join(self.text)

    def __len__(self):
        return len(self.text)

    def remember(self, text):
        self.before = (self.before + [text])[-self.limit:]
        self.after = []
        self.typed = None

    def change(self, text):
        old, self.text = self.text, text
        if self.depth:
            self.edited = True
        else:
            self.remember(old)

    def insert(self, place, piece):
        if place not in range(len(self.text) + 1):
            raise IndexError(place)
        if piece == "":
            return
        now = self.clock()
        line_break = "\n" in piece
        text = self.text[:place] + piece + self.text[place:]
        joins = self.typed and not self.depth and not line_break and self.typed[0] == place and now <= self.typed[1] + self.pause
        if joins:
            self.text = text
        else:
            self.change(text)
        self.typed = None if line_break or self.depth else (place + len(piece), now)

    def delete(self, start, end):
        if start < 0 or end < start or end > len(self.text):
            raise IndexError((start, end))
        gone = self.text[start:end]
        if gone:
            self.change(self.text[:start] + self.text[end:])
        return gone

    def replace(self, old, new):
        if old == "":
            raise ValueError(old)
        pieces = self.text.split(old)
        if len(pieces) > 1 and old != new:
            self.change(new.join(pieces))
        return len(pieces) - 1

    def _travel(self, source, target):
        if self.depth:
            raise RuntimeError("in a group")
        if not source:
            return False
        target.append(self.text)
        self.text = source.pop()
        self.typed = None
        return True

    def undo(self):
        return self._travel(self.before, self.after)

    def redo(self):
        return self._travel(self.after, self.before)

    can_undo = property(lambda self: len(self.before))
    can_redo = property(lambda self: len(self.after))

    def group(self):
        return _Group(self)
