"""What tests of the pages share: a cache folder of their own, and a history of two models to look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.dashboard.site import looking_at, two_models


@pytest.fixture
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture
def browser(tmp_path: Path, own_cache: None) -> TestClient:  # noqa: ARG001
    """Looks at a history of two models, of which one solved more."""
    return looking_at(tmp_path, *two_models(tmp_path))
