"""The address of the page, and the token that opens it."""

from __future__ import annotations

import ipaddress
import secrets
import socket
import stat
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchkit.errors import UsageError

LOOPBACK = "127.0.0.1"
TOKEN_PARAMETER = "token"
SHORTEST_TOKEN = 16
_EVERY_ADDRESS = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Access:
    """Under which names the page may be asked for, and by whom."""

    host: str
    port: int
    token: str

    @property
    def address(self) -> str:
        """The line to print and to open."""
        return f"{self.origin}/?{TOKEN_PARAMETER}={self.token}"

    @property
    def origin(self) -> str:
        host = LOOPBACK if self.host in _EVERY_ADDRESS else self.host
        return f"http://{_bracketed(host)}{self._port}"

    @property
    def cookie(self) -> str:
        """Its name: cookies of a machine are shared by all its ports."""
        return f"bench_runner_{self.port}"

    def is_ours(self, host: str) -> bool:
        """Whether a Host header names this page, by its port too."""
        name = host.removesuffix(self._port).lower() if host.endswith(self._port) else ""
        return name in self._names or (self.host in _EVERY_ADDRESS and _is_an_address(name))

    @cached_property
    def _names(self) -> frozenset[str]:
        if is_loopback(self.host):
            return frozenset({LOOPBACK, "localhost", "[::1]", _bracketed(self.host)})
        if self.host in _EVERY_ADDRESS:
            return frozenset({"localhost", socket.gethostname().lower()})
        return frozenset({_bracketed(self.host).lower()})

    @property
    def _port(self) -> str:
        """As it stands behind a host: browsers leave HTTP's own out."""
        return "" if self.port == 80 else f":{self.port}"


def new_token() -> str:
    return secrets.token_urlsafe(24)


def read_token(path: Path) -> str:
    """A token of the user's own, in a file that nobody else can read."""
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(f"{path} holds a token and others may read it: chmod 600 {path}")
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise UsageError(f"no token in {path}: {error.strerror}; make one with: {_making(path)}") from None
    except UnicodeDecodeError:
        token = ""
    if len(token) < SHORTEST_TOKEN or not all(char.isalnum() or char in "-_" for char in token):
        wanted = f"{SHORTEST_TOKEN} or more letters, digits, - and _"
        raise UsageError(f"{path} holds no token ({wanted}): make one with: {_making(path)}")
    return token


def check_host(host: str, token_file: Path | None, port: int) -> None:
    """Other machines reach the page only where somebody chose a token for them."""
    if not is_loopback(host) and token_file is None:
        raise UsageError(
            f"--host {host} lets other machines reach a page that starts programs here, without encryption: "
            f"add --token-file FILE, or leave it out and use ssh -L {port}:localhost:{port} HERE"
        )


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_an_address(name: str) -> bool:
    """A name of a foreign site that was pointed here is none."""
    try:
        return bool(ipaddress.ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def _making(path: Path) -> str:
    return f"(umask 077; head -c 24 /dev/urandom | base64 | tr '+/' '-_' > {path})"
