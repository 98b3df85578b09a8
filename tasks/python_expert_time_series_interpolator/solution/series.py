"""Interpolation of time series with gaps."""

import math
from bisect import bisect_left, bisect_right
from itertools import accumulate

METHODS = ("previous", "nearest", "linear", "monotone")


def check_finite(*numbers):
    for number in numbers:
        if not math.isfinite(number):
            raise ValueError(f"not finite: {number}")


def check_choice(given, choices):
    if given not in choices:
        raise ValueError(f"{given!r} is none of {', '.join(choices)}")


def sign(x):
    return (x > 0) - (x < 0)


def end_slope(h0, h1, d0, d1):
    slope = ((2 * h0 + h1) * d0 - h0 * d1) / (h0 + h1)
    if sign(slope) != sign(d0):
        return 0.0
    if sign(d0) != sign(d1) and abs(slope) > 3 * abs(d0):
        return 3 * d0
    return slope


def monotone_slopes(times, values):
    """The slopes at the points of one run."""
    h = [b - a for a, b in zip(times, times[1:])]
    d = [(b - a) / width for a, b, width in zip(values, values[1:], h)]
    if len(times) < 3:
        return [d[0] if d else 0.0] * len(times)
    slopes = [end_slope(h[0], h[1], d[0], d[1])]
    for h0, h1, d0, d1 in zip(h, h[1:], d, d[1:]):
        if sign(d0) * sign(d1) <= 0:
            slopes.append(0.0)
        else:
            w0, w1 = 2 * h1 + h0, h1 + 2 * h0
            slopes.append((w0 + w1) / (w0 / d0 + w1 / d1))
    slopes.append(end_slope(h[-1], h[-2], d[-1], d[-2]))
    return slopes


class Series:
    def __init__(self, points, *, duplicates="last", max_gap=None):
        check_choice(duplicates, ("first", "last", "mean", "error"))
        if max_gap is not None and not max_gap > 0:
            raise ValueError("max_gap is above 0")
        self._max_gap = max_gap
        known = self._collect(points, duplicates)
        self.times = tuple(sorted(known))
        self.values = tuple(known[t] for t in self.times)
        self._runs = self._split_into_runs()  # the run's number of each point
        self._slopes = self._all_slopes()
        self._sums = {}  # by method: the integrals from the first point up to each, gaps counted as 0

    @staticmethod
    def _collect(points, duplicates):
        groups = {}
        for time, value in points:
            check_finite(time)
            if value is None or math.isnan(value):
                continue
            check_finite(value)
            groups.setdefault(float(time), []).append(float(value))
        if duplicates == "error" and any(len(group) > 1 for group in groups.values()):
            raise ValueError("a time stands twice")
        choose = {"first": lambda g: g[0], "last": lambda g: g[-1], "mean": lambda g: math.fsum(g) / len(g), "error": lambda g: g[0]}
        return {time: choose[duplicates](group) for time, group in groups.items()}

    def _split_into_runs(self):
        breaks = [self._max_gap is not None and b - a > self._max_gap for a, b in zip(self.times, self.times[1:])]
        return list(accumulate(breaks, initial=0))

    def _all_slopes(self):
        slopes = []
        start = 0
        while start < len(self.times):
            end = bisect_right(self._runs, self._runs[start])
            slopes += monotone_slopes(self.times[start:end], self.values[start:end])
            start = end
        return slopes

    def at(self, t, method="linear", *, outside="none"):
        check_finite(t)
        check_choice(method, METHODS)
        check_choice(outside, ("none", "hold", "extend"))
        return self._value(t, method, outside)

    def _value(self, t, method, outside):
        if not self.times:
            return None
        if t < self.times[0] or t > self.times[-1]:
            return self._outside_value(t, method, outside)
        i = bisect_right(self.times, t) - 1
        if self.times[i] == t:
            return self.values[i]
        if self._runs[i] != self._runs[i + 1]:
            return None
        return self._inside_value(i, t, method)

    def _inside_value(self, i, t, method):
        """The value between the points i and i + 1 of one run."""
        ta, tb, va, vb = self.times[i], self.times[i + 1], self.values[i], self.values[i + 1]
        if method == "previous":
            return va
        if method == "nearest":
            return va if t - ta <= tb - t else vb
        width = tb - ta
        x = (t - ta) / width
        if method == "linear":
            return va + (vb - va) * x
        ma, mb = self._slopes[i] * width, self._slopes[i + 1] * width
        return va + x * (ma + x * (3 * (vb - va) - 2 * ma - mb + x * (2 * (va - vb) + ma + mb)))

    def _outside_value(self, t, method, outside):
        end, neighbour = (0, 1) if t < self.times[0] else (-1, -2)
        distance = t - self.times[end]
        if outside == "none" or (self._max_gap is not None and abs(distance) > self._max_gap):
            return None
        slope = 0.0
        if outside == "extend" and method == "monotone":
            slope = self._slopes[end]
        elif outside == "extend" and method == "linear" and len(self.times) > 1 and self._runs[end] == self._runs[neighbour]:
            slope = (self.values[neighbour] - self.values[end]) / (self.times[neighbour] - self.times[end])
        return self.values[end] + slope * distance

    def resample(self, start, stop, step, method="linear", *, outside="none"):
        check_finite(start, stop, step)
        check_choice(method, METHODS)
        check_choice(outside, ("none", "hold", "extend"))
        if not step > 0:
            raise ValueError("a step is above 0")
        pairs = []
        while (t := start + len(pairs) * step) < stop:
            pairs.append((t, self._value(t, method, outside)))
        return pairs

    def integral(self, start, stop, method="linear"):
        check_finite(start, stop)
        check_choice(method, METHODS)
        if stop < start:
            area = self.integral(stop, start, method)
            return None if area is None else -area
        if self._value(start, method, "none") is None or self._value(stop, method, "none") is None:
            return None
        first = bisect_right(self.times, start) - 1
        last = bisect_left(self.times, stop)
        if self._runs[first] != self._runs[last]:
            return None
        if first + 1 >= last:
            return self._area(min(first, len(self.times) - 2), start, stop, method) if start < stop else 0.0
        sums = self._sums_of(method)
        head = self._area(first, start, self.times[first + 1], method)
        tail = self._area(last - 1, self.times[last - 1], stop, method)
        return head + (sums[last - 1] - sums[first + 1]) + tail

    def _sums_of(self, method):
        if method not in self._sums:
            areas = (
                self._area(i, self.times[i], self.times[i + 1], method) if self._runs[i] == self._runs[i + 1] else 0.0
                for i in range(len(self.times) - 1)
            )
            self._sums[method] = list(accumulate(areas, initial=0.0))
        return self._sums[method]

    def _area(self, i, start, stop, method):
        """The integral over a part of the stretch between the points i and i + 1."""
        ta, tb, va, vb = self.times[i], self.times[i + 1], self.values[i], self.values[i + 1]
        if method == "previous":
            return va * (stop - start)
        if method == "nearest":
            middle = min(max((ta + tb) / 2, start), stop)
            return va * (middle - start) + vb * (stop - middle)
        values = [self._inside_value(i, t, method) for t in (start, (start + stop) / 2, stop)]
        return (stop - start) / 6 * (values[0] + 4 * values[1] + values[2])  # exact up to cubics
