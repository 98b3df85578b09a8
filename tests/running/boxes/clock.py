"""A machine whose clock can be put off while its processes run.

libfaketime cannot do it for Python: with a monotonic clock that stays right, its clock_nanosleep refuses each
sleep (0.9.10).
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.cpp")
COMPILER = "g++"


@dataclass(frozen=True)
class Clock:
    library: Path
    off_by: Path

    @property
    def environment(self) -> dict[str, str]:
        """Of the processes that live by this clock, and of all that they start."""
        return {"LD_PRELOAD": str(self.library), "CLOCK_OFF_BY": str(self.off_by)}

    def put_off(self, seconds: float) -> None:
        """Seen at once by all of them."""
        with self.off_by.open("r+b") as file:
            file.write(struct.pack("d", seconds))


def why_no_clock() -> str | None:
    return None if shutil.which(COMPILER) else f"a clock that is off needs {COMPILER}"


def make_clock(folder: Path) -> Clock:
    """One that is right, for now."""
    clock = Clock(folder / "clock.so", folder / "clock-off-by")
    clock.off_by.write_bytes(struct.pack("d", 0.0))
    command = (COMPILER, "-shared", "-fPIC", "-O1", "-o", str(clock.library), str(SOURCE))
    subprocess.run(command, check=True, capture_output=True)
    return clock
