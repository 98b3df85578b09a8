def clock(minutes):
    if minutes < 0:
        raise ValueError(minutes)
    hours, rest = divmod(minutes, 60)
    return str(hours) + ":" + str(rest).zfill(2)


def minutes(text):
    hours, _, rest = text.partition(":")
    return 60 * int(hours) + int(rest)
