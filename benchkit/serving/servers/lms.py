"""Our files in LM Studio, by its command line: loaded under our names, linked into its models, taken away."""

from __future__ import annotations

import json
import os
import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from benchkit.errors import EngineMissing, ServerError
from benchkit.providers.lms import HOW_TO_GET as HOW_TO_GET
from benchkit.providers.lms import OURS, is_held
from benchkit.providers.lms import find_lms as find_lms
from benchkit.providers.lms import loaded as loaded
from benchkit.providers.lms import plain as plain
from benchkit.providers.lms import run as run
from benchkit.providers.lms import run_json as run_json
from benchkit.records import ModelFile

USER = "bench_runner"  # the folder in LM Studio's models that holds our links
_LINKED = re.compile(r"(?:Symbolic link created at|Target file already exists:) (.+)")


@dataclass(frozen=True)
class Imported:
    """Links that we put into LM Studio's models folder, to be taken away again."""

    links: tuple[Path, ...] = ()

    def remove(self) -> None:
        for link in self.links:
            if link.is_symlink():
                link.unlink()
            for folder in (link.parent, link.parent.parent):
                with suppress(OSError):  # others have something in it
                    folder.rmdir()


@cache
def version(lms: Path) -> str:
    with suppress(ServerError, ValueError, KeyError):
        return f"lms {json.loads(run(lms, 'version', '--json'))['version'][:12]}"
    return "of unknown version"


def require_lms() -> Path:
    lms = find_lms()
    if lms is None:
        raise EngineMissing(f"LM Studio is not installed: {HOW_TO_GET}")
    return lms


def server_port(lms: Path) -> int | None:
    """Where the HTTP server listens; None where it does not run."""
    status = run_json(lms, "server", "status")
    return int(status["port"]) if status.get("running") else None


def own_identifier(name: str) -> str:
    """A name that identifies the process that the instance belongs to."""
    return f"{OURS}{name}-{os.getpid()}"


def unload_leftovers(lms: Path) -> list[str]:
    """End what runners had loaded that were killed; another's that still runs is its own business."""
    names = [str(instance.get("identifier")) for instance in loaded(lms)]
    left = [name for name in names if name.startswith(OURS) and not is_held(name)]
    for name in left:
        run(lms, "unload", name)
    return left


def load(lms: Path, output: BinaryIO, *arguments: str) -> subprocess.Popen[bytes]:
    """Begin to load; the process ends when the model is there, or with the reason why not."""
    # In a session of its own: Ctrl-C is for the runner, which then ends the load in good order.
    return subprocess.Popen(
        [str(lms), "load", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


def find_entry(lms: Path, model: ModelFile) -> dict[str, Any] | None:
    """LM Studio's own entry for this very file: its path ends with the entry's, and the sizes agree."""
    places = [f"/{path.as_posix()}" for path in (model.path.absolute(), model.path.resolve())]
    for entry in run_json(lms, "ls"):
        path = str(entry.get("path", ""))
        ends = path and any(place.endswith(f"/{path}") for place in places)
        if ends and entry.get("sizeBytes") in (model.size_bytes, None):
            return dict(entry)
    return None


def find_imported(lms: Path, model: ModelFile) -> dict[str, Any] | None:
    """The entry for our link to the file."""
    ours = f"{_repository(model)}/{model.path.name}"
    return next((dict(entry) for entry in run_json(lms, "ls") if entry.get("path") == ours), None)


def link_into_models(lms: Path, model: ModelFile) -> Imported:
    """Show LM Studio a file that lies elsewhere, by links under a name that is ours alone.

    A link that is there already was left by a runner that was killed: it is taken over.
    """
    links = []
    for part in model.parts:
        place = ("--user-repo", _repository(model), "-y")
        try:
            said = run(lms, "import", str(part.resolve()), "--symbolic-link", *place)
        except ServerError as error:
            said = error.log
            if not _LINKED.search(said):
                raise
        match = _LINKED.search(said)
        if match:
            links.append(Path(match[1].strip()))
    return Imported(tuple(links))


def _repository(model: ModelFile) -> str:
    place = sha256(str(model.path.resolve()).encode()).hexdigest()[:8]
    return f"{USER}/{model.path.stem}-{place}"
