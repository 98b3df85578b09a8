import random
import unittest

import durations


class ParseTest(unittest.TestCase):
    def refuse(self, *texts):
        for text in texts:
            with self.subTest(text=text), self.assertRaises(ValueError) as caught:
                durations.parse_duration(text)
            self.assertEqual(str(caught.exception), f"not a duration: {text!r}")

    def check(self, expected):
        for text, seconds in expected.items():
            with self.subTest(text=text):
                self.assertEqual(durations.parse_duration(text), seconds)

    def test_single_units(self):
        self.check({"1w": 604800, "2d": 172800, "3h": 10800, "4m": 240, "5s": 5, "0s": 0, "007s": 7})

    def test_several_parts_and_large_numbers(self):
        self.check({"1h90m": 9000, "1w1s": 604801, "1d2h3m4s": 93784, "100000s": 100000})

    def test_white_space_and_case(self):
        self.check({"  2D 4h\t": 187200, "1h\n30m": 5400, "1H30M": 5400})

    def test_negative(self):
        self.check({"-1h30m": -5400, " -2d 1s": -172801, "-0s": 0})

    def test_order_and_repetition_are_refused(self):
        self.refuse("30m1h", "1h1h", "1s 2s", "1d 1w")

    def test_malformed_texts_are_refused(self):
        self.refuse("", "   ", "-", "12", "h", "1 h", "1.5h", "1h-30m", "--1h", "- 1h", "+1h", "1h,30m", "1y", "1hx")

    def test_digits_of_other_scripts_are_refused(self):
        self.refuse("\u0663h", "\u00b2s", "1\uff15m")


class FormatTest(unittest.TestCase):
    def test_units_without_zeros(self):
        for seconds, text in {0: "0s", 59: "59s", 3600: "1h", 86461: "1d1m1s", 1209600: "2w", 694861: "1w1d1h1m1s"}.items():
            self.assertEqual(durations.format_duration(seconds), text)

    def test_negative(self):
        self.assertEqual(durations.format_duration(-1), "-1s")
        self.assertEqual(durations.format_duration(-90061), "-1d1h1m1s")

    def test_parts_counts_shown_units_and_drops_the_rest(self):
        self.assertEqual(durations.format_duration(86461, parts=1), "1d")
        self.assertEqual(durations.format_duration(86461, 2), "1d1m")
        self.assertEqual(durations.format_duration(7199, parts=1), "1h")
        self.assertEqual(durations.format_duration(-7199, parts=1), "-1h")
        self.assertEqual(durations.format_duration(61, parts=9), "1m1s")
        self.assertEqual(durations.format_duration(0, parts=1), "0s")

    def test_bad_arguments(self):
        for parts in (0, -1):
            with self.assertRaises(ValueError):
                durations.format_duration(5, parts=parts)
        for seconds in (1.0, "1", None, True, False):
            with self.assertRaises(TypeError):
                durations.format_duration(seconds)

    def test_round_trip(self):
        numbers = random.Random(7)
        for _ in range(500):
            n = numbers.randint(-10**7, 10**7)
            self.assertEqual(durations.parse_duration(durations.format_duration(n)), n)
