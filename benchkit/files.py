"""Files that survive a crash: atomic write, new folders, a lock between processes, a log of lines, the cache.

`Disk` is the part of `os` that writing durably needs. The module `os` itself is the real one; a test hands
in a simulated disk that loses its power, and so runs this very code.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from benchkit.errors import UsageError

PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600
DISK_IS_FULL = (errno.ENOSPC, errno.EDQUOT)


class Disk(Protocol):
    """The functions of `os` through which durable writing goes."""

    def open(self, path: Path, flags: int, mode: int = 0o777) -> int: ...
    def close(self, fd: int) -> None: ...
    def pread(self, fd: int, length: int, offset: int, /) -> bytes: ...
    def pwrite(self, fd: int, data: bytes, offset: int, /) -> int: ...
    def lseek(self, fd: int, position: int, whence: int, /) -> int: ...
    def ftruncate(self, fd: int, length: int, /) -> None: ...
    def fsync(self, fd: int) -> None: ...
    def replace(self, src: Path, dst: Path) -> None: ...
    def unlink(self, path: Path) -> None: ...


@contextmanager
def opened(path: Path, flags: int, disk: Disk = os, mode: int = 0o666) -> Iterator[int]:
    """A file descriptor that is closed in the end."""
    fd = disk.open(path, flags | os.O_CLOEXEC, mode)
    try:
        yield fd
    finally:
        disk.close(fd)


def write_all(fd: int, data: bytes, offset: int, disk: Disk = os) -> None:
    """Write every byte at its place; one call may write fewer than asked."""
    view = memoryview(data)
    while view:
        written = disk.pwrite(fd, bytes(view), offset)
        view, offset = view[written:], offset + written


def read_all(path: Path, disk: Disk = os) -> bytes:
    """A file's whole content."""
    with opened(path, os.O_RDONLY, disk) as fd:
        size = disk.lseek(fd, 0, os.SEEK_END)
        data = disk.pread(fd, size, 0)
        while len(data) < size and (more := disk.pread(fd, size - len(data), len(data))):
            data += more
    return data


def sync_folder(folder: Path, disk: Disk = os) -> None:
    """Make the names in a folder durable; a file's own fsync does not promise that."""
    with opened(folder, os.O_RDONLY | os.O_DIRECTORY, disk) as fd:
        try:
            disk.fsync(fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some network file systems sync no folders
                raise


def atomic_write(path: Path, content: bytes | str, disk: Disk = os, new_mode: int = 0o666) -> None:
    """Replace a file as a whole, durably: a crash at any time leaves the old content or the new.

    A file that is there keeps its permissions; `new_mode` is for one that is not.
    """
    data = content.encode() if isinstance(content, str) else content
    target = real_path(path)
    if _is_pipe_or_device(target):
        with target.open("wb") as stream:
            stream.write(data)
        return
    draft = target.with_name(f".{target.name}.{os.urandom(6).hex()}.tmp")
    try:
        with opened(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, disk, _mode_of(target, new_mode)) as fd:
            write_all(fd, data, 0, disk)
            disk.fsync(fd)
        disk.replace(draft, target)
    except OSError as error:
        with suppress(OSError):
            disk.unlink(draft)
        error.filename = str(target)  # a full disk names none, and nobody knows the draft
        raise
    sync_folder(target.parent, disk)


def _is_pipe_or_device(path: Path) -> bool:
    """Such as /dev/null, in whose place nobody wants a file."""
    return path.exists() and not (path.is_file() or path.is_dir())


@contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """A draft that becomes the folder once it is whole; where another process was faster, its folder stays.

    A failure leaves no draft. A folder that is there and is to be replaced must be removed within it.
    """
    import shutil  # loaded here: a command's help makes no folder

    draft = folder.with_name(f".{folder.name}.{os.getpid()}")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    try:
        yield draft
        try:
            draft.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def make_private_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing, for the user alone; others stay as they are."""
    for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
        missing.mkdir(PRIVATE_FOLDER, exist_ok=True)


def file_clock(folder: Path) -> float:
    """What time it is where the folder lies: on another machine its clock may differ from ours."""
    import tempfile

    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.fstat(file.fileno()).st_mtime
    except OSError:  # a full disk dates no file
        return time.time()


def real_path(path: Path) -> Path:
    """The file that a symbolic link stands for: a link stays one, and all its names share one lock."""
    return Path(os.path.realpath(path))


def _mode_of(path: Path, new_mode: int) -> int:
    try:
        return stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return new_mode


@contextmanager
def locked(path: Path, wait_s: float = 30.0, *, shared: bool = False) -> Iterator[Path]:
    """Hold the lock that belongs to `path`, on a file of its own beside it; TimeoutError when others keep it.

    Gives the real path, to which all names of the file lead.
    The kernel drops the lock with its process, however that ends; so the lock file stays and means nothing.
    """
    target = real_path(path)
    with opened(target.with_name(f".{target.name}.lock"), os.O_RDONLY | os.O_CREAT) as fd:
        _flock(fd, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, time.monotonic() + wait_s, path)
        yield target


def _flock(fd: int, kind: int, deadline: float, path: Path) -> None:
    pause = 0.0005
    while True:
        try:
            return fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise TimeoutError(errno.ETIMEDOUT, "another process keeps its lock", str(path)) from None
        time.sleep(pause)
        pause = min(pause * 2, 0.05)


class LineLog:
    """A file of lines, such as a journal of answers: each is written at once and on the disk a second later.

    May be used from several threads. A failed write or fsync is final: what the kernel could not write it
    has forgotten, so that trying again would only look like success. Every later call raises that error.
    """

    def __init__(self, path: Path, sync_every_s: float = 1.0) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o666)
        self._starts_line = _ends_line(self._fd)
        self._lock = threading.Lock()
        self._failure: OSError | None = None
        self._unsynced, self._closing = threading.Event(), threading.Event()
        self._syncer = threading.Thread(target=self._sync_in_background, args=(sync_every_s,), daemon=True)
        self._syncer.start()

    def append(self, line: str) -> None:
        """Write one line; it must hold no newline of its own."""
        data = line.encode("utf-8", "backslashreplace") + b"\n"
        with self._lock:
            self._raise_failure()
            try:
                self._write(data if self._starts_line else b"\n" + data)
            except OSError as error:
                self._failure = error
                raise
            self._starts_line = True
        self._unsynced.set()

    def close(self) -> None:
        """Sync what is left; raises what went wrong, now or before."""
        if self._closing.is_set():
            return
        self._closing.set()
        self._unsynced.set()
        self._syncer.join()
        os.close(self._fd)
        self._raise_failure()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]

    def _sync_in_background(self, every_s: float) -> None:
        while True:
            self._unsynced.wait()
            self._unsynced.clear()
            self._sync()
            if self._closing.is_set() and not self._unsynced.is_set():
                return
            self._closing.wait(every_s)

    def _sync(self) -> None:
        if self._failure is None:
            try:
                os.fsync(self._fd)
            except OSError as error:
                self._failure = error

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> LineLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ends_line(fd: int) -> bool:
    """Whether the next byte begins a line; a crash may have left half a line, which readers pass over."""
    size = os.lseek(fd, 0, os.SEEK_END)
    return size == 0 or os.pread(fd, 1, size - 1) == b"\n"


def cache_folder() -> Path:
    """Where this tool keeps what it can make or fetch again."""
    try:
        folder = _own_folder("XDG_CACHE_HOME", ".cache")
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:  # RuntimeError: a user without a home
        why = f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else error
        raise UsageError(f"no cache folder can be made ({why}): name a place with XDG_CACHE_HOME") from error
    return folder


def state_folder() -> Path:
    """Where this tool keeps what nobody can make again and belongs to no file of a person's; not made yet."""
    try:
        return _own_folder("XDG_STATE_HOME", ".local/state")
    except RuntimeError as error:
        raise UsageError(f"no folder for what waits ({error}): name a place with XDG_STATE_HOME") from error


def _own_folder(variable: str, below_home: str) -> Path:
    base = os.environ.get(variable)
    return (Path(base) if base else Path.home() / below_home) / "bench_runner"
