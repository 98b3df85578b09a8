"""The commit that scores are published for: where its archive is, and how its content is recognized."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from benchkit.asking.problems.base import Release, ShowProgress
from benchkit.asking.problems.fetching import advice_on, download, place_of
from benchkit.asking.tasks.base import Files
from benchkit.asking.tasks.folders import digest_of_files, read_files
from benchkit.errors import ProblemsError
from benchkit.files import cache_folder

COMMIT = "7e0611e77b54e2dea774cdc0aa00cf9f7ed6144f"
EXERCISES = 225
URL = f"https://codeload.github.com/Aider-AI/polyglot-benchmark/tar.gz/{COMMIT}"
ARCHIVE = Release(COMMIT[:7], f"polyglot-benchmark-{COMMIT[:7]}.tar.gz", "", URL)
# Archives of one commit differ from day to day in how they are packed: what counts is their content.
DIGESTS: Mapping[str, str] = {
    "cpp": "6cb376e1301543b91c1207e5084f6b00bf73b44498749742fcab47d963a570a3",
    "go": "93155833c2649bf489ca8ea8aab7e1ba455a08a92793e57cf47eaa1cfb476b62",
    "java": "aafa3d408da510e89acb7c7804ac45c06ffb44f74c54f58d84518d36cd61a38c",
    "javascript": "23498d8d3b4a8db1f7a2cc20d51b83f503760da6a43353393d409201c414f0db",
    "python": "67f80a1b48243c1a065894731fe10aea3b72157cb04ec6c169398b85455d9a2d",
    "rust": "43f404ec63240538bf7d588e0f8d69c5538ec1cfd259f3de067fc5b4233e6577",
}
"""Of each language's exercises."""


def read_languages(folder: Path) -> dict[str, Files]:
    """The files of each language that is there."""
    return {name: read_files(folder / name) for name in DIGESTS if (folder / name).is_dir()}


def version_of(languages: Mapping[str, Files]) -> str | None:
    """The commit's short name, where all these languages have its content."""
    same = all(digest_of_files("", files) == DIGESTS[name] for name, files in languages.items())
    return COMMIT[:7] if same else None


def fetch_checkout(show_progress: ShowProgress) -> Path:
    """Where the pinned commit lies, after fetching it if it is not there yet."""
    folder = cache_folder() / "problems" / f"polyglot-benchmark-{COMMIT}"
    if folder.is_dir():
        return folder
    archive = place_of(ARCHIVE)
    if not archive.exists():
        draft = archive.with_name(f".{archive.name}.part")
        try:
            download(ARCHIVE, draft, show_progress)
            draft.replace(archive)
        finally:
            draft.unlink(missing_ok=True)
    return _unpacked(archive, folder)


def _unpacked(archive: Path, folder: Path) -> Path:
    draft = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        with tarfile.open(archive) as tar:
            tar.extractall(draft, filter="data")
        (whole,) = draft.iterdir()
        languages = read_languages(whole)
        if len(languages) < len(DIGESTS) or version_of(languages) is None:
            raise ProblemsError(
                f"{archive} does not hold commit {COMMIT[:7]}: remove it, {advice_on(ARCHIVE)}"
            )
        whole.replace(folder)
    except (OSError, ValueError, tarfile.TarError) as error:
        raise ProblemsError(
            f"{archive} cannot be unpacked ({error}): remove it, {advice_on(ARCHIVE)}"
        ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return folder
