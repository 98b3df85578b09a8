"""Durations as people write them: 1h30m, 90s, 2d 4h."""

import re

UNITS = {"w": 604800, "d": 86400, "h": 3600, "m": 60, "s": 1}
PATTERN = re.compile(r"\s*(-?)" + r"\s*".join(f"(?:([0-9]+){unit})?" for unit in UNITS) + r"\s*", re.IGNORECASE)


def parse_duration(text: str) -> int:
    """Returns the number of seconds that the text means."""
    match = PATTERN.fullmatch(text)
    if not match or not any(match.groups()[1:]) or re.search(r"-\s", text):
        raise ValueError(f"not a duration: {text!r}")
    sign, *numbers = match.groups()
    total = sum(int(number or 0) * size for number, size in zip(numbers, UNITS.values()))
    return -total if sign else total


def format_duration(seconds: int, parts: int | None = None) -> str:
    """Returns the text of a number of seconds."""
    if isinstance(seconds, bool) or not isinstance(seconds, int):
        raise TypeError(f"seconds are a whole number, not {type(seconds).__name__}")
    if parts is not None and parts < 1:
        raise ValueError("at least one part is shown")
    shown = []
    rest = abs(seconds)
    for unit, size in UNITS.items():
        number, rest = divmod(rest, size)
        if number:
            shown.append(f"{number}{unit}")
    return ("-" if seconds < 0 else "") + ("".join(shown[:parts]) or "0s")
