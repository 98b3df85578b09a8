"""Brings an official file into the cache folder, once; only a file with the right hash is kept."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from benchkit.asking.problems.base import Release, ShowProgress
from benchkit.asking.problems.reading import file_sha256
from benchkit.errors import ProblemsError
from benchkit.files import cache_folder

if TYPE_CHECKING:
    from requests import Response

CHUNK = 256 * 1024
LARGE = 64 << 20  # bytes from one line of progress to the next where the size is unknown
TIMEOUTS = (10, 30)  # seconds: to connect, and between two pieces of the file


def place_of(release: Release) -> Path:
    """Where the release's file lies, once it has been fetched."""
    return cache_folder() / "problems" / release.filename


def fetch_release(release: Release, show_progress: ShowProgress) -> Path:
    """Where the release's file lies, after fetching it if it is not there yet or is damaged."""
    path = place_of(release)
    if path.exists() and file_sha256(path) == release.sha256:
        return path
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if download(release, draft, show_progress) != release.sha256:
            changed = f"what {release.url} gave is not the official file (sha256 {release.sha256})"
            raise ProblemsError(f"{changed}: {advice_on(release)}")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return path


def download(release: Release, draft: Path, show_progress: ShowProgress) -> str:
    """Write the file as it comes, some are larger than memory; gives its sha256."""
    import requests  # late: only a first use needs it, and it is slow to import

    digest = hashlib.sha256()
    try:
        draft.parent.mkdir(parents=True, exist_ok=True)
        with requests.get(release.url, stream=True, timeout=TIMEOUTS) as response, draft.open("wb") as file:
            response.raise_for_status()
            for piece in _pieces(response, release, show_progress):
                digest.update(piece)
                file.write(piece)
        return digest.hexdigest()
    except OSError as error:  # requests' own errors, a full disk, a folder that cannot be written
        raise ProblemsError(
            f"{release.filename} cannot be fetched ({_reason(error)}): {advice_on(release)}"
        ) from None


def _pieces(response: Response, release: Release, show_progress: ShowProgress) -> Iterator[bytes]:
    total, done, reported = int(response.headers.get("Content-Length") or 0), 0, -1
    for piece in response.iter_content(CHUNK):
        done += len(piece)
        tenths = 10 * done // total if total else done // LARGE
        if tenths != reported:
            share = f"{100 * done // total}%" if total else f"{done >> 20} MiB"
            show_progress(f"fetching {release.filename}, {share}")
        reported = tenths
        yield piece


def _reason(error: OSError) -> str:
    import requests

    if not isinstance(error, requests.RequestException):
        return str(error.strerror)
    if isinstance(error, requests.HTTPError):
        return f"HTTP {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    return "no connection"


def advice_on(release: Release) -> str:
    place = place_of(release)
    return f"get {release.url} elsewhere and put it at {place}, or name your copy with --problems-file"
