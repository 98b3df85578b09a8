def clock(minutes):
    raise NotImplementedError


def minutes(text):
    raise NotImplementedError
