"""Keeps the machine awake while a batch runs, where the system offers a way."""

from __future__ import annotations

import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress

# The inhibitor runs this once it holds sleep off; `cat` ends when our end of its input closes, however we
# end, and with it goes the inhibitor.
_HELD = ("sh", "-c", "echo held; exec cat >/dev/null")
_COMMANDS = {
    "systemd-inhibit": ("--what=sleep:idle", "--who=bench_runner", "--why=benchmarks run", "--mode=block"),
    "caffeinate": ("-i",),
}
PATIENCE_S = 5.0


@contextmanager
def no_sleep() -> Iterator[bool]:
    """True inside where sleep is held off."""
    program = next((name for name in _COMMANDS if shutil.which(name)), None)
    holder = _start([program, *_COMMANDS[program], *_HELD]) if program else None
    if holder is None:
        yield False
        return
    try:
        yield _is_held(holder)
    finally:
        _end(holder)


def _start(command: list[str]) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is ours
        )
    except OSError:
        return None


def _is_held(holder: subprocess.Popen[bytes]) -> bool:
    """Without a login manager the program is there and fails: its word counts, not its start."""
    assert holder.stdout is not None
    ready, _, _ = select.select([holder.stdout], [], [], PATIENCE_S)
    return bool(ready) and holder.stdout.readline() == b"held\n"


def _end(holder: subprocess.Popen[bytes]) -> None:
    assert holder.stdin is not None
    assert holder.stdout is not None
    with suppress(OSError):
        holder.stdin.close()
    try:
        holder.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        holder.kill()
        holder.wait()
    holder.stdout.close()
