"""One run's files by their fixed names, whole or by range, always as plain text or for keeping."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import BinaryIO

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from benchkit.contract import ATTEMPTS, SERVER_LOGS, AttemptFile, RunFile
from benchkit.dashboard.api.answers import Refused, TheSite
from benchkit.dashboard.at_work import run_at_work
from benchkit.dashboard.site import Site
from benchkit.errors import HistoryError
from benchkit.telling.history.sealed import open_below

CHUNK_BYTES = 64 * 1024
RUN_FILES = frozenset(value for name, value in vars(RunFile).items() if name.isupper())
_ATTEMPT = re.compile(rf"{ATTEMPTS}/[A-Za-z0-9_.\-]{{1,200}}/({'|'.join(map(re.escape, AttemptFile))})")
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")  # no file is longer

router = APIRouter()


@router.api_route("/runs/{run_id:path}/files/{name:path}", methods=["GET"], response_class=StreamingResponse)
def run_file(
    run_id: str, name: str, request: Request, site: TheSite, download: bool = False
) -> StreamingResponse:
    """A file of a run as plain text, also by Range; names: those of a run's folder and of its attempts."""
    if not is_known(name):
        raise Refused(404, f"no file {name!r} of a run: names are {', '.join(sorted(RUN_FILES))}")
    file = _open(site, run_id, name)
    size = file.seek(0, os.SEEK_END)
    start, end = _wanted(request.headers.get("range"), size, file)
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Length": str(end - start),
        # What a model wrote is never a page of ours.
        "Content-Security-Policy": "default-src 'none'; sandbox; frame-ancestors 'none'",
        "Content-Disposition": f'{"attachment" if download else "inline"}; filename="{Path(name).name}"',
    }
    partial = request.headers.get("range") is not None and end - start < size
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    content = _parts(file, start, end)
    return StreamingResponse(content, 206 if partial else 200, headers, "text/plain; charset=utf-8")


def is_known(name: str) -> bool:
    attempt = _ATTEMPT.fullmatch(name) is not None and ".." not in name
    return name in RUN_FILES or attempt or ("/" not in name and fnmatch(name, SERVER_LOGS))


def folders_of(site: Site, run_id: str) -> list[Path]:
    """Where the run's files may lie: while it is at work, and once it is in the history."""
    at_work = run_at_work(run_id)
    live = [Path(at_work.announcement.folder)] if at_work else []
    try:
        run = site.history.get(run_id)
    except HistoryError as error:
        if not live:
            raise Refused(404, str(error)) from None
        return live
    near = Path(site.place).parent
    named = [Path(run.artifacts), near / run.artifacts, near / "runs" / run.id] if run.artifacts else []
    return [*live, *named]


def _open(site: Site, run_id: str, name: str) -> BinaryIO:
    for folder in folders_of(site, run_id):
        try:
            return open_below(folder, name)
        except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no path at all
            continue
    with suppress(HistoryError, OSError):  # of another box, whose small files a shared history holds
        return site.history.artifact(site.history.get(run_id), name)
    raise Refused(404, f"run {run_id} has no file {name}")


def _wanted(header: str | None, size: int, file: BinaryIO) -> tuple[int, int]:
    """The bytes that are asked for; of several ranges, or what is none, all of them."""
    match = _RANGE.fullmatch(header or "")
    if not match or match.groups() == ("", ""):
        return 0, size
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
    if start >= end:
        file.close()
        raise Refused(416, f"the file has {size} bytes")
    return start, end


def _parts(file: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while start < end and (part := file.read(min(CHUNK_BYTES, end - start))):
            start += len(part)
            yield part
