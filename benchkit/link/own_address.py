"""Which of this machine's addresses lies on the way to a head, and whether others reach that head, too."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress

WITHIN_S = 1.0  # to this machine itself
EVERYWHERE = {socket.AF_INET: "0.0.0.0", socket.AF_INET6: "::"}


def address_towards(host: str, port: int) -> str:
    """This machine's address on the way there, nothing is sent; OSError where there is no way for now."""
    for family, kind, protocol, _, place in socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM):
        with suppress(OSError), socket.socket(family, kind, protocol) as one:
            one.connect(place)
            return str(one.getsockname()[0])
    raise OSError(f"no way to {host}")


def is_loopback(host: str) -> bool:
    """Whether it is an address that means another machine on each machine; a name is none."""
    with suppress(ValueError):
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    return False


def listening_place(own: str, port: int) -> str:
    """Where to take messages at this address: everywhere, where a head on this very machine is reached from
    outside as well. By its name that head may lie at a loopback address, as Debian's /etc/hosts has it."""
    family = socket.AF_INET6 if ":" in own else socket.AF_INET
    return EVERYWHERE[family] if is_loopback(own) and _listens_beyond_loopback(port, family) else own


def _listens_beyond_loopback(port: int, family: socket.AddressFamily) -> bool:
    import psutil

    for addresses in psutil.net_if_addrs().values():
        for one in addresses:
            if one.family == family and not is_loopback(one.address):
                with suppress(OSError), socket.create_connection((one.address, port), WITHIN_S):
                    return True
    return False
