import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path

import weather


def day(date, low, high, rain, wind):
    return {"date": date, "low": low, "high": high, "rain": rain, "wind": wind}


WEEK = [day(f"2026-03-0{n}", n - 3, n + 0.25, n / 2, 10 * n) for n in range(1, 9)]
SERVICE = {
    "oslo": {"city": "Oslo", "days": [day("2026-03-01", -2.5, 4.0, 0.25, 18.4)]},
    "rome": {"city": "Rome", "days": WEEK},
    "san jose": {"city": "San Jos\u00e9, CA", "days": [day("2026-03-01", -0.04, 4, 0, 0.4), day("2026-03-02", 1, 2, 3, 4)]},
}


class WeatherTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.cache = Path(folder.name) / "cache.json"
        self.time = 1_000_000.0
        self.asked = []
        self.down = False

    def fetch(self, city):
        self.asked.append(city)
        if self.down:
            raise weather.ServiceDown
        try:
            return json.loads(json.dumps(SERVICE[city.strip().lower()]))
        except KeyError:
            raise weather.CityNotFound(city) from None

    def call(self, *argv):
        out, err = io.StringIO(), io.StringIO()
        stray_out, stray_err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stray_out), contextlib.redirect_stderr(stray_err):
            code = weather.main(
                list(argv), fetch=self.fetch, now=lambda: self.time, cache_path=self.cache, stdout=out, stderr=err
            )
        self.assertEqual((stray_out.getvalue(), stray_err.getvalue()), ("", ""))
        return code, out.getvalue(), err.getvalue()

    def output(self, *argv):
        code, out, err = self.call(*argv)
        self.assertEqual((code, err), (0, ""))
        return out

    def test_today_as_text(self):
        self.assertEqual(self.output("today", "oslo"), "Oslo\n2026-03-01  -2.5..4.0 \u00b0C  rain 0.2 mm  wind 18 km/h\n")
        self.assertEqual(
            self.output("today", "oslo", "--units", "imperial"),
            "Oslo\n2026-03-01  27.5..39.2 \u00b0F  rain 0.01 in  wind 11 mph\n",
        )

    def test_negative_zero(self):
        self.assertIn("  0.0..4.0 \u00b0C  rain 0.0 mm  wind 0 km/h\n", self.output("today", "san jose"))

    def test_number_of_days(self):
        self.assertEqual(len(self.output("forecast", "rome").splitlines()), 4)
        self.assertEqual(len(self.output("forecast", "rome", "--days", "7").splitlines()), 8)
        self.assertEqual(len(self.output("forecast", "--days", "7", "oslo").splitlines()), 2)
        self.assertEqual(
            self.output("forecast", "rome", "--days", "2").splitlines()[2],
            "2026-03-02  -1.0..2.2 \u00b0C  rain 1.0 mm  wind 20 km/h",
        )

    def test_compare_as_text(self):
        self.assertEqual(
            self.output("compare", "rome", "san jose", "oslo").splitlines(),
            [
                "Rome          -2.0..1.2 \u00b0C  rain 0.5 mm  wind 10 km/h",
                "San Jos\u00e9, CA  0.0..4.0 \u00b0C  rain 0.0 mm  wind 0 km/h",
                "Oslo          -2.5..4.0 \u00b0C  rain 0.2 mm  wind 18 km/h",
            ],
        )

    def test_compare_by_a_value(self):
        def order(by):
            rows = json.loads(self.output("compare", "rome", "san jose", "oslo", "--by", by, "--format", "json"))["days"]
            return [row["city"][0] for row in rows]

        self.assertEqual([order(by) for by in ("high", "low", "rain", "wind")], [["S", "O", "R"], ["S", "R", "O"],
                                                                                  ["R", "O", "S"], ["O", "R", "S"]])

    def test_json(self):
        shown = json.loads(self.output("forecast", "san jose", "--format", "json", "--units", "imperial"))
        self.assertEqual(shown, {"units": "imperial", "days": [
            {"city": "San Jos\u00e9, CA", "date": "2026-03-01", "low": 31.9, "high": 39.2, "rain": 0, "wind": 0},
            {"city": "San Jos\u00e9, CA", "date": "2026-03-02", "low": 33.8, "high": 35.6, "rain": 0.12, "wind": 2},
        ]})

    def test_csv(self):
        self.assertEqual(
            self.output("forecast", "san jose", "--format", "csv"),
            'city,date,low,high,rain,wind\n"San Jos\u00e9, CA",2026-03-01,0.0,4.0,0.0,0\n"San Jos\u00e9, CA",2026-03-02,1.0,2.0,3.0,4\n',
        )

    def test_cache_is_used_for_half_an_hour(self):
        first = self.output("today", "oslo")
        self.time += 1799
        self.assertEqual(self.output("today", " OSLO "), first)
        self.output("forecast", "Oslo", "--units", "imperial")
        self.assertEqual(self.asked, ["oslo"])
        self.time += 1
        self.output("today", "oslo")
        self.assertEqual(len(self.asked), 2)

    def test_cache_holds_several_cities(self):
        self.output("compare", "oslo", "rome")
        self.output("today", "san jose")
        self.output("compare", "rome", "oslo", "san jose")
        self.assertEqual(len(self.asked), 3)

    def test_broken_cache_counts_as_empty(self):
        for text in ("", "{", "[]", "3", "null", '{"oslo": 5}', '{"oslo": {"city": "Oslo"}}', '{"entries": []}'):
            with self.subTest(text=text):
                self.cache.write_text(text)
                self.asked.clear()
                self.output("today", "oslo")
                self.output("today", "oslo")
                self.assertEqual(self.asked, ["oslo"])

    def test_no_cache_is_not_read_but_written(self):
        self.output("today", "oslo")
        self.output("today", "oslo", "--no-cache")
        self.assertEqual(len(self.asked), 2)
        self.time += 1000
        self.output("today", "oslo", "--no-cache")
        self.time += 1000
        self.output("today", "oslo")
        self.assertEqual(len(self.asked), 3)
        self.down = True
        self.assertEqual(self.call("today", "oslo", "--no-cache"), (3, "", "weather: error: service is down\n"))

    def test_service_down(self):
        self.assertEqual(self.call("today", "nowhere")[0], 4)
        fresh = self.output("today", "oslo")
        self.down = True
        self.time += 45 * 60 + 59
        self.assertEqual(
            self.call("today", "oslo"), (0, fresh, "weather: warning: service is down, showing Oslo as of 45 minutes ago\n")
        )
        self.assertEqual(self.call("compare", "oslo", "rome")[:2], (3, ""))

    def test_unknown_city(self):
        self.assertEqual(self.call("today", "Atlantis"), (4, "", "weather: error: unknown city: Atlantis\n"))
        self.assertEqual(self.call("compare", "oslo", "Ys", "Mu"), (4, "", "weather: error: unknown city: Ys\n"))

    def test_wrong_arguments(self):
        wrong = [(), ("tomorrow", "oslo"), ("today",), ("today", "oslo", "rome"), ("compare", "oslo"), ("forecast", "rome", "--days", "0"),
                 ("forecast", "rome", "--days", "8"), ("forecast", "rome", "--days", "two"), ("today", "oslo", "--units", "kelvin"),
                 ("today", "oslo", "--format", "xml"), ("today", "oslo", "--days", "2"), ("compare", "oslo", "rome", "--by", "fog")]
        for argv in wrong:
            with self.subTest(argv=argv):
                code, out, err = self.call(*argv)
                self.assertEqual((code, out, err.count("\n"), err[-1:]), (2, "", 1, "\n"))
                self.assertTrue(err.startswith("weather: error: "), err)
        self.assertEqual(self.asked, [])

    def test_help(self):
        for argv in (["--help"], ["compare", "--help"]):
            out = self.output(*argv)
            self.assertTrue(out.startswith("usage: weather"), out)
