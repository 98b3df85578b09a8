def clamp(value, low, high):
    if low > high:
        raise ValueError((low, high))
    if value < low:
        return low
    return high if value > high else value


def total(values):
    found = 0
    for each in values:
        found += each
    return found
