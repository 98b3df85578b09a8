"""Thirty thousand durations to text and back."""

from durations import format_duration, parse_duration


def heavy():
    texts = [format_duration(number * 7919 - 3_000_000) for number in range(30_000)]
    return sum(map(parse_duration, texts)), [format_duration(number * 104_729, 2) for number in range(5_000)]
