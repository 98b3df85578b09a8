"""A weather tool for the command line. The network is behind `fetch`."""

import argparse
import csv
import io
import json

FRESH_SECONDS = 1800
FIELDS = ("low", "high", "rain", "wind")


class CityNotFound(Exception):
    """The service does not know the city."""


class ServiceDown(Exception):
    """The service cannot be reached."""


class UsageError(Exception):
    pass


class HelpWanted(Exception):
    pass


class Parser(argparse.ArgumentParser):
    def error(self, message):
        raise UsageError(message.replace("\n", " "))

    def print_help(self, file=None):
        raise HelpWanted(self.format_help())


def day_count(text):
    if text not in [str(n) for n in range(1, 8)]:
        raise argparse.ArgumentTypeError("1 to 7 days")
    return int(text)


def build_parser():
    parser = Parser(prog="weather")
    commands = parser.add_subparsers(dest="command", required=True)
    today = commands.add_parser("today")
    today.add_argument("cities", nargs=1, metavar="CITY")
    forecast = commands.add_parser("forecast")
    forecast.add_argument("cities", nargs=1, metavar="CITY")
    forecast.add_argument("--days", type=day_count, default=3)
    compare = commands.add_parser("compare")
    compare.add_argument("cities", nargs="+", metavar="CITY")
    compare.add_argument("--by", choices=FIELDS)
    for command in (today, forecast, compare):
        command.add_argument("--units", choices=("metric", "imperial"), default="metric")
        command.add_argument("--format", choices=("text", "json", "csv"), default="text")
        command.add_argument("--no-cache", action="store_true")
    return parser


def parse_arguments(argv):
    options = build_parser().parse_args(argv)
    if options.command == "compare" and len(options.cities) < 2:
        raise UsageError("two cities or more are compared")
    return options


class Cache:
    """Forecasts by city in a JSON file: {"entries": {city: {"time": seconds, "forecast": dict}}}."""

    def __init__(self, path):
        self.path = path

    def read(self):
        try:
            entries = json.loads(self.path.read_text(encoding="utf-8"))["entries"]
            for entry in entries.values():
                float(entry["time"]), entry["forecast"]["city"], entry["forecast"]["days"][0]["date"]
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return {}
        return entries

    def find(self, city):
        return self.read().get(city.strip().casefold())

    def store(self, city, time, forecast):
        entries = self.read()
        entries[city.strip().casefold()] = {"time": time, "forecast": forecast}
        self.path.write_text(json.dumps({"entries": entries}), encoding="utf-8")


def look_up(city, options, fetch, now, cache):
    """The forecast and a warning or None."""
    held = None if options.no_cache else cache.find(city)
    if held and now() - held["time"] < FRESH_SECONDS:
        return held["forecast"], None
    try:
        forecast = fetch(city)
    except ServiceDown:
        if not held:
            raise
        minutes = int((now() - held["time"]) // 60)
        name = held["forecast"]["city"]
        return held["forecast"], f"weather: warning: service is down, showing {name} as of {minutes} minutes ago\n"
    cache.store(city, now(), forecast)
    return forecast, None


def show_number(value, decimals):
    text = f"{value:.{decimals}f}"
    return text.lstrip("-") if float(text) == 0 else text


def show_values(day, units):
    """The texts of the numbers of one day, by field."""
    low, high, rain, wind = (day[field] for field in FIELDS)
    rain_decimals = 1
    if units == "imperial":
        low, high, rain, wind = low * 9 / 5 + 32, high * 9 / 5 + 32, rain / 25.4, wind / 1.609344
        rain_decimals = 2
    return {
        "low": show_number(low, 1), "high": show_number(high, 1),
        "rain": show_number(rain, rain_decimals), "wind": show_number(wind, 0),
    }


def format_text(rows, options):
    degree, length, speed = ("°C", "mm", "km/h") if options.units == "metric" else ("°F", "in", "mph")
    compared = options.command == "compare"
    width = max(len(row["city"]) for row in rows)
    lines = [] if compared else [rows[0]["city"]]
    for row in rows:
        head = row["city"].ljust(width) if compared else row["date"]
        lines.append(
            f"{head}  {row['low']}..{row['high']} {degree}  rain {row['rain']} {length}  wind {row['wind']} {speed}"
        )
    return "\n".join(lines) + "\n"


def format_json(rows, options):
    days = [{**row, **{field: json.loads(row[field]) for field in FIELDS}} for row in rows]
    return json.dumps({"units": options.units, "days": days}, ensure_ascii=False, indent=2) + "\n"


def format_csv(rows, options):
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow(["city", "date", *FIELDS])
    writer.writerows([row[field] for field in ("city", "date", *FIELDS)] for row in rows)
    return target.getvalue()


FORMATS = {"text": format_text, "json": format_json, "csv": format_csv}


def collect_rows(forecasts, options):
    count = options.days if options.command == "forecast" else 1
    days = [(forecast["city"], day) for forecast in forecasts for day in forecast["days"][:count]]
    if options.command == "compare" and options.by:
        days.sort(key=lambda pair: pair[1][options.by], reverse=True)
    return [{"city": city, "date": day["date"], **show_values(day, options.units)} for city, day in days]


def main(argv, *, fetch, now, cache_path, stdout, stderr):
    try:
        options = parse_arguments(argv)
    except HelpWanted as wanted:
        stdout.write(str(wanted))
        return 0
    except UsageError as error:
        stderr.write(f"weather: error: {error}\n")
        return 2
    forecasts, warnings = [], []
    for city in options.cities:
        try:
            forecast, warning = look_up(city, options, fetch, now, Cache(cache_path))
        except CityNotFound:
            stderr.write(f"weather: error: unknown city: {city}\n")
            return 4
        except ServiceDown:
            stderr.write("weather: error: service is down\n")
            return 3
        forecasts.append(forecast)
        warnings.append(warning or "")
    stderr.write("".join(warnings))
    stdout.write(FORMATS[options.format](collect_rows(forecasts, options), options))
    return 0
