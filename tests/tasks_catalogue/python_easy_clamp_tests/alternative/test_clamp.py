import unittest

from clamp import clamp


class ClampTest(unittest.TestCase):
    def test_all_small_numbers(self):
        for low in range(-3, 3):
            for high in range(low, 3):
                for value in range(-5, 5):
                    with self.subTest(value=value, low=low, high=high):
                        self.assertEqual(clamp(value, low, high), sorted([low, value, high])[1])

    def test_error(self):
        self.assertRaises(ValueError, clamp, 0, 1, 0)
