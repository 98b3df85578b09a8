"""Finds the cgroup (version 2) that was delegated to us, if any, and readies it for those of the workers.

Whose a cgroup is, systemd says of its own units; elsewhere the owner of its files. A container's root is its
own. Nobody's cgroup is touched before that is known.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from pathlib import Path

from benchkit.judging.sandbox.judge.cgroups import write

_NEEDED = {"memory", "pids"}
_UNITS = (".service", ".scope", ".slice")
_MARKS = ("user.delegate", "trusted.delegate")  # systemd's own; trusted ones are for root to read
_OTHERS = "bench-others"  # for the processes that were in the delegated cgroup itself
_TRIES = 10
_ANSWER_S = 20.0  # of systemd; who gives up on a busy machine has no cgroup all night


class NotDelegated(Exception):
    """Why there is no cgroup for us, in words."""


def find(process: Path = Path("/proc/self")) -> Path:
    """The cgroup that was delegated to us: our own, or one above it."""
    top, place = _hierarchy(process)
    while not _is_delegated(place):
        if place.suffix in _UNITS:
            raise NotDelegated(f"systemd keeps {place.name} for itself")
        if place == top or not _is_ours(place.parent):
            break
        place = place.parent
    if not _is_ours(place):
        raise NotDelegated(f"{place} is not ours to change")
    missing = _NEEDED - set(_words(place / "cgroup.controllers"))
    if missing:
        raise NotDelegated(f"{place} has no controller for {' and '.join(sorted(missing))}")
    return place


def _hierarchy(process: Path) -> tuple[Path, Path]:
    """Where version 2 is mounted, and our own cgroup in it."""
    rows = (process / "cgroup").read_text().splitlines()
    own = Path(next((row.removeprefix("0::") for row in rows if row.startswith("0::")), ".."))
    for row in (process / "mountinfo").read_text().splitlines():
        before, _, after = row.partition(" - ")
        root, mounted = before.split()[3:5]
        if after.startswith("cgroup2 ") and own.is_relative_to(root) and ".." not in own.parts:
            return Path(mounted), Path(mounted) / own.relative_to(root)
    raise NotDelegated("no cgroups of version 2 in sight")


def _is_delegated(place: Path) -> bool:
    if _is_marked(place):
        return True
    return (
        place.suffix in _UNITS and _is_of_a_user(place) and _is_ours(place) and _is_delegated_unit(place.name)
    )


def _is_marked(place: Path) -> bool:
    for mark in _MARKS:
        with suppress(OSError):
            if os.getxattr(place, mark) == b"1":
                return True
    return False


def _is_of_a_user(place: Path) -> bool:
    """Whose systemd sets no attribute on its units, so that it has to be asked."""
    return any(parent.name.startswith("user@") for parent in place.parents)


def _is_delegated_unit(unit: str) -> bool:
    asked = ["systemctl", "--user", "show", "--property=Delegate", "--value", unit]
    with suppress(OSError, subprocess.TimeoutExpired):
        answer = subprocess.run(
            asked, stdin=subprocess.DEVNULL, capture_output=True, timeout=_ANSWER_S, check=False
        )
        return answer.stdout.strip() == b"yes"
    return False


def _is_ours(place: Path) -> bool:
    return all(os.access(place / name, os.W_OK) for name in ("", "cgroup.procs", "cgroup.subtree_control"))


def _words(path: Path) -> list[str]:
    return path.read_text().split()


def place() -> str | None:
    """Where workers make their cgroups, ready for them; None where they have none."""
    try:
        return str(prepared())
    except (NotDelegated, OSError):
        return None


def prepared() -> Path:
    """The delegated cgroup, its controllers handed on to those below."""
    place = find()
    for _ in range(_TRIES):  # while processes there start others
        with suppress(OSError):  # busy: it may hand on nothing while it holds processes itself
            write(place / "cgroup.subtree_control", "+memory +pids")
        if set(_words(place / "cgroup.subtree_control")) >= _NEEDED:
            return place
        _empty(place)
    raise NotDelegated(f"{place} holds processes that cannot be moved")


def _empty(place: Path) -> None:
    others = place / _OTHERS
    others.mkdir(exist_ok=True)
    for pid in _words(place / "cgroup.procs"):
        if pid != "0":  # of a namespace that we do not see; 0 would mean ourselves
            with suppress(ProcessLookupError):
                write(others / "cgroup.procs", pid)
