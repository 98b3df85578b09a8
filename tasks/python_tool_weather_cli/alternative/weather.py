"""A weather tool for the command line, without argparse: options are read by hand from one table."""

import csv
import json
import math

FIELDS = ["low", "high", "rain", "wind"]
USAGE = """usage: weather today CITY [options]
       weather forecast CITY [--days N] [options]
       weather compare CITY CITY... [--by FIELD] [options]

options: --units metric|imperial, --format text|json|csv, --no-cache
"""
COMMON = {"--units": ["metric", "imperial"], "--format": ["text", "json", "csv"], "--no-cache": None}
COMMANDS = {
    "today": (1, 1, {}),
    "forecast": (1, 1, {"--days": list("3124567")}),
    "compare": (2, math.inf, {"--by": FIELDS}),
}


class CityNotFound(Exception):
    pass


class ServiceDown(Exception):
    pass


class Stop(Exception):
    def __init__(self, code, line):
        self.code, self.line = code, line


def read_arguments(argv):
    if not argv or argv[0] not in COMMANDS:
        raise Stop(2, f"weather: error: a command is needed: {', '.join(COMMANDS)}")
    least, most, own = COMMANDS[argv[0]]
    known = COMMON | own
    given, cities = {}, []
    rest = iter(argv[1:])
    for word in rest:
        if not word.startswith("--"):
            cities.append(word)
            continue
        name, joined, value = word.partition("=")
        if name not in known:
            raise Stop(2, f"weather: error: unknown option {name}")
        if known[name] is None:
            given[name] = True
            continue
        value = value if joined else next(rest, None)
        if value not in known[name]:
            raise Stop(2, f"weather: error: {name} takes one of {' '.join(known[name])}")
        given[name] = value
    if not least <= len(cities) <= most:
        raise Stop(2, "weather: error: wrong number of cities")
    return argv[0], cities, given


def load(path):
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return []
    rows = found if isinstance(found, list) else []
    return [row for row in rows if isinstance(row, list) and len(row) == 3]


class Session:
    def __init__(self, fetch, now, path, use_cache):
        self.fetch, self.now, self.path, self.use_cache = fetch, now, path, use_cache
        self.warnings = []

    def forecast(self, city):
        key = city.strip().lower()
        rows = load(self.path)
        known = [row for row in rows if row[0] == key] if self.use_cache else []
        if known and self.now() < known[0][1] + 1800:
            return known[0][2]
        try:
            fresh = self.fetch(city)
        except CityNotFound:
            raise Stop(4, f"weather: error: unknown city: {city}") from None
        except ServiceDown:
            if not known:
                raise Stop(3, "weather: error: service is down") from None
            _, when, old = known[0]
            minutes = math.floor((self.now() - when) / 60)
            self.warnings.append(f"weather: warning: service is down, showing {old['city']} as of {minutes} minutes ago")
            return old
        self.path.write_text(json.dumps([row for row in rows if row[0] != key] + [[key, self.now(), fresh]]))
        return fresh


def numbers(day, imperial):
    def text(value, places):
        shown = "%.*f" % (places, value)
        return shown[1:] if shown.startswith("-") and not shown.strip("-0.") else shown

    def degrees(value):
        return text(value * 9 / 5 + 32 if imperial else value, 1)

    rain = text(day["rain"] / 25.4, 2) if imperial else text(day["rain"], 1)
    return [degrees(day["low"]), degrees(day["high"]), rain, text(day["wind"] / 1.609344 if imperial else day["wind"], 0)]


def main(argv, *, fetch, now, cache_path, stdout, stderr):
    if "--help" in argv or "-h" in argv:
        stdout.write(USAGE)
        return 0
    try:
        command, cities, given = read_arguments(argv)
        session = Session(fetch, now, cache_path, "--no-cache" not in given)
        forecasts = [session.forecast(city) for city in cities]
    except Stop as stop:
        print(stop.line, file=stderr)
        return stop.code
    for line in session.warnings:
        print(line, file=stderr)
    write(stdout, command, forecasts, given)
    return 0


def write(stdout, command, forecasts, given):
    imperial = given.get("--units") == "imperial"
    if "--by" in given:
        forecasts = sorted(forecasts, key=lambda forecast: -forecast["days"][0][given["--by"]])
    count = int(given.get("--days", 3)) if command == "forecast" else 1
    rows = [[f["city"], day["date"], *numbers(day, imperial)] for f in forecasts for day in f["days"][:count]]
    form = given.get("--format", "text")
    if form == "csv":
        csv.writer(stdout, lineterminator="\n").writerows([["city", "date", *FIELDS], *rows])
    elif form == "json":
        days = [dict(zip(["city", "date", *FIELDS], row[:2] + [float(text) for text in row[2:]])) for row in rows]
        print(json.dumps({"units": given.get("--units", "metric"), "days": days}), file=stdout)
    else:
        write_text(stdout, command, rows, imperial)


def write_text(stdout, command, rows, imperial):
    longest = max(len(row[0]) for row in rows)
    units = ("°F", "in", "mph") if imperial else ("°C", "mm", "km/h")
    if command != "compare":
        print(rows[0][0], file=stdout)
    for city, date, low, high, rain, wind in rows:
        start = f"{city:<{longest}}" if command == "compare" else date
        print(f"{start}  {low}..{high} {units[0]}  rain {rain} {units[1]}  wind {wind} {units[2]}", file=stdout)
