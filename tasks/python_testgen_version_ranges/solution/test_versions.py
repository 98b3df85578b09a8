import itertools
import unittest

from versions import compare, newest, parse_version, satisfies

ORDERED = [
    "0.0.0-0", "0.0.0", "0.0.3", "0.9.0", "1.2.0-1", "1.2.0-9", "1.2.0-10", "1.2.0-10.a", "1.2.0-A", "1.2.0-Z.1",
    "1.2.0-a", "1.2.0-a.2", "1.2.0-a.2.0", "1.2.0-a.11", "1.2.0-a.b", "1.2.0-a1", "1.2.0", "1.2.9", "1.2.10", "1.10.0", "10.0.0",
]


class ParseTest(unittest.TestCase):
    def test_versions(self):
        self.assertEqual(parse_version("1.12.0"), (1, 12, 0, ()))
        self.assertEqual(parse_version("2.0.0-beta.3"), (2, 0, 0, ("beta", "3")))
        self.assertEqual(parse_version("0.0.0-0.0a"), (0, 0, 0, ("0", "0a")))

    def test_malformed(self):
        for text in ("", "1", "1.2", "1.2.3.4", "01.2.3", "1.02.3", "1.2.03", "1.2.3-", "1.2.3-a..b", "1.2.3-01", "1.2.3-a.00", "1.2.3 ",
                     " 1.2.3", "1.2.3-a_b", "1.2.x", "v1.2.3", "1.2.3x", "-1.2.3", "1.2.3\n", "1.2.3-\u00e9"):
            with self.subTest(text=text), self.assertRaises(ValueError):
                parse_version(text)


class CompareTest(unittest.TestCase):
    def test_order_of_all_pairs(self):
        for (i, first), (j, second) in itertools.product(enumerate(ORDERED), repeat=2):
            with self.subTest(first=first, second=second):
                self.assertEqual(compare(first, second), (i > j) - (i < j))


class RangeTest(unittest.TestCase):
    def fits(self, wanted, inside, outside):
        for version in inside:
            with self.subTest(wanted=wanted, version=version):
                self.assertIs(satisfies(version, wanted), True)
        for version in outside:
            with self.subTest(wanted=wanted, version=version):
                self.assertIs(satisfies(version, wanted), False)

    def test_comparisons(self):
        self.fits("=1.2.3", ["1.2.3"], ["1.2.4", "1.2.2"])
        self.fits("<1.2.3", ["1.2.2"], ["1.2.3", "1.2.4"])
        self.fits("<=1.2.3", ["1.2.2", "1.2.3"], ["1.2.4"])
        self.fits(">1.2.3", ["1.2.4"], ["1.2.3", "1.2.2"])
        self.fits(">=1.2.3", ["1.2.3", "1.2.4", "1.10.0"], ["1.2.2"])

    def test_tilde(self):
        self.fits("~1.4.2", ["1.4.2", "1.4.9"], ["1.4.1", "1.5.0", "2.4.2"])

    def test_caret(self):
        self.fits("^1.4.2", ["1.4.2", "1.9.0"], ["1.4.1", "2.0.0"])
        self.fits("^0.4.2", ["0.4.2", "0.4.9"], ["0.4.1", "0.5.0", "1.4.2"])
        self.fits("^0.0.3", ["0.0.3"], ["0.0.4", "0.0.2", "0.1.3"])
        self.fits("^0.0.0", ["0.0.0"], ["0.0.1"])

    def test_all_conditions(self):
        self.fits(">=1.2.0  <2.0.0", ["1.2.0", "1.9.9"], ["1.1.9", "2.0.0"])

    def test_pre_releases(self):
        self.fits(">=2.0.0-alpha", ["2.0.0-beta", "2.0.0", "2.1.0"], ["2.0.0-Alpha", "2.0.1-beta"])
        self.fits(">1.0.0", [], ["2.0.0-beta"])
        self.fits("<2.0.0", [], ["2.0.0-beta"])
        self.fits(">=1.0.0-a <2.0.0", [], ["2.0.0-beta"])
        self.fits("^1.2.0-rc.1", ["1.2.0-rc.1", "1.2.0-rc.2", "1.2.0", "1.3.0"], ["1.2.0-rc.0", "1.3.0-rc.1"])

    def test_malformed_ranges(self):
        for wanted in ("", "  ", "1.2.3", "> 1.2.3", ">=1.2", "!1.2.3", ">=1.2.3 x", "=>1.2.3"):
            with self.subTest(wanted=wanted), self.assertRaises(ValueError):
                satisfies("1.2.3", wanted)
        with self.assertRaises(ValueError):
            satisfies("1.2", ">1.0.0")


class NewestTest(unittest.TestCase):
    def test_newest(self):
        versions = ["1.2.0", "1.10.0", "1.9.0", "2.0.0", "1.11.0-rc"]
        self.assertEqual(newest(versions, "^1.0.0"), "1.10.0")
        self.assertEqual(newest(iter(versions[::-1]), "^1.0.0"), "1.10.0")
        self.assertIsNone(newest(versions, ">3.0.0"))
        self.assertIsNone(newest([], ">3.0.0"))
