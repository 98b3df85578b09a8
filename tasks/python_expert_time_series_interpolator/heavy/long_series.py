"""A long series with gaps, resampled and integrated by every method."""

from series import Series


def heavy():
    points = [((number * 7919) % 20_011 + (number % 3) / 4, (number * 31) % 257 / 8) for number in range(12_000)]
    series = Series(points, duplicates="mean", max_gap=6)
    found = []
    for method in ("previous", "nearest", "linear", "monotone"):
        values = [value for _, value in series.resample(0, 20_000, 5, method)]
        found.append([None if value is None else round(value, 6) for value in values[::40]])
        found.append(round(sum(value for value in values if value is not None), 3))
        found.append(round(series.integral(10, 11, method) or 0.0, 6))
    return found
