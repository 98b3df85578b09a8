import unittest

from clamp import clamp


class ClampTest(unittest.TestCase):
    def test_bounds(self):
        self.assertEqual(clamp(1, 2, 5), 2)
        self.assertEqual(clamp(9, 2, 5), 5)
        self.assertEqual(clamp(3, 2, 5), 3)

    def test_signs(self):
        self.assertEqual(clamp(-3, -5, 5), -3)

    def test_errors(self):
        self.assertEqual(clamp(4, 4, 4), 4)
        with self.assertRaises(ValueError):
            clamp(1, 3, 2)
