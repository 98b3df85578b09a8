"""Durations as people write them: 1h30m, 90s, 2d 4h."""


def parse_duration(text: str) -> int:
    """Returns the number of seconds that the text means."""
    raise NotImplementedError


def format_duration(seconds: int, parts: int | None = None) -> str:
    """Returns the text of a number of seconds."""
    raise NotImplementedError
