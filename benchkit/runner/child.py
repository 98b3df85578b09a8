"""The benchmark script as a child, its output kept in a file and shown live.

It runs under the servers' supervisor: however the runner ends, the script and all it started end too, so that
a later night never finds an old script still writing into a run's folder.
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
from benchkit.servers.leftovers import descendants
from benchkit.servers.process import SUPERVISOR

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
        self._pump = threading.Thread(target=self._copy_output, args=(log, show, Stream(mask)), daemon=True)
        self._pump.start()

    def pids(self) -> tuple[int, ...]:
        """The script and all that it has started."""
        return tuple(descendants(self._process.pid)) if self._process.poll() is None else ()

    def wait(self, seconds: float) -> int | None:
        """The exit code (128 and more: the signal that ended it), or None while it still runs."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self._pump.join(GRACE_S)
        self._close_pipe()
        return code

    def stop(self) -> None:
        """Ask, wait a little, then kill."""
        if self.wait(0) is not None:
            return
        with suppress(BrokenPipeError):
            os.write(self._pipe, b"t")
        if self.wait(GRACE_S) is None:
            self._close_pipe()
            self.wait(GRACE_S)

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

            while chunk := os.read(printed.fileno(), CHUNK):
                keep(stream.feed(chunk))
            keep(stream.rest())


def _write_out(log: FileIO, data: bytes) -> None:
    """All of it; a disk that is nearly full takes a part and says so only the next time."""
    while data:
        data = data[log.write(data) :]
