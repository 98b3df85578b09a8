"""Toolchains in a home that other users cannot read."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import NoReturn

import pytest

from benchkit.errors import BenchError
from benchkit.languages import finding


def test_a_copy_that_finds_no_room_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with a line for each of its thousands of files; no half of it is left."""
    folder, cache = tmp_path / "bin", tmp_path / "cache"
    cache.mkdir()
    folder.mkdir()
    for name in ("rustc", "cargo"):
        (folder / name).touch()

    def linked(_source: str, target: str) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), target)

    monkeypatch.setattr(os, "getuid", lambda: 0)
    monkeypatch.setattr(finding, "is_open_to_all", lambda _path: False)
    monkeypatch.setattr(finding, "shared_folder", lambda: cache)
    monkeypatch.setattr(finding, "_linked", linked)
    with pytest.raises(BenchError) as told:
        finding.opened(folder, "rust")
    assert str(told.value).startswith(f"{folder} cannot be copied into {cache}: ")
    assert "No space left on device" in str(told.value)
    assert "\n" not in str(told.value)
    assert str(told.value).count("No space") == 1
    assert list(cache.iterdir()) == []
