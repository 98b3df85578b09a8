"""A real sandbox for the tests that judge, and a cache folder of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchkit.judging.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Two workers at the best level of this machine."""
    with open_sandbox(workers=2) as opened:
        yield opened


@pytest.fixture(scope="session")
def cache_of_the_room(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache_of_the_room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Expected outputs are computed for the tests, not found where another run left them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache_of_the_room))
