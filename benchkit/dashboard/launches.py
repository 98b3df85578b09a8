"""Batches that were started from the page: each is the program itself, in a process of its own session.

It lives on when the page or its server go. What is known of it lies in a folder of its own below the cache
folder: the plan, who it is, what it said, and how it ended where the server that started it still was there.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import rmtree
from threading import Thread
from typing import Any

from benchkit.contract import RunFile
from benchkit.environment import ROOT
from benchkit.errors import UsageError
from benchkit.files import PRIVATE_FILE, atomic_write, cache_folder, make_private_folder
from benchkit.running.live.owner import Owner, process, read_owner

MOST_KEPT = 30
TAIL_BYTES, TAIL_LINES = 4096, 12
_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")
_PLAN, _ABOUT, _OUTPUT, _EXIT = "plan.json", "launch.json", RunFile.OUTPUT, "exit"


@dataclass(frozen=True)
class Launch:
    """A batch that was started from the page."""

    id: str
    owner: Owner
    since: float
    history: str
    keys: tuple[str, ...]  # of the plan's runs
    exit: int | None  # where it is known
    tail: tuple[str, ...]  # the last lines it said

    @property
    def alive(self) -> bool:
        return self.exit is None and self.owner.is_here() and self.owner.is_alive()


def launches_folder() -> Path:
    return cache_folder() / "launches"


def start(
    plan: Mapping[str, Any],
    keys: Sequence[str],
    history: str,
    runs_dir: Path,
    *,
    environment: Mapping[str, str],
    flags: Sequence[str] = (),
) -> str:
    """Start the batch of this plan; it waits for its turn where another one runs."""
    launch_id = f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(2)}"
    folder = launches_folder() / launch_id
    make_private_folder(folder)
    _forget_old(folder.parent)
    atomic_write(folder / _PLAN, json.dumps(plan, indent=1) + "\n", new_mode=PRIVATE_FILE)
    command = [
        *(sys.executable, str(ROOT / "bench_runner.py"), "batch", str(folder / _PLAN)),
        *("--history", history, "--runs-dir", str(runs_dir), "--if-busy", "wait", *flags),
    ]
    try:
        with (folder / _OUTPUT).open("xb") as output:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **environment},
            )
    except OSError as error:
        raise UsageError(f"the run could not be started: {error.strerror}") from error
    about = {
        "owner": asdict(process(child.pid)),
        "since": time.time(),
        "history": history,
        "keys": list(keys),
    }
    atomic_write(folder / _ABOUT, json.dumps(about) + "\n", new_mode=PRIVATE_FILE)
    Thread(target=_note_end, args=(child, folder / _EXIT), daemon=True).start()
    return launch_id


def _note_end(child: subprocess.Popen[bytes], place: Path) -> None:
    code = child.wait()
    with suppress(OSError):
        atomic_write(place, f"{code}\n", new_mode=PRIVATE_FILE)


def launches(most: int = MOST_KEPT) -> list[Launch]:
    """Those that are remembered, the newest first."""
    try:
        folders = sorted(launches_folder().iterdir(), reverse=True)[:most]
    except (OSError, UsageError):  # without a cache folder nothing was launched
        return []
    return sorted(_readable(folders), key=lambda one: one.since, reverse=True)


def _readable(folders: Sequence[Path]) -> Iterator[Launch]:
    for folder in folders:
        with suppress(OSError, ValueError, KeyError, TypeError):
            about = json.loads((folder / _ABOUT).read_bytes())
            owner = read_owner(about["owner"])
            if owner is not None:
                yield Launch(
                    folder.name,
                    owner,
                    float(about["since"]),
                    str(about["history"]),
                    tuple(about["keys"]),
                    _exit_code(folder / _EXIT),
                    _tail(folder / _OUTPUT),
                )


def plan_of(launch: Launch) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads((launches_folder() / launch.id / _PLAN).read_bytes())
    return plan


def find_launch(launch_id: str) -> Launch | None:
    return next((one for one in launches() if one.id == launch_id), None)


def interrupt(owner: Owner) -> bool:
    """End a process as Ctrl-C does: in order the first time, at once the second. False if it is gone."""
    if not (owner.is_here() and owner.is_alive()):
        return False
    try:
        os.kill(owner.pid, signal.SIGINT)
    except ProcessLookupError:
        return False
    except PermissionError:
        raise UsageError(f"process {owner.pid} is another user's: only they can stop it") from None
    return True


def _exit_code(file: Path) -> int | None:
    try:
        return int(file.read_text())
    except (OSError, ValueError):
        return None


def _tail(file: Path) -> tuple[str, ...]:
    with file.open("rb") as output:
        output.seek(max(0, output.seek(0, os.SEEK_END) - TAIL_BYTES))
        return tuple(output.read().decode("utf-8", "replace").splitlines()[-TAIL_LINES:])


def _forget_old(folder: Path) -> None:
    known = sorted((one for one in folder.iterdir() if _ID.fullmatch(one.name)), reverse=True)
    living = {one.id for one in launches() if one.alive}
    for old in known[MOST_KEPT:]:
        if old.name not in living:
            rmtree(old, ignore_errors=True)
