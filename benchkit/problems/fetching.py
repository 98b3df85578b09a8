"""Brings an official file into the cache folder, once; only a file with the right hash is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchkit.errors import ProblemsError
from benchkit.files import atomic_write, cache_folder
from benchkit.problems.base import Release, Report
from benchkit.problems.reading import file_sha256

if TYPE_CHECKING:
    from requests import Response

CHUNK = 256 * 1024
TIMEOUTS = (10, 30)  # seconds: to connect, and between two pieces of the file


def place_of(release: Release) -> Path:
    """Where the release's file lies, once it has been fetched."""
    return cache_folder() / "problems" / release.filename


def fetched(release: Release, report: Report) -> Path:
    """Where the release's file lies, after fetching it if it is not there yet or is damaged."""
    path = place_of(release)
    if path.exists() and file_sha256(path) == release.sha256:
        return path
    content = _download(release, path, report)
    if hashlib.sha256(content).hexdigest() != release.sha256:
        changed = f"what {release.url} gave is not the official file (sha256 {release.sha256})"
        raise ProblemsError(f"{changed}: {_advice(release, path)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    atomic_write(path, content)
    return path


def _download(release: Release, path: Path, report: Report) -> bytes:
    import requests  # late: only a first use needs it, and it is slow to import

    try:
        with requests.get(release.url, stream=True, timeout=TIMEOUTS) as response:
            response.raise_for_status()
            return b"".join(_pieces(response, release, report))
    except requests.RequestException as error:
        raise ProblemsError(
            f"{release.filename} cannot be fetched ({_reason(error)}): {_advice(release, path)}"
        ) from None


def _pieces(response: Response, release: Release, report: Report) -> Iterator[bytes]:
    total, done = int(response.headers.get("Content-Length") or 0), 0
    for piece in response.iter_content(CHUNK):
        done += len(piece)
        share = f"{100 * done // total}%" if total else f"{done // 1024} KiB"
        report(f"fetching {release.filename}, {share}")
        yield piece


def _reason(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection"


def _advice(release: Release, path: Path) -> str:
    return f"get {release.url} elsewhere and put it at {path}, or name your copy with --problems-file"
