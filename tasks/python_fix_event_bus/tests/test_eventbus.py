import unittest

from eventbus import EmitError, EventBus


class BusCase(unittest.TestCase):
    def setUp(self):
        self.bus = EventBus()
        self.seen = []

    def note(self, mark):
        return lambda name, *args: self.seen.append((mark, name, *args))

    def marks(self):
        return [entry[0] for entry in self.seen]

    def names_for(self, pattern, names):
        bus, got = EventBus(), []
        bus.subscribe(pattern, lambda name: got.append(name))
        for name in names:
            bus.emit(name)
        return got


class PatternTest(BusCase):
    def test_star_is_one_segment(self):
        names = ["file", "files", "file.save", "file.save.done", "file.*", "File.save"]
        self.assertEqual(self.names_for("file.*", names), ["file.save", "file.*"])
        self.assertEqual(self.names_for("*.save", names), ["file.save", "File.save"])
        self.assertEqual(self.names_for("*", names), ["file", "files"])

    def test_double_star_is_any_number_of_segments(self):
        names = ["file", "files", "files.x", "file.save", "file.save.done"]
        self.assertEqual(self.names_for("file.**", names), ["file", "file.save", "file.save.done"])
        self.assertEqual(self.names_for("**", names), names)
        self.assertEqual(self.names_for("*.save.**", names), ["file.save", "file.save.done"])

    def test_other_characters_are_literal(self):
        names = ["a.sa*", "a.save", "a.b", "a.?", "a.[b]", "a.**"]
        self.assertEqual(self.names_for("a.sa*", names), ["a.sa*"])
        self.assertEqual(self.names_for("a.?", names), ["a.?"])
        self.assertEqual(self.names_for("a.[b]", names), ["a.[b]"])

    def test_bad_patterns_and_names(self):
        for pattern in ("", "a..b", ".a", "a.", "**.a", "a.**.b", "**.**"):
            with self.subTest(pattern=pattern), self.assertRaises(ValueError):
                self.bus.subscribe(pattern, print)
        self.bus.subscribe("**", self.note("x"))
        for name in ("", "a..b", ".a", "a."):
            with self.subTest(name=name), self.assertRaises(ValueError):
                self.bus.emit(name)
        self.assertEqual(self.seen, [])
        self.assertEqual(self.bus.emit("a"), 1)


class SubscriptionTest(BusCase):
    def test_order(self):
        for mark, priority in (("a", 0), ("b", 5), ("c", 0), ("d", 5), ("e", -1)):
            self.bus.subscribe("go", self.note(mark), priority=priority)
        self.assertEqual(self.bus.emit("go", 1, "two"), 5)
        self.assertEqual(self.marks(), ["b", "d", "a", "c", "e"])
        self.assertEqual(self.seen[0], ("b", "go", 1, "two"))

    def test_unsubscribe_ends_its_own_subscription_once(self):
        handler = self.note("h")
        self.bus.subscribe("a", handler)
        end = self.bus.subscribe("b", handler)
        self.bus.subscribe("b", handler)
        end()
        end()
        self.assertEqual([self.bus.emit("a"), self.bus.emit("b")], [1, 1])

    def test_unsubscribing_itself_does_not_hide_the_next(self):
        ends = []

        def leave(name):
            self.seen.append(("leave",))
            ends[0]()

        ends.append(self.bus.subscribe("a", leave))
        self.bus.subscribe("a", self.note("next"))
        self.assertEqual([self.bus.emit("a"), self.bus.emit("a")], [2, 1])
        self.assertEqual(self.marks(), ["leave", "next", "next"])

    def test_ended_during_delivery_is_not_called(self):
        ends = []
        self.bus.subscribe("a", lambda name: [end() for end in ends])
        ends.append(self.bus.subscribe("a", self.note("second")))
        ends.append(self.bus.subscribe("a", self.note("third"), once=True))
        self.assertEqual(self.bus.emit("a"), 1)
        self.assertEqual(self.seen, [])

    def test_subscribed_during_delivery_waits_for_the_next_event(self):
        self.bus.subscribe("a", lambda name: self.bus.subscribe("a", self.note("new"), priority=-1), once=True)
        self.assertEqual([self.bus.emit("a"), self.bus.emit("a")], [1, 1])
        self.assertEqual(self.marks(), ["new"])


class OnceTest(BusCase):
    def test_once_with_nested_emit_of_the_same_event(self):
        def again(name):
            self.seen.append(("once",))
            self.bus.emit("a")

        self.bus.subscribe("a", again, once=True)
        self.bus.subscribe("a", self.note("always"))
        self.assertEqual(self.bus.emit("a"), 3)
        self.assertEqual(self.marks(), ["once", "always", "always"])

    def test_once_that_raises_is_over(self):
        def broken(name):
            raise KeyError(name)

        self.bus.subscribe("a", broken, once=True)
        with self.assertRaises(EmitError):
            self.bus.emit("a")
        self.assertEqual(self.bus.emit("a"), 0)

    def test_once_interrupted_is_over(self):
        def interrupted(name):
            raise KeyboardInterrupt

        self.bus.subscribe("a", interrupted, once=True)
        with self.assertRaises(KeyboardInterrupt):
            self.bus.emit("a")
        self.assertEqual(self.bus.emit("a"), 0)


class NestingTest(BusCase):
    def test_queued_events_come_in_order_after_the_own_event(self):
        results = []

        def start(name):
            results.append(self.bus.emit("first"))
            results.append(self.bus.emit("second"))

        self.bus.subscribe("start", start)
        self.bus.subscribe("**", self.note("log"), priority=-1)
        self.bus.subscribe("first", lambda name: self.bus.emit("third"))
        self.assertEqual(self.bus.emit("start"), 6)
        self.assertEqual(results, [0, 0])
        self.assertEqual([entry[1] for entry in self.seen], ["start", "first", "second", "third"])


class ErrorTest(BusCase):
    def test_errors_are_collected_and_the_bus_lives_on(self):
        problems = [KeyError("one"), ValueError("two")]

        def first(name):
            self.bus.emit("b")
            raise problems[0]

        def second(name):
            raise problems[1]

        self.bus.subscribe("a", first)
        self.bus.subscribe("a", self.note("after"))
        self.bus.subscribe("b", second)
        self.bus.subscribe("b", self.note("nested"))
        for _ in range(2):
            with self.assertRaises(EmitError) as caught:
                self.bus.emit("a")
            self.assertEqual(caught.exception.errors, [(first, problems[0]), (second, problems[1])])
        self.assertEqual(self.marks(), ["after", "nested"] * 2)

    def test_handlers_that_raised_are_counted(self):
        totals = []

        def broken(name):
            raise OSError(name)

        self.bus.subscribe("a", broken)
        self.bus.subscribe("a", lambda name: totals.append(name))
        with self.assertRaises(EmitError) as caught:
            self.bus.emit("a")
        self.assertEqual(len(caught.exception.errors), 1)
        self.assertEqual(totals, ["a"])

    def test_interrupt_leaves_at_once_and_drops_the_queue(self):
        def interrupted(name):
            self.bus.emit("later")
            raise KeyboardInterrupt

        end = self.bus.subscribe("a", interrupted)
        self.bus.subscribe("a", self.note("not reached"))
        self.bus.subscribe("later", self.note("dropped"))
        with self.assertRaises(KeyboardInterrupt):
            self.bus.emit("a")
        self.assertEqual(self.seen, [])
        end()
        self.assertEqual(self.bus.emit("a"), 1)
        self.assertEqual(self.marks(), ["not reached"])
