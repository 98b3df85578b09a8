import random
import unittest

from slots import first_common_slot, free_slots


class FreeSlotsTest(unittest.TestCase):
    def test_no_bookings(self):
        self.assertEqual(free_slots((480, 600), []), [(480, 600)])

    def test_unsorted_and_touching(self):
        self.assertEqual(free_slots((0, 100), [(60, 70), (10, 20), (20, 30)]), [(0, 10), (30, 60), (70, 100)])

    def test_overlapping_and_contained(self):
        self.assertEqual(free_slots((0, 100), [(10, 80), (20, 30), (50, 60)]), [(0, 10), (80, 100)])
        self.assertEqual(free_slots((0, 100), [(10, 40), (30, 50), (10, 40)]), [(0, 10), (50, 100)])

    def test_beyond_the_opening_hours(self):
        self.assertEqual(free_slots((480, 600), [(-30, 490), (590, 2000)]), [(490, 590)])
        self.assertEqual(free_slots((480, 600), [(0, 480), (600, 700), (900, 950)]), [(480, 600)])
        self.assertEqual(free_slots((480, 600), [(0, 1440)]), [])

    def test_empty_bookings_do_not_split(self):
        self.assertEqual(free_slots((0, 60), [(30, 30)]), [(0, 60)])
        self.assertEqual(free_slots((0, 60), [(30, 30), (10, 20)], 20), [(20, 60)])

    def test_minimum_is_inclusive(self):
        busy = [(15, 20), (34, 40)]
        self.assertEqual(free_slots((0, 55), busy, 15), [(0, 15), (40, 55)])
        self.assertEqual(free_slots((0, 55), busy, minimum=14), [(0, 15), (20, 34), (40, 55)])

    def test_closed(self):
        self.assertEqual(free_slots((600, 600), [(500, 700)]), [])
        self.assertEqual(free_slots((600, 500), []), [])

    def test_reversed_booking_is_an_error_everywhere(self):
        for opening in ((0, 100), (500, 600), (600, 500)):
            with self.subTest(opening=opening), self.assertRaises(ValueError) as caught:
                free_slots(opening, [(1, 2), (90, 85)])
            self.assertEqual(str(caught.exception), "booking ends before it starts: (90, 85)")

    def test_bad_minimum(self):
        for minimum in (0, -5):
            with self.assertRaises(ValueError):
                free_slots((0, 10), [], minimum)

    def test_generator_and_untouched_input(self):
        self.assertEqual(free_slots((0, 10), (pair for pair in [(8, 9), (1, 2)])), [(0, 1), (2, 8), (9, 10)])
        bookings = [(8, 9), (1, 2)]
        free_slots((0, 10), bookings)
        self.assertEqual(bookings, [(8, 9), (1, 2)])

    def test_against_minute_by_minute_count(self):
        numbers = random.Random(3)
        for _ in range(200):
            pairs = [(a, a + numbers.randrange(12)) for a in (numbers.randrange(-5, 60) for _ in range(6))]
            free = [minute for minute in range(5, 50) if not any(a <= minute < b for a, b in pairs)]
            listed = [minute for a, b in free_slots((5, 50), pairs) for minute in range(a, b)]
            self.assertEqual(listed, free)

    def test_many_bookings(self):
        many = [(2 * i, 2 * i + 1) for i in range(100_000)]
        random.Random(1).shuffle(many)
        self.assertEqual(len(free_slots((0, 200_000), many)), 100_000)


class FirstCommonSlotTest(unittest.TestCase):
    def test_earliest_for_all(self):
        anna, ben = [(0, 30), (60, 90)], [(20, 45), (100, 110)]
        self.assertEqual(first_common_slot((0, 120), [anna, ben], 15), (45, 60))
        self.assertEqual(first_common_slot((0, 120), (iter(c) for c in (anna, ben)), 10), (45, 55))

    def test_none_and_no_calendars(self):
        self.assertIsNone(first_common_slot((0, 120), [[(30, 60)], [(80, 90)]], 31))
        self.assertEqual(first_common_slot((0, 120), [], 120), (0, 120))
        self.assertIsNone(first_common_slot((0, 120), [], 121))

    def test_errors(self):
        with self.assertRaises(ValueError):
            first_common_slot((0, 10), [], 0)
        with self.assertRaises(ValueError) as caught:
            first_common_slot((0, 10), [[], [(7, 5)]], 1)
        self.assertEqual(str(caught.exception), "booking ends before it starts: (7, 5)")
