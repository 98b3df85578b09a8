def clock(minutes):
    if minutes < 0:
        raise ValueError("below 0")
    return f"{minutes // 60}:{minutes % 60:02}"


def minutes(text):
    hours, rest = text.split(":")
    return int(hours) * 60 + int(rest)
