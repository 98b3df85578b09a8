import unittest

from clamp import clamp, total


class ClampTest(unittest.TestCase):
    def test_below(self):
        self.assertEqual(clamp(1, 2, 5), 2)

    def test_above(self):
        self.assertEqual(clamp(9, 2, 5), 5)

    def test_within(self):
        self.assertEqual(clamp(3, 2, 5), 3)

    def test_at_bounds(self):
        self.assertEqual(clamp(5, 5, 5), 5)

    def test_negative(self):
        self.assertEqual(clamp(-9, -5, -2), -5)

    def test_bounds_the_wrong_way_round(self):
        with self.assertRaises(ValueError):
            clamp(1, 3, 2)

    def test_total(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_total_of_nothing(self):
        self.assertEqual(total([]), 0)
