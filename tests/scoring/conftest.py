"""A real sandbox for the tests that judge, and a cache folder of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchkit.sandbox import Sandbox, open_sandbox


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Two workers at the best level of this machine."""
    with open_sandbox(workers=2) as opened:
        yield opened


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Expected outputs are computed for the tests, not found where another run left them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield
