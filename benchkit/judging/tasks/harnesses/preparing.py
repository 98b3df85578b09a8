"""What C++ tests need is compiled once, outside of the sandbox, and shown to all builds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from benchkit.files import new_folder
from benchkit.judging.tasks.harnesses.base import support

_preparing = Lock()


def prepare_once(folder: Path, fill: Callable[[Path], None]) -> Path:
    """The folder, filled by the first who needs it."""
    with _preparing:
        if not folder.exists():
            with new_folder(folder) as draft:
                fill(draft)
    return folder


def write_support(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(support(name))


def compile_in(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
