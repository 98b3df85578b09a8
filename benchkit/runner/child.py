"""The benchmark script as a child: a process group of its own, its output kept in a file and shown live."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from benchkit.errors import ScriptError

GRACE_S = 5.0
CHUNK = 1 << 16


class Child:
    """A running script; `stop` leaves no process of its group behind."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        output: Path,
        show: Callable[[bytes], None],
    ) -> None:
        self.started = time.monotonic()
        try:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                process_group=0,
            )
        except OSError as error:
            raise ScriptError(f"cannot start {command[0]}: {error.strerror}") from None
        self._pump = threading.Thread(target=self._copy_output, args=(output, show), daemon=True)
        self._pump.start()

    def wait(self, seconds: float) -> int | None:
        """The exit code (negative: the signal that ended it), or None while it still runs."""
        try:
            code = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        self.kill()
        self._pump.join(GRACE_S)
        return code

    def stop(self) -> None:
        """Ask, wait a little, then kill."""
        self._signal(signal.SIGTERM)
        if self.wait(GRACE_S) is None:
            self.kill()
            self.wait(GRACE_S)

    def kill(self) -> None:
        """End what is left of the group, also helpers that outlive the script itself."""
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # gone already
            os.killpg(self._process.pid, number)

    def _copy_output(self, output: Path, show: Callable[[bytes], None]) -> None:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        with output.open("ab", buffering=0) as log:
            while chunk := os.read(descriptor, CHUNK):
                log.write(chunk)
                show(chunk)
