import math
import random
import unittest

from series import Series

METHODS = ("previous", "nearest", "linear", "monotone")
NAN, INF = math.nan, math.inf


class SeriesTest(unittest.TestCase):
    def close(self, got, expected):
        self.assertEqual(len(got), len(expected), got)
        for index, (one, other) in enumerate(zip(got, expected)):
            if one is None or other is None:
                self.assertIs(one, other, (index, got, expected))
            else:
                self.assertAlmostEqual(one, other, delta=1e-9 * max(1.0, abs(other)), msg=(index, got, expected))

    def check(self, series, method, cases, **settings):
        self.close([series.at(t, method, **settings) for t in cases], list(cases.values()))

    def test_points_are_sorted_and_missing_values_ignored(self):
        s = Series(iter([(3, 1), (1, 2.5), (2, None), (0, NAN), (-1, 4)]))
        self.assertEqual((s.times, s.values), ((-1.0, 1.0, 3.0), (4.0, 2.5, 1.0)))
        self.assertTrue(all(isinstance(x, float) for x in s.times + s.values))
        for points in ([(NAN, 1)], [(INF, None)], [(0, INF)], [(0, 1), (1, -INF)]):
            with self.subTest(points=points), self.assertRaises(ValueError):
                Series(points)

    def test_duplicates(self):
        points = [(1, 5.0), (0, 1.0), (1, 2.0), (1, None), (1.0, 8.0)]
        for kept, value in {"first": 5.0, "last": 8.0, "mean": 5.0}.items():
            self.assertEqual(Series(points, duplicates=kept).values, (1.0, value))
        with self.assertRaises(ValueError):
            Series(points, duplicates="error")
        self.assertEqual(Series([(1, None), (1, 2), (1, NAN)], duplicates="error").values, (2.0,))
        for settings in ({"duplicates": "max"}, {"max_gap": 0}, {"max_gap": -1}):
            with self.assertRaises(ValueError):
                Series([], **settings)

    def test_previous_and_nearest(self):
        s = Series([(0, 1), (2, 5), (3, -1)])
        self.check(s, "previous", {0: 1, 0.5: 1, 1.99: 1, 2: 5, 2.9: 5, 3: -1, 3.1: None, -0.1: None})
        self.check(s, "nearest", {0: 1, 0.9: 1, 1: 1, 1.01: 5, 2: 5, 2.5: 5, 2.51: -1, 3: -1})

    def test_linear(self):
        s = Series([(0, 1), (2, 5), (3, -1)])
        self.close([s.at(t) for t in (0, 0.5, 1, 2, 2.25, 3)], [1, 2, 3, 5, 3.5, -1])

    def test_monotone_values(self):
        self.check(Series([(0, 0), (1, 1), (2, 4)]), "monotone", {0: 0, 0.5: 0.3125, 1: 1, 1.5: 2.1875, 2: 4})
        m = 9 / 10.5
        self.check(Series([(0, 0), (1, 2), (3, 3)]), "monotone", {0.5: 1 + (2.5 - m) / 8, 2: 2.5 + 2 * m / 8})
        self.check(Series([(0, 0), (1, 1), (2, -9)]), "monotone", {0.5: 0.5 + 3 / 8, 1.5: -4 + 15.5 / 8})
        self.check(Series([(0, 0), (1, 0), (2, 3), (4, 3), (5, 1)]), "monotone", {0.25: 0, 0.9: 0, 3: 3, 1.5: 1.5})
        self.check(Series([(1, 3), (4, 9)]), "monotone", {2: 5, 3: 7})

    def test_monotone_stays_between_neighbours(self):
        numbers = random.Random(5)
        times = sorted(numbers.uniform(0, 50) for _ in range(40))
        s = Series([(t, numbers.choice([0, 1, 1, 2, 8])) for t in times])
        for (ta, va), (tb, vb) in zip(zip(s.times, s.values), zip(s.times[1:], s.values[1:])):
            for part in (0.1, 0.35, 0.5, 0.8):
                value = s.at(ta + part * (tb - ta), "monotone")
                self.assertTrue(min(va, vb) - 1e-9 <= value <= max(va, vb) + 1e-9)

    def test_gaps(self):
        s = Series([(0, 0), (1, 1), (2, 4), (5, 7), (8, 1), (8.5, 2)], max_gap=2)
        for method in METHODS:
            self.check(s, method, {1: 1, 2: 4, 2.001: None, 4: None, 5: 7, 6: None, 7.9: None, 8: 1})
        self.check(s, "linear", {1.5: 2.5, 8.25: 1.5})
        self.check(Series([(0, 0), (2, 4)], max_gap=2), "linear", {1: 2})

    def test_slopes_do_not_look_over_gaps(self):
        s = Series([(0, 0), (1, 1), (2, 4), (9, -50), (10, 0), (11, 1)], max_gap=3)
        self.check(s, "monotone", {0.5: 0.3125, 1.5: 2.1875})
        self.check(Series([(0, 0), (1, 1), (9, 5)], max_gap=3), "monotone", {0.25: 0.25})

    def test_outside(self):
        s = Series([(0, 0), (1, 1), (2, 4)])
        for method in METHODS:
            self.check(s, method, {-1: None, 3: None})
            self.check(s, method, {-5: 0, 7: 4, 1: 1}, outside="hold")
        self.check(s, "linear", {-2: -2, 3: 7}, outside="extend")
        self.check(s, "monotone", {-2: 0, 3: 8, 1.5: 2.1875}, outside="extend")
        for method in ("previous", "nearest"):
            self.check(s, method, {-2: 0, 3: 4}, outside="extend")
        self.check(Series([(0, 0), (1, 2), (3, 3)]), "monotone", {-2: -5, 5: 3}, outside="extend")

    def test_outside_with_max_gap(self):
        s = Series([(0, 3), (5, 1), (6, 2)], max_gap=2)
        for method in METHODS:
            self.check(s, method, {-2: 3, -2.1: None, 8.1: None, 3: None}, outside="hold")
            self.check(s, method, {-1: 3, -2.1: None, 8.1: None}, outside="extend")
        self.check(s, "linear", {8: 4}, outside="extend")

    def test_empty_and_single(self):
        for method in METHODS:
            self.check(Series([]), method, {0: None, 5: None}, outside="hold")
            self.check(Series([(1, None), (3, 7)]), method, {3: 7, 2: 7, 9: 7}, outside="extend")
            self.assertIsNone(Series([]).integral(0, 0, method))
            self.assertEqual(Series([(3, 7)]).integral(3, 3, method), 0.0)

    def test_errors(self):
        for s in (Series([]), Series([(0, 1), (1, 2)])):
            calls = [lambda: s.at(NAN), lambda: s.at(INF), lambda: s.at(0, "cubic"), lambda: s.at(0, outside="wrap"), lambda: s.resample(0, 1, 0),
                     lambda: s.resample(0, 1, -1), lambda: s.resample(0, INF, 1), lambda: s.resample(NAN, 1, 1), lambda: s.resample(0, 1, INF),
                     lambda: s.resample(1, 0, 1, "cubic"), lambda: s.resample(1, 0, 1, outside="wrap"),
                     lambda: s.integral(0, NAN), lambda: s.integral(-INF, 0), lambda: s.integral(0, 1, "cubic")]
            for index, call in enumerate(calls):
                with self.subTest(index=index), self.assertRaises(ValueError):
                    call()

    def test_resample(self):
        s = Series([(0, 0), (10, 10)])
        self.assertEqual([t for t, _ in s.resample(0, 1, 0.1)], [i * 0.1 for i in range(10)])
        self.assertEqual(s.resample(5, 5, 1), [])
        self.assertEqual(s.resample(9, 12, 1, "previous", outside="hold"), [(9, 0.0), (10, 10.0), (11, 10.0)])
        self.close([v for _, v in s.resample(-1, 12, 3, outside="extend")], [-1, 2, 5, 8, 11])

    def test_integral(self):
        s = Series([(0, 0), (1, 1), (2, 4)])
        cases = {"linear": (0.5 + 2.5, 0.375 + 0.5 * (1 + 2.5) / 2), "previous": (1, 0.5), "nearest": (0.5 + 0.5 + 2, 0.5 + 0.5),
                 "monotone": (0.375 + 2.5 + (1.5 - 4) / 12, None)}
        for method, (whole, part) in cases.items():
            self.close([s.integral(0, 2, method), s.integral(2, 0, method)], [whole, -whole])
            if part is not None:
                self.close([s.integral(0.5, 1.5, method)], [part])
            self.close([s.integral(0.3, 1.1, method) + s.integral(1.1, 1.7, method)], [s.integral(0.3, 1.7, method)])
            self.assertEqual(s.integral(0.5, 0.5, method), 0.0)
            self.assertIsNone(s.integral(2.5, 2.5, method))
        # A cubic is integrated exactly by Simpson's rule.
        a, b = 0.25, 0.75
        simpson = (b - a) / 6 * (s.at(a, "monotone") + 4 * s.at((a + b) / 2, "monotone") + s.at(b, "monotone"))
        self.close([s.integral(a, b, "monotone")], [simpson])

    def test_integral_and_gaps(self):
        s = Series([(0, 0), (1, 1), (5, 7), (6, 9)], max_gap=2)
        for method in METHODS:
            for start, stop in ((0, 6), (0.5, 1.5), (-1, 1), (1, 5), (2, 3), (6, 6.5), (7, 8)):
                self.assertIsNone(s.integral(start, stop, method))
                self.assertIsNone(s.integral(stop, start, method))
        self.close([s.integral(5, 6), s.integral(1, 0)], [8, -0.5])

    def test_speed_and_large_times(self):
        start = 2**31
        numbers = random.Random(2)
        s = Series([(start + i, numbers.random()) for i in range(15_000)])
        for method in METHODS:
            total = sum(s.integral(start + i, start + i + 3, method) for i in range(0, 14_997, 3))
            self.assertAlmostEqual(total, s.integral(start, start + 14_997, method), places=5)
            self.assertEqual(sum(v is None for _, v in s.resample(start, start + 15_000, 1.5, method)), 0)
