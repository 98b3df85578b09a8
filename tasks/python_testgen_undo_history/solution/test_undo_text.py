import unittest

from undo_text import UndoText


class Base(unittest.TestCase):
    def setUp(self):
        self.now = 0.0

    def text(self, text="", **settings):
        return UndoText(text, clock=lambda: self.now, **settings)

    def typed(self, t, *pieces, pause=0.1):
        for piece in pieces:
            t.insert(len(t), piece)
            self.now += pause

    def state(self, t):
        return str(t), t.can_undo, t.can_redo


class EditTest(Base):
    def test_insert(self):
        t = self.text("bd")
        t.insert(1, "c")
        t.insert(0, "a")
        t.insert(4, "e")
        self.assertEqual((str(t), len(t)), ("abcde", 5))

    def test_delete(self):
        t = self.text("abcdef")
        self.assertEqual(t.delete(1, 3), "bc")
        self.assertEqual(t.delete(0, 4), "adef")
        self.assertEqual(self.state(t), ("", 2, 0))

    def test_replace(self):
        t = self.text("aaa b aa")
        self.assertEqual(t.replace("aa", "c"), 2)
        self.assertEqual(self.state(t), ("ca b c", 1, 0))
        t.undo()
        self.assertEqual(str(t), "aaa b aa")
        t.redo()
        self.assertEqual(str(t), "ca b c")
        self.assertEqual(t.replace("c", "longer"), 2)
        t.undo()
        self.assertEqual(str(t), "ca b c")

    def test_errors_change_nothing(self):
        t = self.text("abc")
        t.insert(3, "d")
        t.insert(0, "x")
        t.undo()
        for call in (lambda: t.insert(-1, "x"), lambda: t.insert(5, "x"), lambda: t.delete(-2, 2), lambda: t.delete(2, 1), lambda: t.delete(0, 5)):
            with self.assertRaises(IndexError):
                call()
        with self.assertRaises(ValueError):
            t.replace("", "x")
        self.assertEqual(self.state(t), ("abcd", 1, 1))
        for limit in (0, -1):
            with self.assertRaises(ValueError):
                self.text(limit=limit)

    def test_edits_without_effect(self):
        t = self.text("abc")
        t.delete(0, 1)
        t.undo()
        t.insert(0, "")
        self.assertEqual(t.delete(1, 1), "")
        self.assertEqual(t.replace("x", "y"), 0)
        self.assertEqual(t.replace("b", "b"), 1)
        self.assertEqual(self.state(t), ("abc", 0, 1))

    def test_edits_without_effect_do_not_interrupt_typing(self):
        t = self.text()
        t.insert(0, "a")
        t.insert(0, "")
        t.delete(0, 0)
        t.insert(1, "b")
        self.assertEqual(t.can_undo, 1)


class HistoryTest(Base):
    def test_undo_and_redo(self):
        t = self.text("abc")
        self.assertIs(t.undo(), False)
        self.assertIs(t.redo(), False)
        t.delete(0, 1)
        t.delete(0, 1)
        self.assertIs(t.undo(), True)
        self.assertEqual(self.state(t), ("bc", 1, 1))
        t.undo()
        self.assertEqual(self.state(t), ("abc", 0, 2))
        self.assertIs(t.redo(), True)
        self.assertEqual(self.state(t), ("bc", 1, 1))
        t.insert(0, "x")
        self.assertEqual(self.state(t), ("xbc", 2, 0))
        self.assertIs(t.redo(), False)

    def test_limit(self):
        t = self.text("abcdef", limit=2)
        for _ in range(4):
            t.delete(0, 1)
        self.assertEqual(t.can_undo, 2)
        self.assertEqual([t.undo(), t.undo(), t.undo()], [True, True, False])
        self.assertEqual(str(t), "cdef")


class MergeTest(Base):
    def test_typing_is_one_step(self):
        t = self.text("x")
        self.typed(t, "a", "b", "cd")
        self.assertEqual(self.state(t), ("xabcd", 1, 0))
        t.undo()
        self.assertEqual(str(t), "x")
        t.redo()
        self.assertEqual(str(t), "xabcd")

    def test_time_counts_from_the_last_piece_and_is_inclusive(self):
        t = self.text()
        self.typed(t, "a", "b", "c", pause=1.0)
        self.assertEqual(t.can_undo, 1)
        self.now += 0.5
        self.typed(t, "d")
        self.assertEqual(t.can_undo, 2)

    def test_other_places_do_not_merge(self):
        t = self.text()
        t.insert(0, "a")
        t.insert(0, "b")
        self.assertEqual(t.can_undo, 2)

    def test_line_breaks_do_not_merge(self):
        t = self.text()
        self.typed(t, "a", "\n", "b", "c", "d\n", "e")
        self.assertEqual(t.can_undo, 5)

    def test_deletions_do_not_merge_and_interrupt(self):
        t = self.text()
        self.typed(t, "ab")
        t.delete(1, 2)
        self.typed(t, "c")
        self.assertEqual(t.can_undo, 3)

    def test_undo_and_redo_interrupt(self):
        t = self.text()
        self.typed(t, "a")
        t.undo()
        t.redo()
        self.typed(t, "b")
        self.assertEqual(t.can_undo, 2)
        self.typed(t, "\n")
        t.undo()
        self.typed(t, "c")
        self.assertEqual(t.can_undo, 3)


class GroupTest(Base):
    def test_group_is_one_step(self):
        t = self.text("abc")
        with t.group():
            t.insert(0, "x")
            t.delete(1, 2)
            with t.group():
                t.replace("b", "yy")
            t.insert(0, "z")
        self.assertEqual(self.state(t), ("zxyyc", 1, 0))
        t.undo()
        self.assertEqual(self.state(t), ("abc", 0, 1))
        t.redo()
        self.assertEqual(str(t), "zxyyc")

    def test_group_without_edits(self):
        t = self.text("abc")
        t.delete(0, 1)
        t.undo()
        with t.group():
            t.insert(0, "")
        self.assertEqual(self.state(t), ("abc", 0, 1))

    def test_group_forgets_redo(self):
        t = self.text("abc")
        t.delete(0, 1)
        t.undo()
        with t.group():
            t.insert(0, "x")
        self.assertEqual(self.state(t), ("xabc", 1, 0))

    def test_group_does_not_merge(self):
        t = self.text()
        t.insert(0, "a")
        with t.group():
            t.insert(1, "b")
        t.insert(2, "c")
        self.assertEqual(t.can_undo, 3)

    def test_group_that_raises(self):
        t = self.text("abc")
        t.delete(0, 1)
        t.delete(0, 1)
        t.undo()
        with self.assertRaises(KeyError):
            with t.group():
                t.insert(0, "x")
                t.delete(1, 3)
                raise KeyError
        self.assertEqual(self.state(t), ("bc", 1, 1))
        t.redo()
        self.assertEqual(str(t), "c")

    def test_inner_group_that_raises(self):
        t = self.text("abc")
        with t.group():
            t.insert(0, "x")
            try:
                with t.group():
                    t.insert(0, "y")
                    raise KeyError
            except KeyError:
                pass
            t.insert(4, "z")
        self.assertEqual(self.state(t), ("xabcz", 1, 0))
        t.undo()
        self.assertEqual(str(t), "abc")

    def test_undo_inside_a_group(self):
        t = self.text("abc")
        t.delete(0, 1)
        with t.group():
            with self.assertRaises(RuntimeError):
                t.undo()
            with self.assertRaises(RuntimeError):
                t.redo()
        self.assertEqual(self.state(t), ("bc", 1, 0))
