"""A weather tool for the command line. The network is behind `fetch`."""


class CityNotFound(Exception):
    """The service does not know the city."""


class ServiceDown(Exception):
    """The service cannot be reached."""


def main(argv, *, fetch, now, cache_path, stdout, stderr):
    raise NotImplementedError
