import unittest

from clock import clock, minutes


class ClockTest(unittest.TestCase):
    def test_one_digit(self):
        self.assertEqual(clock(125), "2:05")

    def test_two_digits(self):
        self.assertEqual(clock(179), "2:59")

    def test_whole_hour(self):
        self.assertEqual(clock(600), "10:00")

    def test_midnight(self):
        self.assertEqual(clock(0), "0:00")

    def test_negative(self):
        with self.assertRaises(ValueError):
            clock(-1)

    def test_minutes(self):
        self.assertEqual(minutes("2:05"), 125)

    def test_minutes_of_midnight(self):
        self.assertEqual(minutes("0:00"), 0)

    def test_there_and_back(self):
        self.assertEqual([minutes(clock(each)) for each in range(1440)], list(range(1440)))
