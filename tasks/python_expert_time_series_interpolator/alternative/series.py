"""Interpolation of time series with gaps: each method is made into pieces of polynomials once, which are then looked up."""

import bisect
import math


class Piece:
    """A polynomial in (t - origin) on a stretch of time."""

    def __init__(self, start, end, origin, coefficients):
        self.start, self.end, self.origin, self.coefficients = start, end, origin, coefficients

    def value(self, t):
        result = 0.0
        for c in reversed(self.coefficients):
            result = result * (t - self.origin) + c
        return result

    def area(self, start, stop):
        a, b = start - self.origin, stop - self.origin
        return sum(c * (b**k - a**k) / k for k, c in enumerate(self.coefficients, 1))


def previous(ts, vs):
    return [Piece(a, b, a, [v]) for a, b, v in zip(ts, ts[1:], vs)]


def nearest(ts, vs):
    pieces = []
    for a, b, va, vb in zip(ts, ts[1:], vs, vs[1:]):
        middle = a + (b - a) / 2
        pieces += [Piece(a, middle, a, [va]), Piece(middle, b, b, [vb])]
    return pieces


def linear(ts, vs):
    return [Piece(a, b, a, [va, (vb - va) / (b - a)]) for a, b, va, vb in zip(ts, ts[1:], vs, vs[1:])]


def slopes(ts, vs):
    n = len(ts)
    h = [ts[i + 1] - ts[i] for i in range(n - 1)]
    d = [(vs[i + 1] - vs[i]) / h[i] for i in range(n - 1)]
    if n == 2:
        return [d[0], d[0]]

    def inner(i):
        if d[i - 1] == 0 or d[i] == 0 or (d[i - 1] > 0) != (d[i] > 0):
            return 0.0
        w0, w1 = 2 * h[i] + h[i - 1], h[i] + 2 * h[i - 1]
        return (w0 + w1) / (w0 / d[i - 1] + w1 / d[i])

    def edge(i, j):
        m = ((2 * h[i] + h[j]) * d[i] - h[i] * d[j]) / (h[i] + h[j])
        if m * d[i] <= 0:
            return 0.0
        return math.copysign(min(abs(m), 3 * abs(d[i])), m) if d[i] * d[j] <= 0 else m

    return [edge(0, 1), *map(inner, range(1, n - 1)), edge(n - 2, n - 3)]


def monotone(ts, vs):
    pieces = []
    ms = slopes(ts, vs)
    for i in range(len(ts) - 1):
        h = ts[i + 1] - ts[i]
        d = (vs[i + 1] - vs[i]) / h
        c2 = (3 * d - 2 * ms[i] - ms[i + 1]) / h
        c3 = (ms[i] + ms[i + 1] - 2 * d) / h**2
        pieces.append(Piece(ts[i], ts[i + 1], ts[i], [vs[i], ms[i], c2, c3]))
    return pieces


MAKERS = {"previous": previous, "nearest": nearest, "linear": linear, "monotone": monotone}


def finite(*numbers):
    if not all(map(math.isfinite, numbers)):
        raise ValueError(numbers)


class Track:
    """All pieces of one method, and the points where the pieces of a run begin in the lists."""

    def __init__(self, runs, maker):
        self.pieces, self.run_of, self.sums = [], [], [0.0]
        for number, (ts, vs) in enumerate(runs):
            made = maker(ts, vs) if len(ts) > 1 else []
            self.pieces += made
            self.run_of += [number] * len(made)
        for piece in self.pieces:
            self.sums.append(self.sums[-1] + piece.area(piece.start, piece.end))
        self.starts = [piece.start for piece in self.pieces]
        self.ends = [piece.end for piece in self.pieces]

    def at(self, t):
        # The piece whose end is not before t: in the middle of two points the earlier one.
        i = bisect.bisect_left(self.ends, t)
        return self.pieces[i].value(t) if i < len(self.pieces) and self.starts[i] <= t else None

    def integral(self, start, stop):
        i, j = bisect.bisect_right(self.ends, start), bisect.bisect_left(self.ends, stop)
        if j >= len(self.pieces) or self.starts[i] > start or self.run_of[i] != self.run_of[j]:
            return None
        if i == j:
            return self.pieces[i].area(start, stop)
        return self.pieces[i].area(start, self.ends[i]) + self.sums[j] - self.sums[i + 1] + self.pieces[j].area(self.starts[j], stop)


class Series:
    def __init__(self, points, *, duplicates="last", max_gap=None):
        if duplicates not in ("first", "last", "mean", "error") or (max_gap is not None and max_gap <= 0):
            raise ValueError((duplicates, max_gap))
        rows = []
        for number, (t, v) in enumerate(points):
            finite(t)
            if v is not None and v == v:
                finite(v)
                rows.append((float(t), number, float(v)))
        rows.sort()
        times, values, counts = [], [], []
        for t, _, v in rows:
            if not times or times[-1] != t:
                times.append(t), values.append(v), counts.append(1)
                continue
            if duplicates == "error":
                raise ValueError(t)
            counts[-1] += 1
            if duplicates == "last":
                values[-1] = v
            elif duplicates == "mean":
                values[-1] += (v - values[-1]) / counts[-1]
        self.times, self.values, self.max_gap = tuple(times), tuple(values), math.inf if max_gap is None else max_gap
        self.known = dict(zip(times, values))
        self.runs = []
        for t, v in zip(times, values):
            if not self.runs or t - self.runs[-1][0][-1] > self.max_gap:
                self.runs.append(([], []))
            self.runs[-1][0].append(t)
            self.runs[-1][1].append(v)
        self.tracks = {}

    def track(self, method):
        if method not in MAKERS:
            raise ValueError(method)
        if method not in self.tracks:
            self.tracks[method] = Track(self.runs, MAKERS[method])
        return self.tracks[method]

    def at(self, t, method="linear", *, outside="none"):
        finite(t)
        track = self.track(method)
        if outside not in ("none", "hold", "extend"):
            raise ValueError(outside)
        if t in self.known:
            return self.known[t]
        if not self.times:
            return None
        if self.times[0] < t < self.times[-1]:
            return track.at(t)
        (ts, vs), place = (self.runs[0], 0) if t < self.times[0] else (self.runs[-1], -1)
        beyond = t - ts[place]
        if outside == "none" or abs(beyond) > self.max_gap:
            return None
        if outside == "hold" or len(ts) == 1 or method not in ("linear", "monotone"):
            return vs[place]
        if method == "linear":
            slope = (vs[1] - vs[0]) / (ts[1] - ts[0]) if place == 0 else (vs[-1] - vs[-2]) / (ts[-1] - ts[-2])
        else:
            a, b = (0, 3) if place == 0 else (-3, len(ts))
            slope = slopes(ts[a:b], vs[a:b])[place]
        return vs[place] + slope * beyond

    def resample(self, start, stop, step, method="linear", *, outside="none"):
        finite(start, stop, step)
        self.at(0, method, outside=outside)
        if step <= 0:
            raise ValueError(step)
        result, i = [], 0
        while start + i * step < stop:
            result.append((start + i * step, self.at(start + i * step, method, outside=outside)))
            i += 1
        return result

    def integral(self, start, stop, method="linear"):
        finite(start, stop)
        track = self.track(method)
        if start == stop:
            return None if self.at(start, method) is None else 0.0
        if stop < start:
            turned = self.integral(stop, start, method)
            return turned if turned is None else -turned
        if not self.times or start < self.times[0] or stop > self.times[-1]:
            return None
        return track.integral(start, stop)
