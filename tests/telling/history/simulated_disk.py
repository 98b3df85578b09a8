"""A disk that loses its power: what was not synced is dropped, reordered or garbled, sector by sector."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from random import Random


class PowerLoss(BaseException):
    """The power goes; nothing of the program runs after it."""


@dataclass
class Inode:
    """One file: what is surely on the disk, and what the program believes."""

    durable: bytes = b""
    content: bytearray = field(default_factory=bytearray)
    writes: list[tuple[int, bytes]] = field(default_factory=list)  # since the last fsync
    sizes: list[int] = field(default_factory=list)

    def sync(self) -> None:
        self.durable, self.writes, self.sizes = bytes(self.content), [], []

    def after_power_loss(self, random: Random, sector: int) -> bytes:
        size = random.choice([len(self.durable), *self.sizes])
        image = bytearray(self.durable.ljust(max([size, *self.sizes]), b"\0"))
        for at in sorted({at for offset, data in self.writes for at in _sectors(offset, data, sector)}):
            self._lose_sector(image, at, sector, random)
        return bytes(image[:size])

    def _lose_sector(self, image: bytearray, at: int, sector: int, random: Random) -> None:
        fate = random.choice(["dropped", "some writes", "all writes", "garbled", "garbled with neighbours"])
        if fate == "some writes":
            self._apply([write for write in self.writes if random.random() < 0.5], image, at, sector)
        elif fate == "all writes":
            self._apply(self.writes, image, at, sector)
        elif fate == "garbled":
            _garble(image, at, at + sector, random)
        elif fate == "garbled with neighbours":
            _garble(image, max(0, at - sector), at + 2 * sector, random)

    @staticmethod
    def _apply(writes: list[tuple[int, bytes]], image: bytearray, at: int, sector: int) -> None:
        for offset, data in writes:
            start, end = max(at, offset), min(at + sector, offset + len(data), len(image))
            if start < end:
                image[start:end] = data[start - offset : end - offset]


def _sectors(offset: int, data: bytes, sector: int) -> range:
    return range(offset // sector * sector, offset + len(data), sector)


def _garble(image: bytearray, start: int, end: int, random: Random) -> None:
    end = min(end, len(image))
    image[start:end] = random.randbytes(max(0, end - start))


class SimulatedDisk:
    """The functions of `benchkit.files.Disk`, in memory; `power_fails_at` counts them down."""

    def __init__(self, files: dict[Path, bytes] | None = None, power_fails_at: int | None = None) -> None:
        self.names = {path: Inode(data, bytearray(data)) for path, data in (files or {}).items()}
        self.durable_names = dict(self.names)
        self.power_fails_at = power_fails_at
        self.steps = 0
        self.synced: list[str] = []  # the names that fsync was called for
        self.failing_fsyncs: set[str] = set()
        self.free: int | None = None  # bytes; None is plenty
        self._open: dict[int, tuple[Path, Inode | None]] = {}

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int:  # noqa: ARG002 - os.open's signature
        self._step()
        fd = max(self._open, default=2) + 1
        if flags & os.O_DIRECTORY:
            self._open[fd] = (path, None)
            return fd
        if path not in self.names:
            if not flags & os.O_CREAT:
                raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
            self.names[path] = Inode()
        if flags & os.O_TRUNC:
            self._resize(self.names[path], 0)
        self._open[fd] = (path, self.names[path])
        return fd

    def close(self, fd: int) -> None:
        del self._open[fd]

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        return bytes(self._inode(fd).content[offset : offset + length])

    def pwrite(self, fd: int, data: bytes, offset: int) -> int:
        inode = self._inode(fd)
        data = data[: self._room(inode, offset, len(data))]
        inode.content[len(inode.content) : offset] = b"\0" * (offset - len(inode.content))
        inode.content[offset : offset + len(data)] = data
        inode.writes.append((offset, data))
        inode.sizes.append(len(inode.content))
        self._step()
        return len(data)

    def lseek(self, fd: int, position: int, whence: int) -> int:
        assert (position, whence) == (0, os.SEEK_END)
        return len(self._inode(fd).content)

    def ftruncate(self, fd: int, length: int) -> None:
        self._resize(self._inode(fd), length)
        self._step()

    def fsync(self, fd: int) -> None:
        self._step()
        path, inode = self._open[fd]
        self.synced.append(path.name)
        if path.name in self.failing_fsyncs:
            raise OSError(errno.EIO, "input/output error")
        if inode is None:
            here = {name: node for name, node in self.names.items() if name.parent == path}
            others = {name: node for name, node in self.durable_names.items() if name.parent != path}
            self.durable_names = others | here
        else:
            inode.sync()

    def replace(self, src: Path, dst: Path) -> None:
        self._step()
        self.names[dst] = self.names.pop(src)

    def unlink(self, path: Path) -> None:
        self._step()
        if path not in self.names:
            raise FileNotFoundError(errno.ENOENT, "no such file", str(path))
        del self.names[path]

    def after_power_loss(self, random: Random) -> SimulatedDisk:
        """The disk as it is found when the power is back."""
        sector = random.choice([512, 4096])
        files = {}
        for path in sorted(self.names.keys() | self.durable_names.keys()):
            inode = random.choice([self.names.get(path), self.durable_names.get(path)])
            if inode is not None:
                files[path] = inode.after_power_loss(random, sector)
        return SimulatedDisk(files)

    def _inode(self, fd: int) -> Inode:
        inode = self._open[fd][1]
        assert inode is not None
        return inode

    def _resize(self, inode: Inode, length: int) -> None:
        del inode.content[length:]
        inode.sizes.append(length)

    def _room(self, inode: Inode, offset: int, length: int) -> int:
        if self.free is None:
            return length
        grown = max(0, offset + length - len(inode.content))
        fitting = min(grown, self.free)
        self.free -= fitting
        if grown and not fitting:
            raise OSError(errno.ENOSPC, "no space left on device")
        return length - grown + fitting

    def _step(self) -> None:
        self.steps += 1
        if self.steps == self.power_fails_at:
            raise PowerLoss
