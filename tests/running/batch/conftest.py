"""One batch a machine is the rule; tests run side by side, each as a machine of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running.batch.kills import NAME, prove
from tests.stand_ins.chat_server import chat_server


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # a broken run's report, an unsaved record
    for name in ("BENCH_NTFY_URL", "BENCH_WEBHOOK_URL", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def endpoint() -> Iterator[dict[str, Any]]:
    """A plan's model that needs no server of its own, for what is not about servers."""
    with chat_server(prove) as server:
        yield {"base_url": server.base_url, "name": NAME}
