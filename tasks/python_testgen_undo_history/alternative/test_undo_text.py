"""One script of actions for each test: (action, text after it, steps to undo, steps to redo)."""

import unittest

import undo_text


class Script:
    def __init__(self, case, start="", **settings):
        self.case, self.time = case, 100.0
        self.t = undo_text.UndoText(start, clock=lambda: self.time, **settings)

    def __call__(self, action, *arguments, gives=..., after=0.0, **expected):
        self.time += after
        result = getattr(self.t, action)(*arguments)
        if gives is not ...:
            self.case.assertEqual(result, gives)
        self.expect(**expected)
        return self

    def expect(self, text=None, undo=None, redo=None):
        if text is not None:
            self.case.assertEqual(str(self.t), text)
            self.case.assertEqual(len(self.t), len(text))
        if undo is not None:
            self.case.assertEqual(self.t.can_undo, undo)
        if redo is not None:
            self.case.assertEqual(self.t.can_redo, redo)

    def refuses(self, error, action, *arguments):
        before = str(self.t), self.t.can_undo, self.t.can_redo
        self.case.assertRaises(error, getattr(self.t, action), *arguments)
        self.case.assertEqual((str(self.t), self.t.can_undo, self.t.can_redo), before)


class UndoTextTest(unittest.TestCase):
    def test_a_session(self):
        s = Script(self, "hello")
        s("undo", gives=False)("redo", gives=False)
        s("insert", 5, " you", text="hello you", undo=1)
        s("delete", 0, 2, gives="he", text="llo you", undo=2)
        s("replace", "l", "LL", gives=2, text="LLLLo you", undo=3)
        s("undo", gives=True, text="llo you", undo=2, redo=1)
        s("undo", text="hello you", redo=2)("undo", text="hello", undo=0, redo=3)
        s("redo", gives=True, text="hello you", undo=1, redo=2)("redo")("redo", text="LLLLo you", redo=0)
        s("undo")("delete", 0, 1, gives="l", text="lo you", undo=3, redo=0)

    def test_refusals(self):
        s = Script(self, "abc")("delete", 0, 1)("undo")
        for arguments in [("insert", -1, "x"), ("insert", 4, "x"), ("delete", -1, 1), ("delete", -2, -1), ("delete", 1, 4), ("delete", 2, 1)]:
            s.refuses(IndexError, *arguments)
        s.refuses(ValueError, "replace", "", "x")
        with self.assertRaises(ValueError):
            Script(self, limit=0)

    def test_nothing_changed(self):
        s = Script(self, "abc")("delete", 0, 1)("undo")
        for arguments in [("insert", 1, ""), ("delete", 3, 3), ("replace", "z", ""), ("replace", "a", "a")]:
            s(*arguments, text="abc", undo=0, redo=1)

    def test_limit(self):
        s = Script(self, "abcdef", limit=3)
        for _ in range(5):
            s("delete", 0, 1)
        s.expect("f", undo=3)
        s("undo", text="ef")("undo", text="def")("undo", text="cdef")("undo", gives=False, text="cdef")

    def test_merging(self):
        s = Script(self, merge_seconds=2.0)
        s("insert", 0, "ab", undo=1)("insert", 2, "c", after=2.0, undo=1)("insert", 3, "d", after=2.0, undo=1)
        s("insert", 4, "e", after=2.1, undo=2)("insert", 5, "\n", undo=3)("insert", 6, "f", undo=4)("insert", 6, "g", undo=5)
        s("delete", 6, 7, undo=6)("insert", 6, "h", undo=7)
        s("undo")("redo")("insert", 7, "i", undo=8)
        s("undo", text="abcde\nhf")

    def test_groups(self):
        s = Script(self, "abc")("insert", 3, "d")("delete", 0, 1)("undo", undo=1, redo=1)
        with s.t.group():
            pass
        s.expect("abcd", undo=1, redo=1)
        with s.t.group():
            s("delete", 0, 1)("insert", 0, "x")
            with s.t.group():
                s("insert", 0, "y")
            s.refuses(RuntimeError, "undo")
            s.refuses(RuntimeError, "redo")
            s("insert", 5, "z")
        s.expect("yxbcdz", undo=2, redo=0)
        s("insert", 6, "!", undo=3)("undo")("undo", text="abcd", undo=1, redo=2)

    def test_groups_that_fail(self):
        s = Script(self, "abc")("delete", 0, 1)("undo")
        with self.assertRaises(OSError), s.t.group():
            s("insert", 0, "x")("replace", "b", "q", gives=1)
            raise OSError
        s.expect("abc", undo=0, redo=1)
        with s.t.group():
            s("insert", 0, "1")
            with self.assertRaises(OSError), s.t.group():
                s("delete", 0, 2)
                raise OSError
            s.expect("1abc")
        s.expect("1abc", undo=1, redo=0)
        s("undo", text="abc")
