"""One batch a machine is the rule; tests run side by side, each as a machine of its own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in ("BENCH_NTFY_URL", "BENCH_WEBHOOK_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
