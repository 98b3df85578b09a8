import unittest

from workflow import Event, Report, Task, WorkflowError, run


def always_well(name, attempt):
    return True


def failing(**fails):
    """Attempts up to the number given fail."""
    return lambda name, attempt: attempt > fails.get(name, 0)


class WorkflowTest(unittest.TestCase):
    def lines(self, tasks, resources=None, outcome=always_well, **settings):
        report = run(tasks, resources or {}, outcome, **settings)
        self.assertIsInstance(report, Report)
        self.assertTrue(all(isinstance(event, Event) for event in report.events))
        return [f"{e.time} {e.kind} {e.task} {e.attempt}" for e in report.events]

    def starts(self, *arguments, **settings):
        return {line.split()[2]: int(line.split()[0]) for line in self.lines(*arguments, **settings) if " started " in line}

    def fault(self, message, tasks, resources=None):
        with self.assertRaises(WorkflowError) as caught:
            run(tasks, resources or {}, lambda name, attempt: self.fail("asked"))
        self.assertEqual(str(caught.exception), message)

    def test_empty_workflow(self):
        self.assertEqual(run([], {"cpu": 2}, always_well), Report([], {}, 0, {"cpu": 0}))

    def test_diamond(self):
        tasks = (t for t in [Task("d", 1, ("b", "c", "b")), Task("b", 2, ("a",)), Task("c", 5, ("a",)), Task("a", 3)])
        report = run(tasks, {}, always_well)
        self.assertEqual([(e.time, e.kind, e.task) for e in report.events], [
            (0, "started", "a"), (3, "succeeded", "a"), (3, "started", "c"), (3, "started", "b"), (5, "succeeded", "b"),
            (8, "succeeded", "c"), (8, "started", "d"), (9, "succeeded", "d")])
        self.assertEqual((report.end, report.states), (9, dict.fromkeys("abcd", "succeeded")))

    def test_order_of_starts(self):
        one = {"cpu": 1}
        tasks = [Task("low", 1, needs=one, priority=-1), Task("x", 2, needs=one), Task("b", 2, needs=one), Task("high", 1, needs=one, priority=3),
                 Task("head", 1, needs=one), Task("mid", 1, ("head",), one), Task("tail", 9, ("mid",), one)]
        starts = self.starts(tasks, one)
        self.assertEqual(sorted(starts, key=starts.get), ["high", "head", "mid", "tail", "b", "x", "low"])

    def test_overtaking_and_release(self):
        tasks = [Task("a", 4, needs={"cpu": 2}), Task("b", 3, needs={"cpu": 2}, priority=-1), Task("c", 1, needs={"cpu": 1}, priority=-2), Task("d", 9, priority=-3)]
        report = run(tasks, {"cpu": 3, "disk": 5}, always_well)
        self.assertEqual(self.starts(tasks, {"cpu": 3}), {"a": 0, "c": 0, "d": 0, "b": 4})
        self.assertEqual(report.busy, {"cpu": 8 + 6 + 1, "disk": 0})

    def test_patience_reserves(self):
        def workflow():
            small = [Task(f"s{i}", 2, needs={"cpu": 1}, priority=-1, after=(f"s{i - 2}",) if i > 1 else ()) for i in range(6)]
            return [Task("first", 1, needs={"cpu": 1}), Task("big", 3, ("first",), {"cpu": 2, "net": 1}), Task("other", 1, ("s1",), {"net": 1}, priority=-5), *small]

        resources = {"cpu": 2, "net": 1}
        self.assertEqual(self.starts(workflow(), resources),
                         {"first": 0, "s0": 0, "s1": 1, "s2": 2, "s3": 3, "s4": 4, "other": 3, "s5": 5, "big": 7})
        self.assertEqual(self.starts(workflow(), resources, patience=2),
                         {"first": 0, "s0": 0, "s1": 1, "s2": 2, "big": 4, "s3": 7, "s4": 7, "other": 7, "s5": 9})
        self.assertEqual(self.starts(workflow(), resources, patience=0)["big"], 2)

    def test_retries_and_backoff(self):
        tasks = [Task("a", 2, retries=3, backoff=5), Task("b", 1, ("a",))]
        self.assertEqual(self.lines(tasks, outcome=failing(a=3)), [
            "0 started a 1", "2 retry a 1", "7 started a 2", "9 retry a 2", "19 started a 3", "21 retry a 3", "41 started a 4",
            "43 succeeded a 4", "43 started b 1", "44 succeeded b 1"])
        self.assertEqual(self.lines([Task("a", 2, retries=1)], outcome=failing(a=9)),
                         ["0 started a 1", "2 retry a 1", "2 started a 2", "4 failed a 2"])

    def test_retry_holds_nothing_and_waits_its_turn(self):
        one = {"cpu": 1}
        tasks = [Task("a", 2, needs=one, retries=1, backoff=1, priority=1), Task("b", 5, needs=one)]
        report = run(tasks, one, failing(a=1))
        self.assertEqual([(e.time, e.kind, e.task) for e in report.events if e.kind == "started"],
                         [(0, "started", "a"), (2, "started", "b"), (7, "started", "a")])
        self.assertEqual(report.busy, {"cpu": 9})

    def test_timeout(self):
        tasks = [Task("exact", 3, timeout=3), Task("late", 9, timeout=4, retries=1, needs={"cpu": 2}), Task("z", 1, ("late",))]
        report = run(tasks, {"cpu": 2}, always_well)
        self.assertEqual(report.states, {"exact": "succeeded", "late": "failed", "z": "skipped"})
        self.assertEqual((report.end, report.busy), (8, {"cpu": 16}))

    def test_skips_come_between_ends_and_starts(self):
        tasks = [Task("bad", 2), Task("ok", 2), Task("z1", 1, ("bad",)), Task("a2", 1, ("z1", "ok")), Task("m3", 1, ("a2",)), Task("b4", 1, ("ok",))]
        self.assertEqual(self.lines(tasks, outcome=failing(bad=1)), [
            "0 started bad 1", "0 started ok 1", "2 failed bad 1", "2 succeeded ok 1", "2 skipped a2 0", "2 skipped m3 0",
            "2 skipped z1 0", "2 started b4 1", "3 succeeded b4 1"])

    def test_skipped_before_the_other_predecessor_ends(self):
        tasks = [Task("bad", 1), Task("slow", 9), Task("x", 1, ("slow", "bad"))]
        self.assertIn("1 skipped x 0", self.lines(tasks, outcome=failing(bad=1)))

    def test_always(self):
        tasks = [Task("bad", 1), Task("slow", 4), Task("mid", 1, ("bad",)), Task("clean", 2, ("mid", "slow"), always=True),
                 Task("after", 1, ("clean",)), Task("never", 1, ("clean", "mid"))]
        self.assertEqual(self.lines(tasks, outcome=failing(bad=1))[2:], [
            "1 failed bad 1", "1 skipped mid 0", "1 skipped never 0", "4 succeeded slow 1", "4 started clean 1", "6 succeeded clean 1",
            "6 started after 1", "7 succeeded after 1"])
        states = run(tasks, {}, failing(bad=1, clean=1)).states
        self.assertEqual((states["clean"], states["after"]), ("failed", "skipped"))

    def test_always_starts_in_the_moment_of_the_skip(self):
        tasks = [Task("bad", 3), Task("mid", 1, ("bad",)), Task("clean", 1, ("mid",), always=True), Task("late", 1, ("clean",), always=True)]
        self.assertEqual(self.starts(tasks, outcome=failing(bad=1)), {"bad": 0, "clean": 3, "late": 4})

    def test_outcome_is_asked_once_when_an_attempt_starts(self):
        asked = []

        def outcome(name, attempt):
            asked.append((name, attempt))
            return attempt == 2

        run([Task("b", 5, retries=1, timeout=2), Task("a", 5, retries=1, backoff=1)], {}, outcome)
        self.assertEqual(asked, [("a", 1), ("b", 1), ("b", 2), ("a", 2)])

    def test_faults(self):
        self.fault("duplicate task: a", [Task("b", 1, ("zz",)), Task("a", 1), Task("a", 2)])
        self.fault("b waits for unknown task x", [Task("c", 1, needs={"gpu": 9}), Task("b", 1, ("c", "x", "w"))])
        self.fault("b needs 3 gpu of 2", [Task("a", 1, ("a",)), Task("b", 1, needs={"cpu": 1, "gpu": 3})], {"cpu": 1, "gpu": 2})
        self.fault("b needs 1 tpu of 0", [Task("b", 1, needs={"none": 0, "tpu": 1})], {"cpu": 1})

    def test_cycles(self):
        self.fault("cycle: a -> a", [Task("b", 1), Task("a", 1, ("b", "a"))])
        self.fault("cycle: b -> d -> c -> b", [Task("a", 1, ("c",)), Task("c", 1, ("d", "z")), Task("d", 1, ("b",)), Task("b", 1, ("c",)), Task("z", 1)])

    def test_long_chain(self):
        tasks = [Task(f"t{i:04}", 1, (f"t{i - 1:04}",) if i else ()) for i in range(3000)]
        report = run(reversed(tasks), {}, always_well)
        self.assertEqual((report.end, len(report.events)), (3000, 6000))
        report = run(tasks, {}, failing(t0000=1))
        self.assertEqual((report.end, len(report.events)), (1, 3001))
