"""LM Studio's command line, `lms`: https://lmstudio.ai/docs/cli and https://github.com/lmstudio-ai/lms"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchkit.addresses import host_of
from benchkit.errors import EngineMissing, ServerError, StartTimeout
from benchkit.providers.names import RemoteModel

HOW_TO_GET = "install LM Studio (https://lmstudio.ai/download), run it once, then `lms bootstrap`"
ANSWER_S = 60.0  # the first command wakes LM Studio up
OURS = "bench-runner-"  # before the names of instances that we load, and behind them the process's number
LOOPBACK = ("127.0.0.1", "localhost", "::1")
NAME = "lmstudio"
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_SHOWN = 200


def find_lms() -> Path | None:
    """On PATH, or where LM Studio puts it."""
    place = shutil.which("lms") or shutil.which(Path.home() / ".lmstudio" / "bin" / "lms")
    return Path(place) if place else None


def run(lms: Path, *arguments: str) -> str:
    """What it printed on stdout; ServerError with its own words if it failed."""
    command = f"lms {' '.join(arguments)}"
    try:
        done = subprocess.run(
            [str(lms), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=ANSWER_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise StartTimeout(f"`{command}` did not end within {ANSWER_S:.0f} s: is LM Studio stuck?") from error
    except OSError as error:
        raise EngineMissing(f"`{command}` cannot be run: {error.strerror}: {HOW_TO_GET}") from error
    said = plain(done.stdout + done.stderr)
    if done.returncode:
        raise ServerError(f"`{command}` failed: {_last_line(said)}", log=said)
    return plain(done.stdout)


def run_json(lms: Path, *arguments: str) -> Any:
    said = run(lms, *arguments, "--json")
    try:
        return json.loads(said)
    except ValueError as error:
        command = f"lms {' '.join(arguments)} --json"
        raise ServerError(f"`{command}` printed no JSON: {_last_line(said)}", log=said) from error


def plain(text: str) -> str:
    """Without colours and the spinner's overwritten lines."""
    return "\n".join(line.rpartition("\r")[2] for line in _COLOURS.sub("", text).splitlines())


def loaded(lms: Path) -> list[dict[str, Any]]:
    """The instances in memory, each with its identifier, path and context."""
    return [entry for entry in run_json(lms, "ps") if isinstance(entry, dict)]


def is_held(identifier: str) -> bool:
    """Whether it is an instance of one of our processes that is still running."""
    number = identifier.rpartition("-")[2]
    return identifier.startswith(OURS) and (not number.isdigit() or _lives(int(number)))


def _lives(pid: int) -> bool:
    import psutil

    return psutil.pid_exists(pid)


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_SHOWN] if lines else "it said nothing"


@contextmanager
def alone_in_memory(remote: RemoteModel | None, say: Callable[[str], None]) -> Iterator[None]:
    """A model of this machine's LM Studio has its memory for itself, and leaves it when it is done.

    Nothing happens for any other provider, and for a LM Studio elsewhere, which `lms` does not reach.
    """
    if remote is None or remote.provider.name != NAME or host_of(remote.base_url) not in LOOPBACK:
        yield
        return
    lms = find_lms()
    if lms is None:
        say(f"`lms` is not found, so other models that LM Studio has loaded stay in memory: {HOW_TO_GET}")
        yield
        return
    _unload(lms, lambda one: not _is_instance_of(one, remote.model), say)
    try:
        yield
    finally:
        _unload(lms, lambda one: _is_instance_of(one, remote.model), say)


def _unload(lms: Path, is_meant: Callable[[dict[str, Any]], bool], say: Callable[[str], None]) -> None:
    for instance in filter(is_meant, loaded(lms)):
        name = str(instance.get("identifier"))
        if is_held(name):
            say(f"{name} stays in LM Studio: another run of ours is using it")
            continue
        run(lms, "unload", name)
        say(f"unloaded {name} from LM Studio")


def _is_instance_of(instance: dict[str, Any], model: str) -> bool:
    return model in (instance.get("identifier"), instance.get("modelKey"))
