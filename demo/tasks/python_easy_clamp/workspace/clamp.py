def clamp(value, low, high):
    raise NotImplementedError


def total(values):
    raise NotImplementedError
