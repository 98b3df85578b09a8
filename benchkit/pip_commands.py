"""The pip commands that bring what is missing: into the Python that runs here, not into the system's."""

from __future__ import annotations

import shlex
import sys
from importlib import metadata

from benchkit.environment import ROOT


def pip_install(*arguments: str) -> str:
    """A bare `pip` is the system's, which refuses on Debian and Ubuntu, or fills another environment."""
    return shlex.join([sys.executable, "-m", "pip", "install", *arguments])


def install_extra(name: str) -> str:
    """An optional part of ours: in a clone the pinned versions, else what our own metadata asks for.

    Its requirements and not `bench-runner[name]`, for which pip would ask an index that has never had us.
    """
    lock = ROOT / "locks" / f"{name}.lock"
    if lock.is_file():
        return pip_install("--require-hashes", "-r", str(lock))
    asked = [line.partition(";") for line in metadata.requires("bench-runner") or ()]
    return pip_install(*(need.strip() for need, _, when in asked if f'extra == "{name}"' in when))
