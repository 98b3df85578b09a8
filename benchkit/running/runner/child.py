"""The benchmark script as a child, its output kept in a file and shown live.

It runs under the servers' supervisor: however the runner ends, the script and all it started end too, so that
a later run never finds an old script still writing into a run's folder.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from io import FileIO
from pathlib import Path

from benchkit.masking import Mask, Stream
from benchkit.serving.servers.leftovers import descendants
from benchkit.serving.servers.process import SUPERVISOR

GRACE_S = 5.0
CHUNK = 1 << 16
KIND = "subreaper"  # a namespace would get in the way of commands that are not ours


class Child:
    """A running script; when it has ended, however that was, nothing that it started is left."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        show: Callable[[bytes], None],
        mask: Mask,
    ) -> None:
        self.started = time.monotonic()
        self.unwritten: OSError | None = None  # why some of the output is not in the file
        log = output.open("ab", buffering=0)
        reading, self._pipe = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(SUPERVISOR), str(reading), KIND, *command],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(reading,),
            start_new_session=True,  # Ctrl-C is for the runner, which stops the script in good order
        )
        os.close(reading)
        self._news, self._copied = threading.Event(), threading.Event()
        copying, showing = (log, show, Stream(mask)), (output, log.tell(), show)
        self._copier = threading.Thread(target=self._copy_output, args=copying, daemon=True)
        self._shower = threading.Thread(target=self._show_output, args=showing, daemon=True)
        self._copier.start()
        self._shower.start()

    def pids(self) -> tuple[int, ...]:
        """The script and all that it has started."""
        return tuple(descendants(self._process.pid)) if self._process.poll() is None else ()

    def wait(self, seconds: float) -> int | None:
        """The exit code (128 and more: the signal that ended it), or None while it still runs.

        Once it has ended, those who read its output are waited for: they may have paused.
        """
        code = self._ended_within(seconds)
        if code is not None:
            self._shower.join()
        return code

    def _ended_within(self, seconds: float) -> int | None:
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._copier.join(GRACE_S)
        self._copied.set()
        self._news.set()
        self._close_pipe()
        return code

    def stop(self) -> None:
        """Ask, wait a little, then kill."""
        if self._ended_within(0) is None:
            with suppress(BrokenPipeError):
                os.write(self._pipe, b"t")
        if self._ended_within(GRACE_S) is None:
            self._close_pipe()
            self._ended_within(GRACE_S)
        self._shower.join(GRACE_S)

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

    def _copy_output(self, log: FileIO, show: Callable[[bytes], None], stream: Stream) -> None:
        printed = self._process.stdout
        assert printed is not None
        with log, printed:

            def keep(masked: bytes) -> None:
                try:
                    _write_out(log, masked)
                except OSError as error:  # a full disk: the script must not wait for a reader all the same
                    self.unwritten = self.unwritten or error
                    show(masked)
                self._news.set()

            while chunk := os.read(printed.fileno(), CHUNK):
                keep(stream.feed(chunk))
            keep(stream.rest())

    def _show_output(self, output: Path, begin: int, show: Callable[[bytes], None]) -> None:
        """From the file, and apart from its writing: a reader that pauses must not cost the result."""
        with output.open("rb") as log:
            log.seek(begin)
            while True:
                complete = self._copied.is_set()
                if chunk := log.read(CHUNK):
                    show(chunk)
                elif complete:
                    return
                else:
                    self._news.wait()
                    self._news.clear()


def _write_out(log: FileIO, data: bytes) -> None:
    """All of it; a disk that is nearly full takes a part and says so only the next time."""
    while data:
        data = data[log.write(data) :]
