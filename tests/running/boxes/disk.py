"""A disk of a box's own that can be full: a file system in memory, which only the box's processes see.

Its size is changed under them, which fills it at once and costs no memory.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOMY = "8g"  # it takes memory only for what lies on it
# The box's data: what it has hashed and published, what waits for a database, and its runs.
FOLDERS = ("cache", "state", "runs")
MOUNTED = f"""
mount -t tmpfs -o size={ROOMY} none "$0" || exit 1
for name in {" ".join(FOLDERS)}; do
    mkdir -p "$0/$name" "$0/../$name" && mount --bind "$0/$name" "$0/../$name" || exit 1
done
exec "$@"
"""


@dataclass(frozen=True)
class Disk:
    """Of a machine whose folder this is; it lasts as long as the processes of the box."""

    folder: Path

    @property
    def place(self) -> Path:
        return self.folder / "disk"

    def inside(self) -> tuple[str, ...]:
        """What a command begins with that is to have it."""
        self.place.mkdir(exist_ok=True)
        return ("unshare", "--mount", "sh", "-c", MOUNTED, str(self.place))

    def fill(self, box: int) -> None:
        """Not a page more fits on it; `box` is the process that sees it."""
        for spare in range(64):  # it may write meanwhile
            there = os.statvfs(f"/proc/{box}/root{self.place}")
            used = (there.f_blocks - there.f_bfree + spare) * there.f_frsize
            if self._resized(box, str(used)):
                return
        raise AssertionError("the disk could not be filled")

    def free(self, box: int) -> None:
        assert self._resized(box, ROOMY)

    def _resized(self, box: int, size: str) -> bool:
        command = ("nsenter", "--target", str(box), "--mount", "mount", "-o", f"remount,size={size}")
        return subprocess.run([*command, str(self.place)], capture_output=True, check=False).returncode == 0


def why_no_disk() -> str | None:
    if os.geteuid() != 0:
        return "a disk of a box's own needs root"
    lacking = [name for name in ("unshare", "nsenter", "mount") if shutil.which(name) is None]
    tried = ("unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt")
    if lacking or subprocess.run(tried, capture_output=True, check=False).returncode != 0:
        return f"a disk of a box's own cannot be mounted here{''.join(f': no {name}' for name in lacking)}"
    return None
