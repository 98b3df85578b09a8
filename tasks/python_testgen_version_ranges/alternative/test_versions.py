import unittest
from functools import cmp_to_key

import versions


def table(text):
    return [line.split() for line in text.strip().splitlines()]


class Versions(unittest.TestCase):
    def test_parsed_parts(self):
        self.assertEqual(versions.parse_version("10.0.7"), (10, 0, 7, ()))
        self.assertEqual(versions.parse_version("1.0.0-x7.0.y"), (1, 0, 0, ("x7", "0", "y")))

    def test_refused_texts(self):
        for text in ["1.0", "1.0.0.0", "1.0.0-", "00.1.0", "1.0.0-a.01", "1.0.0+x", "1.0.0-a-b", "a.b.c", "1.0.0 x", "1..0"]:
            self.assertRaises(ValueError, versions.parse_version, text)

    def test_sorting(self):
        ordered = "1.0.0-2 1.0.0-11 1.0.0-B 1.0.0-a 1.0.0-a.1 1.0.0-a.c 1.0.0-b 1.0.0 1.0.2 1.0.11 1.2.0 1.11.0 2.0.0 11.0.0".split()
        self.assertEqual(sorted(reversed(ordered), key=cmp_to_key(versions.compare)), ordered)
        self.assertEqual([versions.compare(v, v) for v in ordered], [0] * len(ordered))

    def test_ranges(self):
        rows = table(
            """
            =1.0.0       1.0.0         yes
            =1.0.0       1.0.1         no
            <1.0.0       1.0.0         no
            <1.0.0       0.9.0         yes
            <=1.0.0      1.0.0         yes
            <=1.0.0      1.0.1         no
            >1.0.0       1.0.0         no
            >1.0.0       1.0.1         yes
            >=1.0.0      1.0.0         yes
            >=1.0.0      0.9.9         no
            ~1.2.3       1.2.3         yes
            ~1.2.3       1.2.10        yes
            ~1.2.3       1.2.2         no
            ~1.2.3       1.3.3         no
            ^1.2.3       1.3.0         yes
            ^1.2.3       1.2.2         no
            ^1.2.3       2.2.3         no
            ^0.2.3       0.2.4         yes
            ^0.2.3       0.3.0         no
            ^0.0.3       0.0.3         yes
            ^0.0.3       0.0.4         no
            >=1.0.0-b    1.0.0-c       yes
            >=1.0.0-b    1.0.0-a       no
            >=1.0.0-b    1.0.1-c       no
            >1.0.0       1.0.1-c       no
            <=1.0.0      1.0.0-c       no
            """
        )
        for wanted, version, expected in rows:
            with self.subTest(wanted=wanted, version=version):
                self.assertEqual(versions.satisfies(version, wanted), expected == "yes")

    def test_conditions_together(self):
        found = [v for v in ("0.9.0", "1.0.0", "1.5.0", "2.0.0") if versions.satisfies(v, ">0.9.0 <2.0.0")]
        self.assertEqual(found, ["1.0.0", "1.5.0"])

    def test_refused_ranges(self):
        for wanted in ["", "1.0.0", "<", "<>1.0.0", ">1.0.0 or", ">=01.0.0"]:
            self.assertRaises(ValueError, versions.satisfies, "1.0.0", wanted)

    def test_newest(self):
        self.assertEqual(versions.newest(["1.9.0", "1.10.0", "1.2.0"], ">=1.0.0"), "1.10.0")
        self.assertIsNone(versions.newest(["1.0.0"], "<1.0.0"))
