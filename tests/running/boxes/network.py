"""Machines of their own as far as the network goes: namespaces with veth pairs to one switch."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

SUBNET = "10.77.0"


@dataclass(frozen=True)
class Network:
    names: tuple[str, ...]
    tag: str

    def namespace(self, name: str) -> str:
        return f"{self.tag}-{name}"

    def address(self, name: str) -> str:
        return f"{SUBNET}.{self.names.index(name) + 1}"

    def etc(self, name: str) -> Path:
        """Its files instead of those in /etc."""
        return Path("/etc/netns") / self.namespace(name)

    def inside(self, name: str) -> tuple[str, ...]:
        """What a command begins with that is to run on that machine."""
        return ("ip", "netns", "exec", self.namespace(name))

    def cut(self, name: str) -> None:
        """Its link falls silent: nobody is told."""
        self._set_link(name, "down")

    def mend(self, name: str) -> None:
        self._set_link(name, "up")

    def unplug(self, name: str) -> None:
        """It has no network, and knows that."""
        _ip("-n", self.namespace(name), "link", "set", "eth0", "down")

    def plug_in(self, name: str) -> None:
        _ip("-n", self.namespace(name), "link", "set", "eth0", "up")

    def _set_link(self, name: str, state: str) -> None:
        port = f"port{self.names.index(name)}"
        _ip("-n", self.namespace("switch"), "link", "set", port, state)


@contextmanager
def network(*names: str) -> Iterator[Network]:
    """Skips where this machine lets nobody make one."""
    with network_if_possible(*names) as made:
        if made is None:
            pytest.skip("no network namespaces can be made here")
        yield made


@contextmanager
def network_if_possible(*names: str) -> Iterator[Network | None]:
    made = Network(names, f"bench{os.getpid()}")
    try:
        try:
            _make(made)
        except (OSError, subprocess.CalledProcessError):
            yield None
            return
        yield made
    finally:
        for name in (*names, "switch"):
            subprocess.run(["ip", "netns", "del", made.namespace(name)], capture_output=True, check=False)
            shutil.rmtree(made.etc(name), ignore_errors=True)


def _make(made: Network) -> None:
    for name in made.names:
        folder = made.etc(name)
        folder.mkdir(parents=True)
        hosts = "".join(f"{made.address(other)} {other}\n" for other in made.names if other != name)
        # A machine's own name, as Debian writes it.
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n127.0.1.1 {name}\n{hosts}")
    switch = made.namespace("switch")
    _ip("netns", "add", switch)
    _ip("-n", switch, "link", "add", "bridge0", "type", "bridge")
    _ip("-n", switch, "link", "set", "bridge0", "up")
    for number, name in enumerate(made.names):
        space, port = made.namespace(name), f"port{number}"
        _ip("netns", "add", space)
        _ip("link", "add", port, "netns", switch, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("-n", switch, "link", "set", port, "master", "bridge0", "up")
        _ip("-n", space, "addr", "add", f"{made.address(name)}/24", "dev", "eth0")
        for device in ("lo", "eth0"):
            _ip("-n", space, "link", "set", device, "up")


def _ip(*words: str) -> None:
    command: Sequence[str] = ("ip", *words)
    subprocess.run(command, check=True, capture_output=True)
