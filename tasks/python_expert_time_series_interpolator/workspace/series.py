"""Interpolation of time series with gaps."""


class Series:
    def __init__(self, points, *, duplicates="last", max_gap=None):
        raise NotImplementedError

    def at(self, t, method="linear", *, outside="none"):
        raise NotImplementedError

    def resample(self, start, stop, step, method="linear", *, outside="none"):
        raise NotImplementedError

    def integral(self, start, stop, method="linear"):
        raise NotImplementedError
