"""Go's compiled parts belong to one installed toolchain."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchkit.languages import LANGUAGES

PROGRAM = """#!/bin/sh
case "$1" in
  env) cd "$(dirname "$0")/.." && pwd ;;
  version) echo go version go1.30.1 linux/amd64 ;;
esac
"""


def install(root: Path) -> None:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "go").write_text(PROGRAM)
    (root / "bin" / "go").chmod(0o755)


def test_a_toolchain_that_replaces_another_of_its_version_has_a_cache_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache indexes the folder's packages: what it read while they were replaced would stay wrong."""
    root = tmp_path / "go"
    monkeypatch.setenv("PATH", f"{root / 'bin'}:/usr/bin:/bin")
    install(root)
    first = LANGUAGES["go"].find_toolchain()
    assert LANGUAGES["go"].find_toolchain().caches == first.caches
    kept = tmp_path / "kept"  # so that the new folder cannot have its number
    shutil.move(root, kept)
    install(root)
    second = LANGUAGES["go"].find_toolchain()
    assert second.version == first.version
    assert second.caches[0].folder != first.caches[0].folder
