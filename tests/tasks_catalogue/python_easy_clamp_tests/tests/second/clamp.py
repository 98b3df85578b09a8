def clamp(value, low, high):
    if high < low:
        raise ValueError
    if value < low:
        return low
    return high if value > high else value
