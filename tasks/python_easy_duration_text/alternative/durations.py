"""Durations as people write them: 1h30m, 90s, 2d 4h."""

ORDER = "wdhms"
SECONDS = [7 * 24 * 3600, 24 * 3600, 3600, 60, 1]
DIGITS = set("0123456789")


class _Reader:
    """Walks over the text once, a character at a time."""

    def __init__(self, text):
        self.text = text.strip().lower()
        self.place = 0

    def take_while(self, wanted):
        start = self.place
        while self.place < len(self.text) and wanted(self.text[self.place]):
            self.place += 1
        return self.text[start:self.place]

    def read_part(self):
        digits = self.take_while(DIGITS.__contains__)
        unit = self.text[self.place:self.place + 1]
        if not digits or not unit or unit not in ORDER:
            return None
        self.place += 1
        self.take_while(str.isspace)
        return ORDER.index(unit), int(digits)


def parse_duration(text: str) -> int:
    reader = _Reader(text)
    sign = -1 if reader.text.startswith("-") else 1
    if sign < 0:
        reader.place = 1
    last, total = -1, 0
    while True:
        part = reader.read_part()
        if part is None or part[0] <= last:
            raise ValueError(f"not a duration: {text!r}")
        last = part[0]
        total += part[1] * SECONDS[last]
        if reader.place == len(reader.text):
            return sign * total


def format_duration(seconds: int, parts: int | None = None) -> str:
    if type(seconds) is bool or not isinstance(seconds, int):
        raise TypeError("seconds must be an int")
    if parts is None:
        parts = len(ORDER)
    if parts < 1:
        raise ValueError("parts must be 1 or more")
    if seconds < 0:
        return "-" + format_duration(-seconds, parts)
    text = ""
    for unit, size in zip(ORDER, SECONDS):
        if seconds >= size and parts:
            text += f"{seconds // size}{unit}"
            seconds %= size
            parts -= 1
    return text or "0s"
